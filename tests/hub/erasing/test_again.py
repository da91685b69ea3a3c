"""What outlasts an erasure: the chain of consents, addresses met again, and a backup that was restored."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from hub.model.errors import Refused
from hub.outreach import seeing
from hub.outreach.gates import ask
from hub.outreach.house import House, Lane
from hub.outreach.quiet_hours import rulebook_of
from hub.store import consent_chain, consents, customers
from hub.store.erasing import again, outside
from hub.store.erasing.erase import erase
from hub.store.erasing.person import person_of
from hub.store.keys import Keys
from hub.store.recipients import recipients
from hub.store.session import Database
from hub.store.tables import ConsentRow, CustomerRow, IdentityRow, MessageRow
from tests.builders import NOW, who
from tests.web_room import test_settings as settings_in

KEYS = Keys.of(b"k" * 32)
ADA, BOB = who("ada@example.com"), who("bob@example.com")
HOUSE = House(lanes={"mail": Lane(name="mail", schemes=("mailto",))}, keys=KEYS)


def _customer(conn: Connection, name: str, identity: Any) -> tuple[int, int]:
    made = customers.create_customer(conn, {"display_name": name}, [identity], NOW)
    number = conn.scalar(select(IdentityRow.id).where(IdentityRow.customer_id == made))
    assert number is not None
    conn.execute(update(IdentityRow).where(IdentityRow.id == number).values(confirmed_at=NOW))
    return made, number


def _agree(conn: Connection, identity: int, **more: Any) -> None:
    row = {
        "identity_id": identity, "purpose": "promotional", "granted": True, "wording": "Ada says yes", "version": "3",
        "language": "en", "source": "form", "ip": "192.0.2.7", "user_agent": "Ada's phone", "at": NOW,
        "interaction_id": None,
    }  # fmt: skip
    consents.record(conn, [row | more], KEYS.consent)


def _agreed_before(conn: Connection, identity: int) -> None:
    """Adds evidence as the first versions of the hub did."""
    row = {
        "identity_id": identity, "purpose": "reminder", "granted": True, "wording": "of old", "version": "",
        "language": "", "source": "form", "ip": "192.0.2.8", "user_agent": "", "at": NOW, "interaction_id": None,
    }  # fmt: skip
    last = conn.scalar(select(ConsentRow.digest).order_by(ConsentRow.id.desc()).limit(1)) or ""
    made = consent_chain.digest(last, row, KEYS.consent, 1)
    conn.execute(insert(ConsentRow).values(**row, digest=made, chained=1))


@pytest.mark.outbound("consent-erasure", "consent-chain")
async def test_the_chain_fits_before_and_after_and_what_was_erased_cannot_be_changed(database: Database) -> None:
    def work(conn: Connection, _: None) -> None:
        ada, hers = _customer(conn, "Ada Lovelace", ADA)
        _, his = _customer(conn, "Bob", BOB)
        _agreed_before(conn, hers)
        _agree(conn, hers)
        _agreed_before(conn, hers)
        _agree(conn, his)
        assert list(consent_chain.breaks(conn, KEYS.consent)) == []
        erase(conn, person_of(conn, ada), KEYS, NOW)
        assert list(consent_chain.breaks(conn, KEYS.consent)) == []
        rows = conn.execute(
            select(ConsentRow.wording, ConsentRow.ip, ConsentRow.user_agent, ConsentRow.purpose).order_by(ConsentRow.id)
        ).all()
        assert [tuple(row) for row in rows[:3]] == [
            ("", "", "", each) for each in ("reminder", "promotional", "reminder")
        ]
        assert rows[3].ip == "192.0.2.7", "another customer's evidence stays"
        ids = list(conn.scalars(select(ConsentRow.id).order_by(ConsentRow.id)))
        for number in ids[:2]:
            for change in ({"granted": False}, {"at": NOW - timedelta(days=9)}, {"wording": "yes, all of it"}):
                tried = conn.begin_nested()
                conn.execute(update(ConsentRow).where(ConsentRow.id == number).values(change))
                assert list(consent_chain.breaks(conn, KEYS.consent)) == [number], change
                tried.rollback()
        assert list(consent_chain.breaks(conn, b"another key")) == ids

    await database.write(work, None)


def _gate(conn: Connection, customer: int, identity: int, tmp_path: Path) -> str:
    message = {
        "id": -1, "purpose": "promotional", "channel": "mail", "customer_id": customer, "identity_id": identity,
        "run_id": None, "about": "", "about_id": None, "about_revision": None, "content": {},
        "expires_at": NOW + timedelta(days=2), "due_at": NOW,
    }  # fmt: skip
    seen = seeing.load(conn, [message], NOW + timedelta(hours=3), HOUSE, rulebook_of(settings_in(tmp_path)))[-1]
    refusal = ask(seen)
    return refusal.reason if refusal else ""


async def test_an_erased_address_that_a_file_brings_back_gets_no_offer_until_they_agree_anew(
    database: Database, tmp_path: Path
) -> None:
    def work(conn: Connection, _: None) -> None:
        ada, hers = _customer(conn, "Ada Lovelace", ADA)
        _agree(conn, hers)
        consents.suppress(conn, str(ADA), "complaint", NOW, channel="elsewhere", detail="Ada complained")
        erase(conn, person_of(conn, ada), KEYS, NOW + timedelta(hours=1))
        again_, new = _customer(conn, "Ada Lovelace", ADA)
        _agree(conn, new, at=NOW)  # what the file says of long ago
        assert _gate(conn, again_, new, tmp_path) == "suppressed_erased"
        [(address, against)] = recipients(conn, [again_], ("mailto",), KEYS).suppressions.items()
        assert (address, {one.reason for one in against}) == (str(ADA), {"erased", "complaint"})
        _agree(conn, new, at=NOW + timedelta(hours=2))
        assert not _gate(conn, again_, new, tmp_path).startswith("suppressed")
        other, his = _customer(conn, "Bob", BOB)
        assert _gate(conn, other, his, tmp_path) == "no_consent"

    await database.write(work, None)


async def test_a_restored_backup_erases_again_who_was_erased_since(database: Database, tmp_path: Path) -> None:
    def work(conn: Connection, _: None) -> None:
        ada, _hers = _customer(conn, "Ada Lovelace", ADA)
        bob, _his = _customer(conn, "Bob", BOB)
        done = erase(conn, person_of(conn, ada), KEYS, NOW)
        line = {"key": "k1", "customer_id": ada, "reason": "asked", "digests": list(done.digests), "by": "x",
                "at": NOW.isoformat()}  # fmt: skip
        outside.append(tmp_path, [line])
        (tmp_path / "erasures.jsonl").open("ab").write(b'{"key": "cut sh')
        # As in a backup of before: she is there, under another number, and was merged into somebody meanwhile.
        back, _ = _customer(conn, "Ada Lovelace", ADA)
        assert again.repeat(conn, outside.read(tmp_path), KEYS, NOW) == [back]
        assert again.repeat(conn, outside.read(tmp_path), KEYS, NOW) == [], "once"
        names = conn.execute(select(CustomerRow.id, CustomerRow.display_name).order_by(CustomerRow.id)).all()
        assert [tuple(row) for row in names] == [(ada, ""), (bob, "Bob"), (back, "")]

    await database.write(work, None)


async def test_nobody_is_erased_while_a_message_to_them_is_being_sent(database: Database) -> None:
    def work(conn: Connection, _: None) -> None:
        ada, hers = _customer(conn, "Ada Lovelace", ADA)
        row = {"dedupe_key": "k", "origin": "rule", "purpose": "reminder", "channel": "mail", "customer_id": ada,
               "identity_id": hers, "content": {}, "state": "submitting", "due_at": NOW, "expires_at": NOW,
               "planned_at": NOW}  # fmt: skip
        conn.execute(insert(MessageRow).values(**row))
        with pytest.raises(Refused, match="being sent"):
            erase(conn, person_of(conn, ada), KEYS, NOW)

    await database.write(work, None)
