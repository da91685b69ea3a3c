"""Customers as a file of another system (CSV): each is made, corrected, left or refused, and told by row."""

from __future__ import annotations

from hub.desk.customer_import import import_customers
from hub.store import audit
from hub.web.api.appointment_file import file_and_fields, is_dry
from hub.web.api.call import Call
from hub.web.api.file_operation import FileOperation
from hub.web.api.operation import WORKERS
from hub.web.api.record_file import RecordFileReport


async def import_customer_file(call: Call) -> RecordFileReport:
    """Takes in a file of customers, or only tries it."""
    content, told = await file_and_fields(call)
    services, dry = call.services, is_dry(told)
    report = await import_customers(
        services.database,
        content,
        call.now,
        region=services.settings.hub.region,
        dry=dry,
        key=services.keys.consent,
    )
    if not dry:
        await call.write(audit.note, call.by, "customers.imported", "", report.counts)
    return RecordFileReport.model_validate(report)


importing = FileOperation(
    method="POST",
    path="/customers/file",
    roles=WORKERS,
    summary="Import a file of customers: multipart/form-data with `file`, perhaps `dry`",
    status=200,
    creates=False,
    run=import_customer_file,
    inputs={},
    answer=RecordFileReport,
)
