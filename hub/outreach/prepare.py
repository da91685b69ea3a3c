"""Prepare: claimed messages become what a channel is to send, rendered with what is known now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.model.contact import Attachment, Party
from hub.model.errors import HubError
from hub.model.identity import Identity
from hub.model.outbound import Origin, Outgoing, Purpose
from hub.model.sms_parts import count_parts
from hub.outreach.house import House, medium_of
from hub.outreach.quiet_hours import Rulebook
from hub.outreach.rendering import Rendered, render
from hub.outreach.rendering.skeleton import Skeleton, skeleton_of
from hub.outreach.rendering.values import values
from hub.outreach.required_words import Sender, complete
from hub.store import runs, templates
from hub.store.appointments import ABOUT
from hub.store.blobs import Blobs
from hub.store.equipment import ABOUT as SERVICE
from hub.store.question import Rows
from hub.store.recipients import Person
from hub.store.tables import AppointmentRow, CustomerRow, EquipmentRow, IdentityRow, StaffRow, TemplateRow

_SOURCES: dict[type[Any], Rows] = {
    IdentityRow: Rows(IdentityRow, ("id", "scheme", "value")),
    CustomerRow: Rows(CustomerRow, Person._fields),
    AppointmentRow: Rows(AppointmentRow),
    EquipmentRow: Rows(EquipmentRow),
    StaffRow: Rows(StaffRow),
    TemplateRow: Rows(TemplateRow),
}
# RFC 3834 section 5: what the hub writes by itself says so, and no machine answers it.
_AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"}
# An answer to a mail is told apart from what nobody wrote first (RFC 3834 section 5.1); Exchange sends none of its own.
_ACKNOWLEDGES = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A claimed message, ready to be submitted; `failure`: why it cannot be. `filled`: what its template was filled in
    with.
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
        return 1 if self.to.scheme == "mailto" else count_parts(self.rendered.text).parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """What a batch of messages is rendered from. `pinned`: the template versions that runs were launched with;
    `campaigns`: what templates may say of a campaign, by run; `skeletons`: what was rendered for all of a run.
    """

    identities: Mapping[int, Mapping[str, Any]]
    customers: Mapping[int, Mapping[str, Any]]
    appointments: Mapping[int, Mapping[str, Any]]
    staff: Mapping[int, Mapping[str, Any]]
    templates: Mapping[str, Mapping[str, dict[str, Any]]]
    equipment: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    pinned: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    campaigns: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    skeletons: dict[tuple[Any, ...], Skeleton | None] = field(default_factory=dict)

    @classmethod
    def of_campaign(cls, versions: Mapping[int, Mapping[str, Any]], facts: Mapping[str, Any]) -> Materials:
        """Returns what a campaign without a run is rendered from; as its run counts 0. `facts`: of the campaign."""
        return cls(
            identities={}, customers={}, appointments={}, staff={}, templates={}, pinned=versions, campaigns={0: facts}
        )

    def with_person(self, customer: Mapping[str, Any], identity: Mapping[str, Any]) -> Materials:
        """Returns the same for one person."""
        return replace(self, customers={customer["id"]: customer}, identities={identity["id"]: identity})


def gather(conn: Connection, messages: Sequence[Mapping[str, Any]]) -> Materials:
    """Loads what these messages are rendered from; only reads."""
    return Materials(
        identities=_rows(conn, IdentityRow, (message["identity_id"] for message in messages)),
        customers=_rows(conn, CustomerRow, (message["customer_id"] for message in messages)),
        appointments=_rows(
            conn, AppointmentRow, (message["about_id"] for message in messages if message["about"] == ABOUT)
        ),
        equipment=_rows(
            conn, EquipmentRow, (message["about_id"] for message in messages if message["about"] == SERVICE)
        ),
        staff=_rows(conn, StaffRow, (message["staff_id"] for message in messages)),
        templates={
            name: templates.active(conn, name)
            for name in sorted({one["template"] for one in messages if one["template"] and one["run_id"] is None})
        },
        pinned=_rows(conn, TemplateRow, (one["template_id"] for one in messages if one["run_id"] is not None)),
        campaigns=runs.campaign_values(conn, [one["run_id"] for one in messages if one["run_id"] is not None]),
    )


def _rows(conn: Connection, table: type[Any], ids: Iterable[int | None]) -> dict[int, Mapping[str, Any]]:
    return {row["id"]: row for row in _SOURCES[table](conn, sorted({one for one in ids if one is not None}))}


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
    url = house.unsubscribe_url(message["id"], to)
    try:
        filled = values(
            customer=customer,
            house=house,
            language=template["language"],
            lane=message["channel"],
            appointment=materials.appointments.get(message["about_id"]) if message["about"] == ABOUT else None,
            equipment=materials.equipment.get(message["about_id"]) if message["about"] == SERVICE else None,
            staff=materials.staff.get(message["staff_id"]),
            campaign=materials.campaigns.get(message["run_id"]),
            answered=content.get("answered"),
            unsubscribe_url=url,
        )
        rendered = _of_its_run(message, template, to, filled, materials, house, rulebook) or _finished(
            render(template["faces"], medium_of(to.scheme), filled), message, template, to, house, rulebook, url
        )
    except HubError as error:
        return Prepared(message=message, to=to, failure=error.message, template_id=template["id"])
    return Prepared(
        message=message,
        to=to,
        to_name=name,
        language=template["language"],
        rendered=rendered,
        template_id=template["id"],
        filled=filled,
    )


def _of_its_run(
    message: Mapping[str, Any],
    template: Mapping[str, Any],
    to: Identity,
    filled: Mapping[str, Any],
    materials: Materials,
    house: House,
    rulebook: Rulebook,
) -> Rendered | None:
    """Returns a message that is like all others of its run but for a few words; None for one to be rendered whole."""
    if message["run_id"] is None:
        return None
    medium = medium_of(to.scheme)
    key = (message["run_id"], template["id"], message["channel"], medium)
    if key not in materials.skeletons:
        materials.skeletons[key] = skeleton_of(
            template["faces"],
            medium,
            filled,
            lambda rendered, url: _finished(rendered, message, template, to, house, rulebook, url),
        )
    skeleton = materials.skeletons[key]
    return skeleton.fill(filled) if skeleton is not None else None


def _finished(
    rendered: Rendered,
    message: Mapping[str, Any],
    template: Mapping[str, Any],
    to: Identity,
    house: House,
    rulebook: Rulebook,
    url: str,
) -> Rendered:
    if message["purpose"] != Purpose.PROMOTIONAL:
        return rendered
    return with_required_words(rendered, to, message, template["language"], house, rulebook, url)


def with_required_words(
    rendered: Rendered,
    to: Identity,
    message: Mapping[str, Any],
    language: str,
    house: House,
    rulebook: Rulebook,
    url: str = "",
) -> Rendered:
    """Returns a promotion with who sends it and how to stop, where its template does not say so."""
    lane = house.lanes.get(message["channel"])
    sender = Sender(
        name=house.business_name,
        postal_address=house.business_address,
        answers=lane is not None and lane.answered,
        language=house.language,
    )
    medium = "email" if to.scheme == "mailto" else "sms"
    url = url or house.unsubscribe_url(message["id"], to)
    return complete(rendered, medium, rows=rulebook.words, sender=sender, language=language, unsubscribe_url=url)


def _headers(prepared: Prepared, house: House) -> dict[str, str]:
    """Returns the headers of a mail: on promotions, one click in the mail program is enough to leave (RFC 8058)."""
    message = prepared.message
    if message["origin"] == Origin.REPLY:
        return {}
    headers = dict(_ACKNOWLEDGES if message["origin"] == Origin.ACKNOWLEDGEMENT else _AUTOMATIC)
    if message["purpose"] == Purpose.PROMOTIONAL:
        url = prepared.filled.get("unsubscribe_url") or house.unsubscribe_url(prepared.id, prepared.to)
        headers["List-Unsubscribe"] = f"<{url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def outgoing(prepared: Prepared, attempt: int, now: datetime, house: House, status_url: str) -> Outgoing:
    """Returns what the channel sends."""
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
        attachments=prepared.files,
        status_url=status_url,
        valid_for=None if mail else max(1, int((message["expires_at"] - now).total_seconds())),
        expires_at=message["expires_at"],
    )


def _parties(named: Iterable[Mapping[str, str]] | None) -> tuple[Party, ...]:
    return tuple(Party(Identity.from_text(one["identity"]), one.get("name", "")) for one in named or ())


def with_files(prepared: Prepared, blobs: Blobs) -> Prepared:
    """Returns the message with the bytes of its attachments. Blocks: for a thread."""
    rows = prepared.message["content"].get("attachments") or ()
    try:
        files = tuple(
            Attachment(
                filename=str(row.get("filename", "")),
                content_type=str(row.get("content_type") or "application/octet-stream"),
                content=blobs.read(row["sha256"]),
            )
            for row in rows
        )
    except HubError as error:
        return replace(prepared, failure=error.message)
    return replace(prepared, files=files)
