"""Uploads: survey files sent (multipart, field `file`), tried dry, taken in, undone; what became of every row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import Connection

from hub.capture.survey_mapping import roles_of
from hub.capture.uploads import Uploads
from hub.insight.paging import page_of, read_id
from hub.store import audit
from hub.store import uploads as store
from hub.store.upload_figures import figures_of
from hub.store.uploads import Outcome, UploadState
from hub.store.uploads import Upload as Stored
from hub.web.api.call import Call
from hub.web.api.file_operation import FileOperation
from hub.web.api.operation import READERS, operation
from hub.web.api.values import ById, Given, Id, Items, Limit, Line, Moment, PageQuery, Told
from hub.web.survey_files import receive, uploads_of

UPLOADERS = ("agent", "marketer", "admin")


class UploadLine(Told):
    """An upload; while it is worked on `next_row` counts up to `rows`."""

    id: Id
    channel: str
    filename: str
    title: str
    size: int
    state: UploadState
    rows: int
    next_row: int
    accepted: int
    repeated: int
    rejected: int
    error: str
    created_at: Moment
    finished_at: Moment | None


class Column(Told):
    """A column: `role` says what it is taken for."""

    name: str
    question: str
    role: str


class Upload(UploadLine):
    """`again`: this very file was here already. `foretold`: rows by outcome of the dry run; `outcomes`: for good.

    While it is worked on, rejected rows are one number, and what was foretold and the score wait for its end.
    """

    again: bool = False
    source: str
    encoding: str
    columns: list[Column]
    time_zone: str | None
    date_order: str | None
    anonymous: bool
    foretold: dict[str, int]
    outcomes: dict[str, int]
    nps: float | None


class Row(Told):
    """One row, counted from 0, and what became of it."""

    row: int
    outcome: Outcome
    reason: str
    nps: int | None
    interaction: Id | None


class RowQuery(Given):
    """Which rows: `dry` those of the dry run; `after` is the `next` of the page before."""

    dry: bool = False
    outcome: Outcome | None = None
    after: Annotated[str, Field(max_length=20)] = ""
    limit: Limit = 100


class Columns(Given):
    """What the columns are, a role each in their order, and how their times are read."""

    roles: Annotated[list[Line], Field(max_length=16_384)]
    title: Annotated[str, Field(max_length=200)] = ""
    time_zone: Line = ""
    date_order: Literal["", "dmy", "mdy"] = ""
    anonymous: bool = False


@operation("GET", "/uploads", roles=READERS, summary="Survey uploads, newest first")
async def list_uploads(call: Call, query: PageQuery) -> Items[UploadLine]:
    rows = await call.read(store.newest, before=read_id(query.before), limit=query.limit + 1)
    page = page_of(rows, query.limit, lambda upload: str(upload.id))
    return Items[UploadLine](items=[UploadLine.model_validate(each) for each in page.items], next=page.next or None)


async def send_upload(call: Call) -> Upload:
    """Stores a survey file and looks at it."""
    received = await receive(call.request)
    if not received.again:
        await _note(call, "upload.received", received.upload)
    return await _told(call, received.upload, again=received.again)


sending = FileOperation(
    method="POST",
    path="/uploads",
    roles=UPLOADERS,
    summary="Send a survey file: multipart/form-data with `file`, perhaps `title` and `channel`",
    status=201,
    creates=False,
    run=send_upload,
    inputs={},
    answer=Upload,
)


@operation("GET", "/uploads/{id}", roles=READERS, summary="One upload with its columns and counts")
async def get_upload(call: Call, path: ById) -> Upload:
    return await _told(call, await call.read(store.get, path.id))


@operation("GET", "/uploads/{id}/rows", roles=READERS, summary="What became of each row, or would")
async def list_upload_rows(call: Call, path: ById, query: RowQuery) -> Items[Row]:
    def ask(conn: Connection) -> Items[Row]:
        store.get(conn, path.id)
        after = read_id(query.after, "after")
        rows = store.outcomes(
            conn,
            path.id,
            dry=query.dry,
            of=[query.outcome] if query.outcome else (),
            after=-1 if after is None else after,
            limit=query.limit + 1,
        )
        page = page_of(rows, query.limit, lambda row: str(row.row))
        return Items[Row](items=[Row.model_validate(each) for each in page.items], next=page.next or None)

    return await call.read(ask)


@operation("PUT", "/uploads/{id}/columns", roles=UPLOADERS, summary="Say what the columns are")
async def set_upload_columns(call: Call, path: ById, body: Columns) -> Upload:
    told = {name: value for name, value in body.named().items() if name != "roles"}
    upload = await uploads_of(call.services).remap(path.id, body.roles, **told)
    await _note(call, "upload.mapped", upload)
    return await _told(call, upload)


@operation("POST", "/uploads/{id}/try", roles=UPLOADERS, summary="Ask for a dry run")
async def try_upload(call: Call, path: ById) -> Upload:
    return await _steer(call, path.id, Uploads.try_dry, "upload.tried")


@operation("POST", "/uploads/{id}/commit", roles=UPLOADERS, summary="Take the rows in")
async def commit_upload(call: Call, path: ById) -> Upload:
    return await _steer(call, path.id, Uploads.commit, "upload.committed")


@operation("POST", "/uploads/{id}/undo", roles=UPLOADERS, summary="Take out again what an upload brought")
async def undo_upload(call: Call, path: ById) -> Upload:
    return await _steer(call, path.id, Uploads.undo, "upload.undone")


async def _steer(call: Call, upload_id: int, step: Callable[[Uploads, int], Awaitable[Stored]], action: str) -> Upload:
    upload = await step(uploads_of(call.services), upload_id)
    await _note(call, action, upload)
    return await _told(call, upload)


async def _note(call: Call, action: str, upload: Stored) -> None:
    detail = {"file": upload.filename, "sha256": upload.sha256}
    await call.write(audit.note, call.by, action, f"upload/{upload.id}", detail)


async def _told(call: Call, upload: Stored, *, again: bool = False) -> Upload:
    def ask(conn: Connection) -> Upload:
        mapping, figures = upload.mapping, figures_of(conn, upload)
        return Upload(
            **UploadLine.model_validate(upload).model_dump(mode="python"),
            again=again,
            source=upload.shape["source"],
            encoding=upload.shape["encoding"],
            columns=[
                Column(name=column["name"], question=column["question"], role=role)
                for column, role in zip(mapping["columns"], roles_of(mapping), strict=True)
            ],
            time_zone=mapping.get("time_zone"),
            date_order=mapping.get("date_order"),
            anonymous=bool(mapping.get("anonymous")),
            foretold=figures.foretold,
            outcomes=figures.outcomes,
            nps=figures.nps.score if figures.nps else None,
        )

    return await call.read(ask)
