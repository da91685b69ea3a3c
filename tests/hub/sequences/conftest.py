"""Sequences over a real way out, on one engine unless a test asks for both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection

from hub.capture.capture import Capture
from hub.desk import sequences as desk
from hub.model.contact import Answer, Medium
from hub.outreach.quiet_hours import rulebook_of
from hub.outreach.sequencing.results import SequenceResults, results
from hub.outreach.sequencing.working import Sequences
from hub.store import enrolments, templates
from tests.builders import incoming, mail
from tests.hub.campaigns.conftest import BOTH as BOTH
from tests.hub.campaigns.conftest import Marketing, whole
from tests.hub.campaigns.conftest import market as market
from tests.hub.campaigns.conftest import store_url as store_url
from tests.hub.outreach.conftest import KEYS, Outdoors
from tests.hub.outreach.conftest import out as out
from tests.hub.outreach.conftest import settings as settings
from tests.starting import start_with

_NUMBERS = count(1)
MAIL = "mailto:ada@example.com"


def sends(following: str = "", template: str = "hello", channel: str = "outgoing_mail") -> dict[str, Any]:
    return {"kind": "send", "template": template, "channel": channel, **({"next": following} if following else {})}


def waits(following: str, *, days: int = 0, minutes: int = 0, **more: Any) -> dict[str, Any]:
    return {"kind": "wait", "minutes": days * 1440 + minutes, "next": following, **more}


def definition(
    on: str = "form_posted",
    *,
    start: str = "",
    entry: Any = None,
    more_steps: dict[str, Any] | None = None,
    **parts: Any,
) -> dict[str, Any]:
    """A sequence of these steps, the first of which begins; what is no step goes by its own name."""
    steps = {name: step for name, step in parts.items() if isinstance(step, dict)} | (more_steps or {})
    more = {name: value for name, value in parts.items() if not isinstance(value, dict)}
    given = {"on": on, **(entry or {})}
    return {"title": "Welcome", "entry": given, "start": start or next(iter(steps)), "steps": steps, **more}


@dataclass
class Following:
    """Sequences driven by hand, and what customers do meanwhile."""

    market: Marketing

    @property
    def out(self) -> Outdoors:
        return self.market.out

    async def on(self, name: str = "welcome", /, **definition_: Any) -> None:
        def work(conn: Connection) -> None:
            desk.save_sequence(conn, name, definition_, self.market.by)
            desk.switch_sequence(conn, name, "on", self.market.by, channels=self.out.channels)

        await self.out.write(work)

    async def switch(self, state: str, name: str = "welcome") -> None:
        await self.out.write(
            lambda conn: desk.switch_sequence(conn, name, state, self.market.by, channels=self.out.channels)
        )

    def sequences(self, database: Any = None) -> Sequences:
        out = self.out
        return Sequences(database or out.database, out.house, rulebook_of(out.settings), out.clock, lambda: None)

    async def run(self, **passed: float) -> int:
        self.out.clock.pass_(**passed)
        return await self.sequences().run_once()

    async def send(self, **passed: float) -> None:
        """Lets time pass, does what is due, and sends it."""
        await self.run(**passed)
        await self.out.send()

    async def says(self, sender: str = "ada@example.com", text: str = "Hello", **more: Any) -> None:
        """A customer writes a mail, or what else `more` makes of it."""
        now = whole(self.out.clock())
        said = mail(sender, text, id=f"m{next(_NUMBERS)}", at=now, **more)
        capture = Capture(KEYS.consent, KEYS.mail_tokens)
        await self.out.write(lambda conn: capture(conn, [incoming(said, received_at=now)]))

    async def posts(self, sender: str = "ada@example.com", form: str = "contact", **answers: str) -> None:
        """A customer posts a form."""
        given = tuple(Answer(question, value) for question, value in answers.items())
        await self.says(sender, "", medium=Medium.FORM, channel="website", answers=given, extra={"form": form})

    async def where(self, customer: int, name: str = "welcome") -> tuple[str, str, str]:
        """Returns state, next step and why of a customer's newest way."""
        rows = await self.out.write(lambda conn: enrolments.of_customer(conn, customer))
        row = next(row for row in rows if row["sequence"] == name)
        return row["state"], row["step"], row["why"]

    async def due(self, customer: int) -> datetime:
        rows = await self.out.write(lambda conn: enrolments.of_customer(conn, customer))
        return datetime.fromisoformat(str(rows[0]["due_at"]))

    async def steps(self, customer: int) -> list[tuple[str, str]]:
        def ask(conn: Connection) -> list[tuple[str, str]]:
            [row, *_] = enrolments.of_customer(conn, customer)
            return [(each["step"], each["outcome"]) for each in enrolments.steps_of(conn, row["id"])]

        found: list[tuple[str, str]] = await self.out.write(ask)
        return found

    async def results(self, name: str = "welcome") -> SequenceResults:
        found: SequenceResults = await self.out.write(results, name)
        return found


@pytest.fixture
async def following(market: Marketing) -> Following:
    await market.out.write(_prepare, market.out.clock())
    return Following(market)


def _prepare(conn: Connection, now: datetime) -> None:
    start_with(conn, now, "forms/contact.toml")
    faces = {"subject": "Hello {{ customer.first_name }}", "text": "Dear {{ customer.first_name }},\n"}
    templates.save(conn, name="hello", language="en", purpose="service", faces=faces, now=now)
