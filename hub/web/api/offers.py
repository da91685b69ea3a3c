"""Offers: what is offered to whom for how much, their codes, and the redeeming of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from hub.desk.offer_import import import_offers
from hub.insight.offers import offer_page
from hub.store import audit, offer_codes
from hub.store import offers as store
from hub.store.audit import Actor
from hub.web.api.appointment_file import file_and_fields, is_dry
from hub.web.api.call import Call
from hub.web.api.file_operation import FileOperation
from hub.web.api.operation import EDITORS, READERS, WORKERS, operation
from hub.web.api.record_file import RecordFileReport
from hub.web.api.values import ById, Given, Id, Items, Limit, Line, Moment, Money, Told

ExternalId = Annotated[str, Field(min_length=1, max_length=100)]
Percent = Annotated[Money, Field(gt=0, le=100)]
_SELLERS = ("agent", "marketer", "admin")
# So many given out in one transaction keep the one writer of SQLite for about 0.1 s.
_MOST_AT_ONCE = 250


class Worth(Given):
    """Either a price or how much off in percent."""

    price: Money | None = None
    percent: Percent | None = None


class ToldWorth(Told):
    price: Money | None
    percent: Money | None


class Offer(Told):
    """`free`, `given`, `redeemed` count its codes (redeemed ones were given too); `tiers`: what each tier gets."""

    id: Id
    external_id: str
    title: str
    titles: dict[str, str]
    sku: str
    category: str
    for_bought: bool
    price: Money | None
    percent: Money | None
    currency: str
    valid_until: date | None
    valid_days: int | None
    makes_codes: bool
    prefix: str
    tell_below: int
    is_open: bool
    tiers: dict[str, ToldWorth]
    free: int
    given: int
    redeemed: int
    created_at: Moment
    changed_at: Moment


class OfferFields(Given):
    """What is not named stays as it is. `for_bought`: each gets it for the category that they bought most."""

    external_id: ExternalId
    title: Line = ""
    titles: dict[str, Line] = Field(
        default={}, max_length=50, description="By language, for customers who read another one."
    )
    sku: Annotated[str, Field(max_length=100)] = ""
    category: Line = ""
    for_bought: bool = False
    price: Money | None = None
    percent: Percent | None = None
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$", examples=["EUR"])] = ""
    valid_until: date | None = None
    valid_days: Annotated[int, Field(ge=1, le=3660)] | None = None
    makes_codes: bool = True
    prefix: Annotated[str, Field(max_length=16)] = ""
    tell_below: Annotated[int, Field(ge=0, le=10**8)] = 0
    is_open: bool = True
    tiers: dict[Annotated[str, Field(max_length=100)], Worth] = Field(default={})


class OfferQuery(Given):
    after: Annotated[str, Field(max_length=100, description="The last external id seen.")] = ""
    limit: Limit = 50


class Codes(Given):
    codes: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(min_length=1, max_length=10_000)]


class CodesAdded(Told):
    """How many codes are new in the pool, and how many the hub knew already."""

    added: int
    known: int


class Giving(Given):
    customer_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=_MOST_AT_ONCE)]


class Code(Told):
    """A code that was given, with what it was worth then; `purchase_id` redeemed it."""

    id: Id
    offer: str
    title: str
    code: str
    customer_id: Id | None
    category: str
    price: Money | None
    percent: Money | None
    currency: str
    given_at: Moment | None
    expires_at: Moment | None
    redeemed_at: Moment | None
    purchase_id: Id | None


class CodesGiven(Told):
    """The codes given, and by customer why somebody got none."""

    items: list[Code]
    refused: dict[str, str]


class Redeeming(Given):
    code: Annotated[str, Field(min_length=3, max_length=100)]


class EarnedBy(Told):
    """`margin` is of the lines whose cost is known; these sold for `known`."""

    currency: str
    count: int
    amount: Money
    known: Money
    cost: Money
    margin: Money


class OfferResults(Told):
    free: int
    given: int
    redeemed: int
    earned: list[EarnedBy]


@operation("GET", "/offers", roles=READERS, summary="Offers, by external id")
async def list_offers(call: Call, query: OfferQuery) -> Items[Offer]:
    return await call.read(_list, query)


def _list(conn: Connection, query: OfferQuery) -> Items[Offer]:
    rows = store.listed(conn, after=query.after, limit=query.limit + 1)
    more = rows[query.limit - 1]["external_id"] if len(rows) > query.limit else None
    return Items[Offer].model_validate({"items": rows[: query.limit], "next": more})


@operation("GET", "/offers/{id}", roles=READERS, summary="One offer")
async def get_offer(call: Call, path: ById) -> Offer:
    return await call.read(_get, path.id)


def _get(conn: Connection, offer_id: int) -> Offer:
    return Offer.model_validate({**store.get(conn, offer_id), **store.counts(conn, [offer_id])[offer_id]})


@operation("POST", "/offers", roles=EDITORS, summary="Tell an offer, or correct a known one", creates=True)
async def tell_offer(call: Call, body: OfferFields) -> Offer:
    return await call.create(_tell, body, call.by)


def _tell(conn: Connection, body: OfferFields, by: Actor) -> Offer:
    named = body.named()
    tiers: Mapping[str, Any] | None = None
    if "tiers" in named:
        told = named.pop("tiers").items()
        tiers = {tier: {"price": worth.price, "percent": worth.percent} for tier, worth in told}
    made, outcome = store.upsert(conn, named.pop("external_id"), named, by.at, tiers=tiers)
    if outcome != "unchanged":
        audit.note(conn, by, f"offer.{outcome}", f"offer/{made}")
    return _get(conn, made)


@operation("GET", "/offers/{id}/results", roles=READERS, summary="What became of an offer")
async def get_offer_results(call: Call, path: ById) -> OfferResults:
    return await call.read(_results, path.id)


def _results(conn: Connection, offer_id: int) -> OfferResults:
    page = offer_page(conn, offer_id)
    return OfferResults.model_validate({**page.counts, "earned": page.earned})


@operation("POST", "/offers/{id}/codes", roles=EDITORS, summary="Add codes to the pool of an offer")
async def add_offer_codes(call: Call, path: ById, body: Codes) -> CodesAdded:
    return await call.write(_add_codes, path.id, body, call.by)


def _add_codes(conn: Connection, offer_id: int, body: Codes, by: Actor) -> CodesAdded:
    added = store.load_codes(conn, offer_id, body.codes, by.at)
    audit.note(conn, by, "offer.codes_added", f"offer/{offer_id}", added)
    return CodesAdded.model_validate(added)


@operation("POST", "/offers/{id}/give", roles=_SELLERS, summary="Give customers their codes; who has one keeps it")
async def give_offer(call: Call, path: ById, body: Giving) -> CodesGiven:
    zone = call.services.settings.hub.time_zone
    return await call.write(_give, path.id, body.customer_ids, zone, call.by)


def _give(conn: Connection, offer_id: int, customers: tuple[int, ...], zone: str, by: Actor) -> CodesGiven:
    given = offer_codes.give(conn, store.get(conn, offer_id)["external_id"], customers, by.at, zone, by.name)
    audit.note(conn, by, "offer.given", f"offer/{offer_id}", {"codes": len(given.codes)})
    rows = offer_codes.by_id(conn, sorted(given.codes.values()))
    refused = {str(customer): why for customer, why in given.refused.items()}
    return CodesGiven(items=[_told(row) for row in rows.values()], refused=refused)


@operation("POST", "/offer-codes/redeem", roles=WORKERS, summary="Redeem a code, once")
async def redeem_offer_code(call: Call, body: Redeeming) -> Code:
    return await call.write(_redeem, body.code, call.by)


def _redeem(conn: Connection, code: str, by: Actor) -> Code:
    row, _ = offer_codes.redeem(conn, code, by.at, by.name)
    audit.note(conn, by, "offer.redeemed", f"offer/{row['offer_id']}", {"code": row["id"]})
    return _told(row)


def _told(row: Mapping[str, Any]) -> Code:
    return Code.model_validate({**row, "offer": row["external_id"], "currency": row["currency"]})


async def import_offer_file(call: Call) -> RecordFileReport:
    """Takes in a file of offers, or only tries it."""
    content, told = await file_and_fields(call)
    dry = is_dry(told)
    region = call.services.settings.hub.region
    report = await import_offers(call.services.database, content, call.now, region=region, dry=dry)
    if not dry:
        await call.write(audit.note, call.by, "offers.imported", "", report.counts)
    return RecordFileReport.model_validate(report)


importing = FileOperation(
    method="POST",
    path="/offers/file",
    roles=EDITORS,
    summary="Import a file of offers, their tiers and codes: multipart/form-data with `file`, perhaps `dry`",
    status=200,
    creates=False,
    run=import_offer_file,
    inputs={},
    answer=RecordFileReport,
)
