"""Trials: a template as it is written, to somebody on the staff, filled in for a real customer or for nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.model.identity import Identity
from hub.model.outbound import Purpose
from hub.outreach.house import House, medium_of
from hub.outreach.prepare import with_required_words
from hub.outreach.previewing import SAMPLE_CAMPAIGN, values_of
from hub.outreach.quiet_hours import Rulebook
from hub.outreach.rendering import Rendered, render
from hub.outreach.templates import VARIABLES, sample_values, with_samples
from hub.outreach.to_staff import queue_test
from hub.store import audit, templates
from hub.store.audit import Actor


def send_trial(
    conn: Connection,
    template_id: int,
    to: Identity,
    customer_id: int | None,
    house: House,
    rulebook: Rulebook,
    by: Actor,
) -> int:
    """Queues a stored version of a template for a staff member's own address; returns the message.

    `customer_id`: for whom it is filled in; None: for nobody in particular. It counts nowhere and asks for no consent.
    Raises Refused and NotFound.
    """
    template = templates.get(conn, template_id)
    lane = next((lane for lane in house.lanes.values() if to.scheme in lane.schemes), None)
    if lane is None:
        raise Refused(f"No channel writes to {to}.", field="to")
    rendered = _rendered(conn, template, to, lane.name, customer_id, house, rulebook, by)
    files = templates.enclosed(template["files"], rendered.html) if to.scheme == "mailto" else []
    made = queue_test(
        conn, f"trial:{template_id}", lane.name, to, rendered, house, by,
        language=template["language"], attachments=files,
    )  # fmt: skip
    audit.note(conn, by, "template.tried", f"template/{template_id}", {"message": made})
    return made


def _rendered(
    conn: Connection,
    template: Mapping[str, Any],
    to: Identity,
    channel: str,
    customer_id: int | None,
    house: House,
    rulebook: Rulebook,
    by: Actor,
) -> Rendered:
    language, shown = template["language"], replace(house, keys=None)
    if customer_id is None:
        filled = {**sample_values(language, shown), "campaign": SAMPLE_CAMPAIGN}
        filled = with_samples(filled, template["faces"])
    else:
        filled, _made_up = values_of(conn, customer_id, language, shown, by.at)
        filled = with_samples(filled, template["faces"], free=(VARIABLES,))
    rendered = render(template["faces"], medium_of(to.scheme), filled)
    if template["purpose"] != Purpose.PROMOTIONAL:
        return rendered
    message = {"id": 0, "channel": channel}
    return with_required_words(rendered, to, message, language, shown, rulebook)
