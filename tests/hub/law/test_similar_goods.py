"""Existing customers and labels, from the flight plan to the mail on the wire: one campaign, four readers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlalchemy import Connection, select

from hub.desk import consents as desk
from hub.model.errors import Refused
from hub.store import consents, templates, unsubscribing
from hub.store.audit import Actor
from hub.store.tables import IdentityRow
from tests.hub.campaigns.conftest import FACES, Marketing, identity_of, whole
from tests.hub.outreach.conftest import KEYS

TOLD = "When you ordered: we write to you about similar goods, say no at any time"
SAID = "You get this as our customer; it is about similar goods."


def _by(market: Marketing) -> Actor:
    return replace(market.by, at=whole(market.by.at))


async def bought(market: Marketing, address: str, country: str, **fields: str) -> int:
    """Somebody who did not agree, but bought and was told."""
    customer = await market.customer(f"mailto:{address}", agreed=False, confirmed=False, country=country, **fields)

    def note(conn: Connection) -> None:
        held = conn.scalar(select(IdentityRow.id).where(IdentityRow.customer_id == customer)) or 0
        desk.record_consent(
            conn, customer, held, "promotional", True, TOLD, _by(market), KEYS.consent, "existing_customer"
        )

    await market.out.write(note)
    return customer


@pytest.mark.law(
    "existing-customer", "existing-said", "labels", "basis", "why-page", "promotional-flight", "rulebook-readers"
)
async def test_who_bought_is_told_of_similar_goods_and_told_why_until_they_say_no(market: Marketing) -> None:
    await bought(market, "germany@example.com", "DE")
    await bought(market, "czechia@example.com", "CZ")
    await bought(market, "america@example.com", "US", time_zone="America/New_York")
    await market.customer("mailto:agreed@example.com", country="DE")
    await market.out.write(_offer, market.out.clock())
    campaign = await market.draft()
    plan = await market.plan(campaign)
    assert (plan.audience, plan.messages, plan.existing) == (4, 4, 3)
    assert plan.gated == {"existing_customer_elsewhere": 1}
    assert plan.labels == {"Obchodní sdělení:": 1}
    assert plan.law == {"default": 3, "CZ": 1}
    assert await market.out.write(_breaks) == []

    await market.launch(campaign, plan.hash)
    await market.run()
    await market.out.send()
    mails = {mail.to: mail for mail in map(_read, market.out.mails())}
    assert set(mails) == {"germany@example.com", "czechia@example.com", "agreed@example.com"}
    assert {name: SAID in mail.text for name, mail in mails.items()} == {
        "germany@example.com": True, "czechia@example.com": True, "agreed@example.com": False,
    }  # fmt: skip
    assert all("/u/" in mail.text for mail in mails.values())
    assert [name for name, mail in mails.items() if mail.subject.startswith("Obchodní sdělení: Ada")] == [
        "czechia@example.com"
    ]
    assert sorted(await market.out.states()).count(("suppressed", "existing_customer_elsewhere")) == 1

    germany = await market.out.write(lambda conn: identity_of(conn, "germany@example.com"))
    number = next(row["id"] for row in await market.out.messages() if row["identity_id"] == germany)
    why = await market.out.write(unsubscribing.about, number)
    assert (why.consent["basis"], why.consent["wording"]) == ("existing_customer", TOLD)
    await market.out.write(
        lambda conn: unsubscribing.unsubscribe(conn, number, "one click", market.out.clock(), KEYS.consent)
    )
    with pytest.raises(Refused, match="want no offers"):
        await bought_again(market, why.customer_id, germany)
    plan = await market.plan(await market.draft())
    assert plan.skipped == {"suppressed_withdrawn": 1}


@pytest.mark.law("basis")
@pytest.mark.parametrize(
    ("purpose", "basis"),
    [
        ("promotional", "contract"),
        ("promotional", "legal_duty"),
        ("reminder", "existing_customer"),
        ("service", "love"),
    ],
)
async def test_a_basis_fits_its_purpose(market: Marketing, purpose: str, basis: str) -> None:
    customer = await market.customer("mailto:ada@example.com", agreed=False)
    held = await market.out.write(lambda conn: identity_of(conn, "ada@example.com"))

    def note(conn: Connection) -> Any:
        return desk.record_consent(conn, customer, held, purpose, True, "So", _by(market), KEYS.consent, basis)

    with pytest.raises(Refused) as refused:
        await market.out.write(note)
    assert refused.value.field == "basis"


async def bought_again(market: Marketing, customer: int, identity: int) -> None:
    await market.out.write(
        lambda conn: desk.record_consent(
            conn, customer, identity, "promotional", True, TOLD, _by(market), KEYS.consent, "existing_customer"
        )
    )


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    text: str


def _read(raw: bytes) -> Mail:
    mail = message_from_bytes(raw, policy=policy.default)
    plain = mail.get_body(("plain",))
    assert plain is not None
    return Mail(mail["To"].addresses[0].addr_spec, str(mail["Subject"]), plain.get_content())


def _offer(conn: Connection, now: Any) -> None:
    templates.save(conn, name="offer", language="en", purpose="promotional", faces=FACES, now=now, kind="offer")


def _breaks(conn: Connection) -> list[int]:
    return consents.chain_breaks(conn, KEYS.consent)
