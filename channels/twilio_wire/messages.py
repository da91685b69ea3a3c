"""Lists what Twilio itself has: to fetch what a webhook missed, and to look up a doubtful send."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from channels.base import Cursor, Raw
from channels.twilio_wire.delivery import status_key
from channels.twilio_wire.wire import READING_FAILED
from hub.model.errors import SendError, Unavailable
from hub.model.outbound import Evidence

Record = TypeVar("Record")

PAGE = 500
# A message may appear in the list late; what comes twice is known by its key.
OVERLAP = timedelta(minutes=10)
FIRST_LOOK_BACK = timedelta(days=1)
# Twilio filters by day and lists the newest first, in the order in which it took them in; a record this much too old
# ends the list, so that a busy day is not read whole each time.
_OUT_OF_ORDER = timedelta(hours=1)
# What was handed to Twilio by somebody else, or by an answer to a webhook.
_OUTBOUND = "outbound"
_TRIAL_PREFIX = "Sent from your Twilio trial account - "


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose messages these are: our numbers as Twilio writes them, none = the whole account."""

    mailbox: str
    numbers: frozenset[str]

    def holds(self, *parties: str) -> bool:
        return not self.numbers or not self.numbers.isdisjoint(parties)


async def since(client: Any, scope: Scope, after: Cursor | None, media_base: str) -> AsyncIterator[Raw]:
    """Yields what the message list has since the cursor, oldest first. Raises SendError and Unavailable.

    A text in comes under its MessageSid, the news of a text out under MessageSid and status, as its webhooks do. A text
    out also comes as itself, under its MessageSid and marked `sent`: who sent it is for the hub to know.
    """
    now = datetime.now(UTC)
    read_up_to = datetime.fromisoformat(after.position["date_sent"]) if after else now - FIRST_LOOK_BACK
    begin = read_up_to - OVERLAP
    try:
        listed = await client.messages.stream_async(date_sent_after=begin, page_size=PAGE)
        records = [each for each in await newest(listed, begin, when) if scope.holds(each.from_, each.to)]
    except READING_FAILED as error:
        raise unreadable("texts", error) from error
    records.reverse()  # listed newest first, to the second: so texts of one second keep their order when sorted
    records.sort(key=when)
    for record in records:
        read_up_to = max(read_up_to, min(when(record), now))
        cursor = Cursor(scope.mailbox, {"date_sent": read_up_to.isoformat()})
        inbound = str(record.direction) == "inbound"
        content = {"message": _entry(record), "media": await _media(client, record, media_base) if inbound else []}
        key = record.sid if inbound else status_key(record.sid, str(record.status))
        yield _raw(key, content, cursor, now, {} if inbound else _price(record))
        if str(record.direction).startswith(_OUTBOUND):
            pictures = await _media(client, record, media_base)
            sent = {**content, "media": pictures, "sent": True}
            yield _raw(record.sid, sent, cursor, now, {"sent": record.sid, "to": record.to or ""})


async def newest(listed: AsyncIterator[Record], begin: datetime, of: Callable[[Record], datetime]) -> list[Record]:
    """Reads a list, newest first, until its records are long before `begin`; returns those that are not before it."""
    found: list[Record] = []
    async for record in listed:
        moment = of(record)
        if moment < begin - _OUT_OF_ORDER:
            break
        if moment >= begin:
            found.append(record)
    return found


def unreadable(what: str, error: Exception) -> Exception:
    """Returns what a list that could not be read is told as: Twilio's own refusal, or that its answer was none."""
    if isinstance(error, SendError):
        return error
    return Unavailable(f"The list of {what} could not be read: {error}")


def _price(record: Any) -> dict[str, str]:
    """Returns what Twilio charges for a text, which it says some time after it left, as a negative amount."""
    written = str(record.price or "").removeprefix("-")
    return {"price": written, "currency": str(record.price_unit or ""), "of": record.sid} if written else {}


def _raw(key: str, content: object, cursor: Cursor, now: datetime, note: dict[str, str] | None = None) -> Raw:
    return Raw(
        content=json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"),
        key=key,
        received_at=now,
        cursor=cursor,
        content_type="application/json",
        note=note or {},
    )


async def look_up(client: Any, *, to: str, text: str, body_hash: str, since: datetime) -> Evidence | None:
    """Says whether a text was accepted: same recipient, same body, made since then. None = the list cannot be read."""
    try:
        listed = await client.messages.list_async(to=to, limit=PAGE, page_size=PAGE)
    except READING_FAILED:
        return None
    found = [
        record
        for record in listed
        if str(record.direction) != "inbound"
        and (record.date_created is None or record.date_created >= since)
        and _same_body(record.body or "", text, body_hash)
    ]
    if not found:
        return Evidence(accepted=False, detail=f"not among {len(listed)} texts to this number at Twilio")
    sids = [record.sid for record in found]
    return Evidence(accepted=True, reference=sids[0], detail=f"listed at Twilio as {', '.join(sids)}")


def _same_body(listed: str, text: str, body_hash: str) -> bool:
    listed = listed.removeprefix(_TRIAL_PREFIX)
    return hashlib.sha256(listed.encode()).hexdigest() == body_hash or listed.split() == text.split()


async def _media(client: Any, record: Any, base: str) -> list[dict[str, str]]:
    if not int(record.num_media or 0):
        return []
    try:
        listed = await client.messages(record.sid).media.list_async()
    except READING_FAILED as error:
        raise unreadable("a text's pictures", error) from error
    return [
        {"url": base + str(each.uri).removesuffix(".json"), "content_type": str(each.content_type)} for each in listed
    ]


def when(record: Any) -> datetime:
    """Returns when a listed text was sent or made."""
    made: datetime | None = record.date_sent or record.date_created
    return made or datetime.fromtimestamp(0, UTC)


def _entry(record: Any) -> dict[str, Any]:
    return {
        "sid": record.sid,
        "account_sid": record.account_sid,
        "direction": str(record.direction),
        "from": record.from_,
        "to": record.to,
        "body": record.body,
        "status": str(record.status),
        "error_code": record.error_code,
        "error_message": record.error_message,
        "num_media": record.num_media,
        "num_segments": record.num_segments,
        "messaging_service_sid": record.messaging_service_sid,
        "date_created": record.date_created.isoformat() if record.date_created else None,
        "date_sent": record.date_sent.isoformat() if record.date_sent else None,
    }
