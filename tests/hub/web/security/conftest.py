"""A web room behind which there is one of everything, and the addresses under which each of them is found."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from channels.base import Context
from channels.survey_upload import SurveyUpload
from channels.web_form import WebForm
from hub.capture.capture import Capture
from hub.capture.purchases import Purchases
from hub.desk import campaigns as desk
from hub.desk import canned, drafting
from hub.desk.drafting import Place
from hub.desk.drafts import DraftKind
from hub.insight.finders import found
from hub.model.purchase import Line, Purchase, Told
from hub.store import (
    backups,
    equipment,
    links,
    mail_forms,
    problems,
    products,
    rosters,
    segments,
    templates,
    tokens,
    unsubscribing,
)
from hub.store.tables import (
    AttachmentRow,
    Base,
    CampaignVersionRow,
    RunRow,
    RunSkipRow,
    SuggestionRow,
    TaskRow,
)
from hub.web.auth.access import Access, access_of
from tests.builders import NOW, who
from tests.desk_world import KEY, World, actor, plan
from tests.hub.uploads.surveys import answer, flow, survey, take_in
from tests.hub.web.promotions.conftest import database as database
from tests.hub.web.promotions.conftest import room as room
from tests.hub.web.promotions.conftest import world as world
from tests.hub.web.security.furnishing import furnish_plans
from tests.promoting import AGREED, OFFER
from tests.starting import start_with
from tests.web_room import WebRoom

CAMPAIGN = {
    "segment": "everybody",
    "template": "offer",
    "channel": "outgoing_mail",
    "schedule": {"kind": "once", "at": "now"},
    "variables": {"code": "WINTER10"},
}


@dataclass
class Everything:
    """A hub with one of everything. `ids`: what to write for a place in an address, by what stands before it."""

    room: WebRoom
    world: World
    ids: dict[str, str]
    backup: Path

    def routes(self, *methods: str) -> Iterator[tuple[str, str, Access]]:
        """Yields (method, path as it is declared, access) of every route."""
        for route in self.room.server.app.router.routes():
            access = access_of(route.handler)
            assert access is not None
            if route.method in methods and route.resource is not None:
                yield route.method, route.resource.canonical, access

    def address(self, canonical: str) -> str:
        """Returns the address of something that is there, with what must be asked of it."""
        asked = {
            "/segments/{name}/why": f"?customer={self.world.ada}",
            "/api/v1/interactions": "?q=engine",
            "/api/v1/canned-texts/{id}/filled": f"?conversation={self.world.conversation}",
        }
        return self.filled(canonical, self.ids) + asked.get(canonical, "")

    @staticmethod
    def filled(canonical: str, ids: dict[str, str]) -> str:
        """Returns a path with its places filled in, each by the longest beginning of the path that is known."""
        path = canonical
        while place := re.search(r"\{(\w+)\}", path):
            before = canonical[: canonical.index("{" + place[1] + "}")]
            known = ids.get(before) or ids.get(before.removeprefix("/api/v1"))
            assert known is not None, f"what stands in {canonical} after {before}?"
            path = path.replace(place[0], known, 1)
        return path


@pytest.fixture
async def everything(room: WebRoom, world: World, tmp_path: Path) -> Everything:
    """A hub with one of everything, each shown on its page."""
    context = Context(public_url="http://hub.test")
    more = {"contact_form": WebForm("contact_form", {}, context), "surveys": SurveyUpload("surveys", {}, context)}
    object.__setattr__(room.services, "channels", {**room.services.channels, **more})
    made = await room.services.database.write(_furnish, (room, world, tmp_path))
    services = room.services
    surveys = flow(services.database, tmp_path, channels=services.channels, blobs=services.blobs, clock=room.clock)
    rows = [answer(1, words="Quick answers"), ("2026-02-01", "", "Nobody", 1, "No address")]
    taken = await take_in(surveys, (await surveys.receive(survey(tmp_path / "visits.csv", rows), "visits.csv")).upload)
    made["/uploads/"] = str(taken.id)
    backup = tmp_path / "backups" / "one.tar"
    backup.parent.mkdir(exist_ok=True)
    backup.write_bytes(b"archive")
    return Everything(room, world, made, backup)


def rows_of(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Returns every row of every table."""
    return {
        table.name: sorted(map(tuple, conn.execute(select(table))), key=repr) for table in Base.metadata.sorted_tables
    }


