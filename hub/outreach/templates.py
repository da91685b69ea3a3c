"""Templates as staff saves them: checked against the list of what is allowed, rendered once, then stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.model import wording
from hub.model.errors import Refused
from hub.model.letters import html_of
from hub.model.outbound import Purpose
from hub.outreach.house import House
from hub.outreach.rendering import FACES, Rendered, allowed
from hub.outreach.rendering.environment import environment
from hub.outreach.rendering.record_values import SAMPLES
from hub.outreach.rendering.values import values
from hub.outreach.rendering.worker import render_aside
from hub.outreach.used_fields import looped, reckoned, used

_SAMPLE_CUSTOMER: dict[str, Any] = {
    "display_name": "Ada Lovelace",
    "language": "en",
    "country": "GB",
    "birthday": None,
    "facts": {},
    "time_zone": "Europe/London",
}
FACTS, VARIABLES = "customer.facts.", "campaign."
FREE = (FACTS, VARIABLES)
_SAMPLE_FACT = 7
_MARKED_UP = frozenset({"blocks", "html"})
_SAMPLE_APPOINTMENT = {
    "title": "Consultation",
    "location": "12 High Street",
    "time_zone": "Europe/London",
    "starts_at": datetime(2026, 3, 5, 10, 0, tzinfo=UTC),
    "ends_at": datetime(2026, 3, 5, 10, 30, tzinfo=UTC),
}
_SAMPLE_ANSWERED = {"subject": "A question", "opens_at": "2026-03-05T09:00:00+00:00"}


def check_words(faces: Mapping[str, str], purpose: str) -> None:
    """Checks without running anything. Raises Refused naming the face, the line and what is not allowed there."""
    if purpose not in set(Purpose):
        raise Refused(f"{purpose!r} is no purpose: {', '.join(Purpose)}.", field="purpose")
    unknown = sorted(set(faces) - set(FACES))
    if unknown:
        raise Refused(f"{unknown[0]!r} is no face of a message: {', '.join(FACES)}.", field=unknown[0])
    if not any(faces.values()):
        raise Refused("A template needs at least one face.", field="faces")
    if any(faces.get(name) for name in ("blocks", "html", "text")) and not faces.get("subject"):
        raise Refused("A mail needs a subject.", field="subject")
    for name, source in faces.items():
        allowed.check(environment(html=name in _MARKED_UP), source, name)


def check_snippet(text: str) -> None:
    """Checks a piece that templates share. Raises Refused; one cannot show another."""
    if not text.strip():
        raise Refused("A snippet says something.", field="text")
    if wording.SNIPPET.search(text):
        raise Refused("A snippet cannot show another snippet.", field="text")
    allowed.check(environment(html=False), text, "text")
    html_of(text)


async def check(faces: Mapping[str, str], purpose: str, made: Mapping[str, str] | None = None) -> None:
    """Checks a template before it is saved: what it says, then how it renders. Raises Refused.

    `made`: the faces that are rendered, where they differ from those written (`hub.store.templates.spelled`).
    """
    check_words(faces, purpose)
    if made is not None:
        check_words(made, purpose)
    made = faces if made is None else made
    await preview(made, with_samples(sample_values("en"), made))


async def preview(faces: Mapping[str, str], filled_with: Mapping[str, Any]) -> dict[str, Rendered]:
    """Renders every medium that the faces serve, in a process of its own, by medium. Raises Refused."""
    return await render_aside({name: source for name, source in faces.items() if source}, media_of(faces), filled_with)


def media_of(faces: Mapping[str, str]) -> list[str]:
    """Returns the media that the faces serve."""
    media = []
    if faces.get("subject") and (faces.get("html") or faces.get("text")):
        media.append("email")
    if faces.get("sms") or faces.get("media"):
        media.append("sms")
    if faces.get("content_sid"):
        media.append("whatsapp")
    if faces.get("voice"):
        media.append("call")
    return media


def sample_values(language: str, house: House | None = None) -> dict[str, Any]:
    """Returns values of nobody in particular, for a preview without a customer."""
    return values(
        customer={**_SAMPLE_CUSTOMER, "language": language},
        house=house or House(business_name="Example Ltd", public_url="https://hub.example.com"),
        language=language,
        appointment=_SAMPLE_APPOINTMENT,
        answered=_SAMPLE_ANSWERED,
        records=SAMPLES,
    )


def with_samples(
    values: Mapping[str, Any], faces: Mapping[str, str], *, free: tuple[str, ...] = FREE
) -> dict[str, Any]:
    """Returns the values with something in each fact and campaign variable that the faces name, since those are free.

    A fact may be a number or a list and is made up as the template uses it; a campaign's variables are texts, named in
    characters that make no text dearer.
    `free`: what is made up, if not both.
    """
    filled: dict[str, Any] = {**values, "customer": {**values["customer"]}, "campaign": {**values["campaign"]}}
    filled["customer"]["facts"] = {**values["customer"]["facts"]}
    for face, source in faces.items():
        lists, numbers = looped(source, html=face == "html"), reckoned(source, html=face == "html")
        for path in used(source, html=face == "html"):
            if path.startswith(free):
                word = path.startswith(VARIABLES) and path not in numbers
                text = f"({path.rpartition('.')[2]})" if word else _SAMPLE_FACT
                _put(filled, path.split("."), [text] if path in lists else text)
    return filled


def _put(values: dict[str, Any], steps: Sequence[str], value: Any) -> None:
    for step in steps[:-1]:
        inside = values.setdefault(step, {})
        if not isinstance(inside, dict):
            return
        values = inside
    values.setdefault(steps[-1], value)
