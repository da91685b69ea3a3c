"""Playing the customer through the stand-ins' own doors: for the sandbox page and for `hub simulate`."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from hub.app.hub import Hub
from hub.app.stand_ins import CALLS, MAIL_IN, TEXTS, StandIns
from hub.config import Settings
from hub.model.errors import NotFound, Refused, Unavailable
from hub.sandbox import letters
from hub.sandbox.caught import CaughtMails
from hub.sandbox.mailbox import SandboxMailbox
from hub.web.sandbox_door import File, Inside, Letter, LiveCall, PhoneEntry, Ringing, SandboxDoor, ShownMail

_PATIENCE = aiohttp.ClientTimeout(total=30)
_ONE_CLICK = {"List-Unsubscribe": "One-Click"}


class Playing:
    """SandboxDoor over what stands in for the channels in the sandbox, whichever process runs it."""

    def __init__(
        self, settings: Settings, stand_ins: StandIns, twilio: str, *, own_addresses: Sequence[str] = ()
    ) -> None:
        sandboxed = [channel for channel in settings.channels.values() if channel.mode == "sandbox"]
        self.mailboxes: Mapping[str, str] = {
            channel.name: str(channel.settings.get("address") or channel.settings.get("username") or channel.name)
            for channel in sandboxed
            if channel.adapter == MAIL_IN
        }
        self.texts: Sequence[str] = _numbers(settings, TEXTS)
        self.calls: Sequence[str] = _numbers(settings, CALLS)
        self._boxes: dict[str, Path] = {name: stand_ins.box(name) for name in self.mailboxes}
        self._folder = stand_ins.mail_folder
        self._caught = CaughtMails(self._folder)
        self._twilio = twilio
        self._own_addresses = tuple(own_addresses)

    async def write(self, letter: Letter) -> None:
        files = [(file.name, file.content_type, file.content) for file in letter.files]
        try:
            raw = letters.compose(
                letter.name,
                letter.address,
                self.mailboxes.get(letter.mailbox, ""),
                letter.subject,
                letter.text,
                in_reply_to=letter.in_reply_to,
                files=files,
            )
        except ValueError as error:
            raise Refused(f"A mail cannot be written so: {error}.", next_step="Leave out line breaks.") from error
        await self.drop(letter.mailbox, letters.stamped(raw, letter.address))

    async def drop(self, mailbox: str, raw: bytes) -> None:
        box = self._boxes.get(mailbox)
        if box is None:
            raise Refused("No mailbox of this name is in the sandbox.", field="mailbox")
        await asyncio.to_thread(SandboxMailbox(self._folder).deliver, raw, box)

    async def mails(self, address: str) -> Sequence[ShownMail]:
        found = await asyncio.to_thread(self._caught.of, address)
        return [
            ShownMail(
                id=name,
                subject=letter.subject,
                sender=letter.sender,
                at=letter.at,
                headers=letter.headers,
                text=letter.text,
                message_id=letter.message_id,
                has_html=bool(letter.html),
                files=letter.files,
                one_click=bool(letter.unsubscribe),
            )
            for name, letter in found
        ]

    async def inside(self, mail: str) -> Inside:
        letter = await self._one(mail)
        return Inside(html=letter.html, pictures=letter.pictures)

    async def unsubscribe(self, mail: str) -> None:
        url = (await self._one(mail)).unsubscribe
        own = next((each for each in self._own_addresses if url.startswith(f"{each}/")), "")
        if not own:
            raise Refused("This mail cannot be unsubscribed from with one click.")
        # In the sandbox nothing leaves this machine: whatever the world calls the hub, it is asked here.
        await self._ask("POST", self._own_addresses[0] + url.removeprefix(own), form=_ONE_CLICK)

    async def _one(self, mail: str) -> letters.Letter:
        letter = await asyncio.to_thread(self._caught.one, mail)
        if letter is None:
            raise NotFound("There is no such mail.")
        return letter

    async def text(self, phone: str, number: str, body: str, files: Sequence[File]) -> Sequence[str]:
        wanted = {"from": phone, "to": number, "body": body, "media_urls": [_data_url(file) for file in files]}
        return [str(reply) for reply in (await self.control("/sandbox/texts", wanted))["replies"]]

    async def phone(self, number: str) -> Sequence[PhoneEntry]:
        if not self._twilio or not number:
            return ()
        told = await self.control(f"/sandbox/phones/{quote(number, safe='')}/log")
        return [_entry(each) for each in told["entries"]]

    async def ringing(self, phone: str) -> Sequence[Ringing]:
        if not self._twilio or not phone:
            return ()
        told = await self.control(f"/sandbox/phones/{quote(phone, safe='')}/log")
        return [Ringing(each["sid"], each["from"]) for each in told["rings"]]

    async def pick_up(self, call: str) -> LiveCall:
        return await self._act(call, {"act": "pick_up"})

    async def decline(self, call: str) -> None:
        await self.control(f"/sandbox/lines/{quote(call, safe='')}", {"act": "decline"})

    async def call(self, phone: str, number: str) -> LiveCall:
        return _live(await self.control("/sandbox/lines", {"from": phone, "to": number}))

    async def line(self, call: str) -> LiveCall | None:
        try:
            return _live(await self.control(f"/sandbox/lines/{quote(call, safe='')}"))
        except NotFound:
            return None

    async def press(self, call: str, keys: str) -> LiveCall:
        return await self._act(call, {"act": "press", "keys": keys})

    async def speak(self, call: str, seconds: int, words: str, sound: File | None, *, stays: bool) -> LiveCall:
        spoken = {"act": "speak", "seconds": seconds, "say": words, "stays": stays}
        return await self._act(call, {**spoken, "sound": _data_url(sound) if sound else ""})

    async def wait(self, call: str) -> LiveCall:
        return await self._act(call, {"act": "wait"})

    async def hang_up(self, call: str) -> LiveCall:
        return await self._act(call, {"act": "hang_up"})

    async def _act(self, call: str, wanted: Mapping[str, Any]) -> LiveCall:
        return _live(await self.control(f"/sandbox/lines/{quote(call, safe='')}", wanted))

    async def control(self, path: str, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Asks the phone network's own address, to do something where that is given.

        Raises Unavailable, Refused and NotFound.
        """
        if not self._twilio:
            raise Unavailable(
                "No stand-in plays the phone network.", next_step="Switch a channel for texts or calls to the sandbox."
            )
        answer: dict[str, Any] = await self._ask("POST" if wanted is not None else "GET", self._twilio + path, wanted)
        return answer

    async def _ask(
        self, method: str, url: str, wanted: Mapping[str, Any] | None = None, form: Mapping[str, str] | None = None
    ) -> Any:
        try:
            async with (
                aiohttp.ClientSession(timeout=_PATIENCE) as session,
                session.request(method, url, json=wanted, data=form, allow_redirects=False) as answer,
            ):
                if answer.status == 404:
                    raise NotFound("The sandbox does not know this.")
                if answer.status >= 400:
                    raise Refused(f"The sandbox refused: {(await answer.text(errors='replace'))[:300]}")
                return None if form is not None else await answer.json()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Unavailable(
                f"The sandbox does not answer: {type(error).__name__}.", next_step="Is the hub still running?"
            ) from error


