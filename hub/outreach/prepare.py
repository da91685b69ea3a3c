"""Prepare: claimed messages become what a channel is to send, rendered with what is known now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.model.contact import Attachment
from hub.model.errors import HubError
from hub.model.identity import Identity
from hub.model.outbound import Origin, Outgoing
from hub.model.sms_parts import count_parts
from hub.outreach.house import House, medium_of
from hub.outreach.rendering import Rendered, render
from hub.outreach.rendering.values import values
from hub.store import templates
from hub.store.appointments import ABOUT
from hub.store.blobs import Blobs
from hub.store.tables import AppointmentRow, CustomerRow, IdentityRow, StaffRow

# RFC 3834 section 5: what the hub writes by itself says so, and no machine answers it.
_AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A claimed message, ready to be submitted; `failure`: why it cannot be."""

    message: Mapping[str, Any]
    to: Identity
    to_name: str = ""
    language: str = ""
    rendered: Rendered = field(default_factory=Rendered)
    template_id: int | None = None
    failure: str = ""
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
    """What a batch of messages is rendered from."""

    identities: Mapping[int, Mapping[str, Any]]
    customers: Mapping[int, Mapping[str, Any]]
    appointments: Mapping[int, Mapping[str, Any]]
    staff: Mapping[int, Mapping[str, Any]]
    templates: Mapping[str, Mapping[str, dict[str, Any]]]


def gather(conn: Connection, messages: Sequence[Mapping[str, Any]]) -> Materials:
    """Loads what these messages are rendered from; only reads."""
    return Materials(
        identities=_rows(conn, IdentityRow, (message["identity_id"] for message in messages)),
        customers=_rows(conn, CustomerRow, (message["customer_id"] for message in messages)),
        appointments=_rows(
            conn, AppointmentRow, (message["about_id"] for message in messages if message["about"] == ABOUT)
        ),
        staff=_rows(conn, StaffRow, (message["staff_id"] for message in messages)),
        templates={
            name: templates.active(conn, name)
            for name in sorted({message["template"] for message in messages if message["template"]})
        },
    )


def _rows(conn: Connection, table: type[Any], ids: Iterable[int | None]) -> dict[int, Mapping[str, Any]]:
    wanted = sorted({one for one in ids if one is not None})
    if not wanted:
        return {}
    rows = conn.execute(select(*table.__table__.c).where(table.id.in_(wanted)))
    return {row.id: dict(row._mapping) for row in rows}


def prepare(message: Mapping[str, Any], materials: Materials, house: House) -> Prepared:
    """Renders one message; a template that fails is that message's failure alone."""
    identity = materials.identities[message["identity_id"]]
    customer = materials.customers[message["customer_id"]]
    to = Identity(identity["scheme"], identity["value"])
    content = message["content"]
    name = content.get("to_name") or customer["display_name"]
    if not message["template"]:
        rendered = Rendered(content.get("subject", ""), content.get("text", ""), content.get("html", ""))
        return Prepared(message=message, to=to, to_name=name, rendered=rendered, language=content.get("language", ""))
    versions = materials.templates.get(message["template"], {})
    template = templates.in_language(versions, customer["language"], house.language)
    if template is None:
        return Prepared(message=message, to=to, failure=f"There is no template {message['template']!r}.")
    try:
        filled = values(
            customer=customer,
            house=house,
            language=template["language"],
            lane=message["channel"],
            appointment=materials.appointments.get(message["about_id"]) if message["about"] == ABOUT else None,
            staff=materials.staff.get(message["staff_id"]),
        )
        rendered = render(template["faces"], medium_of(to.scheme), filled)
    except HubError as error:
        return Prepared(message=message, to=to, failure=error.message, template_id=template["id"])
    return Prepared(
        message=message,
        to=to,
        to_name=name,
        language=template["language"],
        rendered=rendered,
        template_id=template["id"],
    )


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
        subject=prepared.rendered.subject,
        text=prepared.rendered.text,
        html=prepared.rendered.html,
        message_id=message["rfc_message_id"],
        in_reply_to=content.get("in_reply_to", ""),
        references=tuple(content.get("references", ())),
        reply_to=answers_to if mail else "",
        headers={} if not mail or message["origin"] == Origin.REPLY else dict(_AUTOMATIC),
        attachments=prepared.files,
        status_url=status_url,
        valid_for=None if mail else max(1, int((message["expires_at"] - now).total_seconds())),
        expires_at=message["expires_at"],
    )


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
