"""Products: what the business sells, found by sku, name or category; brought in as a file."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from hub.desk.import_report import Report, Tell
from hub.desk.product_import import import_products
from hub.desk.record_import import RowReport
from hub.store import audit as acts
from hub.store import products
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import EVERYBODY, form_of, path_id, read, text_of, write
from hub.web.pages.file_import import FileImport
from hub.web.rendering import redirect, render
from hub.web.services import Services

_SHOWN = 100


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Lists products by sku."""
    words, after = request.query.get("words", "")[:200], request.query.get("after", "")[:100]
    rows = await read(
        request, lambda conn, _arg: products.listed(conn, words=words, after=after, limit=_SHOWN + 1), None
    )
    more = rows[_SHOWN - 1]["sku"] if len(rows) > _SHOWN else ""
    return render(request, "products.html", rows=rows[:_SHOWN], words_given=words, more=more)


@allow("agent", "admin")
async def prescription(request: web.Request) -> web.StreamResponse:
    """Says that a product is prescription only, or that it is not."""
    number, form, by = path_id(request), await form_of(request), audit.by(request)
    fields = {"is_prescription": text_of(form, "is") == "yes"}

    def act(conn: Connection, product: int) -> None:
        products.upsert(conn, products.get(conn, product)["sku"], fields, by.at)
        acts.note(conn, by, "product.changed", f"product/{product}", fields)

    await write(request, act, number)
    return redirect(request, "/products", say=_("Saved."))


async def _take(services: Services, content: bytes, dry: bool, tell: Tell) -> Report[RowReport]:
    region = services.settings.hub.region
    return await import_products(services.database, content, services.clock(), region=region, dry=dry, tell=tell)


def routes() -> list[web.RouteDef]:
    importing = FileImport(name="products", template="product_import.html", take=_take)
    return [
        web.get("/products", show),
        web.post(r"/products/{id:\d+}/prescription", prescription),
        *importing.routes(),
    ]
