"""Appointments as a file of another system (CSV): every row is made, changed, left or refused, and told."""

from __future__ import annotations

from hub.desk.appointment_import import import_appointments
from hub.model.errors import Refused
from hub.store import audit
from hub.web.api.call import Call
from hub.web.api.file_operation import FileOperation
from hub.web.api.operation import WORKERS
from hub.web.api.record_file import RecordFileReport
from hub.web.body import parts


async def file_and_fields(call: Call) -> tuple[bytes, dict[str, str]]:
    """Returns the part `file` of a multipart body, and its texts by name. Raises Refused without one."""
    content, told = b"", {}
    async for part in parts(call.request):
        if part.filename is None:
            told[part.name] = await part.text()
        elif part.name == "file":
            content = b"".join([chunk async for chunk in part.chunks()])
    if not content:
        raise Refused("No file was sent.", field="file")
    return content, told


def is_dry(told: dict[str, str]) -> bool:
    """Says whether the file is only to be tried."""
    return told.get("dry", "").lower() in ("1", "true", "yes")


async def import_appointment_file(call: Call) -> RecordFileReport:
    """Takes in a file of appointments, or only tries it."""
    content, told = await file_and_fields(call)
    settings, dry = call.services.settings.hub, is_dry(told)
    report = await import_appointments(
        call.services.database,
        content,
        call.now,
        time_zone=told.get("time_zone", "") or settings.time_zone,
        region=settings.region,
        dry=dry,
    )
    if not dry:
        await call.write(audit.note, call.by, "appointments.imported", "", report.counts)
        call.services.nudge()
    return RecordFileReport.model_validate(report)


importing = FileOperation(
    method="POST",
    path="/appointments/file",
    roles=WORKERS,
    summary="Import a file of appointments: multipart/form-data with `file`, perhaps `dry` and `time_zone`",
    status=200,
    creates=False,
    run=import_appointment_file,
    inputs={},
    answer=RecordFileReport,
)
