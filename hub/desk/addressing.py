"""Addressing: whom a mail goes to, as it is typed into To, Cc and Bcc, and as it is shown there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from hub.model.clean import clean_header
from hub.model.contact import Party
from hub.model.errors import Refused
from hub.model.identity import email_identity

MOST_RECIPIENTS = 50
_LONGEST = 10_000
# One mailbox up to a comma, semicolon or line end that stands neither in quotes nor in angle brackets.
_PIECE = re.compile(r'(?:"(?:[^"\\]|\\.)*"|<[^<>]*>|[^,;\r\n"<]|["<])+')
_ANGLED = re.compile(r"(.*)<([^<>]*)>\s*\Z", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)")
_NEEDS_QUOTES = re.compile(r'[,;:<>@()\[\]"\\]')


def read_parties(typed: str, field: str = "to") -> tuple[Party, ...]:
    """Returns the people of an address line, each once: `Ada <ada@example.com>, bob@example.com`. Raises Refused."""
    found: dict[str, Party] = {}
    for piece in _PIECE.findall(typed[:_LONGEST]):
        if not piece.strip():
            continue
        angled = _ANGLED.match(piece)
        address = (angled[2] if angled else piece).strip()
        identity = email_identity(address.removeprefix("mailto:"))
        if identity is None:
            raise Refused(
                f"{address[:100]!r} is no e-mail address.",
                field=field,
                next_step="Write addresses as ada@example.com, with commas between them.",
            )
        name = clean_header(_unquoted(angled[1])) if angled else ""
        found.setdefault(identity.value, Party(identity, name[:200]))
    return tuple(found.values())


def write_parties(parties: Iterable[Party]) -> str:
    """Returns people as an address line, to be read again."""
    return ", ".join(_written(party) for party in parties)


def each_once(*lines: Sequence[Party]) -> tuple[tuple[Party, ...], ...]:
    """Returns address lines without those who stand in an earlier one. Raises Refused for more than 50 in all."""
    met: set[str] = set()
    kept: list[tuple[Party, ...]] = []
    for line in lines:
        fresh = tuple(party for party in line if party.identity.value not in met)
        met |= {party.identity.value for party in fresh}
        kept.append(fresh)
    if len(met) > MOST_RECIPIENTS:
        raise Refused(
            f"These are {len(met)} addresses; an answer goes to at most {MOST_RECIPIENTS}.",
            field="cc",
            next_step="Write to more people with a campaign.",
        )
    return tuple(kept)


def _unquoted(name: str) -> str:
    name = name.strip()
    inner = name[1:-1] if len(name) > 1 and name[0] == name[-1] == '"' else name
    return _ESCAPED.sub(r"\1", inner)


def _written(party: Party) -> str:
    name = " ".join(party.display_name.split())
    if not name or name == party.identity.value:
        return party.identity.value
    if _NEEDS_QUOTES.search(name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{escaped}"'
    return f"{name} <{party.identity.value}>"
