"""Previews: a template in all its faces, for one real customer or for nobody in particular."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, select

from hub.model.errors import HubError, NotFound, Refused
from hub.model.identity import Identity
from hub.model.outbound import Purpose
from hub.model.sms_parts import GSM_BASIC, GSM_EXTENSION, Parts, count_parts, plain_lookalikes
from hub.outreach import records, templates
from hub.outreach.advice import Advice, advise
from hub.outreach.house import House
from hub.outreach.promotion_words import label_for, with_required_words
from hub.outreach.quiet_hours import Rulebook
from hub.outreach.rendering import Rendered, render
from hub.outreach.rendering.record_values import SAMPLES
from hub.outreach.rendering.values import values
from hub.outreach.required_words import Notices
from hub.store import equipment, veil
from hub.store.tables import AppointmentRow, CustomerRow

SAMPLE_CAMPAIGN = {"name": "winter_offer", "title": "Winter offer"}
# How many words a minute a telephone voice says.
_WORDS_A_MINUTE = 150
_FACES = {
    "email": ("subject", "html", "text"),
    "sms": ("sms", "media"),
    "whatsapp": ("content_sid", "content_variables", "sms"),
    "call": ("voice",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a text costs: `dear`: the characters that keep it from the cheap alphabet; `plain`: what it would be
    with look-alikes in their place, where that saves parts.
    """

    parts: Parts
    dear: str = ""
    plain: Parts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A template as one person would get it. `refused`: what is wrong, by medium; `sample`: what was made up."""

    faces: Mapping[str, Rendered] = field(default_factory=dict)
    refused: Mapping[str, HubError] = field(default_factory=dict)
    advice: tuple[Advice, ...] = ()
    text: Text | None = None
    spoken_seconds: int = 0


def values_of(
    conn: Connection,
    customer_id: int,
    language: str,
    house: House,
    now: datetime,
    campaign: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any], bool]:
    """Returns what a template is filled in with for a customer, and whether the appointment is made up.

    It is the next appointment, else the last one. Raises NotFound.
    """
    customer = conn.execute(select(*CustomerRow.__table__.c).where(CustomerRow.id == customer_id)).one_or_none()
    if customer is None:
        raise NotFound(f"There is no customer {customer_id}.")
    to_come = case((AppointmentRow.starts_at >= now, 0), else_=1)
    appointment = conn.execute(
        select(*AppointmentRow.__table__.c)
        .where(AppointmentRow.customer_id == customer_id)
        .order_by(to_come, case((to_come == 0, AppointmentRow.starts_at)), AppointmentRow.starts_at.desc())
        .limit(1)
    ).one_or_none()
    filled = values(
        customer={**customer._mapping, "facts": veil.facts_shown(conn, customer_id, customer.facts)},
        house=house,
        language=language,
        appointment=dict(appointment._mapping) if appointment else None,
        equipment=next(iter(equipment.of_customer(conn, customer_id, limit=1)), None),
        campaign=campaign or SAMPLE_CAMPAIGN,
        records={**SAMPLES, **records.own_of(conn, customer_id, now)},
    )
    filled["answered"] = templates.sample_values(language, house)["answered"]
    if appointment is None:
        filled["appointment"] = templates.sample_values(language, house)["appointment"]
    return filled, appointment is None


async def look(
    faces: Mapping[str, str],
    purpose: str,
    filled: Mapping[str, Any],
    house: House,
    rulebook: Rulebook,
    *,
    accepted: bool = False,
) -> Preview:
    """Renders every face that can be rendered; one that cannot says why.

    A promotion is shown with the words that are added to it where it lacks them. `accepted`: the template was checked
    when it was saved, so it is rendered here; anything else in a process of its own.
    """
    work = _here if accepted else templates.preview
    written = {name: source for name, source in faces.items() if source.strip()}
    seen: dict[str, Rendered] = {}
    refused: dict[str, HubError] = {}
    left = {medium: names for medium, names in _FACES.items() if any(written.get(name) for name in names)}
    if not written.get("content_sid"):
        left.pop("whatsapp", None)
    for medium, names in list(left.items()):
        try:
            templates.check_words({name: written[name] for name in names if name in written}, purpose)
        except HubError as error:
            refused[medium] = error
            del left[medium]
    try:
        seen = await _render(work, written, left, filled)
    except HubError:
        # One of them fails, and not the others: each for itself.
        for medium, names in left.items():
            try:
                seen |= await _render(work, written, {medium: names}, filled)
            except HubError as error:
                refused[medium] = error
    advice = tuple(advise(written, purpose, seen, filled)) if purpose in set(Purpose) else ()
    if purpose == Purpose.PROMOTIONAL:
        seen |= {
            medium: _complete(seen[medium], medium, filled, house, rulebook)
            for medium in ("email", "sms")
            if medium in seen
        }
    return Preview(
        faces=seen,
        refused=refused,
        advice=advice,
        text=text_cost(seen["sms"].text) if "sms" in seen else None,
        spoken_seconds=round(len(seen["call"].text.split()) * 60 / _WORDS_A_MINUTE) if "call" in seen else 0,
    )


def _complete(rendered: Rendered, medium: str, filled: Mapping[str, Any], house: House, rulebook: Rulebook) -> Rendered:
    scheme = "mailto" if medium == "email" else "tel"
    lane = next((lane.name for lane in house.lanes.values() if scheme in lane.schemes), "")
    # Message 0 is nobody's: its link to unsubscribe is that of a preview.
    nobody = {"id": 0, "channel": lane}
    to, country = Identity(scheme, ""), str(filled["customer"].get("country") or "")
    notices = Notices(label=label_for((country,), to, house, rulebook))
    return with_required_words(rendered, to, nobody, str(filled["language"]), house, rulebook, notices=notices)


Work = Callable[[Mapping[str, str], Mapping[str, Any]], Awaitable[dict[str, Rendered]]]


async def _render(
    work: Work, written: Mapping[str, str], media: Mapping[str, tuple[str, ...]], filled: Mapping[str, Any]
) -> dict[str, Rendered]:
    wanted = {name: written[name] for names in media.values() for name in names if name in written}
    return await work(wanted, filled) if wanted else {}


async def _here(faces: Mapping[str, str], filled: Mapping[str, Any]) -> dict[str, Rendered]:
    return await asyncio.to_thread(
        lambda: {medium: render(faces, medium, filled) for medium in templates.media_of(faces)}
    )


def text_cost(text: str) -> Text:
    """Returns what a text costs, and what it would cost in plain characters where that is less."""
    parts = count_parts(text)
    dear = "".join(dict.fromkeys(character for character in text if character not in GSM_BASIC | GSM_EXTENSION))
    plain = count_parts(plain_lookalikes(text))
    return Text(parts=parts, dear=dear, plain=plain if plain.parts < parts.parts else None)


def checked(faces: Mapping[str, str]) -> dict[str, str]:
    """Returns the faces that say something. Raises Refused where none does."""
    said = {name: source for name, source in faces.items() if source.strip()}
    if not said:
        raise Refused("A template needs at least one face.", field="faces")
    return said
