"""What keeps a sender's name good: rests, warm-up, pace by domain, the headers of automatic mail, files with a mail."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from hub.model.errors import ConfigurationError
from hub.model.identity import Identity
from hub.model.outbound import State
from hub.outreach import mail_headers
from hub.outreach.domain_pace import DomainPace, pace_of
from hub.outreach.gates import ask
from hub.outreach.prepare import Prepared
from hub.outreach.warming import Warming, WarmUp, warm_up_of
from hub.store import rests, templates
from hub.store.tables import IdentityRow, MessageRow
from tests.builders import NOW
from tests.hub.campaigns.conftest import FACES, Marketing
from tests.hub.campaigns.conftest import market as market
from tests.hub.campaigns.conftest import store_url as store_url
from tests.hub.outreach.test_gates import PROMOTION, REMINDER, REPLY


def warm(sent: int, *, hours: float = 2) -> dict[str, Any]:
    return {"warming": Warming(sent=sent, most=50, until=NOW + timedelta(hours=hours))}


@pytest.mark.parametrize(
    ("seen", "changes", "state", "reason"),
    [
        pytest.param(
            PROMOTION, {"resting_until": NOW + timedelta(hours=3)}, State.HELD, "asked_to_rest_waits", id="rest"
        ),
        pytest.param(
            PROMOTION, {"resting_until": NOW + timedelta(weeks=4)}, State.SUPPRESSED, "asked_to_rest", id="a long rest"
        ),
        pytest.param(PROMOTION, {"resting_until": NOW}, None, "", id="a rest that is over"),
        pytest.param(REMINDER, {"resting_until": NOW + timedelta(weeks=4)}, None, "", id="reminders do not rest"),
        pytest.param(PROMOTION, warm(49), None, "", id="within the day's number"),
        pytest.param(PROMOTION, warm(50), State.HELD, "warm_up_waits", id="the rest waits for tomorrow"),
        pytest.param(PROMOTION, warm(50, hours=24), State.EXPIRED, "warm_up", id="tomorrow is too late"),
        pytest.param(REPLY, warm(50), None, "", id="answers are not counted"),
    ],
)
def test_who_asked_for_rest_is_left_alone_and_a_new_sender_begins_slowly(
    seen: Any, changes: dict[str, Any], state: State | None, reason: str
) -> None:
    refusal = ask(replace(seen, **changes))
    assert (refusal.state if refusal else None, refusal.reason if refusal else "") == (state, reason)


def test_a_warm_up_grows_each_day_until_nobody_counts() -> None:
    growing = WarmUp(date(2026, 3, 2), 50, 1.5)
    days = [growing.most(date(2026, 3, 1) + timedelta(days=number)) for number in (0, 1, 2, 3, 40)]
    assert days == [0, 50, 75, 112, None]
    assert warm_up_of("mail", {"warm_up_from": date(2026, 3, 2)}) == WarmUp(date(2026, 3, 2))
    assert warm_up_of("mail", {}) is None


@pytest.mark.parametrize(
    "own",
    [
        {"warm_up_from": "soon"},
        {"warm_up_from": "2026-03-02", "warm_up_first": 0},
        {"warm_up_from": "2026-03-02", "warm_up_growth": 9},
        {"domain_at_once": 0},
        {"domain_per_second": "fast"},
    ],
)
def test_what_cannot_be_kept_to_is_refused_at_the_start(own: dict[str, Any]) -> None:
    read = pace_of if "domain" in next(iter(own)) else warm_up_of
    with pytest.raises(ConfigurationError):
        read("mail", own)


async def test_mail_to_one_domain_waits_for_its_turn_and_to_others_does_not() -> None:
    pace = DomainPace(at_once=2, per_second=100.0)
    to = [
        Identity("mailto", f"ada{number}@{domain}") for number, domain in enumerate(["Big.example"] * 4 + ["b.example"])
    ]
    waiting: deque[Any] = deque(
        (Prepared(message={"id": at, "content": {}}, to=one), None) for at, one in enumerate(to)
    )
    taken = []
    while (item := pace.next_of(waiting)) is not None:
        pace.enter(item[0].to)
        taken.append(item[0].id)
    assert taken == [0, 1, 4]
    assert len(waiting) == 2
    pace.leave(to[0])
    item = pace.next_of(waiting)
    assert item is not None
    assert item[0].id == 2
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(6):
        await pace.wait(to[0])
    assert loop.time() - began >= 0.045, "never faster, however fast the machine"
    text = Identity("tel", "+14155550101")
    everybody: deque[Any] = deque([(Prepared(message={"id": 9, "content": {}}, to=text), None)])
    assert pace.next_of(everybody) is not None


@pytest.mark.parametrize(
    ("origin", "purpose", "expected"),
    [
        ("run", "promotional", {"Auto-Submitted": "auto-generated", "List-Unsubscribe": "<https://h/u/1>"}),
        ("rule", "reminder", {"Auto-Submitted": "auto-generated", "List-Unsubscribe": None}),
        ("acknowledgement", "service", {"Auto-Submitted": "auto-replied"}),
        ("reply", "service", {"Auto-Submitted": None, "Feedback-ID": None, "List-Unsubscribe": None}),
    ],
)
@pytest.mark.outbound("auto-submitted", "leave-headers")
def test_automatic_mail_says_so_and_names_its_run(origin: str, purpose: str, expected: dict[str, str | None]) -> None:
    message = {"origin": origin, "purpose": purpose, "run_id": 7 if origin == "run" else None, "template": "winter: x"}
    url = "https://h/u/1" if purpose == "promotional" else ""
    headers = mail_headers.of(message, url, "example.com")
    assert {name: headers.get(name) for name in expected} == expected
    if origin == "run":
        run, template, kind, sender = headers["Feedback-ID"].split(":")
        assert (run, template, kind) == ("run7", "winter--x", "promotional")
        assert mail_headers.of({**message, "run_id": 8}, url, "Example.com")["Feedback-ID"].endswith(sender)
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_a_campaign_s_mail_has_its_text_its_files_and_a_rest_keeps_it_away(market: Marketing) -> None:
    ada = await market.customer("mailto:ada@example.com")
    await market.customer("mailto:bea@example.com")
    picture, blobs = b"\x89PNG picture", market.out.dispatcher()._blobs
    sha = blobs.put(picture)

    def prepare(conn: Connection) -> None:
        files = [
            {"filename": "shop.png", "content_type": "image/png", "sha256": sha, "size": len(picture)},
            {"filename": "prices.pdf", "content_type": "application/pdf", "sha256": sha, "size": len(picture)},
        ]
        faces = {"subject": FACES["subject"], "blocks": "# {{ campaign.code }}\n\n![Our shop](shop.png)"}
        templates.save(
            conn, name="offer", language="en", purpose="promotional", faces=faces, now=market.out.clock(), files=files
        )
        identity = conn.scalar(select(IdentityRow.id).where(IdentityRow.customer_id == ada))
        assert identity is not None
        now = market.out.clock()
        rests.rest(conn, identity, now + timedelta(weeks=4), "page", now)

    await market.out.write(prepare)
    await market.launched()
    await market.run()
    await market.out.send()
    [raw] = market.out.mails()
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["Feedback-ID"].startswith("run1:offer:promotional:hub")
    parts = {part.get_content_type(): part for part in mail.walk()}
    assert "WINTER10" in parts["text/plain"].get_content()
    html = parts["text/html"].get_content()
    assert f'src="{"cid:" + parts["image/png"]["Content-ID"].strip("<>")}"' in html
    assert parts["image/png"]["Content-Disposition"].startswith("inline")
    assert parts["application/pdf"].get_filename() == "prices.pdf"

    def refused(conn: Connection) -> list[str]:
        return list(conn.scalars(select(MessageRow.reason).where(MessageRow.customer_id == ada)))

    reasons = await market.out.write(refused)
    assert reasons in (["asked_to_rest"], []), "the planner may see it first"
    assert reasons or "asked_to_rest" in (await market.skips()).values()


async def test_a_new_sender_lets_out_only_its_number_of_the_day(market: Marketing) -> None:
    for number in range(5):
        await market.customer(f"mailto:ada{number}@example.com")
    out = market.out
    section = out.settings.channels["outgoing_mail"]
    own = {**section.settings, "warm_up_from": out.clock().date(), "warm_up_first": 2}
    channels = {**out.settings.channels, "outgoing_mail": section.model_copy(update={"settings": own})}
    out.settings = out.settings.model_copy(update={"channels": channels})
    await market.launched()
    await market.run()
    dispatcher = out.dispatcher()
    await dispatcher.run_once()
    assert len(out.mails()) == 2
    await out.write(lambda conn: conn.execute(update(MessageRow).values(due_at=out.clock())) and None)
    await dispatcher.run_once()
    assert len(out.mails()) == 2
    reasons = {row["reason"] for row in await out.messages() if row["state"] != State.ACCEPTED}
    assert reasons <= {"warm_up", "warm_up_waits"}