def _furnish(conn: Connection, given: tuple[WebRoom, World, Path]) -> dict[str, str]:
    room, world, folder = given
    by = actor(room.ids["agent"])
    start_with(conn, NOW, "forms/contact.toml", "call_flows/")
    segments.save(conn, "everybody", "Everybody", AGREED, by.name, NOW)
    templates.save(conn, name="offer", language="en", purpose="promotional", faces=OFFER, now=NOW, by=by.name)
    campaign = int(desk.save(conn, name="winter", title="Winter", definition=CAMPAIGN, by=by)["id"])
    run = _run(conn, campaign)
    message = plan(conn, world, dedupe_key="run:1", purpose="promotional", origin="run", run_id=run, sent_at=NOW,
                   state="accepted", reason="accepted", content={"subject": "Winter"})  # fmt: skip
    skipped = {"run_id": run, "customer_id": world.ada, "reason": "no_consent", "seen": {}, "at": NOW}
    conn.execute(insert(RunSkipRow).values(**skipped))
    task = {"kind": "callback", "title": "Ring Ada back", "customer_id": world.ada, "created_at": NOW}
    suggestion = {
        "customer_id": world.ada,
        "scheme": "tel",
        "value": "+14155550177",
        "reason": "typed",
        "created_at": NOW,
    }
    problems.note(conn, "test", [found("login", "support_mail", said="no"), found("backup_none", "hub")], NOW)
    made = backups.Result(file=str(folder / "backups" / "one.tar"), size=7, rows=9, verified_at=NOW)
    tokens.create(conn, "the shop", room.ids["agent"], "agent", NOW)
    link = links.create_link(conn, room.services.keys, links.RESET, room.ids["viewer"], timedelta(days=1), NOW)
    left = unsubscribing.token(room.services.keys, message, "mailto:ada@example.com")
    spoken = room.services.blobs.put(b"ID3 and what was said")
    heard = update(AttachmentRow).where(AttachmentRow.filename == "RE1.mp3")
    conn.execute(heard.values(sha256=spoken, size=21, state="stored"))
    picture = conn.scalar(select(AttachmentRow.id).where(AttachmentRow.interaction_id == world.mail))
    sound = conn.scalar(select(AttachmentRow.id).where(AttachmentRow.filename == "RE1.mp3"))
    arrivals = conn.exec_driver_sql("SELECT id, interaction_id, state FROM arrival").all()
    return {
        **furnish_plans(conn, room, world),
        "/static/": "hub.css",
        "/hooks/": "main_number",
        "/hooks/{channel}/": "text",
        "/link/": link,
        "/staff/": str(room.ids["viewer"]),
        "/tokens/": "1",
        "/.well-known/interaction-hub/": "0" * 32,
        "/needs-you/": "1",
        "/problems/": "1",
        "/conversations/": str(world.conversation),
        "/messages/": str(message),
        "/customers/": str(world.ada),
        "/customers/{id}/identities/": str(world.ada_mail),
        "/customers/{id}/identities/{identity_id}/suppressions/": "1",
        "/customers/{id}/suggestions/": str(
            conn.execute(insert(SuggestionRow).values(**suggestion).returning(SuggestionRow.id)).scalar_one()
        ),
        "/interactions/": str(world.html_mail),
        "/interactions/{id}/arrivals/": str(next(one.id for one in arrivals if one.interaction_id == world.html_mail)),
        "/attachments/": str(picture),
        "/recordings/": str(sound),
        "/appointments/": str(world.appointment),
        "/purchases/": str(_purchase(conn)),
        "/products/": str(products.upsert(conn, "T1", {"name": "Tea"}, NOW)[0]),
        "/equipment/": str(equipment.create(conn, customer_id=world.ada, now=NOW, name="Boiler")),
        "/tasks/": str(conn.execute(insert(TaskRow).values(**task).returning(TaskRow.id)).scalar_one()),
        "/channels/": "main_number",
        "/channels/new/": "a" * 24,
        "/channels/new/twilio/": "a" * 24,
        "/connections/": "main_number",
        "/consents/": "a" * 24,
        "/registrations/": "google",
        "/sandbox/mails/": "none",
        "/sandbox/call/": "none",
        "/unread/": str(next(one.id for one in arrivals if one.state == "quarantined")),
        "/unreadable/": str(next(one.id for one in arrivals if one.state == "quarantined")),
        "/forms/": "contact",
        "/f/": "contact",
        "/templates/": "offer",
        "/templates/{name}/": "en",
        "/segments/": "everybody",
        "/call-flows/": "opening_hours",
        "/rosters/": _roster(conn),
        "/mail-forms/": _mail_form(conn),
        "/segments/{name}/why/": str(world.ada),
        "/campaigns/": str(campaign),
        "/runs/": str(run),
        "/runs/{id}/customers/": str(world.ada),
        "/reminder-rules/": "999999",
        "/backups/": str(backups.note_made(conn, "ada", NOW, socket.gethostname(), made, NOW).id),
        "/u/": left,
        "/drafts/": _draft(conn, world, room.ids["admin"]),
        "/drafts/{id}/files/": "1",
        "/canned/": str(canned.add(conn, "hours", "en", "We open at nine.", by, shared=True)),
        "/canned-texts/": str(canned.add(conn, "closed", "en", "We are closed.", by, shared=True)),
    }


