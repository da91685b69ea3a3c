"""Forms: what they ask, in versions, and what was submitted. Visitors submit at `/f/{slug}`, without a token."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import forms as desk
from hub.insight.paging import page_of, read_id
from hub.model.form import Form as ModelForm
from hub.model.form_definition import form_as_json, read_form
from hub.store import audit
from hub.store import forms as store
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.operation import EDITORS, READERS, operation
from hub.web.api.values import Given, Id, Items, Moment, PageQuery, Told

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]


class FormLine(Told):
    slug: str
    version: int
    name: str
    channel: str
    active: bool
    changed_at: Moment
    changed_by: str
    submissions: int
    robots: int


class Form(Told):
    """A form; `definition` holds its fields and words as `hub export` writes them."""

    slug: str
    version: int
    name: str
    definition: dict[str, Any]


class NewForm(Given):
    """A new version of a form. `based_on`: the version that was edited, 0 for a new form."""

    definition: dict[str, Any]
    based_on: Annotated[int, Field(ge=0)] = 0


class FormChange(Given):
    active: bool


class BySlug(Given):
    slug: Slug


class Submission(Told):
    """One submission; `state` captured, or quarantined with its reason."""

    arrival_id: Id
    received_at: Moment
    state: str
    reason: str
    interaction_id: Id | None
    customer_id: Id | None
    answers: list[list[str]]


@operation("GET", "/forms", roles=READERS, summary="Every form with its counts")
async def list_forms(call: Call) -> Items[FormLine]:
    return Items[FormLine](items=[_line(listed) for listed in await call.read(desk.list_forms)])


def _line(listed: desk.Listed) -> FormLine:
    form = listed.form
    return FormLine(
        slug=form.slug,
        version=form.version,
        name=form.name,
        channel=form.channel,
        active=listed.active,
        changed_at=listed.changed_at,
        changed_by=listed.changed_by,
        submissions=listed.submissions,
        robots=listed.robots,
    )


@operation("GET", "/forms/{slug}", roles=READERS, summary="The newest version of a form")
async def get_form(call: Call, path: BySlug) -> Form:
    return _told(await call.read(desk.get_form, path.slug))


def _told(form: ModelForm) -> Form:
    return Form(slug=form.slug, version=form.version, name=form.name, definition=form_as_json(form))


@operation("POST", "/forms", roles=EDITORS, summary="Save a new form, or a new version of one", creates=True)
async def save_form(call: Call, body: NewForm) -> Form:
    return await call.create(_save, read_form(body.definition), body.based_on, call.by)


def _save(conn: Connection, form: ModelForm, based_on: int, by: Actor) -> Form:
    saved = desk.save_form(conn, form, by.name, by.at, based_on=based_on)
    audit.note(conn, by, "form.saved", f"form/{saved.slug}", {"version": saved.version})
    return _told(saved)


@operation("PATCH", "/forms/{slug}", roles=EDITORS, summary="Open or close a form")
async def change_form(call: Call, path: BySlug, body: FormChange) -> Form:
    return await call.write(_change, path.slug, body.active, call.by)


def _change(conn: Connection, slug: str, active: bool, by: Actor) -> Form:
    desk.set_open(conn, slug, active)
    audit.note(conn, by, "form.opened" if active else "form.closed", f"form/{slug}")
    return _told(desk.get_form(conn, slug))


@operation("GET", "/forms/{slug}/submissions", roles=READERS, summary="What was submitted, newest first")
async def list_submissions(call: Call, path: BySlug, query: PageQuery) -> Items[Submission]:
    return await call.read(_submissions, path.slug, query)


def _submissions(conn: Connection, slug: str, query: PageQuery) -> Items[Submission]:
    form = desk.get_form(conn, slug)
    before = read_id(query.before)
    rows = store.submissions(conn, slug, form.channel, before=before, limit=query.limit + 1)
    page = page_of(rows, query.limit, lambda row: str(row["arrival_id"]))
    items = [
        Submission(
            **{name: row[name] for name in Submission.model_fields if name != "answers"},
            answers=[list(map(str, answer)) for answer in (row["detail"] or {}).get("answers", ())],
        )
        for row in page.items
    ]
    return Items[Submission](items=items, next=page.next or None)
