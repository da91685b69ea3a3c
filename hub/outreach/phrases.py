"""Phrases: canned texts and signatures, filled in as templates are, with fewer names to use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.model.errors import HubError, Refused
from hub.outreach.house import House
from hub.outreach.rendering import allowed, render
from hub.outreach.rendering.environment import environment
from hub.outreach.rendering.values import plain, values

NAMES: Mapping[str, tuple[str, ...]] = {
    "customer": ("name", "first_name", "language", "country"),
    "conversation": ("number", "subject"),
    "staff": ("name", "email"),
    "business": ("name", "email", "phone", "url"),
    "language": (),
}
_NOBODY: dict[str, Any] = {
    "display_name": "", "language": "", "country": "", "birthday": None, "facts": {}, "time_zone": "",
}  # fmt: skip
_SAMPLE = {**_NOBODY, "display_name": "Ada Lovelace", "language": "en", "country": "GB"}


def check_phrase(source: str) -> None:
    """Raises Refused naming the line and what is not allowed there, TooLarge beyond 64 KB."""
    allowed.check(environment(html=False), source, "text", NAMES)


def try_phrase(source: str, language: str = "en") -> str:
    """Returns a phrase filled in for nobody in particular, once it is checked. Raises Refused."""
    check_phrase(source)
    house = House(business_name="Example Ltd", public_url="https://hub.example.com")
    talk, staff = {"number": 1, "subject": "A question"}, {"display_name": "Grace", "email": "grace@example.com"}
    return _render(source, _filled(house, language, "", _SAMPLE, staff, talk))


def phrase(
    source: str,
    house: House,
    *,
    language: str,
    channel: str = "",
    customer: Mapping[str, Any] | None = None,
    staff: Mapping[str, Any] | None = None,
    conversation: Mapping[str, Any] | None = None,
) -> str:
    """Returns a phrase filled in. `customer`, `staff`: rows of their tables; `conversation`: number and subject.

    What is not allowed (it was kept before anybody checked it) stays as it was written. Raises Refused where a value
    is missing.
    """
    if "{{" not in source and "{%" not in source:
        return source
    try:
        check_phrase(source)
    except HubError:
        return source
    return _render(source, _filled(house, language, channel, customer or _NOBODY, staff or {}, conversation or {}))


def _filled(
    house: House,
    language: str,
    channel: str,
    customer: Mapping[str, Any],
    staff: Mapping[str, Any],
    conversation: Mapping[str, Any],
) -> dict[str, Any]:
    filled = values(customer=customer, house=house, language=language or house.language, lane=channel)
    return {
        **{name: filled[name] for name in ("language", "customer", "business")},
        "staff": {"name": plain(staff.get("display_name", "")), "email": plain(staff.get("email", ""))},
        "conversation": {
            "number": plain(conversation.get("number", "")),
            "subject": plain(conversation.get("subject", "")),
        },
    }


def _render(source: str, filled: Mapping[str, Any]) -> str:
    try:
        return render({"sms": source}, "sms", filled).text
    except Refused as refused:
        raise Refused(
            refused.message.removeprefix("sms: "), field="text", next_step="Correct it, or choose another."
        ) from refused
