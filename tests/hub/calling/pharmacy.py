"""A pharmacy's number: its flow, its roster, and what became of its calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from hub.sandbox.twilio import TwilioEmulator
from hub.store import call_flows, interactions
from hub.store.tables import CustomerRow, InteractionRow, TaskRow
from tests.builders import NOW
from tests.web_room import WebRoom

SID, TOKEN = "AC" + "0" * 32, "0123456789abcdef0123456789abcdef"
OURS, PATIENT, ADA, BOB = "+14155550100", "+14155550142", "+14155550111", "+14155550112"
ROSTER: dict[str, Any] = {
    "title": "Front desk",
    "people": [{"name": "Ada", "number": ADA}, {"name": "Bob", "number": BOB}],
}
FLOW: dict[str, Any] = {
    "title": "The pharmacy",
    "languages": ["en", "cs"],
    "start": "tongue",
    "steps": {
        "tongue": {
            "kind": "languages",
            "words": {"en": "For English, press 1", "cs": "Pro češtinu stiskněte 2"},
            "digits": {"1": "en", "2": "cs"},
            "next": "menu",
        },
        "menu": {
            "kind": "menu",
            "words": {"en": "For a pharmacist press 1, for our hours 2", "cs": "Lékárník: 1, otevírací doba: 2"},
            "digits": {"1": "desk", "2": "hours"},
            "next": "message",
        },
        "hours": {"kind": "say", "words": {"en": "Nine to five", "cs": "Od devíti do pěti"}},
        "desk": {"kind": "ring", "roster": "desk", "seconds": 20, "next": "message"},
        "message": {"kind": "voicemail", "max_seconds": 60},
    },
}


@dataclass
class Line:
    """The hub's number: its room, its provider, and what became of its calls."""

    room: WebRoom
    twilio: TwilioEmulator

    async def write(self, work: Any, *args: Any) -> Any:
        return await self.room.services.database.write(lambda conn, _: work(conn, *args), None)

    async def follow(self, **steps: Any) -> None:
        """Lets the number follow the flow, with some of its steps changed."""
        changed = {name: {**FLOW["steps"][name], **more} for name, more in steps.items()}
        await self.write(call_flows.save, "phone", {**FLOW, "steps": {**FLOW["steps"], **changed}}, "ada", NOW)

    async def steps(self) -> list[list[tuple[str, str]]]:
        """Returns what is known of each call, in the order in which it was learnt."""

        def ask(conn: Connection) -> list[list[tuple[str, str]]]:
            ids = list(conn.scalars(select(InteractionRow.id).order_by(InteractionRow.id)))
            learnt = interactions.events_of(conn, ids)
            return [[(each["kind"], each["data"].get("status", "")) for each in learnt.get(each, [])] for each in ids]

        return list(await self.write(ask))

    async def tasks(self) -> list[str]:
        return list(await self.write(lambda conn: list(conn.scalars(select(TaskRow.state).order_by(TaskRow.id)))))

    async def name(self, name: str) -> int:
        """Gives the customer of the last call a name."""

        def work(conn: Connection) -> int:
            customer = conn.scalars(select(CustomerRow.id).order_by(CustomerRow.id.desc())).first()
            assert customer is not None
            conn.execute(update(CustomerRow).values(display_name=name))
            return customer

        return int(await self.write(work))
