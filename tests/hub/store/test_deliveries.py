"""News of messages we sent: once each, in any order, and nobody else's news silences a customer."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from hub.model.contact import Party
from hub.model.event import DeliveryStatus, StatusUpdate
from hub.store import consents
from hub.store.customers import hold_identities
from hub.store.deliveries import adopt, apply_updates
from hub.store.session import Database
from hub.store.tables import DeliveryEventRow, MessageRow
from tests.builders import NOW, later, news, who
from tests.hub.store.rows import count

ADA, BEN = "ada@example.com", "ben@example.com"
PHONE = "+14155550101"
SENT, DELIVERED, READ = DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ
UNDELIVERED, BOUNCED, COMPLAINED = DeliveryStatus.UNDELIVERED, DeliveryStatus.BOUNCED, DeliveryStatus.COMPLAINED
_numbers = itertools.count(1)


async def message(database: Database, to: str = PHONE, **values: Any) -> int:
    """Stores one message to an address and returns its id."""

    def store(conn: Connection, _: None) -> int:
        held = hold_identities(conn, [Party(who(to))], NOW)[who(to)]
        row = {
            "dedupe_key": f"m{next(_numbers)}",
            "origin": "reply",
            "purpose": "service",
            "channel": "main_number",
            "customer_id": held.customer_id,
            "identity_id": held.identity_id,
            "content": {},
            "state": "accepted",
            "due_at": NOW,
            "expires_at": later(days=1),
            "planned_at": NOW,
            **values,
        }
        return int(conn.execute(insert(MessageRow).returning(MessageRow.id), row).scalar_one())

    return await database.write(store, None)


async def tell(database: Database, *updates: StatusUpdate) -> list[int | None]:
    return await database.write(apply_updates, list(updates))


async def delivery(database: Database, message_id: int) -> str:
    return await database.read(
        lambda conn, _: conn.scalar(select(MessageRow.delivery).where(MessageRow.id == message_id)), None
    )


async def reasons(database: Database, address: str) -> list[str]:
    found = await database.read(lambda conn, _: consents.suppressions(conn, [str(who(address))]), None)
    return sorted(row["reason"] for row in found.get(str(who(address)), []))


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
@pytest.mark.outbound("state-news")
async def test_the_furthest_status_counts_in_whatever_order_it_comes(database: Database, together: bool) -> None:
    for order in itertools.permutations([SENT, DELIVERED, READ]):
        sid = f"SM{'/'.join(order)}"
        sent = await message(database, reference=sid)
        updates = [news(status, id=f"{sid}:{status}", reference=sid) for status in order]
        for batch in [updates] if together else [[each] for each in updates]:
            assert await tell(database, *batch) == [sent] * len(batch)
        assert await delivery(database, sent) == READ, order


@pytest.mark.outbound("state-news")
async def test_the_same_news_twice_is_kept_once(database: Database) -> None:
    sent = await message(database, reference="SM1")
    update = news(DELIVERED, id="SM1:delivered", reference="SM1")
    await tell(database, update, update)
    assert await tell(database, update) == [sent]
    assert await database.read(count, DeliveryEventRow) == 1


@pytest.mark.outbound("status-callback")
async def test_a_callback_finds_its_message_by_the_id_its_signed_address_names(database: Database) -> None:
    sent = await message(database)
    assert await tell(database, news(DELIVERED, reference="SM-not-yet-known", message=str(sent))) == [sent]
    assert await delivery(database, sent) == DELIVERED


async def test_news_of_a_message_that_is_not_ours_waits_and_breaks_nothing(database: Database) -> None:
    named = ["", "0", "x", "99999999999999999999", "-1", "1e3", "٣", "1.", ".1"]
    updates = [news(DELIVERED, id=f"n{n}", reference="SM-other", message=each) for n, each in enumerate(named)]
    assert await tell(database, *updates) == [None] * len(named)
    assert await database.read(count, DeliveryEventRow) == len(named)


@pytest.mark.outbound("crash-callback")
async def test_news_that_came_before_our_own_commit_is_applied_with_it(database: Database) -> None:
    assert await tell(
        database,
        news(SENT, id="SM1:sent", reference="SM1"),
        news(UNDELIVERED, id="SM1:undelivered", reference="SM1", code="30005", hard=True, opted_out=True),
        news(DELIVERED, id="SM2:delivered", reference="SM2"),
    ) == [None, None, None]
    sent = await message(database)

    def accepted(conn: Connection, _: None) -> None:
        conn.execute(update(MessageRow).where(MessageRow.id == sent).values(reference="SM1"))
        adopt(conn, [(sent, "SM1")])

    await database.write(accepted, None)
    assert await delivery(database, sent) == UNDELIVERED
    assert await reasons(database, PHONE) == ["bounce", "stop"]
    waiting = select(DeliveryEventRow.key).where(DeliveryEventRow.message_id.is_(None))
    assert await database.read(lambda conn, _: list(conn.scalars(waiting)), None) == ["SM2:delivered"]
    await database.write(lambda conn, _: adopt(conn, [(sent, "SM1"), (sent, "")]), None)
    assert await delivery(database, sent) == UNDELIVERED


MAIL: dict[str, Any] = {"channel": "mail_out", "rfc_message_id": "4f3a9c@shop.example.org", "reference": "queue-1"}


def bounce(recipient: str = ADA, **more: Any) -> StatusUpdate:
    return news(BOUNCED, **{"channel": "support_mail", "recipient": who(recipient), "hard": True, **more})


async def test_a_hard_bounce_of_our_message_suppresses_its_address(database: Database) -> None:
    sent = await message(database, ADA, **MAIL)
    assert await tell(database, bounce(reference="4f3a9c@shop.example.org")) == [sent]
    assert (await delivery(database, sent), await reasons(database, ADA)) == (BOUNCED, ["bounce"])


@pytest.mark.outbound("return-path")
async def test_a_bounce_to_our_return_path_finds_its_message_without_quoting_it(database: Database) -> None:
    sent = await message(database, ADA, **MAIL)
    assert await tell(database, bounce(message=f"{sent}.4F3A9C")) == [sent]
    assert await reasons(database, ADA) == ["bounce"]


@pytest.mark.outbound("return-path")
async def test_a_forged_bounce_that_guesses_an_id_silences_nobody(database: Database) -> None:
    sent = await message(database, ADA, **MAIL)
    for number, proof in enumerate(["", ".", ".0000", ".4f3a9c@shop.example.org", ".shop"]):
        assert await tell(database, bounce(message=f"{sent}{proof}", id=f"n{number}")) == [None]
    assert (await delivery(database, sent), await reasons(database, ADA)) == ("", [])


async def test_a_mail_without_a_message_id_has_no_proof_to_guess(database: Database) -> None:
    sent = await message(database, ADA, **{**MAIL, "rfc_message_id": ""})
    assert await tell(database, bounce(message=f"{sent}."), bounce(message=str(sent), id="n2")) == [None, None]
    assert await reasons(database, ADA) == []


async def test_a_forged_bounce_about_a_stranger_suppresses_nothing(database: Database) -> None:
    await message(database, ADA, **MAIL)
    assert await tell(database, bounce(BEN, reference="some-other@shop.example.org")) == [None]
    assert (await reasons(database, BEN), await reasons(database, ADA)) == ([], [])


async def test_a_dead_address_to_which_a_customer_forwards_does_not_silence_the_customer(database: Database) -> None:
    sent = await message(database, ADA, **MAIL)
    assert await tell(database, bounce(BEN, reference="4f3a9c@shop.example.org")) == [sent]
    assert (await reasons(database, ADA), await reasons(database, BEN)) == ([], [])


async def test_a_bounce_that_says_nothing_of_the_address_itself_suppresses_nothing(database: Database) -> None:
    await message(database, ADA, **MAIL)
    await tell(database, bounce(reference="4f3a9c@shop.example.org", hard=False, permanent=True))
    assert await reasons(database, ADA) == []


async def test_a_complaint_ends_promotions_only_and_stop_ends_its_channel_only(database: Database) -> None:
    await message(database, ADA, **MAIL)
    await tell(database, news(COMPLAINED, id="c", reference="queue-1", channel="support_mail"))
    found = await database.read(lambda conn, _: consents.suppressions(conn, [str(who(ADA))]), None)
    assert [(row["reason"], row["purpose"]) for row in found[str(who(ADA))]] == [("complaint", "promotional")]
    await message(database, PHONE, reference="SM9")
    await tell(database, news(UNDELIVERED, id="s", reference="SM9", opted_out=True, code="21610"))
    found = await database.read(lambda conn, _: consents.suppressions(conn, [str(who(PHONE))]), None)
    assert [(row["reason"], row["channel"]) for row in found[str(who(PHONE))]] == [("stop", "main_number")]
