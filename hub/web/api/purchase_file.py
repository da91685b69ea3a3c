"""Purchases as a file of another system (CSV): every purchase is made, corrected, left or refused, and told by row."""

from __future__ import annotations

from typing import Literal

from hub.capture.purchases import Purchases
from hub.desk.purchase_import import import_purchases
from hub.store import audit
from hub.web.api.appointment_file import file_and_fields, is_dry
from hub.web.api.call import Call
from hub.web.api.file_operation import FileOperation
from hub.web.api.operation import WORKERS
from hub.web.api.values import Id, Told


class PurchaseFileRow(Told):
    """One row; `line` counts from 1 and includes the headings. All rows of a purchase have its outcome."""

    line: int
    external_id: str
    outcome: Literal["created", "changed", "unchanged", "rejected"]
    reason: str
    field: str
    purchase: Id | None
    customer: Id | None


class PurchaseFileReport(Told):
    """What became of a file, or would: `dry` stores nothing."""

    dry: bool
    encoding: str
    columns: dict[str, str]
    counts: dict[str, int]
    rows: list[PurchaseFileRow]


async def import_purchase_file(call: Call) -> PurchaseFileReport:
    """Takes in a file of purchases, or only tries it."""
    content, told = await file_and_fields(call)
    settings, dry = call.services.settings.hub, is_dry(told)
    report = await import_purchases(
        call.services.database,
        Purchases(call.services.intake.capture),
        content,
        call.now,
        time_zone=told.get("time_zone", "") or settings.time_zone,
        region=settings.region,
        dry=dry,
        source=told.get("source", ""),
        currency=told.get("currency", ""),
    )
    if not dry:
        await call.write(audit.note, call.by, "purchases.imported", "", report.counts)
    return PurchaseFileReport.model_validate(report)


importing = FileOperation(
    method="POST",
    path="/purchases/file",
    roles=WORKERS,
    summary="Import a file of purchases: multipart/form-data, `file`, perhaps `dry`, `time_zone`, `source`, `currency`",
    status=200,
    creates=False,
    run=import_purchase_file,
    inputs={},
    answer=PurchaseFileReport,
)
