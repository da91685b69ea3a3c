"""Canned texts: kept by their names for one language each, everybody's or one's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from hub.model.clean import clean_text
from hub.model.errors import NotAllowed, Refused, TooLarge
from hub.store import audit
from hub.store import canned as store
from hub.store.audit import Actor
from hub.store.canned import SHARED, CannedText

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_LONGEST = 20_000


def checked_name(name: str, language: str) -> None:
    """Raises Refused for what is no name to type after a slash, or no language."""
    if not _NAME.match(name):
        raise Refused(
            f"{name[:40]!r} is no name for a canned text.",
            field="name",
            next_step="Use small letters, digits, _ and -, at most 40: it is typed as /name.",
        )
    if not _LANGUAGE.match(language):
        raise Refused(f"{language[:40]!r} is no language.", field="language", next_step="Write it as en or pt-BR.")


def checked_text(text: str) -> str:
    """Returns a text as it is kept. Raises Refused and TooLarge."""
    cleaned = clean_text(text).strip("\n")
    if not cleaned.strip():
        raise Refused("The text is empty.", field="text", next_step="Write what is to be inserted.")
    if len(cleaned) > _LONGEST:
        raise TooLarge(f"A canned text has at most {_LONGEST} characters.", field="text")
    return cleaned


def add(conn: Connection, name: str, language: str, text: str, by: Actor, *, shared: bool) -> int:
    """Keeps a new text; returns its number. Its words were checked before. Raises Refused."""
    checked_name(name, language)
    made = store.add(conn, name, language, _owner(by, shared=shared), checked_text(text), by.name, by.at)
    audit.note(conn, by, "canned_text.added", f"canned_text/{made}", {"name": name, "language": language})
    return made


def change(conn: Connection, number: int, changed: Mapping[str, object], by: Actor) -> None:
    """Changes name, language, text, or whether it is everybody's (`shared`). Raises NotFound and Refused."""
    known = store.get(conn, number, by.staff_id)
    values = {name: value for name, value in changed.items() if name in ("name", "language")}
    checked_name(str(values.get("name", known.name)), str(values.get("language", known.language)))
    if "text" in changed:
        values["text"] = checked_text(str(changed["text"]))
    if "shared" in changed:
        values["owner_id"] = _owner(by, shared=bool(changed["shared"]))
    store.change(conn, known, values, by.name, by.at)
    audit.note(conn, by, "canned_text.changed", f"canned_text/{number}", {"name": known.name})


def remove(conn: Connection, number: int, by: Actor) -> None:
    """Removes a text. Raises NotFound."""
    known = store.get(conn, number, by.staff_id)
    store.remove(conn, number)
    detail = {"name": known.name, "language": known.language}
    audit.note(conn, by, "canned_text.removed", f"canned_text/{number}", detail)


def offered(texts: Iterable[CannedText], *languages: str) -> list[CannedText]:
    """Returns one text a name: in the first of these languages that it has, one's own before everybody's."""
    by_name: dict[str, list[CannedText]] = {}
    for text in texts:
        by_name.setdefault(text.name, []).append(text)
    return [min(same, key=lambda text: (_rank(text.language, languages), text.shared)) for same in by_name.values()]


def _rank(language: str, wanted: Sequence[str]) -> int:
    for at, code in enumerate(wanted):
        if code and (language == code or language.partition("-")[0] == code.partition("-")[0]):
            return 2 * at + (language != code)
    return 2 * len(wanted)


def _owner(by: Actor, *, shared: bool) -> int:
    if shared:
        return SHARED
    if by.staff_id is None:
        raise NotAllowed("Only a staff member can have texts of their own.", next_step="Make it everybody's.")
    return by.staff_id
