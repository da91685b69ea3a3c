"""What happens to a text: into the hub through its webhook, or out to a phone with status callbacks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.sandbox.twilio.account import Account
from hub.sandbox.twilio.faults import Fault, Faults, Planned
from hub.sandbox.twilio.phone_log import Entry, PhoneLog
from hub.sandbox.twilio.state import VERSION, Media, Message, new_sid
from hub.sandbox.twilio.webhooks import Answer, Webhooks

# Twilio's own words for a default opt-out (https://help.twilio.com/articles/223134027).
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
# What a part costs here, in US dollars.
PRICE = 0.0079
UNREACHABLE = (30003, "Unreachable destination handset")


@dataclass(frozen=True, slots=True)
class PhoneText:
    """A text as it lies on a phone."""

    from_: str
    to: str
    body: str
    media: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a text to the hub: its webhook's status (0 = unreachable) and what the hub replied at once."""

    sid: str
    status: int
    replies: tuple[str, ...] = ()


class Texts:
    """Sends and receives texts, and tells the hub what became of them."""

    def __init__(
        self,
        account: Account,
        webhooks: Webhooks,
        faults: Faults,
        *,
        clock: Callable[[], datetime],
        base_url: Callable[[], str],
        status_delay: float,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        log: PhoneLog | None = None,
    ) -> None:
        self._log = log or PhoneLog()
        self._account = account
        self._webhooks = webhooks
        self._faults = faults
        self._clock = clock
        self._base_url = base_url
        self._status_delay = status_delay
        self._spawn = spawn
        self._phones: dict[str, list[PhoneText]] = {}

    def phone(self, number: str) -> list[PhoneText]:
        """Returns what lies on a phone, oldest first."""
        return list(self._phones.get(number, ()))

    async def receive(self, from_: str, to: str, body: str, media: Sequence[Media]) -> Delivery:
        """Lets a phone text one of our numbers: the message exists at Twilio, whether the hub answers or not."""
        now = self._clock()
        message = Message(
            sid=new_sid("MM" if media else "SM"),
            from_=from_,
            to=to,
            body=body,
            direction="inbound",
            status="received",
            made_at=now,
            sent_at=now,
            media=tuple(media),
        )
        self._account.messages[message.sid] = message
        self._note_opt_out(message)
        self._log.add(_entry(message, now, incoming=False))
        return await self.tell(message)

    async def tell(self, message: Message) -> Delivery:
        """Calls the hub's text webhook; called again it is a repeated delivery."""
        answer = await self._webhooks.post(self._hook_of(message), self._inbound_form(message))
        replies = tuple(self._reply(message, verb) for verb in answer.verbs() if verb.tag == "Message")
        return Delivery(message.sid, answer.status, replies)

    def _hook_of(self, message: Message) -> str:
        """Returns what is called for a text: its number's webhook, or that of the Messaging Service it belongs to."""
        to = message.to.removeprefix("whatsapp:")
        pool = next((each for each in self._account.services.values() if to in each.numbers), None)
        if pool is not None and not pool.use_inbound_hook_on_number:
            return pool.hook
        number = self._account.numbers.get(to)
        return number.hooks.text if number else ""

    def accept(self, message: Message) -> None:
        """Takes a text over from the API and sends it on its way."""
        self._account.messages[message.sid] = message
        self._spawn(self._carry(message, self._faults.for_text()))

    def refuses(self, sender: str, to: str) -> bool:
        return (sender, to) in self._account.stopped

    async def _carry(self, message: Message, fault: Planned | None) -> None:
        words = ["queued", "sent", "undelivered" if fault and fault.kind is Fault.UNDELIVERED else "delivered"]
        calls: list[Callable[[], Awaitable[Answer]]] = []
        for word in words:
            await asyncio.sleep(self._status_delay)
            message.status, message.sent_at = word, message.sent_at or self._clock()
            if word == "undelivered":
                message.error, message.error_message = UNREACHABLE
            if word == "delivered":
                message.price = f"-{PRICE * message.segments:.5f}"
                self._lay_down(message)
            form = self._status_form(message)
            calls.append(lambda form=form: self._webhooks.post(message.callback, form))  # type: ignore[misc]
            if fault is None or fault.kind is not Fault.OUT_OF_ORDER_CALLBACKS:
                await calls[-1]()
            if fault and fault.kind is Fault.DUPLICATE_CALLBACKS:
                await calls[-1]()
        if fault and fault.kind is Fault.OUT_OF_ORDER_CALLBACKS:
            for call in reversed(calls):
                await call()

    def _reply(self, asked: Message, verb: Any) -> str:
        """A `<Message>` in the answer goes out from the number that was written to."""
        body = verb.findtext("Body") or (verb.text or "")
        now = self._clock()
        answer = Message(
            sid=new_sid("SM"),
            from_=asked.to,
            to=asked.from_,
            body=body,
            direction="outbound-reply",
            status="delivered",
            made_at=now,
            sent_at=now,
        )
        self._account.messages[answer.sid] = answer
        self._lay_down(answer)
        return body

    def _lay_down(self, message: Message) -> None:
        text = PhoneText(message.from_, message.to, message.body, message.media_urls, self._clock())
        self._log.add(_entry(message, text.at, incoming=True))
        self._phones.setdefault(message.to, []).append(text)

    def _note_opt_out(self, message: Message) -> None:
        word = message.body.strip().upper()
        if word in STOP_WORDS:
            self._account.stopped.add((message.to, message.from_))
        elif word in START_WORDS:
            self._account.stopped.discard((message.to, message.from_))

    def _inbound_form(self, message: Message) -> list[tuple[str, str]]:
        """The fields of https://www.twilio.com/docs/messaging/guides/webhook-request."""
        form = [
            ("ToCountry", "US"),
            ("SmsMessageSid", message.sid),
            ("NumMedia", str(len(message.media))),
            ("SmsSid", message.sid),
            ("SmsStatus", "received"),
            ("Body", message.body),
            ("FromCountry", "US"),
            ("To", message.to),
            ("NumSegments", str(message.segments)),
            ("MessageSid", message.sid),
            ("AccountSid", self._account.sid),
            ("From", message.from_),
            ("ApiVersion", VERSION),
        ]
        if message.from_.startswith("whatsapp:"):
            form += [("ProfileName", "Sandbox"), ("WaId", message.from_.removeprefix("whatsapp:+"))]
        base = f"{self._base_url()}/{VERSION}/Accounts/{self._account.sid}/Messages/{message.sid}/Media"
        for n, media in enumerate(message.media):
            form += [(f"MediaContentType{n}", media.content_type), (f"MediaUrl{n}", f"{base}/{media.sid}")]
        return form

    def _status_form(self, message: Message) -> list[tuple[str, str]]:
        form = [
            ("SmsSid", message.sid),
            ("SmsStatus", message.status),
            ("MessageStatus", message.status),
            ("To", message.to),
            ("MessageSid", message.sid),
            ("AccountSid", self._account.sid),
            ("From", message.from_),
            ("ApiVersion", VERSION),
        ]
        return [*form, ("ErrorCode", str(message.error))] if message.error else form


def _entry(message: Message, at: datetime, *, incoming: bool) -> Entry:
    phone, number = (message.to, message.from_) if incoming else (message.from_, message.to)
    media = list(message.media_urls) if incoming else [each.content_type for each in message.media]
    sid, body = message.sid, message.body
    return Entry(
        kind="text", sid=sid, phone=phone, number=number, incoming=incoming, at=at.isoformat(), body=body, media=media
    )