def _roster(conn: Connection) -> str:
    people = [{"name": "Eve", "number": "+14155550122"}]
    rosters.save(conn, "desk", {"title": "Desk", "people": people}, "ada", NOW)
    return "desk"


def _mail_form(conn: Connection) -> str:
    fields = [{"labels": ["E-mail"], "gives": "email"}]
    mail_forms.save(
        conn, "website", {"title": "Website", "senders": ["form@example.com"], "fields": fields}, "ada", NOW
    )
    return "website"


def _draft(conn: Connection, world: World, staff_id: int) -> str:
    place = Place(kind=DraftKind.REPLY, conversation_id=world.conversation)
    drafting.keep(conn, "draft-of-the-admin", place, {"text": "Dear Ada"}, actor(staff_id))
    return "draft-of-the-admin"


def _run(conn: Connection, campaign: int) -> int:
    segment = conn.exec_driver_sql("SELECT id FROM segment").scalar_one()
    values = {"campaign_id": campaign, "campaign_version": 1, "segment_id": segment, "definition": CAMPAIGN,
              "starts_at": NOW, "state": "done", "audience": 2, "created_at": NOW, "ended_at": NOW}  # fmt: skip
    assert conn.execute(select(CampaignVersionRow.version)).scalar_one() == 1
    return int(conn.execute(insert(RunRow).values(**values).returning(RunRow.id)).scalar_one())


def _purchase(conn: Connection) -> int:
    tea = Line(name="Tea", amount=Decimal("9.90"), quantity=Decimal(2), sku="T1", category="tea")
    bought = Purchase(
        source="shop", external_id="1", bought_at=NOW, amount=Decimal("9.90"), currency="EUR", lines=(tea,)
    )
    [done] = Purchases(Capture(KEY))(conn, [Told(purchase=bought, buyer=(who("ada@example.com"),), name="Ada")], NOW)
    assert done.id is not None
    return done.id
