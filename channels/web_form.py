"""Web forms as a channel: one submission becomes one contact, with its answers and what was agreed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from channels.base import Context, Raw, Request, Settings
from hub.model.clean import clean_header, clean_label
from hub.model.contact import Answer, Attachment, ConsentEvidence, InboundContact, Medium, Party, Trust
from hub.model.errors import ConfigurationError, Refused, Unreadable
from hub.model.event import ChannelEvent
from hub.model.form import Field, FieldKind, Form
from hub.model.form_definition import read_form
from hub.model.identity import Identity, email_identity, phone_identity
from hub.model.problem import Problem
from hub.model.submission import Submission, read_submission

_LONGEST_AGENT = 500


class WebForm:
    """Channel, Parses. It has no settings: each form says itself what it asks and which channel it feeds."""

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        if settings:
            raise ConfigurationError(
                f"{name}: a web form has no setting {next(iter(settings))!r}.", next_step="Remove it."
            )
        self.name = name
        self._region = context.region

    async def open(self) -> None:
        """Has nothing to connect to."""

    async def close(self) -> None:
        """Has nothing to let go of."""

    async def check(self) -> Sequence[Problem]:
        return ()

    def parse(self, source: Raw | Request) -> Sequence[ChannelEvent]:
        """Turns a submission into one contact.

        `form` holds the typed pairs with `submission`, its UUID, and `lang`, the language shown; `definition` is the
        form. Raises Unreadable without either.
        """
        if not isinstance(source, Request):
            raise Unreadable("A form is read from its request.")
        given = dict(source.form)
        submission = given.get("submission", "")
        if not submission:
            raise Unreadable("The submission has no id.")
        form = _form(source)
        sent = read_submission(form, source.form, source.uploads)
        language = form.language([given.get("lang", "")])
        identities = self._identities(form, sent) or [Identity("hub", f"form-{submission}")]
        name = _part(form, sent, "name")
        text = _text(form, sent)
        return [
            InboundContact(
                channel=self.name,
                medium=Medium.FORM,
                external_id=submission,
                content_key=f"form:{submission}",
                sender=Party(identities[0], name),
                claims=tuple(Party(identity, name) for identity in identities[1:]),
                trust=Trust.UNVERIFIED,
                subject=_part(form, sent, "subject") or form.say(form.title, form.languages[0]),
                text=text,
                visible_text=text,
                attachments=_attachments(form, source),
                answers=tuple(_answers(form, sent)),
                consents=tuple(_consents(form, sent, source, language)),
                language=language,
                source=f"form {form.slug}",
                extra=_extra(form, sent),
                occurred_at=source.received_at,
                received_at=source.received_at,
            )
        ]

    def _identities(self, form: Form, sent: Submission) -> list[Identity]:
        email = email_identity(_part(form, sent, "email"))
        phone = phone_identity(_part(form, sent, "phone"), self._region)
        return [identity for identity in (email, phone) if identity]


def _form(request: Request) -> Form:
    if not request.definition:
        raise Unreadable("The form of this submission is not known any more.")
    try:
        return read_form(request.definition)
    except Refused as error:
        raise Unreadable(f"The form of this submission cannot be read: {error.message}") from error


def _part(form: Form, sent: Submission, part: str) -> str:
    field = form.giving(part)
    return _readable(form, field, sent) if field else ""


def _readable(form: Form, field: Field, sent: Submission) -> str:
    """Returns the answer as staff reads it: choices by their label in the form's first language."""
    labels = {option.value: form.say(option.label, form.languages[0]) for option in field.options}
    return ", ".join(labels.get(value, value) for value in sent.values.get(field.name, ()))


def _answers(form: Form, sent: Submission) -> Sequence[Answer]:
    found = []
    for field in form.fields:
        ticked = ("yes" if sent.ticked(field.name) else "no") if field.kind is FieldKind.CONSENT else ""
        if value := ticked or _readable(form, field, sent):
            found.append(Answer(form.say(field.label, form.languages[0]), value, field.kind.value))
    return found


def _text(form: Form, sent: Submission) -> str:
    """Returns the message, then every other answer on a line of its own; names, addresses and consents are no text."""
    lines = [_part(form, sent, "message")]
    for field in form.fields:
        if not field.part and field.kind is not FieldKind.CONSENT and (value := _readable(form, field, sent)):
            label = form.say(field.label, form.languages[0])
            lines.append(f"{label}{' ' if label.endswith(('?', ':', '.', '!')) else ': '}{value}")
    return "\n".join(line for line in lines if line)


def _attachments(form: Form, request: Request) -> tuple[Attachment, ...]:
    fields = {field.name for field in form.fields if field.kind is FieldKind.FILE}
    return tuple(
        Attachment(
            filename=clean_label(upload.filename),
            content_type=clean_header(upload.content_type)[:100] or "application/octet-stream",
            content=upload.content,
        )
        for name, upload in request.uploads.items()
        if name.partition("#")[0] in fields
    )


def _consents(form: Form, sent: Submission, request: Request, language: str) -> Sequence[ConsentEvidence]:
    """Returns what was agreed to; a box left empty is no evidence of anything."""
    headers: Mapping[str, str] = {name.lower(): value for name, value in request.headers.items()}
    return [
        ConsentEvidence(
            purpose=field.purpose,
            scheme=field.scheme,
            granted=True,
            wording=form.say(field.label, language),
            version=f"{form.slug}/{form.version}",
            language=language,
            source=f"form {form.slug}",
            ip=request.remote,
            user_agent=clean_header(headers.get("user-agent", ""))[:_LONGEST_AGENT],
        )
        for field in form.fields
        if field.kind is FieldKind.CONSENT and sent.ticked(field.name)
    ]


def _extra(form: Form, sent: Submission) -> dict[str, str]:
    told = {"form": form.slug, "form_version": str(form.version), **sent.source}
    score = next((sent.text(field.name) for field in form.fields if field.kind is FieldKind.NPS), "")
    return {**told, "nps": score} if score else told
