"""Templates: what messages say, in each language; every change is a new version."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import Connection

from hub.model.errors import NotFound
from hub.model.outbound import Purpose
from hub.outreach import templates as outreach
from hub.store import audit
from hub.store import templates as store
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.operation import EDITORS, READERS, operation
from hub.web.api.values import Given, Id, Items, Moment, Told

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$", examples=["appointment_reminder"])]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", examples=["pt-BR"])]
Face = Annotated[str, Field(max_length=65_536)]


class TemplateFile(Told):
    """A file of a template: pictures that its mail shows, others that go with it."""

    filename: str
    content_type: str
    size: int


class Template(Told):
    """One version of a message in one language; `faces`: subject, html, text, sms, voice, as they are rendered.

    `source`: the faces as they were written, where they differ: a mail in `blocks`, with snippets as `[[name]]`; of
    those `snippets` has the versions. `files`: what goes with a mail.
    """

    id: Id
    name: str
    language: str
    version: int
    purpose: str
    kind: str
    faces: dict[str, str]
    source: dict[str, str]
    snippets: dict[str, int]
    files: list[TemplateFile]
    active: bool
    created_at: Moment
    created_by: str


class NewTemplate(Given):
    """A new version, the active one from now on; refused when it does more than fill in words.

    `kind`: what it is where countries differ in what they call a promotion; left out, it stays as it was.
    """

    name: Name
    language: Language
    purpose: Purpose
    kind: Literal["", "offer", "newsletter", "greeting", "review_request", "consent_request"] | None = None
    faces: Annotated[dict[str, Face], Field(min_length=1, max_length=10)]


class ByNameAndLanguage(Given):
    name: Name
    language: Language


@operation("GET", "/templates", roles=READERS, summary="The active version of every template and language")
async def list_templates(call: Call) -> Items[Template]:
    return Items[Template].model_validate({"items": await call.read(store.listed)})


@operation("GET", "/templates/{name}/{language}", roles=READERS, summary="Every version of a template, newest first")
async def list_template_versions(call: Call, path: ByNameAndLanguage) -> Items[Template]:
    rows = await call.read(store.versions, path.name, path.language)
    if not rows:
        raise NotFound(f"There is no template {path.name} in {path.language}.")
    return Items[Template].model_validate({"items": rows})


@operation("POST", "/templates", roles=EDITORS, summary="Save a new version of a template", creates=True)
async def save_template(call: Call, body: NewTemplate) -> Template:
    outreach.check_words(body.faces, body.purpose.value)
    made = await call.read(_spelled, body.name, body.language, body.faces)
    await outreach.check(body.faces, body.purpose.value, made)
    return await call.create(_save, body, call.by)


def _spelled(conn: Connection, name: str, language: str, faces: dict[str, str]) -> dict[str, str]:
    kept = store.active(conn, name).get(language)
    return store.spelled(conn, faces, language, kept["files"] if kept else ())[0]


def _save(conn: Connection, body: NewTemplate, by: Actor) -> Template:
    made = store.save(
        conn,
        name=body.name,
        language=body.language,
        purpose=body.purpose.value,
        faces=body.faces,
        now=by.at,
        by=by.name,
        kind=body.kind,
    )
    audit.note(conn, by, "template.saved", f"template/{made}", {"name": body.name, "language": body.language})
    return Template.model_validate(store.get(conn, made))
