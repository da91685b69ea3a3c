"""Templates: every change is a new version; one version of each language is active."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from hub.model import wording
from hub.model.errors import NotFound
from hub.store import blobs, sensitive, snippets
from hub.store.tables import TemplateRow

_ALL = TemplateRow.__table__.c


def spelled(
    conn: Connection,
    faces: Mapping[str, str],
    language: str,
    files: Sequence[Mapping[str, Any]] = (),
    *,
    without_pictures: bool = False,
) -> tuple[dict[str, str], dict[str, int]]:
    """Returns the faces to render from, blocks and snippets in full, and the version of each snippet.

    `files`: what goes with the template. Raises Refused for a snippet or picture that is not there;
    `without_pictures`: a picture may come later.
    """
    named = snippets.for_language(conn, wording.snippets_in(faces), language)
    texts = {name: str(row["text"]) for name, row in named.items()}
    pictures = content_ids(files)
    if without_pictures:
        pictures = {**{name: name for name in wording.pictures_in(faces)}, **pictures}
    return wording.spelled(faces, texts, pictures), {name: row["version"] for name, row in sorted(named.items())}


def written(row: Mapping[str, Any]) -> dict[str, str]:
    """Returns the faces of a version as staff wrote them."""
    return dict(row["source"] or row["faces"])


def content_ids(files: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Returns the Content-ID by which a mail's HTML calls each file, by its name (RFC 2392)."""
    return {str(file["filename"]): f"{str(file['sha256'])[:24]}@files" for file in files}


def enclosed(files: Sequence[Mapping[str, Any]], html: str) -> list[dict[str, Any]]:
    """Returns the files as they go with a mail: what its HTML shows stands in its text, the others beside it."""
    ids = content_ids(files)
    shown = wording.pictures_of(html, ids)
    return [
        {**file, "content_id": ids[file["filename"]], "inline": True} if file["filename"] in shown else dict(file)
        for file in files
    ]


def save(
    conn: Connection,
    *,
    name: str,
    language: str,
    purpose: str,
    faces: Mapping[str, str],
    now: datetime,
    by: str = "",
    files: Sequence[Mapping[str, Any]] | None = None,
    kind: str | None = None,
    without_pictures: bool = False,
) -> int:
    """Stores a new version, which is the active one from now on; returns its id. The faces were checked before.

    `files`: what goes with it; `kind`: what it is by the rulebook; None: as in the version before. Raises Refused as
    `spelled` does, and where it names a health-class fact.
    """
    before = next(iter(versions(conn, name, language)), None)
    if files is None:
        files = before["files"] if before else ()
    if kind is None:
        kind = before["kind"] if before else ""
    made, used = spelled(conn, faces, language, files, without_pictures=without_pictures)
    sensitive.check_unsaid(conn, made)
    conn.execute(
        update(TemplateRow).where(TemplateRow.name == name, TemplateRow.language == language).values(active=False)
    )
    row = {
        "name": name,
        "language": language,
        "version": (before["version"] if before else 0) + 1,
        "purpose": purpose,
        "kind": kind,
        "faces": made,
        "source": dict(faces) if made != dict(faces) else {},
        "snippets": used,
        "files": [dict(file) for file in files],
        "active": True,
        "created_at": now,
        "created_by": by,
    }
    # Every version keeps its files: one that is brought back has them again.
    blobs.refer(conn, [(file["sha256"], file["size"]) for file in files], now)
    stored: int = conn.execute(insert(TemplateRow).values(**row).returning(TemplateRow.id)).scalar_one()
    return stored


def follow(conn: Connection, snippet: str, now: datetime, by: str) -> list[str]:
    """Makes the next version of each template that shows a snippet, with its words of now; returns what was made.

    A run that was launched keeps the version that it was launched with. Raises Refused as `spelled` does.
    """
    changed = []
    for row in listed(conn):
        if snippet not in row["snippets"]:
            continue
        source = written(row)
        made, _used = spelled(conn, source, row["language"], row["files"], without_pictures=True)
        if made != row["faces"]:
            said = {name: row[name] for name in ("name", "language", "purpose")}
            save(conn, **said, faces=source, now=now, by=by, without_pictures=True)
            changed.append(f"{row['name']}/{row['language']}")
    return changed


def users(conn: Connection, snippet: str) -> list[dict[str, Any]]:
    """Returns the active templates that show a snippet."""
    return [row for row in listed(conn) if snippet in row["snippets"]]


def retire(conn: Connection, name: str, language: str) -> bool:
    """Takes a template out of use in one language, all versions kept; returns False when it was so already."""
    mine = (TemplateRow.name == name, TemplateRow.language == language, TemplateRow.active)
    return conn.execute(update(TemplateRow).where(*mine).values(active=False)).rowcount > 0


def listed(conn: Connection) -> list[dict[str, Any]]:
    """Returns the active version of every template in every language, by name and language."""
    rows = conn.execute(select(*_ALL).where(TemplateRow.active).order_by(TemplateRow.name, TemplateRow.language))
    return [dict(row._mapping) for row in rows]


def versions(conn: Connection, name: str, language: str) -> list[dict[str, Any]]:
    """Returns every version of a template in one language, newest first."""
    rows = conn.execute(
        select(*_ALL)
        .where(TemplateRow.name == name, TemplateRow.language == language)
        .order_by(TemplateRow.version.desc())
    )
    return [dict(row._mapping) for row in rows]


def get(conn: Connection, template_id: int) -> dict[str, Any]:
    """Returns one version. Raises NotFound."""
    row = conn.execute(select(*_ALL).where(TemplateRow.id == template_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no template {template_id}.")
    return dict(row._mapping)


def active(conn: Connection, name: str) -> dict[str, dict[str, Any]]:
    """Returns the active version of a template in each of its languages."""
    rows = conn.execute(
        select(*_ALL).where(TemplateRow.name == name, TemplateRow.active).order_by(TemplateRow.language)
    )
    return {row.language: dict(row._mapping) for row in rows}


def in_language(versions: Mapping[str, dict[str, Any]], *wanted: str) -> dict[str, Any] | None:
    """Returns the version in the first of these languages that there is (pt-BR falls back to pt), or any."""
    for language in wanted:
        for code in (language, language.partition("-")[0].partition("_")[0]):
            if code in versions:
                return versions[code]
    return next(iter(versions.values()), None)
