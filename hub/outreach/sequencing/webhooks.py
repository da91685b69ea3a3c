"""Webhooks of sequences: another system is told, signed as Standard Webhooks say, and told again until it takes it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection

from hub.model.errors import NotFound, Refused, Unavailable
from hub.model.never_said import Bar
from hub.outreach.sequencing.answering import WAITING
from hub.store import jobs, sensitive, sequences, unpromoted
from hub.store.errands import Errands
from hub.store.jobs import Job
from hub.store.keys import Keys
from hub.store.session import Database

WEBHOOK = "sequence_webhook"
EVERY = timedelta(seconds=2)
# Of a way's context: the interactions that let somebody in and that answered, their conversation, what names it.
_SAID, _TALK, _KEY = ("interaction", "reply"), "conversation", "key"
_GONE = 410  # the receiver wants no more of it (Standard Webhooks, Delivery)
# Post(url, body, headers) -> status. Raises Unavailable where nobody answers, Refused for an address not to be asked.
Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Runs the `sequence_webhook` jobs: {url, sequence, data, at}."""

    database: Database
    keys: Keys
    post: Post
    worker: str
    clock: Callable[[], datetime]

    async def run_once(self) -> int:
        """Tells what is due; returns how many were tried."""
        return await Errands(
            database=self.database, kind=WEBHOOK, worker=self.worker, clock=self.clock, do=self._tell
        ).run_once()

    async def _tell(self, job: Job) -> None:
        told = job.payload
        if bar := await self.database.read(_bar, told["sequence"]):
            raise Refused(bar.words)  # marked since it was queued
        body = orjson.dumps({"type": "sequence.step", "timestamp": told["at"], "data": told["data"]})
        secret = secret_of(self.keys, told["sequence"])
        signature = signed(f"msg_{job.id}", self.clock(), body, secret)
        status = await self.post(told["url"], body, {"Content-Type": "application/json", **signature})
        if status == _GONE:
            raise Refused(f"{told['url']} answered {status}: it wants no more of it.")
        if not 200 <= status < 300:
            raise Unavailable(f"{told['url']} answered {status}.")
        await self.database.write(jobs.finish, job.id)


def _bar(conn: Connection, name: str) -> Bar | None:
    try:
        return unpromoted.why_sequence(conn, sequences.current(conn, name).sequence)
    except NotFound:
        return None  # taken off since; what it had to tell is told


def told_outside(conn: Connection, context: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what another system is told of what let somebody in: nothing of an interaction that is about health."""
    talks = sensitive.conversations(conn, [context.get(_TALK)])
    said = {int(context[name]) for name in _SAID if context.get(name)}
    hidden = sensitive.told_of(conn, said)
    names = {name for name in _SAID if context.get(name) and int(context[name]) in hidden}
    names |= {_TALK} if talks else set()
    names |= {_KEY} if names & {_SAID[0], _TALK} else set()
    return {name: value for name, value in context.items() if name != WAITING and name not in names}


def secret_of(keys: Keys, sequence: str) -> str:
    """Returns the secret of a sequence's webhooks, as receivers' libraries take it (`whsec_...`)."""
    made = hmac.new(keys.webhooks, sequence.encode(), hashlib.sha256).digest()
    return f"whsec_{base64.b64encode(made).decode()}"


def signed(message: str, at: datetime, body: bytes, secret: str) -> dict[str, str]:
    """Returns the headers that Standard Webhooks ask for.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (signature scheme v1).
    """
    seconds = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{message}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }
