"""Texts with more than words: files by signed addresses, wordings that WhatsApp approved, their price once told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from channels.base import Context
from channels.sms import TwilioSms
from hub.capture.capture import Capture
from hub.capture.intake import Intake
from hub.capture.recalling import Recaller
from hub.insight.entries import entries
from hub.model.errors import Refused, TooLarge
from hub.model.text_media import check_files
from hub.outreach import templates as checking
from hub.outreach.rendering.with_texts import addresses, content_sid, variables
from hub.outreach.text_limits import spending
from hub.sandbox.twilio.services import MessagingService
from hub.store import interactions, media_links, prices, templates
from hub.store.blobs import FileBlobs
from hub.store.outbox import plan_messages
from hub.store.tables import BlobRow, InteractionRow
from tests.desk_world import PNG
from tests.hub.outreach.conftest import KEYS, OURS, SID, TOKEN, Outdoors
from tests.hub.outreach.sending import PHONE, due_reminder, queue_reply

HX = "HX" + "0123456789abcdef" * 2


async def test_a_picture_goes_by_an_address_of_its_own_and_the_price_is_that_of_the_list(
    out: Outdoors, tmp_path: Path
) -> None:
    reminder = await due_reminder(out, PHONE)
    sha256 = FileBlobs(out.folder / "blobs").put(PNG)
    file = {"sha256": sha256, "size": len(PNG), "filename": "box.png", "content_type": "image/png"}
    await queue_reply(out, reminder, attachments=[file], text="The box")
    out.clock.pass_(seconds=11)
    await out.send()
    sent = next(text for text in out.twilio.account.messages.values() if text.body == "The box")
    assert sent.media_urls[0].startswith("http://127.0.0.1:1/m/")
    token = sent.media_urls[0].rpartition("/")[2]
    found = await out.database.read(lambda conn, _: media_links.read(conn, KEYS, token, out.clock()), None)
    assert found is not None
    assert (found["sha256"], found["filename"]) == (sha256, "box.png")
    late = out.clock() + media_links.GOOD_FOR + timedelta(minutes=1)
    assert await out.database.read(lambda conn, _: media_links.read(conn, KEYS, token, late), None) is None

    lane = replace(out.house.lanes["main_number"], price_per_part=Decimal("0.5"), daily_spend=Decimal(5))

    async def spent() -> Decimal:
        told = await out.write(spending, {"main_number": lane}, ["main_number"], out.clock(), "UTC")
        return Decimal(told["main_number"].spent)

    rows = await out.messages()
    parts = sum(row["parts"] for row in rows)
    assert await spent() == parts * Decimal("0.5")
    for text in out.twilio.account.messages.values():
        text.status, text.price = "delivered", "-0.00790"
    intake = Intake(out.database, FileBlobs(tmp_path / "raw"), Capture(KEYS.consent))
    recaller = Recaller(intake, out.channels["main_number"], "one", out.clock)
    for _again in range(2):
        await recaller.run_once()
        out.clock.pass_(minutes=6)
    assert await spent() == len(rows) * Decimal("0.0079")
    assert await out.write(prices.of_message, rows[0]["id"]) == (Decimal("0.0079"), "USD")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_an_approved_wording_goes_out_when_whatsapps_day_is_over_and_own_words_do_not(out: Outdoors) -> None:
    own = {"account_sid": SID, "auth_tokens": [TOKEN], "whatsapp_number": OURS, "base_url": out.twilio.base_url}
    channel = TwilioSms("main_number", own, Context(public_url="https://hub.example.com"))
    await channel.open()
    out.channels["main_number"] = channel
    faces = {"sms": "Hello {{ customer.first_name }}, it is ready.", "content_sid": HX,
             "content_variables": "1: {{ customer.first_name }}\n"}  # fmt: skip
    await checking.check(faces, "service")
    await out.customer("whatsapp:+14155550101")
    now = out.clock()

    def queue(conn: Any) -> None:
        templates.save(conn, name="ready", language="en", purpose="service", faces=faces, now=now)
        row = {
            "origin": "reply", "purpose": "service", "channel": "main_number", "customer_id": 1, "identity_id": 1,
            "conversation_id": None, "rfc_message_id": "", "state": "ready", "due_at": now, "planned_at": now,
            "expires_at": now + timedelta(days=3),
        }  # fmt: skip
        plan_messages(conn, [
            {**row, "dedupe_key": "reply:1", "template": "ready", "content": {"text": ""}},
            {**row, "dedupe_key": "reply:2", "template": "", "content": {"text": "My own words"}},
        ])  # fmt: skip

    await out.write(queue)
    await out.send()
    assert await out.states() == [("accepted", ""), ("suppressed", "whatsapp_session_over")]
    [message] = out.twilio.account.messages.values()
    assert (message.content_sid, message.body) == (HX, f"[{HX}] 1: Ada")
    told = await out.database.read(lambda conn, _: conn.scalar(InteractionRow.__table__.select().with_only_columns(
        InteractionRow.text)), None)  # fmt: skip
    assert told == "Hello Ada, it is ready."
    await channel.close()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_picture_of_the_template_goes_with_its_texts_and_one_that_is_missing_fails(
    out: Outdoors,
) -> None:
    sha256 = FileBlobs(out.folder / "blobs").put(PNG)
    picture = {"sha256": sha256, "size": len(PNG), "filename": "offer.png", "content_type": "image/png"}
    row = await due_reminder(out, PHONE)
    now = out.clock()

    def furnish(conn: Any) -> None:
        for name, wanted in (("good", "offer.png\nhttps://example.com/b.png"), ("bad", "other.png")):
            faces = {"sms": "Look", "media": wanted}
            templates.save(conn, name=name, language="en", purpose="service", faces=faces, now=now, files=[picture])
            plan_messages(conn, [{
                "dedupe_key": f"system:{name}", "origin": "system", "purpose": "service", "channel": "main_number",
                "customer_id": row["customer_id"], "identity_id": row["identity_id"], "conversation_id": None,
                "template": name, "content": {}, "rfc_message_id": "", "state": "ready", "due_at": now,
                "planned_at": now, "expires_at": now + timedelta(days=1),
            }])  # fmt: skip

    await out.write(furnish)
    await out.send()
    [text] = [text for text in out.twilio.account.messages.values() if text.media_urls]
    ours, theirs = text.media_urls
    assert theirs == "https://example.com/b.png"
    token = ours.rpartition("/")[2]
    found = await out.database.read(lambda conn, _: media_links.read(conn, KEYS, token, out.clock()), None)
    assert found is not None
    assert found["filename"] == "offer.png"

    def kept(conn: Any) -> tuple[Any, int]:
        faces = {"sms": "Look", "media": "https://example.com/b.png"}
        templates.save(conn, name="good", language="en", purpose="service", faces=faces, now=now, files=[])
        ids = list(conn.scalars(select(InteractionRow.id).where(InteractionRow.text == "Look")))
        [entry] = entries(conn, interactions.by_ids(conn, ids))
        return entry, conn.scalars(select(BlobRow.references).where(BlobRow.sha256 == sha256)).one()

    entry, references = await out.write(kept)
    [shown] = entry.attachments
    assert (shown.filename, shown.picture, entry.detail["media"]) == ("offer.png", True, ["offer.png", theirs])
    assert references >= 1, "the picture stays, whatever its template shows from now on"
    assert [state for state in await out.states() if state[0] == "failed"] == [("failed", "cannot_be_written")]


@pytest.mark.parametrize(
    ("read", "written", "field"),
    [
        (content_sid, "HX1", "content_sid"),
        (variables, "no place", "content_variables"),
        (addresses, "http://example.com/a.png", "media"),
        (addresses, "https://a@example.com/a.png", "media"),
        (addresses, "https://example.com/a b.png", "media"),
        (addresses, "../a.png", "media"),
        (addresses, "\n".join(["https://example.com/a.png"] * 11), "media"),
    ],
    ids=["no content sid", "no variable", "not https", "with a name in it", "with a blank", "a path", "too many"],
)
def test_what_cannot_go_with_a_text_is_refused(read: Callable[[str], Any], written: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        read(written)
    assert refused.value.field == field


class _File:
    def __init__(self, content_type: str, size: int) -> None:
        self.filename, self.content_type, self.size = "it", content_type, size


@pytest.mark.parametrize(
    ("scheme", "files", "error"),
    [
        ("tel", [("image/png", 4_900_000)], None),
        ("tel", [("application/pdf", 400_000), ("text/vcard", 900)], None),
        ("tel", [("application/pdf", 600_000)], TooLarge),
        ("tel", [("image/jpeg", 3_000_000)] * 2, TooLarge),
        ("tel", [("image/png", 1)] * 11, Refused),
        ("tel", [("application/zip", 1)], Refused),
        ("whatsapp", [("application/pdf", 15_000_000)], None),
        ("whatsapp", [("image/png", 1)] * 2, Refused),
        ("whatsapp", [("image/gif", 1)], Refused),
    ],
)
def test_files_of_a_text_keep_to_their_providers_limits(
    scheme: str, files: list[tuple[str, int]], error: type[Exception] | None
) -> None:
    given = [_File(*file) for file in files]
    if error is None:
        check_files(given, scheme)
        return
    with pytest.raises(error):
        check_files(given, scheme)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_an_answer_leaves_from_the_number_of_the_pool_that_the_customer_wrote_to(out: Outdoors) -> None:
    service, theirs = "MG" + "0" * 32, "+14155550109"
    numbers = out.twilio.account.numbers
    numbers[theirs] = replace(numbers[OURS], sid="PN" + "9" * 32, number=theirs)
    out.twilio.account.services[service] = MessagingService(
        sid=service, friendly_name="pool", made_at=out.clock(), numbers=(OURS, theirs)
    )
    own = {
        "account_sid": SID,
        "auth_tokens": [TOKEN],
        "messaging_service_sid": service,
        "base_url": out.twilio.base_url,
    }
    channel = TwilioSms("main_number", own, Context(public_url="https://hub.example.com"))
    await channel.open()
    out.channels["main_number"] = channel
    reminder = await due_reminder(out, PHONE)
    await queue_reply(out, reminder, sender=theirs)
    out.clock.pass_(seconds=11)
    await out.send()
    assert [text.from_ for text in out.twilio.account.messages.values()] == [OURS, theirs]
    await channel.close()
