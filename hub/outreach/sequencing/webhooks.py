"""Webhooks of sequences: another system is told, signed as Standard Webhooks say, and told again until it takes it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, exists, select

from hub.model.errors import HubError, Unavailable
from hub.outreach.sequencing.advancing import WEBHOOK
from hub.store import jobs
from hub.store.jobs import Job
from hub.store.keys import Keys
from hub.store.session import Database
from hub.store.tables import JobRow

EVERY = timedelta(seconds=2)
_AT_ONCE = 4
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
        """Tells what is due; returns how many were tried. It reads first: mostly there is nothing to claim."""
        now = self.clock()
        if not await self.database.read(_anything, now):
            return 0
        due = await self.database.write(lambda conn, _: jobs.claim(conn, WEBHOOK, self.worker, now, _AT_ONCE), None)
        await asyncio.gather(*[self._tell(job) for job in due])
        return len(due)

    async def _tell(self, job: Job) -> None:
        now, told = self.clock(), job.payload
        body = orjson.dumps({"type": "sequence.step", "timestamp": told["at"], "data": told["data"]})
        message = f"msg_{job.id}"
        headers = {
            "Content-Type": "application/json",
            **signed(message, now, body, secret_of(self.keys, told["sequence"])),
        }
        try:
            status = await self.post(told["url"], body, headers)
            if not 200 <= status < 300:
                raise Unavailable(f"{told['url']} answered {status}.")
        except HubError as error:
            # 410: the receiver wants no more of it (Standard Webhooks, "Delivery").
            final = not isinstance(error, Unavailable) or error.message.endswith(" answered 410.")
            await self.database.write(lambda conn, why: jobs.fail(conn, job, why, now, final=final), error.message)
        else:
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


def _anything(conn: Connection, now: datetime) -> Any:
    abandoned = (JobRow.state == "running") & (JobRow.lease_until < now)
    waits = (JobRow.state == "waiting") & (JobRow.run_at <= now)
    return conn.scalar(select(exists().where(JobRow.kind == WEBHOOK, waits | abandoned)))
