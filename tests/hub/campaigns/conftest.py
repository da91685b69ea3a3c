"""A hub's way out with customers who agreed to promotions, a segment of all of them and an offer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from hub.desk import campaigns as desk
from hub.model.identity import Identity
from hub.model.outbound import Purpose
from hub.outreach.campaigning.flight import flight_plan
from hub.outreach.campaigning.flight_told import FlightPlan
from hub.outreach.campaigning.running import Runs
from hub.outreach.quiet_hours import rulebook_of
from hub.store import campaigns, consents, runs, segments, templates
from hub.store.audit import Actor
from hub.store.customers import find_identities
from hub.store.tables import IdentityRow
from tests.hub.outreach.conftest import KEYS, Outdoors
from tests.hub.outreach.conftest import out as out
from tests.hub.outreach.conftest import settings as settings

ENGINES = ["sqlite", "postgresql"]
BOTH = pytest.mark.parametrize("store_url", ENGINES, indirect=True)
FACES = {
    "subject": "{{ customer.first_name }}, an offer",
    "text": "Dear {{ customer.first_name }}, {{ campaign.code }} is yours.\n",
    "html": "<html><body><p>Dear {{ customer.first_name }}, {{ campaign.code }}</p></body></html>",
    "sms": "{{ customer.first_name }}: {{ campaign.code }}",
}
EVERYBODY: dict[str, Any] = {"all": []}


@pytest.fixture(params=["sqlite"])
def store_url(request: pytest.FixtureRequest) -> str:
    """A new database with the schema: SQLite, and PostgreSQL where a test asks for both."""
    name = "sqlite_store_url" if request.param == "sqlite" else "postgres_store_url"
    url: str = request.getfixturevalue(name)
    return url


@dataclass
class Marketing:
    """What the tests of campaigns do: customers who agreed, a campaign launched, its runs driven by hand."""

    out: Outdoors

    @property
    def by(self) -> Actor:
        return Actor(name="Max", at=self.out.clock(), key=KEYS.audit)

    async def customer(self, *addresses: str, agreed: bool = True, confirmed: bool = True, **fields: Any) -> int:
        """Somebody in Prague who agreed to promotions at every address."""
        named = {"time_zone": "Europe/Prague", "country": "CZ", **fields}
        made = await self.out.customer(*addresses, **named)
        await self.out.write(
            _furnish, [Identity.from_text(one) for one in addresses], self.out.clock(), agreed, confirmed
        )
        return made

    async def draft(self, channel: str = "outgoing_mail", **changes: Any) -> int:
        definition = {
            "segment": "everybody",
            "template": "offer",
            "channel": channel,
            "schedule": {"kind": "once", "at": "now"},
            "variables": {"code": "WINTER10"},
            **changes,
        }

        def save(conn: Connection) -> int:
            name = f"campaign_{len(campaigns.listed(conn)) + 1}"
            return int(desk.save(conn, name=name, title="Winter", definition=definition, by=self.by)["id"])

        return int(await self.out.write(save))

    async def plan(self, campaign: int) -> FlightPlan:
        out = self.out
        return await flight_plan(out.database, campaign, out.house, rulebook_of(out.settings), out.clock())

    async def launch(self, campaign: int, plan_hash: str = "") -> dict[str, Any]:
        wanted = plan_hash or (await self.plan(campaign)).hash
        zone = self.out.house.time_zone
        launched: dict[str, Any] = await self.out.write(
            lambda conn: desk.launch(conn, campaign, wanted, self.by, business_zone=zone)
        )
        return launched

    async def launched(self, channel: str = "outgoing_mail", **changes: Any) -> int:
        """A campaign that was looked at and launched; its run is not started yet."""
        campaign = await self.draft(channel, **changes)
        await self.launch(campaign)
        return campaign

    def runner(self, worker: str = "one", database: Any = None) -> Runs:
        out = self.out
        return Runs(database or out.database, out.house, rulebook_of(out.settings), worker, out.clock, lambda: None)

    async def run(self) -> None:
        await self.runner().run_once()

    async def act(self, work: Any, *args: Any, **more: Any) -> Any:
        return await self.out.write(lambda conn: work(conn, *args, self.by, **more))

    async def pause(self, campaign: int) -> desk.Stopped:
        stopped: desk.Stopped = await self.act(desk.pause, campaign)
        return stopped

    async def resume(self, campaign: int) -> dict[str, Any]:
        resumed: dict[str, Any] = await self.act(desk.resume, campaign, business_zone=self.out.house.time_zone)
        return resumed

    async def cancel(self, campaign: int) -> desk.Stopped:
        stopped: desk.Stopped = await self.act(desk.cancel, campaign)
        return stopped

    async def state(self, campaign: int) -> str:
        row: dict[str, Any] = await self.out.write(campaigns.by_id, campaign)
        return str(row["state"])

    async def runs(self, campaign: int = 1) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.out.write(runs.of_campaign, campaign)
        return found

    async def skips(self, run: int = 1) -> dict[int, str]:
        """Returns the reason of everybody whom a run passed over, by customer."""
        rows = await self.out.write(lambda conn: runs.skips(conn, run, limit=1000))
        return {row["customer_id"]: row["reason"] for row in rows}

    async def sums(self, run: int = 1) -> tuple[int, int]:
        """Returns the audience of a run, and the sum of its messages and skips."""

        def ask(conn: Connection) -> tuple[int, int]:
            return runs.by_id(conn, run)["audience"], sum(count for _, _, count in runs.reasons(conn, run))

        found: tuple[int, int] = await self.out.write(ask)
        return found


async def crowd(market: Marketing, many: int) -> list[int]:
    return [await market.customer(f"mailto:ada{number}@example.com") for number in range(many)]


def _furnish(conn: Connection, identities: list[Identity], now: datetime, agreed: bool, confirmed: bool) -> None:
    held = find_identities(conn, identities)
    ids = [one.identity_id for one in held.values()]
    if confirmed:
        conn.execute(update(IdentityRow).where(IdentityRow.id.in_(ids)).values(confirmed_at=now))
    if agreed:
        consents.record(conn, [agreement(one, now) for one in ids], KEYS.consent)


def agreement(identity: int, now: datetime, *, granted: bool = True) -> dict[str, Any]:
    return {
        "identity_id": identity,
        "purpose": Purpose.PROMOTIONAL.value,
        "granted": granted,
        "wording": "Send me offers",
        "source": "form",
        "at": whole(now),
        "interaction_id": None,
    }


def whole(moment: datetime) -> datetime:
    """Returns a time as the hub's own clock gives it, in milliseconds: digests are made of what is stored."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _prepare(conn: Connection, now: datetime) -> None:
    segments.save(conn, "everybody", "Everybody", EVERYBODY, "Max", now)
    purpose = Purpose.PROMOTIONAL.value
    templates.save(conn, name="offer", language="en", purpose=purpose, faces=FACES, now=now)


@pytest.fixture
async def market(out: Outdoors) -> Marketing:
    """Marketing at 14:00 UTC of the next day that is no Sunday: promotions may go out in Europe."""
    now = datetime.now(UTC)
    noon = (now + timedelta(days=1)).replace(hour=14, minute=0, second=0, microsecond=0)
    out.clock.ahead = noon + timedelta(days=noon.weekday() == 6) - now
    await out.write(_prepare, out.clock())
    return Marketing(out)


def identity_of(conn: Connection, value: str) -> int:
    found = conn.scalar(select(IdentityRow.id).where(IdentityRow.value == value, IdentityRow.closed_at.is_(None)))
    assert found is not None
    return found
