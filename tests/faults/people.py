"""What people do while the hub dies: they write, text, fill in forms; staff uploads a survey and books appointments."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from tests.faults.mortal import MortalHub
from tests.faults.outside import OURS, Outside
from tests.walks.test_mail_in import letter

_HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
# Sooner than this only machines answer.
_READING_SECONDS = 2.3
# How often a visitor sends a form that was not taken; one in three gives up at once.
_TRIES, _BETWEEN_SECONDS = 6, 2.0
_FAILED = (aiohttp.ClientError, OSError, TimeoutError)


@dataclass
class Done:
    """What came to pass outside, by its own name: `told` = the hub said that it has it."""

    mails: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    texts_told: list[str] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    forms_told: list[str] = field(default_factory=list)
    rows: int = 0
    appointments: list[int] = field(default_factory=list)


async def every(count: int, seconds: float, act: Callable[[int], Coroutine[Any, Any, None]]) -> None:
    """Does something so many times, spread evenly over the time, whether the ones before have ended or not."""
    tasks: list[asyncio.Task[None]] = []
    for number in range(count):
        tasks.append(asyncio.create_task(act(number)))
        await asyncio.sleep(seconds / count)
    await asyncio.gather(*tasks)


class People:
    """Everybody outside, over one HTTP session."""

    def __init__(self, world: Outside, hub: MortalHub, http: aiohttp.ClientSession) -> None:
        self.done = Done()
        self._world, self._hub, self._http = world, hub, http

    async def write(self, number: int) -> None:
        mail = letter(number, sender=f"mail{number}@example.com")
        await asyncio.to_thread(self._world.dovecot.deliver, self._world.mailbox, mail.as_bytes())
        self.done.mails.append(f"letter-{number}@customer.example")

    async def text(self, number: int) -> None:
        """Twilio tells it once; where nobody answered, the hub has to ask for it."""
        delivery = await self._world.twilio.receive_text(f"+1415600{number:04}", OURS, f"Text {number}")
        self.done.texts.append(delivery.sid)
        if delivery.status == 200:
            self.done.texts_told.append(delivery.sid)

    async def fill_in(self, number: int) -> None:
        """A visitor sends the form, and sends it again where no answer came; some give up."""
        visitor = {"X-Forwarded-For": f"203.0.{number // 250}.{number % 250 + 1}"}
        page = await self._page(visitor)
        await asyncio.sleep(_READING_SECONDS)
        fields = {**_hidden(page), "name": "Ada", "email": f"form{number}@example.com", "message": f"Form {number}"}
        self.done.forms.append(f"Form {number}")
        for _ in range(_TRIES if number % 3 else 1):
            try:
                async with self._http.post(
                    f"{self._hub.url}/f/contact", data=fields, headers=visitor, allow_redirects=False
                ) as answer:
                    if answer.status in (200, 303):
                        self.done.forms_told.append(f"Form {number}")
                        return
            except _FAILED:
                pass
            await asyncio.sleep(_BETWEEN_SECONDS)

    async def _page(self, visitor: dict[str, str]) -> str:
        while True:
            try:
                async with self._http.get(f"{self._hub.url}/f/contact?lang=en", headers=visitor) as answer:
                    if answer.status == 200:
                        return await answer.text()
            except _FAILED:
                pass
            await asyncio.sleep(0.3)

    async def upload(self, rows: int) -> None:
        """Staff sends a survey and has it taken in."""
        lines = [f"2026/02/{n % 27 + 1:02} 9:00:00 AM GMT,row{n}@example.com,{n % 11},Answer {n}" for n in range(rows)]
        header = "Timestamp,Email Address,How likely are you to recommend us to a friend?,What could we do better?"
        content = "\n".join([header, *lines]) + "\n"
        upload = None
        while upload is None:
            form = aiohttp.FormData()
            form.add_field("file", content.encode(), filename="survey.csv", content_type="text/csv")
            try:
                upload = await self._hub.api(self._http, "POST", "/uploads", data=form)
            except (*_FAILED, ValueError):
                await asyncio.sleep(0.3)
        while upload["state"] not in ("committing", "committed"):
            try:
                upload = await self._hub.api(self._http, "POST", f"/uploads/{upload['id']}/commit")
            except (*_FAILED, ValueError):
                await asyncio.sleep(0.3)
                upload = await self._hub.insist(self._http, "GET", f"/uploads/{upload['id']}")
        self.done.rows = rows

    async def book(self, number: int) -> None:
        """Staff books an appointment for somebody new; its reminders 2 hours before are due in some seconds."""
        key = {"Idempotency-Key": f"customer-{number}"}
        told = {
            "display_name": f"Booked {number}",
            "identities": [f"mailto:booked{number}@example.com", f"tel:+1415700{number:04}"],
        }
        customer = await self._hub.insist(self._http, "POST", "/customers", json=told, headers=key)
        starts = datetime.now(UTC) + timedelta(hours=2, seconds=8)
        wanted = {
            "customer_id": customer["id"],
            "title": "Service",
            "starts_at": starts.isoformat(),
            "time_zone": "Europe/Prague",
        }
        key = {"Idempotency-Key": f"appointment-{number}"}
        await self._hub.insist(self._http, "POST", "/appointments", json=wanted, headers=key)
        self.done.appointments.append(number)


def _hidden(page: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in _HIDDEN.findall(page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value:
            found.setdefault(name[1], value[1])
    return found
