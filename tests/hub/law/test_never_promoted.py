"""Health-class facts stand in no message and choose nobody; prescription medicines are never promoted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from hub.capture.capture import Capture
from hub.capture.purchases import Purchases
from hub.desk import sensitive as desk
from hub.model.errors import Refused
from hub.model.identity import Identity
from hub.model.purchase import Line, Purchase, Told
from hub.outreach.why import story
from hub.store import advice, offer_codes, offers, prescriptions, products, segments, sensitive, sequences, templates
from hub.store.tables import BoughtTogetherRow, MessageRow
from tests.hub.campaigns.conftest import FACES, Marketing, whole
from tests.hub.outreach.conftest import KEYS
from tests.hub.sequences.conftest import definition, sends

NAMED = (
    "{{ customer.facts.Diagnosis }}",
    "{{ customer['facts']['diagnosis'] }}",
    "{% if customer.facts.diagnosis %}soon{% endif %}",
    "{% for one in customer.facts %}{{ one }}{% endfor %}",
    "{{ customer }}",
)
BY_FACT = {"all": [{"about": "fact", "is": "equal", "name": "size", "value": "7"}]}
OF_FACT = {"all": [{"about": "fact", "is": "known", "name": "Diagnosis"}]}
SIZED = {**FACES, "text": "Size {{ customer.facts.size }} for {{ campaign.code }}\n", "html": ""}


def _template(conn: Connection, name: str, faces: dict[str, str], now: Any, purpose: str = "promotional") -> None:
    templates.save(conn, name=name, language="en", purpose=purpose, faces=faces, now=now)


def _asks_for_it(conn: Connection, market: Marketing) -> None:
    _template(conn, "sized", SIZED, market.by.at)
    segments.save(conn, "sized", "Sized", BY_FACT, "Max", market.by.at)
    desk.mark(conn, sensitive.FACT, "Diagnosis", market.by)
    for said in NAMED:
        for face in ("sms", "subject", "text", "html", "voice"):
            with pytest.raises(Refused, match="about health") as refused:
                _template(conn, "offer", {"subject": "Hello", "text": "Hello", face: said}, market.by.at, "reminder")
            assert refused.value.field == face
    segments.save(conn, "ill", "Ill", OF_FACT, "Max", market.by.at)
    branch = {"kind": "branch", "asks": "fact", "name": "diagnosis", "test": "known", "yes": "tell", "no": "end"}
    steps = definition(start="ask", ask=branch, tell=sends(template="offer"), end={"kind": "end"})
    with pytest.raises(Refused, match="about health"):
        sequences.save(conn, "welcome", steps, "Max", market.by.at)


@pytest.mark.law("sensitive-unsaid")
async def test_a_health_class_fact_stands_in_no_message_and_chooses_nobody_for_a_promotion(market: Marketing) -> None:
    await market.customer("mailto:ada@example.com", facts={"Diagnosis": "gout", "size": "7"})
    await market.out.write(_asks_for_it, market)
    with pytest.raises(Refused, match="No promotion is chosen by 'Diagnosis'"):
        await market.plan(await market.draft(segment="ill"))
    # Launched while both were harmless, and marked before they left.
    for changes in ({"template": "sized"}, {"segment": "sized"}):
        await market.launched(**changes)
    await market.run()
    naming = await market.out.write(lambda conn: desk.mark(conn, sensitive.FACT, "Size", market.by))
    assert naming == ["template sized/en", "segment sized"]
    await market.out.send()
    assert market.out.mails() == []
    assert await market.out.states() == [("suppressed", "names_health"), ("suppressed", "chosen_by_health")]
    told = [await market.out.write(story, row["id"]) for row in await market.out.messages()]
    assert [one.words for one in told] == [
        "Not sent: it names the fact 'size', which is about health and never stands in a message.",
        "Not sent: no promotion is chosen by 'size', which is about health.",
    ]
    assert [one.steps[-1].seen for one in told] == [{"what": "size"}] * 2
    assert [await market.sums(run) for run in (1, 2)] == [(1, 1)] * 2


RX = {"name": "Amoxicillin 500 mg, 20 tablets", "category": "Antibiotics"}


def _bought(conn: Connection, market: Marketing) -> None:
    for sku, fields in {
        "AMOX-500": RX,
        "TEA": {"name": "Tea", "category": "Teas"},
        "CUP": {"name": "Cup"},
        "XEN-120": {"name": "Xenazol"},
    }.items():
        products.upsert(conn, sku, fields, market.by.at)
    bought = [("AMOX-500", "Antibiotics"), ("TEA", "Teas")]
    lines = tuple(Line(name=sku, amount=Decimal(9), sku=sku, category=category) for sku, category in bought)
    at = whole(market.by.at) - timedelta(days=3)
    purchase = Purchase(source="shop", external_id="1", bought_at=at, amount=Decimal(18), currency="EUR", lines=lines)
    buyer = (Identity.from_text("mailto:ada@example.com"),)
    Purchases(Capture(KEYS.consent))(conn, [Told(purchase=purchase, buyer=buyer, name="Ada")], whole(market.by.at))
    measured = {"buyers": 30, "both": 20, "share": Decimal("0.6"), "lift": Decimal(2), "computed_at": at}
    for first, later in (("AMOX-500", "CUP"), ("TEA", "XEN-120")):
        conn.execute(insert(BoughtTogetherRow).values(kind="sku", bought=first, later=later, **measured))
    segments.save(conn, "buyers", "Buyers", {"all": [{"about": "purchases", "is": "has", "category": "Antibiotics"}]},
                  "Max", market.by.at)  # fmt: skip
    offers.upsert(conn, "cure", {"title": "Ten off", "category": "Antibiotics", "percent": Decimal(10)}, market.by.at)
    offers.upsert(conn, "own", {"title": "Yours", "for_bought": True, "percent": Decimal(10)}, market.by.at)


def _next(conn: Connection, ada: int, market: Marketing) -> list[str]:
    return [one.later for one in advice.next_for(conn, [ada], market.by.at).get(ada, ())]


def _is_closed(conn: Connection, market: Marketing, ada: int) -> None:
    now = market.by.at
    with pytest.raises(Refused, match="never promoted"):
        offers.upsert(conn, "other", {"title": "Cheap", "sku": "AMOX-500", "percent": Decimal(10)}, now)
    with pytest.raises(Refused, match="never promoted"):
        offers.upsert(conn, "cure", {"title": "Cheaper"}, now)
    assert offers.upsert(conn, "cure", {"is_open": False}, now)[1] == "changed"
    offers.upsert(conn, "tea", {"title": "Tea", "sku": "TEA", "percent": Decimal(10)}, now)
    assert offer_codes.most_bought(conn, [ada], now - timedelta(days=30)) == {ada: "Teas"}
    assert _next(conn, ada, market) == []


@pytest.mark.law("prescriptions")
async def test_a_prescription_medicine_gets_into_no_promotion_by_any_way_and_reminders_of_it_go_out(
    market: Marketing,
) -> None:
    out = market.out
    ada = await market.customer("mailto:ada@example.com")
    await out.write(_bought, market)
    assert await out.write(_next, ada, market) == ["CUP", "XEN-120"]
    # Launched while it was a product like others: by its name, by its offer, and to those who bought it.
    for changes in (
        {"variables": {"code": "AMOXICILLIN at half the price"}},
        {"variables": {"code": "x", "offer": "cure"}},
        {"segment": "buyers"},
        {"variables": {"code": "tea at half the price"}},
    ):
        await market.launched(**changes)
    await market.run()
    for sku in ("AMOX-500", "XEN-120"):
        await out.write(products.upsert, sku, {"is_prescription": True}, market.by.at)
    await out.send()
    await out.write(_is_closed, market, ada)
    [mail] = out.mails()
    assert b"tea at half the price" in mail
    barred = [("suppressed", reason) for reason in ("prescription", "prescription", "chosen_by_prescription")]
    assert await out.states() == [*barred, ("accepted", "")]
    told = await out.write(lambda conn: [story(conn, row["id"]).words for row in _rows(conn)])
    assert all("prescription only" in words for words in told[:3])
    for changes in ({"segment": "buyers"}, {"variables": {"code": "x", "offer": "cure"}}):
        with pytest.raises(Refused, match="prescription only"):
            await market.plan(await market.draft(**changes))
    plan = await market.plan(await market.draft(variables={"code": "Amoxicillin at half the price"}))
    assert (dict(plan.gated), plan.error_count, plan.ready) == ({"prescription": 1}, 0, False)
    assert "prescription only" in plan.as_json()["why"]["prescription"]
    await out.furnish()
    await out.appointment(ada, title="Amoxicillin: fetch your refill")
    await out.plan()
    out.clock.pass_(hours=2)
    await out.send()
    assert sum(b"fetch your refill" in mail for mail in out.mails()) == 1


def _rows(conn: Connection) -> list[Any]:
    return [{"id": number} for number in conn.scalars(select(MessageRow.id).order_by(MessageRow.id))]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Now: AMOXICILLIN, half the price", "Amoxicillin 500 mg, 20 tablets"),
        ("art. no. AMOX-500", "Amoxicillin 500 mg, 20 tablets"),
        ("Amoxi tea and 500 mg of it", ""),
        ("Vitamin D for winter", "Vitamin D 20000 IU"),
        ("Vitamin C for winter", ""),
    ],
    ids=["name", "number", "other-words", "two-words", "another"],
)
def test_a_medicine_is_named_by_what_people_call_it(text: str, named: str) -> None:
    medicines = prescriptions.known((("AMOX-500", RX["name"], "Antibiotics"), ("4711", "Vitamin D 20000 IU", "")))
    assert medicines.named_in(text) == named
