"""Webhooks of sequences: another system is told, signed as Standard Webhooks say, and told again until it takes it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from hub.model.errors import Refused, Unavailable
from hub.outreach.sequencing.advancing import WEBHOOK
from hub.store import jobs
from hub.store.errands import Errands
from hub.store.jobs import Job
from hub.store.keys import Keys
from hub.store.session import Database

EVERY = timedelta(seconds=2)
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
        body = orjson.dumps({"type": "sequence.step", "timestamp": told["at"], "data": told["data"]})
        secret = secret_of(self.keys, told["sequence"])
        signature = signed(f"msg_{job.id}", self.clock(), body, secret)
        status = await self.post(told["url"], body, {"Content-Type": "application/json", **signature})
        if status == _GONE:
            raise Refused(f"{told['url']} answered {status}: it wants no more of it.")
        if not 200 <= status < 300:
            raise Unavailable(f"{told['url']} answered {status}.")
        await self.database.write(jobs.finish, job.id)


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
