"""One each of what staff plans and keeps: an offer, a sequence with somebody in it, a free slot, an invitation."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import Connection, select

from hub.desk import breaches, rights
from hub.model.calendar_event import CalendarEvent
from hub.model.cart import Cart
from hub.model.person_request import RequestKind
from hub.store import (
    call_sounds,
    carts,
    clicks,
    do_not_call,
    enrolments,
    invitations,
    media_links,
    message_links,
    offers,
    reminders,
    sequences,
    slots,
    snippets,
)
from hub.store.audit import Actor
from hub.store.tables import EnrolmentRow, InvitationRow
from tests.builders import NOW
from tests.desk_world import World, plan
from tests.hub.sequences.conftest import definition
from tests.web_room import WebRoom

GREETING = definition(end={"kind": "end"})
SOUND = b"ID3" + b"\x00" * 61


def furnish_plans(conn: Connection, room: WebRoom, world: World) -> dict[str, str]:
    """Makes them; returns what stands in their addresses, by what stands before it."""
    keys = room.services.keys
    offer, _ = offers.upsert(conn, "spring", {"title": "Spring", "percent": Decimal(10)}, NOW)
    sequences.save(conn, "welcome", GREETING, "ada", NOW)
    entered = _enrolled(conn, world.ada)
    rule = reminders.add_rule(
        conn, name="a day before", minutes_before=1440, channel="main_number", template="reminder", now=NOW
    )
    snippets.save(conn, name="hours", language="en", text="Open daily", now=NOW)
    place = slots.wait(conn, world.ada, "Check-up", NOW)
    begins = NOW + timedelta(days=1)
    fields = {
        "title": "Check-up", "starts_at": begins, "ends_at": begins + timedelta(hours=1), "time_zone": "Europe/Prague",
        "location": "", "channel": "main_number",
    }  # fmt: skip
    slot = slots.open_slot(conn, fields, NOW, None)
    sound = _sound(conn, room)
    invitations.keep(conn, [(world.mail, [CalendarEvent(uid="tea@example.com", title="Tea", starts_at=begins)])])
    picture = {"sha256": sound.sha256, "size": sound.size, "filename": "a.mp3", "content_type": "audio/mpeg"}
    content = {"attachments": [picture], "starts_at": None}
    reminded = plan(conn, world, dedupe_key="reminder:1", content=content, about="appointment",
                    about_id=world.appointment)  # fmt: skip
    link = clicks.kept(keys, "https://shop.example.com/tea", None)
    clicks.keep(conn, [link], NOW)
    cart = Cart(source="shop", external_id="c1", touched_at=NOW, amount=Decimal(1), currency="EUR")
    left = carts.keep(conn, cart, world.ada, NOW)
    by = Actor(name="ada", at=NOW, key=keys.audit)
    asked = rights.ask(
        conn, RequestKind.ACCESS, by, NOW + timedelta(days=30), evidence="by mail", customer_id=world.ada
    )
    breach = breaches.note(conn, breaches.Facts(title="Lost phone", what="A phone was lost."), NOW, NOW, by)
    listed = do_not_call.begin(conn, "National", NOW, "ada", NOW)
    do_not_call.finish(conn, listed, 1, 0)
    return {
        "/sensitive/": "fact",
        "/sensitive/{kind}/": "allergy",
        "/rights/": str(asked),
        "/person-requests/": str(asked),
        "/breaches/": str(breach),
        "/rights/breaches/": str(breach),
        "/do-not-call/": str(listed),
        "/carts/": str(left.id),
        "/reminders/": str(rule),
        "/offers/": str(offer),
        "/sequences/": "welcome",
        "/enrolments/": str(entered),
        "/snippets/": "hours",
        "/snippets/{name}/": "en",
        "/waiting-list/slots/": str(slot),
        "/free-slots/": str(slot),
        "/waiting-list/": str(place),
        "/call-sounds/": sound.name,
        "/sounds/": call_sounds.token(keys, sound.name, sound.sha256, room.clock()),
        "/m/": media_links.token(keys, reminded, 0, room.clock() + media_links.GOOD_FOR),
        "/l/": clicks.token(keys, link.key, reminded, "mailto:ada@example.com"),
        "/c/": message_links.CONFIRM.token(keys, reminded, "mailto:ada@example.com"),
        "/a/": message_links.REMINDER.token(keys, reminded, "mailto:ada@example.com"),
        "/invitations/": str(conn.scalar(select(InvitationRow.id))),
        "/calls/now/": "999999",
        "/calls-under-way/": "999999",
    }


def _enrolled(conn: Connection, customer: int) -> int:
    version = sequences.current(conn, "welcome")
    row = {
        "sequence": "welcome", "sequence_id": version.id, "customer_id": customer, "round": 1, "state": "active",
        "step": "end", "due_at": NOW, "entered_at": NOW, "context": {},
    }  # fmt: skip
    enrolments.enrol(conn, [row])
    return int(conn.execute(select(EnrolmentRow.id)).scalar_one())


def _sound(conn: Connection, room: WebRoom) -> call_sounds.Sound:
    kept = room.services.blobs.put(SOUND)
    sound = call_sounds.Sound(
        name="welcome", title="Welcome", sha256=kept, size=len(SOUND), content_type="audio/mpeg", added_at=NOW,
        added_by="ada",
    )  # fmt: skip
    call_sounds.keep(conn, sound)
    return sound
