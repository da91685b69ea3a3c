"""What stands in a promotion besides its template: who sends it, how to stop, its label, and on what it rests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from hub.model.identity import Identity
from hub.model.outbound import Purpose
from hub.outreach.house import House
from hub.outreach.numbers import number_of
from hub.outreach.quiet_hours import Rulebook
from hub.outreach.rendering import Rendered
from hub.outreach.required_words import Notices, Sender, complete

NO_NOTICES = Notices()


def notices_for(
    message: Mapping[str, Any],
    to: Identity,
    customer: Mapping[str, Any],
    existing: Collection[int],
    house: House,
    rulebook: Rulebook,
) -> Notices:
    """Returns what a promotion says to this reader besides, nothing for anything else.

    `existing`: the identities whose promotions rest on their having bought.
    """
    if message["purpose"] != Purpose.PROMOTIONAL:
        return NO_NOTICES
    country = number_of(to.value).country if to.scheme in ("tel", "whatsapp") else ""
    said = label_for((customer["country"], country), to, house, rulebook, message.get("due_at"))
    rests = message["identity_id"] in existing
    return Notices(label=said, existing=rests) if said or rests else NO_NOTICES


def label_for(
    countries: Iterable[str], to: Identity, house: House, rulebook: Rulebook, at: datetime | None = None
) -> str:
    """Returns how a promotion to this address has to begin; where nobody knows the country, our own one counts.

    `at`: when it is to go out; None: by what holds whenever it does.
    """
    if not rulebook.labels:
        return ""
    where = frozenset(filter(None, countries)) or frozenset({house.region})
    medium = "email" if to.scheme == "mailto" else "sms"
    return rulebook.label(where, medium, at.date() if at is not None else date.max)


def with_required_words(
    rendered: Rendered,
    to: Identity,
    message: Mapping[str, Any],
    language: str,
    house: House,
    rulebook: Rulebook,
    url: str = "",
    notices: Notices | None = None,
) -> Rendered:
    """Returns a promotion with who sends it and how to stop, where its template does not say so.

    `notices`: what its reader is told besides; None: of a reader of our own country who agreed.
    """
    if notices is None:
        notices = Notices(label=label_for((), to, house, rulebook))
    lane = house.lanes.get(message["channel"])
    sender = Sender(
        name=house.business_name,
        postal_address=house.business_address,
        answers=lane is not None and lane.answered,
        language=house.language,
    )
    medium = "email" if to.scheme == "mailto" else "sms"
    url = url or house.unsubscribe_url(message["id"], to)
    return complete(
        rendered,
        medium,
        rows=rulebook.words,
        sender=sender,
        language=language,
        unsubscribe_url=url,
        notices=notices,
    )
