"""What could not be read: kept with its raw and its reason, and tried again when its reader was mended."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field
from sqlalchemy import Connection, select

from channels.base import Parses
from hub.insight import health as insight
from hub.insight.paging import page_of, read_id
from hub.model.errors import NotFound, Refused
from hub.store import audit, veil
from hub.store.audit import Actor
from hub.store.tables import ArrivalRow
from hub.web.api.call import Call
from hub.web.api.interactions import RAW_READERS, send_raw
from hub.web.api.operation import READERS, WORKERS, operation
from hub.web.api.values import ById, Id, Items, Moment, PageQuery, Told


class Unreadable(Told):
    """An arrival that could not be read, and why."""

    id: Id
    channel: str
    key: str
    reason: str
    content_type: str
    received_at: Moment


class Retried(Told):
    """What became of another try; `reason` says why it still cannot be read."""

    state: Literal["captured", "unreadable"]
    interaction_id: Id | None
    customer_id: Id | None
    reason: Annotated[str, Field(description="Empty when it was read.")]


@operation("GET", "/unreadable", roles=READERS, summary="What could not be read, newest first")
async def list_unreadable(call: Call, query: PageQuery) -> Items[Unreadable]:
    rows = await call.read(insight.unread, before=read_id(query.before), limit=query.limit + 1)
    page = page_of(rows, query.limit, lambda row: str(row.id))
    return Items[Unreadable].model_validate({"items": page.items, "next": page.next or None})


@operation("GET", "/unreadable/{id}/raw", roles=RAW_READERS, summary="Its payload as it came")
async def get_unreadable_raw(call: Call, path: ById) -> web.StreamResponse:
    return await send_raw(call, await call.read(_quarantined, path.id))


@operation("POST", "/unreadable/{id}/retry", roles=WORKERS, summary="Try to read it again")
async def retry_unreadable(call: Call, path: ById) -> Retried:
    row = await call.read(_quarantined, path.id)
    reader = call.services.channels.get(row["channel"])
    if not isinstance(reader, Parses):
        raise Refused(
            f"The channel {row['channel']} that could read this is not set up.", next_step="Set it up, then try again."
        )
    captured = await call.services.intake.retry(path.id, reader)
    if captured is None:
        raise NotFound(_NOTHING % path.id)
    await call.write(_note, path.id, call.by)
    return Retried(
        state="unreadable" if captured.failure else "captured",
        interaction_id=captured.interaction,
        customer_id=captured.customer,
        reason=captured.failure,
    )


_NOTHING = "Nothing unreadable has the number %s; it may have been read meanwhile."


def _quarantined(conn: Connection, arrival_id: int) -> dict[str, Any]:
    row = conn.execute(
        select(ArrivalRow.id, ArrivalRow.channel, ArrivalRow.raw, ArrivalRow.raw_blob).where(
            ArrivalRow.id == arrival_id, ArrivalRow.state == "quarantined"
        )
    ).one_or_none()
    if row is None:
        raise NotFound(_NOTHING % arrival_id)
    veil.require_channel(conn, row.channel)
    return dict(row._mapping)


def _note(conn: Connection, arrival_id: int, by: Actor) -> None:
    audit.note(conn, by, "arrival.retried", f"arrival/{arrival_id}")
