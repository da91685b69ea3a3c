"""Products: what the business sells, each told once by its sku and corrected when it is told again."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from hub.desk.product_import import import_products
from hub.store import audit
from hub.store import products as store
from hub.store.audit import Actor
from hub.web.api.appointment_file import file_and_fields, is_dry
from hub.web.api.call import Call
from hub.web.api.file_operation import FileOperation
from hub.web.api.operation import READERS, WORKERS, operation
from hub.web.api.record_file import RecordFileReport
from hub.web.api.values import ById, Given, Id, Items, Limit, Line, Moment, Money, Told

Sku = Annotated[str, Field(min_length=1, max_length=100)]


class Product(Told):
    """`successor` is the sku of what takes its place; `price` and `cost` are in `currency`.

    `is_prescription`: a prescription medicine, which is never promoted.
    """

    id: Id
    sku: str
    name: str
    category: str
    currency: str
    price: Money | None
    cost: Money | None
    successor: str
    is_sold: bool
    is_prescription: bool
    created_at: Moment
    changed_at: Moment


class ProductFields(Given):
    """What is not named stays as it is, and is empty of a new product."""

    sku: Sku
    name: Annotated[str, Field(min_length=1, max_length=300)]
    category: Line = ""
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$", examples=["EUR"])] = ""
    price: Money | None = None
    cost: Money | None = None
    successor: Annotated[str, Field(max_length=100)] = ""
    is_sold: bool = True
    is_prescription: bool = False


class ProductQuery(Given):
    q: Annotated[Line, Field(description="A part of the sku, the name or the category.")] = ""
    after: Annotated[str, Field(max_length=100, description="The last sku seen.")] = ""
    limit: Limit = 50


@operation("GET", "/products", roles=READERS, summary="Products, by sku")
async def list_products(call: Call, query: ProductQuery) -> Items[Product]:
    return await call.read(_list, query)


def _list(conn: Connection, query: ProductQuery) -> Items[Product]:
    rows = store.listed(conn, words=query.q, after=query.after, limit=query.limit + 1)
    more = rows[query.limit - 1]["sku"] if len(rows) > query.limit else None
    return Items[Product].model_validate({"items": rows[: query.limit], "next": more})


@operation("GET", "/products/{id}", roles=READERS, summary="One product")
async def get_product(call: Call, path: ById) -> Product:
    return await call.read(_get, path.id)


def _get(conn: Connection, product_id: int) -> Product:
    return Product.model_validate(store.get(conn, product_id))


@operation("POST", "/products", roles=WORKERS, summary="Tell a product, or correct a known one", creates=True)
async def tell_product(call: Call, body: ProductFields) -> Product:
    return await call.create(_tell, body, call.by)


def _tell(conn: Connection, body: ProductFields, by: Actor) -> Product:
    fields = {name: value for name, value in body.named().items() if name != "sku"}
    made, outcome = store.upsert(conn, body.sku, fields, by.at)
    if outcome != "unchanged":
        audit.note(conn, by, f"product.{outcome}", f"product/{made}")
    return _get(conn, made)


async def import_product_file(call: Call) -> RecordFileReport:
    """Takes in a file of products, or only tries it."""
    content, told = await file_and_fields(call)
    dry = is_dry(told)
    region = call.services.settings.hub.region
    report = await import_products(call.services.database, content, call.now, region=region, dry=dry)
    if not dry:
        await call.write(audit.note, call.by, "products.imported", "", report.counts)
    return RecordFileReport.model_validate(report)


importing = FileOperation(
    method="POST",
    path="/products/file",
    roles=WORKERS,
    summary="Import a file of products: multipart/form-data with `file`, perhaps `dry`",
    status=200,
    creates=False,
    run=import_product_file,
    inputs={},
    answer=RecordFileReport,
)
