"""Import of purchases."""

from __future__ import annotations

from aiohttp import web

from hub.capture.purchases import Purchases
from hub.desk.import_report import Report, Tell
from hub.desk.purchase_import import RowReport, import_purchases
from hub.web.pages.file_import import FileImport
from hub.web.services import Services


async def _take(services: Services, content: bytes, dry: bool, tell: Tell) -> Report[RowReport]:
    hub = services.settings.hub
    return await import_purchases(
        services.database,
        Purchases(services.intake.capture),
        content,
        services.clock(),
        time_zone=hub.time_zone,
        region=hub.region,
        dry=dry,
        tell=tell,
    )


def routes() -> list[web.RouteDef]:
    return FileImport(name="purchases", template="purchase_import.html", take=_take).routes()
