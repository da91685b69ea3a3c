"""Acknowledgements: once, for first mails of people; never for machines, and with an answer to "why not"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest

from channels.base import Context, Raw
from channels.email_message.events import mail_events
from channels.email_smtp import SmtpSender
from hub.capture.capture import Capture
from hub.capture.incoming import Incoming
from hub.desk.acknowledging import set_acknowledging
from hub.model.acknowledgement import Acknowledging, When, read_acknowledging
from hub.model.contact import InboundContact, Kind, Trust
from hub.model.errors import Refused
from hub.outreach import acknowledging, why
from hub.outreach.acknowledging import Acknowledged
from hub.store import acknowledging as store
from tests.builders import incoming, mail
from tests.desk_world import actor
from tests.hub.outreach.conftest import KEYS, Outdoors
from tests.servers.autoresponder import Autoresponder
from tests.servers.smtp import SmtpCatcher
from tests.starting import start_with

ALWAYS = Acknowledging(enabled=True, when=When.ALWAYS)


async def switch_on(out: Outdoors, how: Acknowledging = ALWAYS) -> None:
    await out.write(start_with, out.clock(), "templates/mail_received/")
    await out.write(set_acknowledging, "support_mail", how, actor(at=out.clock()))


async def take(out: Outdoors, *contacts: InboundContact) -> None:
    batch = [incoming(each, key=each.external_id) for each in contacts]
    await out.database.write(Capture(KEYS.consent, KEYS.mail_tokens), batch)


async def look(out: Outdoors) -> Sequence[Acknowledged]:
    return await out.database.read(lambda conn, at: acknowledging.look(conn, at, out.house), out.clock())


async def acknowledge(out: Outdoors) -> int:
    return await out.database.write(acknowledging.keep, await look(out))


def proved(out: Outdoors, sender: str, id: str, **more: Any) -> InboundContact:
    return mail(sender, id=id, at=out.clock(), trust=more.pop("trust", Trust.VERIFIED), **more)


@pytest.mark.outbound("dedupe-acknowledgement")
async def test_a_first_mail_is_acknowledged_once_and_each_other_is_told_why_not(out: Outdoors) -> None:
    await take(out, proved(out, "early@example.com", "early"))
    await switch_on(out)
    long_ago = replace(proved(out, "late@example.com", "late"), occurred_at=out.clock() - timedelta(days=2))
    told = {
        "ack_machine": proved(out, "a@example.com", "a", kind=Kind.AUTO_REPLY),
        "ack_list": proved(out, "b@example.com", "b", extra={"unanswerable": "list"}),
        "ack_ours": proved(out, "c@example.com", "c", extra={"claims_staff": "yes"}),
        "ack_unproven": proved(out, "d@example.com", "d", trust=Trust.UNVERIFIED),
        "ack_once_a_day": proved(out, "ada@example.com", "again", subject="Another matter"),
        "ack_not_first": proved(out, "ada@example.com", "more", in_reply_to="first", references=("first",)),
    }
    first = proved(out, "ada@example.com", "first", subject="My\n prescription", extra={"language": "cs"})
    await take(out, first, long_ago, *told.values())
    stale = await look(out)
    assert await acknowledge(out) == 1
    # Another process that looked at the same moment decides nothing a second time.
    assert await out.database.write(acknowledging.keep, stale) == 0
    assert await acknowledge(out) == 0
    for reason, contact in told.items():
        customer = await out.write(why.find_customer, str(contact.sender.identity))
        reasons = [skip.reason for skip in (await out.write(why.of_customer, customer)).unacknowledged]
        assert reason in reasons, reason
        assert await out.write(why.of_customer, customer)
    assert [row["value"] for row in await out.messages()] == ["ada@example.com"]
    await out.send()
    [sent] = [message_from_bytes(each, policy=policy.default) for each in out.mails()]
    assert (sent["Auto-Submitted"], sent["In-Reply-To"]) == ("auto-replied", "<first>")
    assert (sent["Subject"], sent["To"]) == ("Auto: My prescription", "ada@example.com")
    assert "děkujeme za Váš e-mail" in sent.get_body(("plain",)).get_content()
    out.clock.pass_(hours=25)
    await take(out, proved(out, "ada@example.com", "next day", subject="A new matter"))
    assert await acknowledge(out) == 1


async def test_within_the_opening_hours_staff_answers_and_outside_it_says_when_they_begin(out: Outdoors) -> None:
    local = out.clock()
    day = local.date() + timedelta(days=1)
    closed = {"enabled": True, "days": {str(local.date()): [], str(day): ["08:00-12:00"]}, "time_zone": "UTC"}
    await switch_on(out, read_acknowledging(closed))
    await take(out, proved(out, "ada@example.com", "closed"))
    assert await acknowledge(out) == 1
    [row] = await out.messages()
    assert row["content"]["answered"]["opens_at"] == f"{day}T08:00:00+00:00"
    await out.write(set_acknowledging, "support_mail", read_acknowledging(
        {"enabled": True, "days": {str(local.date()): ["00:00-24:00"], str(day): ["00:00-24:00"]}, "time_zone": "UTC"}
    ), actor(at=out.clock()))  # fmt: skip
    await take(out, proved(out, "bob@example.com", "open"))
    assert await acknowledge(out) == 0
    bob = await out.write(why.find_customer, "bob@example.com")
    assert [skip.words for skip in (await out.write(why.of_customer, bob)).unacknowledged] == [
        "Not acknowledged: the mail came within the opening hours."
    ]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"enabled": True}, "week"),
        ({"when": "sometimes"}, "when"),
        ({"week": {"mon": ["9-17"]}}, "week.mon"),
        ({"days": {"31-12": []}}, "days"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"colour": "red"}, "colour"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_set_is_refused_with_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as caught:
        read_acknowledging(given)
    assert caught.value.field == field


@pytest.mark.parametrize("polite", [True, False], ids=["that says so", "that pretends to be a person"])
@pytest.mark.security_row(30)
async def test_with_another_autoresponder_each_side_writes_at_most_once_in_three_rounds(
    out: Outdoors, smtp_catcher: SmtpCatcher, polite: bool
) -> None:
    """Real sockets both ways: ours -> the responder's server -> ours again, with a fresh thread if it is not polite."""
    await switch_on(out, replace(ALWAYS, null_sender=polite))
    with Autoresponder("bob@responder.example", smtp_catcher.port, polite=polite) as other:
        settings = {"host": "127.0.0.1", "port": other.port, "tls": "none", "from_address": "support@example.com"}
        out.channels["outgoing_mail"] = SmtpSender("outgoing_mail", settings, Context(public_url="http://hub.test"))
        await out.channels["outgoing_mail"].open()
        for each in range(3):
            if each == 0:
                other.write("support@example.com", "A person's question")
            await _fetch(out, smtp_catcher)
            await acknowledge(out)
            await out.send()
        await out.channels["outgoing_mail"].close()
    assert len(other.taken) == 1
    assert other.senders == ["<>" if polite else "support@example.com"]
    assert len(smtp_catcher.mails) == 2
    assert [(row["origin"], row["state"]) for row in await out.messages()] == [("acknowledgement", "accepted")]


