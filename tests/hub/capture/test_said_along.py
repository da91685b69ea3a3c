"""What is said beside the words, on both engines: STOP and START, consent, an identity somebody typed, a score."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, select

from hub.model.contact import Answer, ConsentEvidence, Medium, Party
from hub.store import consents
from hub.store.session import Database
from hub.store.tables import (
    IdentityRow,
    SuggestionRow,
    TaskRow,
)
from tests.builders import NOW, incoming, mail, sms, who
from tests.hub.capture.taking import KEY, count, take


@pytest.mark.parametrize(
    ("text", "opt", "suppressed"),
    [
        ("STOP", "stop", True),
        ("please stop", "stop", True),
        ("STOP this terrible bill", "", False),
        ("hello", "", False),
    ],
)
async def test_stop_silences_the_sender_for_the_number(
    database: Database, text: str, opt: str, suppressed: bool
) -> None:
    captured = (await take(database, incoming(sms(text=text))))[0]
    found = await database.read(lambda conn, _: consents.suppressions(conn, ["tel:+14155550101"]), None)
    assert captured.opt == opt
    assert bool(found) is suppressed


async def test_start_restores_only_what_stop_took_away(database: Database) -> None:
    def complaint(conn: Connection, _: None) -> None:
        consents.suppress(conn, "tel:+14155550101", "complaint", NOW)

    await database.write(complaint, None)
    await take(database, incoming(sms(text="STOP")), incoming(sms(text="START", id="SM2")))
    found = await database.read(lambda conn, _: consents.suppressions(conn, ["tel:+14155550101"]), None)
    assert [each["reason"] for each in found["tel:+14155550101"]] == ["complaint"]


async def test_an_ordinary_message_after_stop_subscribes_nobody_again(database: Database) -> None:
    await take(database, incoming(sms(text="STOP")), incoming(sms(text="When are you open?", id="SM2")))
    found = await database.read(lambda conn, _: consents.suppressions(conn, ["tel:+14155550101"]), None)
    assert found


async def test_an_identity_somebody_typed_is_held_unconfirmed_or_only_suggested(database: Database) -> None:
    bob = (await take(database, incoming(sms("+14155550102"))))[0]
    claims = (Party(who("+14155550102")), Party(who("+14155550103")))
    form = mail(id="f1", medium=Medium.FORM, claims=claims)
    ada = (await take(database, incoming(form)))[0]

    def holders(conn: Connection, _: None) -> dict[str, int]:
        return {found.value: found.customer_id for found in conn.execute(select(IdentityRow.__table__))}

    held = await database.read(holders, None)
    assert held["+14155550103"] == ada.customer
    assert held["+14155550102"] == bob.customer
    assert await count(database, SuggestionRow) == 1


@pytest.mark.outbound("consent-evidence", "consent-chain")
async def test_consent_of_a_form_is_kept_with_its_evidence_and_chained(database: Database) -> None:
    evidence = ConsentEvidence(
        purpose="promotional", scheme="mailto", granted=True, wording="Send me offers", version="3", ip="203.0.113.9"
    )
    for number in range(3):
        await take(database, incoming(mail(id=f"f{number}", medium=Medium.FORM, consents=(evidence,))))
    broken = await database.read(lambda conn, _: consents.chain_breaks(conn, KEY), None)
    assert broken == []

    def tamper(conn: Connection, _: None) -> None:
        conn.exec_driver_sql("UPDATE consent SET wording = 'something else' WHERE id = 2")

    await database.write(tamper, None)
    assert (await database.read(lambda conn, _: consents.chain_breaks(conn, KEY), None))[0] == 2


async def test_a_detractor_opens_a_task(database: Database) -> None:
    survey = mail(id="row", medium=Medium.SURVEY, extra={"nps": "3"}, answers=(Answer("How likely?", "3", "nps"),))
    captured = (await take(database, incoming(survey)))[0]
    assert captured.conversation is None
    assert await count(database, TaskRow) == 1
