"""Survey uploads: send a file, see how it would be read, try it dry, take it in, undo it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.capture.survey_mapping import ANSWERS, DATE_ORDERS, IDENTITY, IGNORED, ROLES, roles_of
from hub.capture.uploads import Uploads
from hub.insight.paging import Page, one_of, page_of, read_id
from hub.model.errors import HubError, Refused, Unavailable
from hub.model.scores import NpsScore
from hub.store import audit
from hub.store import uploads as store
from hub.store.uploads import WORKING, Outcome, RowOutcome, Upload, UploadState
from hub.web import audit as acts
from hub.web.auth import allow
from hub.web.errors import status_of
from hub.web.i18n import _
from hub.web.pages.fields import EVERYBODY, path_id, read, text_of
from hub.web.pages.fields import form_of as fields_of
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES
from hub.web.survey_files import receive, uploads_of

UPLOADERS = ("agent", "marketer", "admin")
_PAGE = 50
_PROBLEMS = (Outcome.REJECTED, Outcome.NO_IDENTITY)
_SHOWN: Mapping[str, Sequence[Outcome]] = {
    "problems": _PROBLEMS,
    "repeated": (Outcome.REPEATED,),
    "new": (Outcome.NEW,),
    "known": (Outcome.KNOWN,),
    "accepted": (Outcome.ACCEPTED,),
    "all": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of an upload's rows, or would: counts, one page of rows, and its score."""

    dry: bool
    counts: Mapping[Outcome, int]
    shown: str
    page: Page[RowOutcome]
    customers: Mapping[int, tuple[int, str]]
    nps: NpsScore | None


@allow(*EVERYBODY)
async def show_all(request: web.Request) -> web.Response:
    """Lists uploads, newest first, above the place to send one."""
    return await _list(request)


async def _list(request: web.Request, *, status: int = 200, error: HubError | None = None) -> web.Response:
    before = read_id(request.query.get("before", ""))

    def ask(conn: Connection, _arg: None) -> tuple[Page[Upload], dict[int, NpsScore]]:
        rows = store.newest(conn, before=before, limit=_PAGE + 1)
        page = page_of(rows, _PAGE, lambda upload: str(upload.id))
        return page, store.nps_of(conn, [upload.id for upload in page.items])

    page, scores = await read(request, ask, None)
    limit = request.app[SERVICES].settings.limits.upload_mb
    return render(request, "uploads.html", status=status, page=page, scores=scores, error=error, limit=limit)


@allow(*UPLOADERS, body="stream")
async def send(request: web.Request) -> web.Response:
    """Takes a file; the same one again leads to the upload that it was."""
    try:
        received = await receive(request)
    except Unavailable:
        raise
    except HubError as error:
        return await _list(request, status=status_of(error), error=error)
    upload = received.upload
    if received.again:
        return redirect(request, f"/uploads/{upload.id}", say=_("This very file was sent before: this is it."))
    await _note(request, "upload.received", upload)
    return redirect(request, f"/uploads/{upload.id}")


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.Response:
    """Shows one upload: what its columns are, what would become of its rows, how far it has come."""
    return await _page(request)


async def _page(request: web.Request, *, status: int = 200, error: HubError | None = None) -> web.Response:
    upload_id = path_id(request)
    shown = one_of(request.query.get("show", ""), ("", *_SHOWN), "show")
    after = read_id(request.query.get("after", ""), "after")

    def ask(conn: Connection, _arg: None) -> tuple[Upload, Report]:
        upload = store.get(conn, upload_id)
        return upload, _report(conn, upload, shown, -1 if after is None else after)

    upload, report = await read(request, ask, None)
    return render(
        request,
        "upload.html",
        status=status,
        upload=upload,
        report=report,
        error=error,
        roles=roles_of(upload.mapping),
        every_role=(
            *IDENTITY,
            *(role for role in ROLES if role not in (*IDENTITY, *ANSWERS, IGNORED)),
            *ANSWERS,
            IGNORED,
        ),
        date_orders=DATE_ORDERS,
        working=upload.state in WORKING,
        may_map=not upload.next_row and upload.state not in (*WORKING, UploadState.COMMITTED),
        Outcome=Outcome,
    )


def _report(conn: Connection, upload: Upload, shown: str, after: int) -> Report:
    dry = not upload.next_row or upload.state is UploadState.TRYING
    counts = store.outcome_counts(conn, upload.id, dry=dry)
    if not shown:
        shown = "problems" if any(counts.get(outcome) for outcome in _PROBLEMS) else "all"
    rows = store.outcomes(conn, upload.id, dry=dry, of=_SHOWN[shown], after=after, limit=_PAGE + 1)
    page = page_of(rows, _PAGE, lambda row: str(row.row))
    return Report(
        dry=dry,
        counts=counts,
        shown=shown,
        page=page,
        customers=store.who_answered(conn, [row.interaction for row in page.items if row.interaction]),
        nps=store.nps_of(conn, [upload.id]).get(upload.id),
    )


@allow(*UPLOADERS)
async def remap(request: web.Request) -> web.Response:
    """Keeps what staff says of the columns; a dry run follows at once, to see what it changes."""
    form = await fields_of(request)
    upload_id = path_id(request)
    uploads = uploads_of(request.app[SERVICES])
    columns = len((await read(request, store.get, upload_id)).mapping["columns"])
    try:
        await uploads.remap(
            upload_id,
            [text_of(form, f"role.{at}") for at in range(columns)],
            title=text_of(form, "title"),
            time_zone=text_of(form, "time_zone"),
            date_order=text_of(form, "date_order"),
            anonymous=bool(text_of(form, "anonymous")),
        )
        await uploads.try_dry(upload_id)
    except Refused as error:
        return await _page(request, status=status_of(error), error=error)
    return redirect(request, f"/uploads/{upload_id}")


def _steering(step: Callable[[Uploads, int], Awaitable[Upload]], action: str) -> Callable[..., Awaitable[web.Response]]:
    @allow(*UPLOADERS)
    async def steer(request: web.Request) -> web.Response:
        try:
            upload = await step(uploads_of(request.app[SERVICES]), path_id(request))
        except Refused as error:
            return await _page(request, status=status_of(error), error=error)
        await _note(request, action, upload)
        return redirect(request, f"/uploads/{upload.id}")

    return steer


async def _note(request: web.Request, action: str, upload: Upload) -> None:
    by = acts.by(request)
    detail: dict[str, Any] = {"file": upload.filename, "sha256": upload.sha256}
    await request.app[SERVICES].database.write(
        lambda conn, _arg: audit.note(conn, by, action, f"upload/{upload.id}", detail), None
    )


def routes() -> list[web.RouteDef]:
    return [
        web.get("/uploads", show_all),
        web.post("/uploads", send),
        web.get(r"/uploads/{id:\d+}", show),
        web.post(r"/uploads/{id:\d+}/columns", remap),
        web.post(r"/uploads/{id:\d+}/try", _steering(Uploads.try_dry, "upload.tried")),
        web.post(r"/uploads/{id:\d+}/commit", _steering(Uploads.commit, "upload.committed")),
        web.post(r"/uploads/{id:\d+}/undo", _steering(Uploads.undo, "upload.undone")),
    ]
