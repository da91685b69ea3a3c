"""A hub that can promote: its pages on a real socket, its clockwork by hand, a mailbox that catches what goes out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, update

from channels.base import Context
from channels.email_smtp import SmtpSender
from hub.app.hub import Hub
from hub.app.stand_ins import StandIns
from hub.app.travelling import Travels
from hub.model.identity import Identity
from hub.outreach.clockwork import Clockwork
from hub.sandbox.mailbox import SandboxMailbox
from hub.sections import ChannelSettings
from hub.store import consents, customers, segments, templates
from hub.store.session import open_database
from hub.store.tables import IdentityRow
from hub.web.services import Services
from tests.web_room import Clock, WebRoom, services_for, web_room

AGREED = {"all": [{"about": "relationship", "is": "one_of", "value": ["customer"]}]}
OFFER = {
    "subject": "Winter at {{ business.name }}",
    "html": "<p>Hello {{ customer.first_name }}, your code is <b>{{ campaign.code }}</b>.</p>",
    "sms": "{{ business.name }}: winter offer {{ campaign.code }}. Reply STOP to stop.",
}


class Noon(Clock):
    """The real time, moved to noon of the next Wednesday: adapters compare deadlines with it, offers go by day."""

    def __init__(self) -> None:
        now = datetime.now(UTC)
        wednesday = now + timedelta(days=(2 - now.weekday()) % 7 or 7)
        self.ahead = wednesday.replace(hour=12, minute=0, second=0, microsecond=0) - now

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, **spans: float) -> None:
        self.ahead += timedelta(**spans)


@dataclass
class Promoting:
    """`people`: customers by name. Ada and Charles agreed to offers by mail, Mary did not, Grace has a number only."""

    room: WebRoom
    clockwork: Clockwork
    mailbox: SandboxMailbox
    people: dict[str, int]

    async def tick(self) -> None:
        """Starts, plans, sends and ends what there is to."""
        await self.clockwork.runs.run_once()
        await self.clockwork.dispatcher.run_once()
        await self.clockwork.runs.run_once()

    def mails(self) -> list[str]:
        return [mail.raw.decode() for mail in self.mailbox.caught()]


@asynccontextmanager
async def promoting(
    url: str, folder: Path, also: Mapping[str, Any] | None = None, **hub: Any
) -> AsyncIterator[Promoting]:
    """Runs one with a segment `customers` and a template `winter_offer`; `hub`: settings of its own, `also`: more
    channels.
    """
    database, clock, mailbox = open_database(url), Noon(), SandboxMailbox(folder / "mail")
    await database.open()
    await mailbox.start()
    settings = {"host": "127.0.0.1", "port": mailbox.port, "tls": "none", "from_address": "shop@example.com"}
    mail = SmtpSender("outgoing_mail", settings, Context(public_url="http://hub.test"))
    await mail.open()
    services = services_for(database, folder, clock, channels={"outgoing_mail": mail, **(also or {})})
    own = services.settings.hub.model_copy(update=hub)
    more = {name: ChannelSettings(name=name, adapter="channels.web_shop:WebShop", mode="live") for name in also or {}}
    sections = {**services.settings.channels, **more}
    services = replace(services, settings=services.settings.model_copy(update={"hub": own, "channels": sections}))
    clockwork = Clockwork(
        database, services.blobs, services.channels, services.settings, services.keys, "one", clock,
        services.address_of, services.public_url,
    )  # fmt: skip
    services = replace(services, nudge=clockwork.nudge, travels=Travels(_hub(services, folder)))
    try:
        async with web_room(services, clock) as room:
            people = await database.write(lambda conn, _: _fill(conn, clock(), services.keys.consent), None)
            yield Promoting(room, clockwork, mailbox, people)
    finally:
        await mail.close()
        await mailbox.stop()
        await database.close()


def _hub(services: Services, folder: Path) -> Hub:
    """Returns the hub behind these services, for what the roof does with it."""
    services.settings.hub.data.mkdir(parents=True, exist_ok=True)
    return Hub(
        settings=services.settings,
        base=services.settings,
        keys=services.keys,
        database=services.database,
        blobs=services.blobs,
        intake=services.intake,
        channels=services.channels,  # type: ignore[arg-type]
        stand_ins=StandIns(folder / "sandbox"),
        worker="one",
        clock=services.clock,
    )


def _fill(conn: Connection, now: datetime, key: bytes) -> dict[str, int]:
    people = {
        "Ada": _person(conn, "Ada Lovelace", "mailto:ada@example.com", now, agreed=key),
        "Charles": _person(conn, "Charles Babbage", "mailto:charles@example.com", now, agreed=key),
        "Mary": _person(conn, "Mary Somerville", "mailto:mary@example.com", now),
        "Grace": _person(conn, "Grace Hopper", "tel:+14155550109", now),
    }
    segments.save(conn, "customers", "All customers", AGREED, "tests", now)
    templates.save(conn, name="winter_offer", language="en", purpose="promotional", faces=OFFER, now=now, by="tests")
    return people


def _person(conn: Connection, name: str, address: str, now: datetime, *, agreed: bytes = b"") -> int:
    identity = Identity.from_text(address)
    named: dict[str, Any] = {"display_name": name, "relationship": "customer", "time_zone": "Europe/London"}
    customer = customers.create_customer(conn, named, [identity], now)
    held = customers.find_identities(conn, [identity])[identity]
    conn.execute(update(IdentityRow).where(IdentityRow.id == held.identity_id).values(confirmed_at=now))
    if agreed:
        evidence = {
            "identity_id": held.identity_id,
            "purpose": "promotional",
            "granted": True,
            "wording": "Yes, send me offers",
            "source": "counter",
            "at": now,
            "interaction_id": None,
        }
        consents.record(conn, [evidence], agreed)
    return customer