async def _fetch(out: Outdoors, ours: SmtpCatcher) -> None:
    """Takes in what our mail server holds, each stamped by it as authentic."""
    now = datetime.now(UTC)
    stamp = b"Authentication-Results: mx.example.com; dmarc=pass header.from=responder.example\r\n"
    batch = [
        Incoming(channel="support_mail", key=str(number), received_at=now, events=tuple(events), files=((None,),))
        for number, caught in enumerate(ours.mails)
        for events in [
            mail_events(
                Raw(content=stamp + caught.content, key=str(number), received_at=now),
                channel="support_mail",
                own_addresses=frozenset({"support@example.com"}),
                staff_addresses=frozenset(),
                authserv_ids=("mx.example.com",),
            )
        ]
    ]
    await out.database.write(Capture(KEYS.consent, KEYS.mail_tokens), batch)


async def test_a_mailbox_is_set_only_with_a_template_that_is_an_answer(out: Outdoors) -> None:
    with pytest.raises(Refused) as missing:
        await out.write(set_acknowledging, "support_mail", replace(ALWAYS, template="nothing"), actor())
    with pytest.raises(Refused) as reminder:
        await out.write(set_acknowledging, "support_mail", replace(ALWAYS, template="appointment_reminder"), actor())
    assert (missing.value.field, reminder.value.field) == ("template", "template")
    assert await out.write(store.mailboxes) == []
