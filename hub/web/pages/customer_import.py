"""Import of customers."""

from __future__ import annotations

from aiohttp import web

from hub.desk.customer_import import import_customers
from hub.desk.import_report import Report, Tell
from hub.desk.record_import import RowReport
from hub.web.pages.file_import import FileImport
from hub.web.services import Services


async def _take(services: Services, content: bytes, dry: bool, tell: Tell) -> Report[RowReport]:
    return await import_customers(
        services.database,
        content,
        services.clock(),
        region=services.settings.hub.region,
        dry=dry,
        tell=tell,
        key=services.keys.consent,
    )


def routes() -> list[web.RouteDef]:
    return FileImport(name="customers", template="customer_import.html", take=_take).routes()
