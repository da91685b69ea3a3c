"""Purchases: told by a shop or a till, one by one or many at once, each entered into its buyer's history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator
from sqlalchemy import Connection

from hub.capture import purchases as capture
from hub.insight.paging import page_of, read_time_cursor, time_cursor
from hub.insight.people import read_identity
from hub.model.errors import NotFound, Refused
from hub.model.purchase import MOST_LINES, PAID
from hub.model.purchase import Line as ToldLine
from hub.model.purchase import Purchase as ToldPurchase
from hub.model.purchase import Told as ToldBuyer
from hub.store import audit
from hub.store import purchases as store
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.operation import READERS, WORKERS, operation
from hub.web.api.values import ById, Given, Id, Items, Limit, Line, Moment, Money, Told

State = Literal["open", "paid", "refunded", "cancelled"]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])]
Name = Annotated[str, Field(min_length=1, max_length=300)]
# So many take about 0.1 s of the one writer that SQLite has.
_MOST_AT_ONCE = 100


class PurchaseLine(Told):
    """What, how much of it, and for what in all; `cost` is what it cost us."""

    name: str
    quantity: Money
    amount: Money
    sku: str
    category: str
    cost: Money | None


class Purchase(Told):
    """A purchase as it is known now; `interaction_id` is its entry of the history."""

    id: Id
    customer_id: Id
    interaction_id: Id | None
    source: str
    external_id: str
    bought_at: Moment
    amount: Money
    currency: str
    state: State
    note: str
    lines: list[PurchaseLine]
    created_at: Moment
    changed_at: Moment


class NewLine(Given):
    name: Name
    amount: Money
    quantity: Money = Decimal(1)
    sku: Line = ""
    category: Line = ""
    cost: Money | None = None


class NewPurchase(Given):
    """Who bought says `customer_id`, or `identities` (ada@example.com, +1 415 555 0123, ext:shop/42), the surest first.

    Of several identities the first that somebody holds decides; an unknown buyer is made. Told again under the same
    `source` and `external_id` it is the same purchase, corrected.
    """

    customer_id: Id | None = None
    identities: Annotated[tuple[Line, ...], Field(max_length=5)] = ()
    name: Annotated[str, Field(max_length=200, description="What to call a buyer who is made")] = ""
    source: Annotated[str, Field(min_length=1, max_length=100)] = "api"
    external_id: Name
    bought_at: Moment
    amount: Money
    currency: Currency
    state: State = PAID
    note: Annotated[str, Field(max_length=10_000)] = ""
    code: Annotated[str, Field(max_length=64, description="Of the offer that it redeems")] = ""
    lines: Annotated[tuple[NewLine, ...], Field(max_length=MOST_LINES)] = ()

    @model_validator(mode="after")
    def _of_somebody(self) -> NewPurchase:
        if (self.customer_id is None) == (not self.identities):
            raise ValueError("name either customer_id or identities")
        return self


class ManyPurchases(Given):
    items: Annotated[list[NewPurchase], Field(min_length=1, max_length=_MOST_AT_ONCE)]


class PurchaseOutcome(Told):
    """What became of one item: created, changed, unchanged or refused."""

    position: int
    outcome: str
    id: Id | None = None
    customer_id: Id | None = None
    problem: str = ""
    field: str = ""


class PurchaseOutcomes(Told):
    """One outcome an item, in their order."""

    items: list[PurchaseOutcome]


class PurchaseQuery(Given):
    customer: Id | None = None
    since: Moment | None = None
    before: Annotated[str, Field(max_length=60)] = ""
    limit: Limit = 50


@operation("GET", "/purchases", roles=READERS, summary="Purchases, the newest first")
async def list_purchases(call: Call, query: PurchaseQuery) -> Items[Purchase]:
    return await call.read(_list, query)


def _list(conn: Connection, query: PurchaseQuery) -> Items[Purchase]:
    rows = store.listed(
        conn,
        customer_id=query.customer,
        since=query.since,
        before=read_time_cursor(query.before),
        limit=query.limit + 1,
    )
    page = page_of(rows, query.limit, lambda row: time_cursor(row.purchase.bought_at, row.id))
    return Items[Purchase](items=[told(row) for row in page.items], next=page.next or None)


@operation("GET", "/purchases/{id}", roles=READERS, summary="One purchase")
async def get_purchase(call: Call, path: ById) -> Purchase:
    return await call.read(_get, path.id)


def _get(conn: Connection, purchase_id: int) -> Purchase:
    row = store.get(conn, purchase_id)
    if row is None:
        raise NotFound(f"There is no purchase {purchase_id}.")
    return told(row)


def told(row: store.Stored) -> Purchase:
    """Returns a purchase as the API tells it."""
    purchase = row.purchase
    return Purchase(
        id=row.id,
        customer_id=row.customer_id,
        interaction_id=row.interaction_id,
        created_at=row.created_at,
        changed_at=row.changed_at,
        lines=[PurchaseLine.model_validate(line) for line in purchase.lines],
        **{name: getattr(purchase, name) for name in type(purchase).__slots__ if name != "lines"},
    )


@operation("POST", "/purchases", roles=WORKERS, summary="Tell a purchase, or correct a known one", creates=True)
async def create_purchase(call: Call, body: NewPurchase) -> Purchase:
    take = capture.Purchases(call.services.intake.capture)
    return await call.create(_create, take, body, call.region, call.by)


def _create(conn: Connection, take: capture.Purchases, body: NewPurchase, region: str, by: Actor) -> Purchase:
    [done] = _take(conn, take, [body], region, by)
    if done.id is None:
        raise Refused(done.problem, field=done.field)
    return _get(conn, done.id)


@operation("POST", "/purchases/many", roles=WORKERS, summary="Tell many purchases, each for itself", creates=True)
async def create_purchases(call: Call, body: ManyPurchases) -> PurchaseOutcomes:
    take = capture.Purchases(call.services.intake.capture)
    return await call.create(_create_many, take, body, call.region, call.by)


def _create_many(
    conn: Connection, take: capture.Purchases, body: ManyPurchases, region: str, by: Actor
) -> PurchaseOutcomes:
    return PurchaseOutcomes(items=_take(conn, take, body.items, region, by))


def _take(
    conn: Connection, take: capture.Purchases, items: Sequence[NewPurchase], region: str, by: Actor
) -> list[PurchaseOutcome]:
    outcomes: dict[int, PurchaseOutcome] = {}
    readable: list[tuple[int, ToldBuyer]] = []
    for position, item in enumerate(items):
        try:
            readable.append((position, _read(item, region)))
        except Refused as error:
            outcomes[position] = PurchaseOutcome(
                position=position, outcome="refused", problem=error.message, field=error.field or "identities"
            )
    taken = take(conn, [each for _, each in readable], by.at)
    for (position, _), done in zip(readable, taken, strict=True):
        outcomes[position] = PurchaseOutcome(
            position=position,
            outcome=done.outcome,
            id=done.id,
            customer_id=done.customer_id,
            problem=done.reason,
            field=done.field,
        )
    audit.note(conn, by, "purchases.told", "", Counter(each.outcome for each in outcomes.values()))
    return [outcomes[position] for position in range(len(items))]


def _read(item: NewPurchase, region: str) -> ToldBuyer:
    lines = tuple(ToldLine(**{name: getattr(line, name) for name in ToldLine.__slots__}) for line in item.lines)
    fields = {name: getattr(item, name) for name in ToldPurchase.__slots__ if name != "lines"}
    return ToldBuyer(
        purchase=ToldPurchase(**fields, lines=lines),
        buyer=tuple(read_identity(each, region) for each in item.identities),
        customer_id=item.customer_id,
        name=item.name,
        code=item.code,
    )
