"""Leaving: the token of every promotion, what following it does, and the headers for one click in a mail program."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import Connection, select

from hub.model.errors import NotFound
from hub.store import consents, unsubscribing
from hub.store.keys import Keys
from hub.store.tables import ConsentRow
from tests.desk_world import World, plan
from tests.hub.campaigns.conftest import BOTH, Marketing, identity_of, whole
from tests.hub.outreach.conftest import KEYS

OTHER = Keys.of(b"o" * 32)
ADA = "mailto:ada@example.com"


NUMBERS = (1, 35, 36, 46_655, 1_000_000, (1 << 63) - 1)
CHANGES: dict[str, Callable[[str], str]] = {
    "another message": lambda token: token[:-1] + "y",
    "a digit more": lambda token: token + "0",
    "the number written otherwise": lambda token: token[:17] + "0" + token[17:],
    "another version": lambda token: "2" + token[1:],
    "another proof": lambda token: token[0] + ("B" if token[1] == "A" else "A") + token[2:],
    "cut off": lambda token: token[:10],
    "capitals": lambda token: token[:17] + token[17:].upper(),
    "no base64": lambda token: token[:5] + "é" + token[6:],
    "a number too large": lambda token: token[:17] + "z" * 14,
    "nothing": lambda _: "",
}


async def written_to(market: Marketing, address: str, numbers: Sequence[int]) -> None:
    """Puts messages under these numbers to somebody new into the outbox."""
    customer = await market.customer(f"mailto:{address}")

    def put(conn: Connection) -> None:
        at = World(customer, identity_of(conn, address), 0, 0, 0, 0, 0)
        for number in numbers:
            plan(conn, at, id=number, dedupe_key=f"{address}/{number}")

    await market.out.write(put)


async def test_a_token_names_its_message_and_no_changed_one_names_any(market: Marketing) -> None:
    await written_to(market, "ada@example.com", NUMBERS)
    for number in NUMBERS:
        token = unsubscribing.token(KEYS, number, ADA)
        assert await market.out.write(unsubscribing.read, KEYS, token) == number
        assert re.fullmatch(r"[A-Za-z0-9_-]{18,40}", token)
        assert token[-1].isalnum(), "a mail program ends a link before - and _"
    token = unsubscribing.token(KEYS, 46_655, ADA)
    for name, change in CHANGES.items():
        assert await market.out.write(unsubscribing.read, KEYS, change(token)) is None, name
    assert await market.out.write(unsubscribing.read, KEYS, unsubscribing.token(OTHER, 1, ADA)) is None


@pytest.mark.security_row(22)
async def test_a_number_given_again_after_a_restore_is_not_left_by_the_old_link(market: Marketing) -> None:
    # The hub wrote to Ada as message 7, was restored from an older backup, and counted on: 7 is Bob's now.
    await written_to(market, "bob@example.com", [7])
    old = unsubscribing.token(KEYS, 7, ADA)
    assert await market.out.write(unsubscribing.read, KEYS, old) is None
    own = unsubscribing.token(KEYS, 7, "mailto:bob@example.com")
    assert await market.out.write(unsubscribing.read, KEYS, own) == 7


@BOTH
@pytest.mark.outbound("consent-evidence", "consent-chain", "stop-cancels")
async def test_leaving_ends_promotions_with_evidence_and_cancels_what_waits(market: Marketing) -> None:
    await market.customer("mailto:ada@example.com")
    for _ in range(2):
        await market.launched()
        await market.run()
        await market.out.send()
    await market.launched()
    await market.run()
    out = market.out

    def leave(conn: Connection) -> unsubscribing.Done:
        return unsubscribing.unsubscribe(
            conn, 1, "one click", whole(out.clock()), KEYS.consent, ip="192.0.2.7", user_agent="Mail/1"
        )

    assert await out.write(leave) == unsubscribing.Done(address="mailto:ada@example.com", already=False, cancelled=1)
    assert await out.write(leave) == unsubscribing.Done(address="mailto:ada@example.com", already=True)
    rows = await out.write(lambda conn: [dict(row._mapping) for row in conn.execute(select(ConsentRow.__table__))])
    assert [(row["granted"], row["source"], row["ip"]) for row in rows] == [
        (True, "form", ""),
        (False, "one click", "192.0.2.7"),
    ]
    assert await out.write(consents.chain_breaks, KEYS.consent) == []
    assert (await out.states())[-1] == ("cancelled", "consent_withdrawn")
    await market.customer("mailto:bob@example.com")
    await market.launched()
    await market.run()
    assert list((await market.skips(4)).values()) == ["suppressed_withdrawn"]


async def test_the_page_behind_the_link_knows_why_somebody_was_written_to(market: Marketing) -> None:
    customer = await market.customer("mailto:ada@example.com")
    await market.launched()
    await market.run()
    await market.out.send()
    told = await market.out.write(unsubscribing.about, 1)
    assert (told.customer_id, told.campaign, told.address) == (customer, "Winter", "mailto:ada@example.com")
    assert told.subject == "Obchodní sdělení: Ada, an offer"
    assert told.consent["wording"] == "Send me offers"
    assert not told.unsubscribed
    with pytest.raises(NotFound):
        await market.out.write(unsubscribing.about, 2)


@pytest.mark.outbound("leave-headers")
async def test_every_promotional_mail_can_be_left_by_one_click(market: Marketing) -> None:
    await market.customer("mailto:ada@example.com")
    await market.launched()
    await market.run()
    await market.out.send()
    message = email.message_from_bytes(market.out.mails()[0], policy=email.policy.default)
    link = f"{market.out.settings.public_url}/u/{unsubscribing.token(KEYS, 1, ADA)}"
    assert message["List-Unsubscribe"] == f"<{link}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        assert link in body.get_content(), kind
        assert "WINTER10" in body.get_content(), kind


async def test_every_promotional_text_says_how_to_stop(market: Marketing) -> None:
    await market.customer("tel:+420601123456")
    await market.launched("main_number")
    await market.run()
    await market.out.send()
    assert market.out.texts("+420601123456") == ["Ada: WINTER10\nThe Shop. Reply STOP to end."]


async def test_a_text_is_left_by_its_link_too(market: Marketing) -> None:
    await market.customer("tel:+420601123456")
    await market.launched("main_number")
    await market.run()
    await market.out.send()
    done = await market.out.write(
        lambda conn: unsubscribing.unsubscribe(conn, 1, "page", market.out.clock(), KEYS.consent)
    )
    assert done.address == "tel:+420601123456"
    identity = await market.out.write(identity_of, "+420601123456")
    agreed = await market.out.write(consents.in_force, [identity])
    assert agreed[identity, "promotional"]["granted"] is False
