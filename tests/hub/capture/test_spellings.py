"""One mobile line in two spellings is one customer; the same number by WhatsApp is suggested, never joined unasked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from hub.capture.capture import Capture
from hub.capture.incoming import Incoming
from hub.model.contact import Medium, Party
from hub.model.identity import Identity
from hub.model.phone import other_spelling
from hub.store import consents
from hub.store.session import Database
from hub.store.tables import SuggestionRow
from tests.builders import incoming, sms

KEY = b"k" * 32


def text(scheme: str, number: str, words: str, at: int) -> Incoming:
    told = sms(text=words, id=f"SM{at}")
    medium = Medium.WHATSAPP if scheme == "whatsapp" else Medium.SMS
    return incoming(replace(told, sender=Party(Identity(scheme, number)), medium=medium))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("+551187654321", "+5511987654321", id="Brazil's ninth digit"),
        pytest.param("+5215512345678", "+525512345678", id="Mexico's 1"),
        pytest.param("+5491112345678", "+541112345678", id="Argentina's 9"),
    ],
)
def test_each_spelling_names_the_other(one: str, other: str) -> None:
    assert (other_spelling(one), other_spelling(other)) == (other, one)


@pytest.mark.parametrize("number", ["+14155550101", "+551132654321", "+34600123456", "+5255123456"])
def test_a_line_of_one_spelling_has_no_other(number: str) -> None:
    assert other_spelling(number) == ""


async def test_both_spellings_find_one_customer_one_conversation_and_one_stop(database: Database) -> None:
    old, new = "+551187654321", "+5511987654321"
    batch = [text("tel", old, "Oi", 1), text("tel", new, "PARAR", 2)]
    first, second = await database.write(Capture(KEY), batch)
    again, whatsapp = await database.write(
        Capture(KEY), [text("tel", new, "Quando abre?", 3), text("whatsapp", new, "Oi", 4)]
    )
    assert first.customer == second.customer == again.customer != whatsapp.customer
    assert first.conversation == second.conversation == again.conversation
    stopped = await database.read(consents.suppressions, [f"tel:{old}"])
    assert [row["reason"] for row in stopped[f"tel:{old}"]] == ["stop"]
    suggested = await database.read(lambda conn, _: conn.execute(select(SuggestionRow.__table__)).all(), None)
    assert [(row.customer_id, row.scheme, row.value) for row in suggested] == [(whatsapp.customer, "tel", old)]