def playing(hub: Hub) -> SandboxDoor | None:
    """Returns who plays the customer of a running hub, None where no channel is played."""
    own = (hub.local_url, hub.public_url)
    made = Playing(hub.settings, hub.stand_ins, hub.stand_ins.doors.twilio, own_addresses=own)
    return made if made.mailboxes or made.texts or made.calls or hub.stand_ins.doors.smtp_port else None


def _numbers(settings: Settings, adapter: str) -> list[str]:
    numbers = [
        str(channel.settings.get("from_number", ""))
        for channel in settings.channels.values()
        if channel.adapter == adapter and channel.mode == "sandbox"
    ]
    return [number for number in dict.fromkeys(numbers) if number]


def _data_url(file: File) -> str:
    return f"data:{file.content_type};base64,{base64.b64encode(file.content).decode()}"


def _entry(told: Mapping[str, Any]) -> PhoneEntry:
    return PhoneEntry(
        kind=told["kind"],
        incoming=told["incoming"],
        number=told["number"],
        at=datetime.fromisoformat(told["at"]),
        body=told["body"],
        media=tuple(told["media"]),
        heard=tuple((verb, words) for verb, words in told["heard"]),
        status=told["status"],
    )


def _live(told: Mapping[str, Any]) -> LiveCall:
    return LiveCall(
        id=told["sid"],
        phone=told["phone"],
        number=told["number"],
        heard=tuple((verb, words) for verb, words in told["heard"]),
        asks=told["asks"],
        most=told["most"],
        over=told["over"],
    )
