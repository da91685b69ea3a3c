"""What customers may ask for: a copy of everything, to be erased, and nothing more to be written to them."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from pydantic import Field

from hub.desk import erasing, nothing_more
from hub.store.erasing import outside
from hub.web.api.call import Call
from hub.web.api.operation import ADMIN, WORKERS, operation
from hub.web.api.values import ById, Data, Given, Id, Line, Moment, Told


class Foretold(Told):
    """What an erasure would do: rows by table; what is under way; the name that has to be typed for it."""

    customer_id: Id
    name: str
    counts: dict[str, int]
    open: dict[str, int]
    addresses: int
    oldest_backup: Moment | None


class Erased(Told):
    """What was erased, by whom and why; backups made before hold it until newer ones take their place."""

    customer_id: Id
    reason: str
    by: str
    at: Moment
    counts: dict[str, int]


class Erase(Given):
    """`name`: the customer's as it stands on their page, their number where they have none."""

    name: Line
    reason: Literal["asked", "no_longer_needed", "deceased", "by_mistake"]
    although_open: bool = False


class Copy(Told):
    """Everything that is kept of a customer, by table."""

    customer: Id
    made_at: str
    kept: Data


class Request(Given):
    what: Literal["copy", "erasure"]


class Requested(Told):
    """By when the customer has to be answered."""

    due_at: Moment


class NothingMore(Given):
    """How it was heard, and what was said where that tells more."""

    how: Literal["phone", "counter", "written"]
    words: Annotated[str, Field(max_length=2_000)] = ""


class Cancelled(Told):
    """How many messages no longer go out."""

    cancelled: int


@operation("GET", "/customers/{id}/erasure", roles=ADMIN, summary="What erasing a customer would do")
async def get_erasure(call: Call, path: ById) -> Foretold:
    return Foretold.model_validate(await call.read(erasing.look, path.id, call.now))


@operation("POST", "/customers/{id}/erasure", roles=ADMIN, summary="Erase a customer for ever")
async def erase_customer(call: Call, path: ById, body: Erase) -> Erased:
    done = await call.write(
        erasing.erase_customer,
        path.id,
        body.reason,
        body.name,
        call.by,
        call.services.keys,
        although_open=body.although_open,
    )
    await asyncio.to_thread(outside.append, call.services.settings.hub.data, [done.line])
    return Erased.model_validate(done)


@operation("POST", "/customers/{id}/copy", roles=ADMIN, summary="A copy of everything that is kept of a customer")
async def copy_customer(call: Call, path: ById) -> Copy:
    return Copy.model_validate(await call.write(erasing.copy, path.id, call.by))


@operation("POST", "/customers/{id}/requests", roles=WORKERS, summary="Note what a customer has asked for, as a task")
async def add_request(call: Call, path: ById, body: Request) -> Requested:
    return Requested(due_at=await call.write(erasing.ask, path.id, body.what, call.by))


@operation("POST", "/customers/{id}/nothing-more", roles=WORKERS, summary="Write to a customer no more at all")
async def write_nothing_more(call: Call, path: ById, body: NothingMore) -> Cancelled:
    key = call.services.keys.consent
    return Cancelled(cancelled=await call.write(nothing_more.heard, path.id, body.how, body.words, call.by, key))
