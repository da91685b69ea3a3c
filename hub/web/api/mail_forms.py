"""Contact forms that mail: how their mails become submissions, tried on past ones and applied to them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from hub.capture.rereading import PastMails
from hub.desk import mail_forms as desk
from hub.model.mail_form import read_mail_form
from hub.model.mail_form_proposal import propose
from hub.store import mail_forms as store
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.kept import DefinitionVersion, NextVersion
from hub.web.api.operation import EDITORS, READERS, operation
from hub.web.api.values import Data, Done, Given, Id, Items, Moment, Told

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$", examples=["website"])]
Definition = Annotated[
    dict[str, Any],
    Field(
        description="`title`, `senders` (`*` for anything), `subject`, `fields` (`labels`, `gives`: name, first_name, "
        "last_name, person, email, phone, subject, message, answer, nothing), `ends`, `region`",
        examples=[
            {
                "title": "Contact form of example.com",
                "senders": ["wordpress@example.com"],
                "fields": [
                    {"labels": ["Your name"], "gives": "name"},
                    {"labels": ["E-mail"], "gives": "email"},
                    {"labels": ["Message"], "gives": "message"},
                ],
                "ends": ["--"],
            }
        ],
    ),
]


class MailForm(DefinitionVersion):
    """One version of how a form's mails are read."""


class ByFormName(Given):
    name: Name


class MailFormGiven(NextVersion):
    """A new version. `based_on`: the version that was seen (0: there is none yet), so that nothing is undone unseen."""

    definition: Definition


class PastedGiven(Given):
    """A mail of the form: its text, its HTML or both."""

    text: str = ""
    html: str = ""


class Proposed(Told):
    """What a mail seems to hold: `fields` and `ends` as a definition has them; no fields: it looks like no form's."""

    fields: Annotated[list[Data], Field(description="Each with `labels` and `gives`.")]
    ends: list[str]


class TriedGiven(Given):
    definition: Definition


class Read(Told):
    """What a definition makes of one past mail; `address` is null where it names nobody."""

    interaction_id: Id
    at: Moment
    sender: str
    subject: str
    name: str
    address: str | None
    answers: Annotated[list[Data], Field(description="Each with `question`, `value` and `kind`.")]


class AppliedGiven(Given):
    """`before`: where an earlier call stopped."""

    before: Id | None = None


class Applied(Told):
    """How many mails became submissions, how many name nobody, and where to go on; null: all were looked at."""

    read: int
    unread: int
    before: Id | None


@operation("GET", "/mail-forms", roles=READERS, summary="How forms' mails are read, in force")
async def list_mail_forms(call: Call) -> Items[MailForm]:
    return Items[MailForm](items=[MailForm.model_validate(row) for row in await call.read(store.all_current)])


@operation("GET", "/mail-forms/{name}", roles=READERS, summary="How one form's mails are read")
async def get_mail_form(call: Call, path: ByFormName) -> MailForm:
    return MailForm.model_validate(await call.read(store.current, path.name))


@operation("GET", "/mail-forms/{name}/versions", roles=READERS, summary="Its versions, newest first")
async def list_mail_form_versions(call: Call, path: ByFormName) -> Items[MailForm]:
    return Items[MailForm](items=[MailForm.model_validate(row) for row in await call.read(store.versions, path.name)])


@operation("PUT", "/mail-forms/{name}", roles=EDITORS, summary="Save how a form's mails are read, from the next one on")
async def put_mail_form(call: Call, path: ByFormName, body: MailFormGiven) -> MailForm:
    return await call.write(_put, path.name, body, call.by)


def _put(conn: Connection, name: str, body: MailFormGiven, by: Actor) -> MailForm:
    desk.save_mail_form(conn, name, body.definition, by, based_on=body.based_on)
    return MailForm.model_validate(store.current(conn, name))


@operation("DELETE", "/mail-forms/{name}", roles=EDITORS, summary="Let its mails be ordinary mails again")
async def retire_mail_form(call: Call, path: ByFormName) -> Done:
    await call.write(desk.retire_mail_form, path.name, call.by)
    return Done()


@operation("POST", "/mail-form-proposals", roles=EDITORS, summary="What a form's mail seems to hold")
async def propose_mail_form(call: Call, body: PastedGiven) -> Proposed:
    found = propose(body.text, body.html)
    fields = [{"labels": list(each.labels), "gives": each.gives.value} for each in found.fields]
    return Proposed(fields=fields, ends=list(found.ends))


@operation("POST", "/mail-form-trials", roles=EDITORS, summary="What a definition makes of the last mails it fits")
async def try_mail_form(call: Call, body: TriedGiven) -> Items[Read]:
    tried = await _past(call).try_on(read_mail_form(body.definition))
    return Items[Read](
        items=[
            Read(
                interaction_id=each.interaction,
                at=each.occurred_at,
                sender=each.sender,
                subject=each.subject,
                name=each.submission.sender.display_name if each.submission else "",
                address=each.submission.sender.identity.value if each.submission else None,
                answers=[
                    {"question": answer.question, "value": answer.value, "kind": answer.kind}
                    for answer in (each.submission.answers if each.submission else ())
                ],
            )
            for each in tried
        ]
    )


@operation("POST", "/mail-forms/{name}/apply", roles=EDITORS, summary="Make submissions of its past mails")
async def apply_mail_form(call: Call, path: ByFormName, body: AppliedGiven) -> Applied:
    row = await call.read(store.current, path.name)
    done = await _past(call).apply(row.form, call.now, body.before)
    await call.write(desk.note_applied, path.name, done.read, call.by)
    return Applied.model_validate(done)


def _past(call: Call) -> PastMails:
    services = call.services
    return PastMails(services.database, services.blobs, services.channels)
