"""Import of appointments."""

from __future__ import annotations

from aiohttp import web

from hub.desk.appointment_import import import_appointments
from hub.desk.import_report import Report, Tell
from hub.desk.record_import import RowReport
from hub.web.pages.file_import import FileImport
from hub.web.services import Services


async def _take(services: Services, content: bytes, dry: bool, tell: Tell) -> Report[RowReport]:
    hub = services.settings.hub
    return await import_appointments(
        services.database, content, services.clock(), time_zone=hub.time_zone, region=hub.region, dry=dry, tell=tell
    )


def routes() -> list[web.RouteDef]:
    return FileImport(name="appointments", template="appointment_import.html", take=_take).routes()
