"""Prepare: claimed messages become what a channel is to send, rendered with what is known now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from hub.model.contact import Attachment, Party
from hub.model.errors import HubError
from hub.model.identity import Identity
from hub.model.never_said import Bar
from hub.model.outbound import Outgoing, Purpose
from hub.model.sms_parts import count_parts
from hub.model.value import value
from hub.outreach import mail_headers
from hub.outreach.appointment_file import appointment_file
from hub.outreach.barred import NOTHING
from hub.outreach.following import counts_clicks, follow
from hub.outreach.house import CALL, House, medium_of
from hub.outreach.materials import Materials, gather
from hub.outreach.promotion_words import NO_NOTICES, notices_for, with_required_words
from hub.outreach.quiet_hours import Rulebook
from hub.outreach.rendering import Rendered, render
from hub.outreach.rendering.skeleton import skeleton_of
from hub.outreach.rendering.values import own_values, values
from hub.outreach.rendering.with_texts import is_own
from hub.outreach.required_words import Notices
from hub.store import templates
from hub.store.appointments import ABOUT
from hub.store.clicks import Kept
from hub.store.equipment import ABOUT as SERVICE

__all__ = ["Materials", "Prepared", "gather", "likeness_of", "outgoing", "prepare", "with_required_words"]


@value(kw_only=True)
class Prepared:
    """A claimed message, ready to be submitted; `failure`: why it cannot be. `filled`: what its template was filled in
    with, `kind`: what that is by the rulebook. `notices`: what it says besides, to this reader. `barred`: why it is
    never said.
    """

    message: Mapping[str, Any]
    to: Identity
    to_name: str = ""
    language: str = ""
    rendered: Rendered = field(default_factory=Rendered)
    template_id: int | None = None
    failure: str = ""
    filled: Mapping[str, Any] = field(default_factory=dict, repr=False)
    files: tuple[Attachment, ...] = field(default=(), repr=False)
    enclosed: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    followed: tuple[Kept, ...] = field(default=(), repr=False)
    kind: str = ""
    notices: Notices = NO_NOTICES
    barred: Bar | None = None

    @property
    def id(self) -> int:
        found: int = self.message["id"]
        return found

    @property
    def body_hash(self) -> str:
        """Returns the SHA-256 of the text in UTF-8, in hex: what a provider's list is compared with."""
        return hashlib.sha256(self.rendered.text.encode("utf-8", "replace")).hexdigest()

    @property
    def parts(self) -> int:
        spoken = self.message["content"].get("medium") == CALL
        return 1 if self.to.scheme == "mailto" or spoken else count_parts(self.rendered.text).parts


def prepare(message: Mapping[str, Any], materials: Materials, house: House, rulebook: Rulebook) -> Prepared:
    """Renders one message; a template that fails is that message's failure alone."""
    identity = materials.identities[message["identity_id"]]
    customer = materials.customers[message["customer_id"]]
    to = Identity(identity["scheme"], identity["value"])
    content = message["content"]
    name = content.get("to_name") or customer["display_name"]
    if not message["template"]:
        rendered = Rendered(content.get("subject", ""), content.get("text", ""), content.get("html", ""))
        return Prepared(message=message, to=to, to_name=name, rendered=rendered, language=content.get("language", ""))
    template: Mapping[str, Any] | None
    if message["run_id"] is not None:
        template = materials.pinned.get(message["template_id"])
    else:
        versions = materials.templates.get(message["template"], {})
        spoken = customer["language"] or content.get("language", "")
        template = templates.in_language(versions, spoken, house.language)
    if template is None:
        return Prepared(message=message, to=to, failure=f"There is no template {message['template']!r}.")
    notices = notices_for(message, to, customer, materials.existing, house, rulebook)
    try:
        rendered, filled = _of_its_run(message, template, to, materials, house, notices) or _whole(
            message, template, to, materials, house, rulebook, notices
        )
    except HubError as error:
        return Prepared(message=message, to=to, failure=error.message, template_id=template["id"])
    bar: Bar | None = None
    if materials.barred is not NOTHING:  # most hubs have marked nothing
        records = {**materials.samples, **materials.records.get(message["id"], {})}
        bar = materials.barred.why(message, template, rendered, records)
    followed: tuple[Kept, ...] = ()
    if message["purpose"] == Purpose.PROMOTIONAL and counts_clicks(message, materials.counting, house):
        facts = materials.campaigns.get(message["run_id"], {})
        rendered, followed = follow(rendered, message, to, template, facts, house)
    files = template.get("files") or ()
    if to.scheme != "mailto" and (missing := _missing(rendered, files)):
        failure = f"The template has no file {missing!r}."
        return Prepared(message=message, to=to, failure=failure, template_id=template["id"])
    return Prepared(
        message=message,
        to=to,
        to_name=name,
        language=template["language"],
        rendered=rendered,
        files=_files(message, to, rendered, materials, house),
        template_id=template["id"],
        filled=filled,
        enclosed=_enclosed(to, rendered, files),
        followed=followed,
        kind=template.get("kind") or "",
        notices=notices,
        barred=bar,
    )


