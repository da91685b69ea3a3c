"""Texting: what a text costs as it is written, what may go with it, and when WhatsApp takes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk.recipients import Recipient
from hub.model.sms_parts import Parts
from hub.model.text_media import Room, room_of
from hub.outreach.previewing import Text, text_cost
from hub.outreach.text_limits import SESSION, last_heard
from hub.store import templates
from hub.web.auth import allow
from hub.web.pages.fields import WORKERS, form_of, text_of
from hub.web.rendering import render

_PART_BITS, _JOINED_BITS = 140 * 8, 134 * 8


@dataclass(frozen=True, slots=True)
class Counted:
    """What a text costs: `left`: how many characters more fit into its last part."""

    cost: Text
    left: int

    @classmethod
    def of(cls, text: str) -> Counted:
        """Counts a text as carriers do."""
        cost = text_cost(text.replace("\r\n", "\n").strip())
        return cls(cost, _left(cost.parts))

    @property
    def parts(self) -> Parts:
        return self.cost.parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Texting:
    """What a composer of a text shows beside the words.

    `open_until`: until when WhatsApp takes what is worded freely; `approved`: the templates that it takes at any time,
    by name, with their words.
    """

    counted: Counted
    room: Room
    whatsapp: bool = False
    open_until: datetime | None = None
    approved: tuple[tuple[str, str], ...] = ()


def texting(conn: Connection, to: Recipient, text: str, now: datetime, language: str) -> Texting:
    """Returns what a composer of a text to somebody shows."""
    scheme = to.identity.scheme
    if scheme != "whatsapp":
        return Texting(counted=Counted.of(text), room=room_of(scheme))
    heard = last_heard(conn, [to.identity_id]).get(to.identity_id)
    ends = heard + SESSION if heard is not None else None
    return Texting(
        counted=Counted.of(text),
        room=room_of(scheme),
        whatsapp=True,
        open_until=ends if ends is not None and ends > now else None,
        approved=tuple(_approved(templates.listed(conn), to.language or language)),
    )


def _approved(listed: list[dict[str, Any]], language: str) -> list[tuple[str, str]]:
    """Returns the templates with an approved wording that are no promotions, in the customer's language where it is."""
    found: dict[str, dict[str, Any]] = {}
    for row in listed:
        if row["faces"].get("content_sid") and row["purpose"] == "service":
            spoken = row["language"].partition("-")[0] == language.partition("-")[0]
            if spoken or row["name"] not in found:
                found[row["name"]] = row
    return [(name, str(row["faces"].get("sms", ""))) for name, row in sorted(found.items())]


def _left(parts: Parts) -> int:
    unit = 7 if parts.encoding == "GSM-7" else 16
    room = _PART_BITS if parts.parts == 1 else parts.parts * _JOINED_BITS
    return max(0, room - parts.message_bits) // unit


@allow(*WORKERS)
async def count(request: web.Request) -> web.StreamResponse:
    """Counts what is being written; the page asks a moment after each pause in typing."""
    counted = Counted.of(text_of(await form_of(request), "text"))
    return render(request, "_counted.html", counted=counted)


def routes() -> list[web.RouteDef]:
    return [web.post("/texts/count", count)]
