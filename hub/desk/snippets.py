"""Snippets as staff saves them: the next version, and that of every template that shows it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from hub.store import audit, snippets, templates
from hub.store.audit import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A piece that templates share, in one language."""

    name: str
    language: str
    text: str


def keep(conn: Connection, said: Snippet, by: Actor) -> list[str]:
    """Stores a snippet that was checked; returns which templates have a new version by it, as NAME/LANGUAGE."""
    version = snippets.save(conn, name=said.name, language=said.language, text=said.text, now=by.at, by=by.name)
    changed = templates.follow(conn, said.name, by.at, by.name)
    detail = {"language": said.language, "version": version, "templates": changed}
    audit.note(conn, by, "snippet.saved", f"snippet/{said.name}", detail)
    return changed
