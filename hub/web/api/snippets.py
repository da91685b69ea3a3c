"""Snippets: pieces that templates share; a change makes the next version of every template that shows it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from hub.desk.snippets import Snippet as Said
from hub.desk.snippets import keep
from hub.model.errors import NotFound
from hub.outreach.templates import check_snippet
from hub.store import snippets as store
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.operation import EDITORS, READERS, operation
from hub.web.api.templates import ByNameAndLanguage, Language, Name
from hub.web.api.values import Given, Id, Items, Moment, Told


class Snippet(Told):
    """One version of a snippet in one language."""

    id: Id
    name: str
    language: str
    version: int
    text: str
    active: bool
    created_at: Moment
    created_by: str


class NewSnippet(Given):
    """A new version, the active one from now on; every template that shows it has its next version at once."""

    name: Name
    language: Language
    text: Annotated[str, Field(min_length=1, max_length=20_000, examples=["Open Monday to Friday, 9:00 to 18:00"])]


class SavedSnippet(Snippet):
    """`templates`: those that have a new version by it, as NAME/LANGUAGE."""

    templates: list[str]


@operation("GET", "/snippets", roles=READERS, summary="The active version of every snippet and language")
async def list_snippets(call: Call) -> Items[Snippet]:
    return Items[Snippet].model_validate({"items": await call.read(store.listed)})


@operation("GET", "/snippets/{name}/{language}", roles=READERS, summary="Every version of a snippet, newest first")
async def list_snippet_versions(call: Call, path: ByNameAndLanguage) -> Items[Snippet]:
    rows = await call.read(store.versions, path.name, path.language)
    if not rows:
        raise NotFound(f"There is no snippet {path.name} in {path.language}.")
    return Items[Snippet].model_validate({"items": rows})


@operation("POST", "/snippets", roles=EDITORS, summary="Save a new version of a snippet", creates=True)
async def save_snippet(call: Call, body: NewSnippet) -> SavedSnippet:
    check_snippet(body.text)
    return await call.create(_save, body, call.by)


def _save(conn: Connection, body: NewSnippet, by: Actor) -> SavedSnippet:
    changed = keep(conn, Said(name=body.name, language=body.language, text=body.text), by)
    newest = store.versions(conn, body.name, body.language)[0]
    return SavedSnippet.model_validate({**newest, "templates": changed})