def _enclosed(to: Identity, rendered: Rendered, files: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Returns the template's files that go along: all of them with a mail, with a text those that it names."""
    if to.scheme == "mailto":
        return tuple(templates.enclosed(files, rendered.html)) if files else ()
    return tuple(file for file in files if file["filename"] in rendered.media)


def _missing(rendered: Rendered, files: Sequence[Mapping[str, Any]]) -> str:
    known = {file["filename"] for file in files}
    return next((name for name in rendered.media if is_own(name) and name not in known), "")


def _files(
    message: Mapping[str, Any], to: Identity, rendered: Rendered, materials: Materials, house: House
) -> tuple[Attachment, ...]:
    """Returns the pictures of a text by their addresses; with a reminder by mail goes its appointment."""
    media = tuple(
        Attachment(filename="", content_type="", url=address) for address in rendered.media if not is_own(address)
    )
    appointment = materials.appointments.get(message["about_id"]) if message["about"] == ABOUT else None
    if appointment is None or to.scheme != "mailto" or message["purpose"] != Purpose.REMINDER:
        return media
    file = appointment_file(appointment, house.business_name, urlsplit(house.public_url).hostname or "localhost")
    return (*media, file) if file is not None else media


def _of_its_run(
    message: Mapping[str, Any],
    template: Mapping[str, Any],
    to: Identity,
    materials: Materials,
    house: House,
    notices: Notices,
) -> tuple[Rendered, Mapping[str, Any]] | None:
    """Returns a message that is like others of its run but for a few words; None for one to be rendered whole."""
    skeleton = materials.skeletons.get(likeness_of(message, template, to, notices))
    if skeleton is None:
        return None
    own = own_values(
        materials.customers[message["customer_id"]],
        house,
        template["language"],
        {**materials.samples, **materials.records.get(message["id"], {})},
        house.unsubscribe_url(message["id"], to),
    )
    filled = {**skeleton.values, **own}
    rendered = skeleton.fill(filled)
    return (rendered, filled) if rendered is not None else None


def likeness_of(
    message: Mapping[str, Any], template: Mapping[str, Any], to: Identity, notices: Notices
) -> tuple[Any, ...]:
    """Returns what the messages have in common that are rendered once (`Materials.skeletons`)."""
    return message["run_id"], template["id"], message["channel"], medium_of(to.scheme), notices


def _whole(
    message: Mapping[str, Any],
    template: Mapping[str, Any],
    to: Identity,
    materials: Materials,
    house: House,
    rulebook: Rulebook,
    notices: Notices,
) -> tuple[Rendered, Mapping[str, Any]]:
    """Renders a message; the first of a run also gives what the others have in common with it. Raises HubError."""
    content, url = message["content"], house.unsubscribe_url(message["id"], to)
    filled = values(
        customer=materials.customers[message["customer_id"]],
        house=house,
        language=template["language"],
        lane=message["channel"],
        appointment=materials.appointment_of(message),
        equipment=materials.equipment.get(message["about_id"]) if message["about"] == SERVICE else None,
        staff=materials.staff.get(message["staff_id"]),
        campaign=materials.campaigns.get(message["run_id"]),
        answered=content.get("answered"),
        records={**materials.samples, **materials.records.get(message["id"], {})},
        unsubscribe_url=url,
        answer_url=house.answer_url(message["id"], to) if message["about"] == ABOUT else "",
    )
    like = likeness_of(message, template, to, notices)

    def finish(rendered: Rendered, url: str) -> Rendered:
        return _finished(rendered, message, template, to, house, rulebook, url, notices)

    if message["run_id"] is not None and like not in materials.skeletons:
        materials.skeletons[like] = skeleton_of(template["faces"], medium_of(to.scheme), filled, finish)
    return finish(render(template["faces"], medium_of(to.scheme, content), filled), url), filled


def _finished(
    rendered: Rendered,
    message: Mapping[str, Any],
    template: Mapping[str, Any],
    to: Identity,
    house: House,
    rulebook: Rulebook,
    url: str,
    notices: Notices,
) -> Rendered:
    if message["purpose"] != Purpose.PROMOTIONAL:
        return rendered
    return with_required_words(rendered, to, message, template["language"], house, rulebook, url, notices)


def _headers(prepared: Prepared, house: House) -> dict[str, str]:
    url = ""
    if prepared.message["purpose"] == Purpose.PROMOTIONAL:
        url = prepared.filled.get("unsubscribe_url") or house.unsubscribe_url(prepared.id, prepared.to)
    return mail_headers.of(prepared.message, url, house.message_domain(prepared.message["channel"]))


def outgoing(
    prepared: Prepared,
    attempt: int,
    now: datetime,
    house: House,
    status_url: str,
    address: str = "",
    until: datetime | None = None,
) -> Outgoing:
    """Returns what the channel sends. `address`: under which its provider calls us, and fetches the files of a text;
    `until`: a text that has not arrived by then is to arrive no more, else the message's own end.
    """
    message, content = prepared.message, prepared.message["content"]
    mail = prepared.to.scheme == "mailto"
    lane = house.lanes.get(message["channel"])
    answers_to = lane.answers_to if lane and "@" in lane.answers_to else ""
    return Outgoing(
        id=message["id"],
        attempt=attempt,
        to=prepared.to,
        to_name=prepared.to_name,
        everybody=_parties(content.get("to")),
        cc=_parties(content.get("cc")),
        subject=prepared.rendered.subject,
        text=prepared.rendered.text,
        html=prepared.rendered.html,
        message_id=message["rfc_message_id"],
        in_reply_to=content.get("in_reply_to", ""),
        references=tuple(content.get("references", ())),
        reply_to=(content.get("reply_to") or answers_to) if mail else "",
        return_path=content.get("return_path", "") if mail else "",
        headers=_headers(prepared, house) if mail else {},
        attachments=prepared.files if mail else house.linked(prepared.files, prepared.id, address, now),
        status_url=status_url,
        valid_for=None if mail else max(1, int(((until or message["expires_at"]) - now).total_seconds())),
        expires_at=message["expires_at"],
        language=prepared.language,
        sender=content.get("sender", ""),
        approved=prepared.rendered.approved,
        variables=dict(prepared.rendered.variables),
    )


def _parties(named: Iterable[Mapping[str, str]] | None) -> tuple[Party, ...]:
    return tuple(Party(Identity.from_text(one["identity"]), one.get("name", "")) for one in named) if named else ()
