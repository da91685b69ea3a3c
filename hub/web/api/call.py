"""A call of the API: who asks, when, and the ways to the database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

from aiohttp import web
from pydantic import BaseModel
from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.store.answers import Answer, Attempt, once
from hub.store.audit import Actor
from hub.store.staff import StaffMember
from hub.web.audit import by
from hub.web.keys import STAFF
from hub.web.services import SERVICES, Services

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=BaseModel)

KEY_HEADER = "Idempotency-Key"
_LONGEST_KEY = 255


class Repeated(Exception):
    """The call was answered before; `answer` is what it was told then."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("answered before")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `by` is who is written down for what it does; `now` its one time."""

    request: web.Request
    services: Services
    by: Actor

    @classmethod
    def of(cls, request: web.Request) -> Call:
        """Returns the call that a request makes; the commands of this machine are nobody's on the staff (number 0)."""
        actor, staff = by(request), request.get(STAFF)
        if staff is not None and not staff.id:
            actor = replace(actor, staff_id=None, name=staff.display_name)
        return cls(request, request.app[SERVICES], actor)

    @property
    def staff(self) -> StaffMember:
        """Whose token it is; not there for public operations."""
        return self.request[STAFF]

    @property
    def now(self) -> datetime:
        return self.by.at

    @property
    def region(self) -> str:
        """The country of phone numbers that are written without theirs."""
        return self.services.settings.hub.region

    async def read(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Asks a question on a read-only snapshot."""
        return await self.services.database.read(lambda conn, _: work(conn, *args, **kwargs), None)

    async def write(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Does something in one transaction; returns after the commit."""
        return await self.services.database.write(lambda conn, _: work(conn, *args, **kwargs), None)

    async def create(self, work: Callable[Concatenate[Connection, P], M], *args: P.args, **kwargs: P.kwargs) -> M:
        """Does something that must not happen twice: with an Idempotency-Key, a repeat gets the first answer.

        The key is kept in the transaction of the act (draft-ietf-httpapi-idempotency-key-header). Raises Repeated,
        which the operation answers.
        """
        key = self.request.headers.get(KEY_HEADER, "")
        if not key:
            return await self.write(work, *args, **kwargs)
        if len(key) > _LONGEST_KEY or not key.isprintable():
            raise Refused(f"An {KEY_HEADER} has at most {_LONGEST_KEY} printable characters.", field=KEY_HEADER)
        attempt = Attempt(owner=f"staff/{self.staff.id}", key=key, request=await self._digest(), at=self.now)
        made: list[M] = []

        def act(conn: Connection) -> tuple[int, bytes]:
            made[:] = [work(conn, *args, **kwargs)]
            return 201, made[0].model_dump_json().encode()

        answer = await self.write(once, attempt, act)
        if answer.repeated:
            raise Repeated(answer)
        return made[0]

    async def _digest(self) -> str:
        asked = f"{self.request.method} {self.request.path_qs}\n".encode() + await self.request.read()
        return hashlib.sha256(asked).hexdigest()
