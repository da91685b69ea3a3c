"""Templates as staff saves them: checked against the list of what is allowed, rendered once, then stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hub.model.errors import Refused
from hub.model.outbound import Purpose
from hub.outreach.house import House
from hub.outreach.rendering import FACES, Rendered, allowed
from hub.outreach.rendering.environment import environment
from hub.outreach.rendering.values import values
from hub.outreach.rendering.worker import render_aside

_SAMPLE_CUSTOMER: dict[str, Any] = {
    "display_name": "Ada Lovelace",
    "language": "en",
    "country": "GB",
    "birthday": None,
    "facts": {},
    "time_zone": "Europe/London",
}
_SAMPLE_APPOINTMENT = {
    "title": "Consultation",
    "location": "12 High Street",
    "time_zone": "Europe/London",
    "starts_at": datetime(2026, 3, 5, 10, 0, tzinfo=UTC),
    "ends_at": datetime(2026, 3, 5, 10, 30, tzinfo=UTC),
}


def check_words(faces: Mapping[str, str], purpose: str) -> None:
    """Checks without running anything. Raises Refused naming the face, the line and what is not allowed there."""
    if purpose not in set(Purpose):
        raise Refused(f"{purpose!r} is no purpose: {', '.join(Purpose)}.", field="purpose")
    unknown = sorted(set(faces) - set(FACES))
    if unknown:
        raise Refused(f"{unknown[0]!r} is no face of a message: {', '.join(FACES)}.", field=unknown[0])
    if not any(faces.values()):
        raise Refused("A template needs at least one face.", field="faces")
    if (faces.get("html") or faces.get("text")) and not faces.get("subject"):
        raise Refused("A mail needs a subject.", field="subject")
    for name, source in faces.items():
        allowed.check(environment(html=name == "html"), source, name)


async def check(faces: Mapping[str, str], purpose: str) -> None:
    """Checks a template before it is saved: what it says, then how it renders. Raises Refused."""
    check_words(faces, purpose)
    await preview(faces, sample_values("en"))


async def preview(faces: Mapping[str, str], filled_with: Mapping[str, Any]) -> dict[str, Rendered]:
    """Renders every medium that the faces serve, in a process of its own, by medium. Raises Refused."""
    media = []
    if faces.get("subject") and (faces.get("html") or faces.get("text")):
        media.append("email")
    if faces.get("sms"):
        media.append("sms")
    if faces.get("voice"):
        media.append("call")
    return await render_aside({name: source for name, source in faces.items() if source}, media, filled_with)


def sample_values(language: str, house: House | None = None) -> dict[str, Any]:
    """Returns values of nobody in particular, for a preview without a customer."""
    return values(
        customer={**_SAMPLE_CUSTOMER, "language": language},
        house=house or House(business_name="Example Ltd", public_url="https://hub.example.com"),
        language=language,
        appointment=_SAMPLE_APPOINTMENT,
    )
