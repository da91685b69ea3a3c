"""The history: timelines, search, one interaction, its files and its raw."""

from __future__ import annotations

from typing import Annotated, Any

from aiohttp import web
from pydantic import Field
from sqlalchemy import Connection, select

from hub.insight import history
from hub.insight.paging import read_id
from hub.model.errors import NotFound
from hub.store import veil
from hub.store.tables import ArrivalRow, AttachmentRow
from hub.web.api.call import Call
from hub.web.api.entries import Attachment, Entry, entry_page, told_entries
from hub.web.api.files import send_blob, send_bytes
from hub.web.api.operation import READERS, operation
from hub.web.api.values import ById, Id, Items, Line, Moment, PageQuery, Told

# The raw of a mail holds everything, hidden parts and headers too: for those who look into troubles.
RAW_READERS = ("agent", "admin", "auditor")


class TimelineQuery(PageQuery):
    medium: Annotated[tuple[Line, ...], Field(max_length=20, description="Only these: email, sms, call, ...")] = ()
    q: Annotated[Line, Field(description="Only what holds all these words.")] = ""


class SearchQuery(PageQuery):
    q: Annotated[Line, Field(min_length=1, description="Words; the last one also matches as a beginning.")]


class Arrival(Told):
    """One way an interaction reached us."""

    id: Id
    channel: str
    key: str
    content_type: str
    received_at: Moment


class ArrivalPath(ById):
    arrival_id: Id


@operation("GET", "/customers/{id}/timeline", roles=READERS, summary="A customer's history, newest first")
async def get_timeline(call: Call, path: ById, query: TimelineQuery) -> Items[Entry]:
    return await call.read(_timeline, path.id, query)


def _timeline(conn: Connection, customer_id: int, query: TimelineQuery) -> Items[Entry]:
    before = read_id(query.before)
    page = history.timeline(conn, customer_id, before=before, media=query.medium, words=query.q, limit=query.limit)
    return entry_page(conn, page)


@operation("GET", "/interactions", roles=READERS, summary="Search the history of all customers, newest first")
async def search_interactions(call: Call, query: SearchQuery) -> Items[Entry]:
    return await call.read(_search, query)


def _search(conn: Connection, query: SearchQuery) -> Items[Entry]:
    return entry_page(conn, history.search_history(conn, query.q, before=read_id(query.before), limit=query.limit))


@operation("GET", "/interactions/{id}", roles=READERS, summary="One interaction")
async def get_interaction(call: Call, path: ById) -> Entry:
    return await call.read(_entry, path.id)


def _entry(conn: Connection, interaction_id: int) -> Entry:
    return told_entries(conn, [history.entry(conn, interaction_id)])[0]


@operation("GET", "/interactions/{id}/attachments", roles=READERS, summary="The files of an interaction")
async def list_attachments(call: Call, path: ById) -> Items[Attachment]:
    entry = await call.read(history.entry, path.id)
    return Items[Attachment](items=[Attachment.model_validate(file) for file in entry.files])


@operation("GET", "/attachments/{id}", roles=READERS, summary="The bytes of a file")
async def get_attachment(call: Call, path: ById) -> web.StreamResponse:
    row = await call.read(_attachment, path.id)
    return await send_blob(call, row["sha256"], row["filename"])


def _attachment(conn: Connection, attachment_id: int) -> dict[str, Any]:
    row = conn.execute(
        select(AttachmentRow.sha256, AttachmentRow.filename, AttachmentRow.interaction_id).where(
            AttachmentRow.id == attachment_id, AttachmentRow.state == "stored", AttachmentRow.sha256.is_not(None)
        )
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such file here.", next_step="Its `state` says whether it is yet to be fetched.")
    veil.require_interaction(conn, row.interaction_id)
    return dict(row._mapping)


@operation("GET", "/interactions/{id}/arrivals", roles=RAW_READERS, summary="How an interaction reached us")
async def list_arrivals(call: Call, path: ById) -> Items[Arrival]:
    return Items[Arrival].model_validate({"items": await call.read(_arrivals, path.id)})


def _arrivals(conn: Connection, interaction_id: int) -> list[Any]:
    history.entry(conn, interaction_id)
    rows = select(
        ArrivalRow.id, ArrivalRow.channel, ArrivalRow.key, ArrivalRow.content_type, ArrivalRow.received_at
    ).where(ArrivalRow.interaction_id == interaction_id)
    return list(conn.execute(rows.order_by(ArrivalRow.id)).all())


@operation(
    "GET", "/interactions/{id}/arrivals/{arrival_id}/raw", roles=RAW_READERS, summary="An arrival's payload as it came"
)
async def get_raw(call: Call, path: ArrivalPath) -> web.StreamResponse:
    row = await call.read(_raw, path.id, path.arrival_id)
    return await send_raw(call, row)


def _raw(conn: Connection, interaction_id: int, arrival_id: int) -> dict[str, Any]:
    row = conn.execute(
        select(ArrivalRow.id, ArrivalRow.raw, ArrivalRow.raw_blob).where(
            ArrivalRow.id == arrival_id, ArrivalRow.interaction_id == interaction_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound("This interaction has no such arrival.")
    veil.require_interaction(conn, interaction_id)
    return dict(row._mapping)


async def send_raw(call: Call, row: dict[str, Any]) -> web.StreamResponse:
    """Returns the payload of an arrival row. Raises NotFound when none was kept."""
    name = f"arrival-{row['id']}.bin"
    if row["raw"] is not None:
        return send_bytes(row["raw"], name)
    if row["raw_blob"] is None:
        raise NotFound("No payload was kept of this arrival.")
    return await send_blob(call, row["raw_blob"], name)
