"""A small business in full swing, for the tests of desk, insight and pages: everything came in through capture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from channels.base import Channel, Context
from channels.email_smtp import SmtpSender
from channels.sms import TwilioSms
from hub.capture.capture import Capture
from hub.capture.incoming import Incoming, StoredFile
from hub.model.contact import Answer, Attachment, InboundContact, Medium, Party, Trust
from hub.model.event import CallStep
from hub.model.identity import Identity
from hub.store import appointments, consents, health, interactions
from hub.store.audit import Actor
from hub.store.blobs import FileBlobs
from hub.store.customers import find_identities
from hub.store.session import Database
from hub.store.tables import InteractionRow, MessageRow, StaffRow
from tests.builders import NOW, call, incoming, mail, sms, who

KEY = b"k" * 32
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cfc0000003010100"
    "18dd8db00000000049454e44ae426082"
)
ADA = who("ada@example.com")


def actor(staff_id: int | None = None, *, name: str = "agent@hub.test", at: Any = NOW) -> Actor:
    """Who acts in a test."""
    return Actor(name=name, staff_id=staff_id, at=at, key=b"a" * 32)


def sending_channels() -> dict[str, Channel]:
    """The adapters that send, built and never opened."""
    context = Context(public_url="http://hub.test")
    mail_out = {"host": "127.0.0.1", "port": 1, "tls": "none", "from_address": "support@example.com"}
    texts = {"account_sid": "AC" + "0" * 32, "auth_tokens": ["t" * 32], "from_number": "+14155550100"}
    return {
        "outgoing_mail": SmtpSender("outgoing_mail", mail_out, context),
        "main_number": TwilioSms("main_number", texts, context),
    }


async def take(database: Database, *batch: Incoming) -> list[int]:
    """Captures payloads; returns their interactions."""
    captured = await database.write(Capture(KEY), list(batch))
    return [each.interaction or 0 for each in captured]


async def add_staff(database: Database, *, role: str = "agent", name: str = "Grace") -> int:
    """Adds a staff member; returns the id."""
    row = {"email": f"{name.lower()}@hub.test", "display_name": name, "role": role, "created_at": NOW}
    return await database.write(
        lambda conn, values: conn.execute(insert(StaffRow).values(**values).returning(StaffRow.id)).scalar_one(), row
    )


async def customer_of(database: Database, identity: Identity = ADA) -> tuple[int, int]:
    """Returns (customer, identity row) of who holds an identity."""
    held = (await database.read(find_identities, [identity]))[identity]
    return held.customer_id, held.identity_id


async def conversation_of(database: Database, interaction: int) -> int:
    """Returns the conversation of an interaction."""

    def one(conn: Connection, number: int) -> int:
        found = conn.scalar(select(InteractionRow.conversation_id).where(InteractionRow.id == number))
        assert found is not None
        return found

    return await database.read(one, interaction)


def named_mail(name: str, *args: Any, **more: Any) -> InboundContact:
    """A mail whose sender says their name."""
    contact = mail(*args, **more)
    return replace(contact, sender=Party(contact.sender.identity, name))


def with_files(blobs: FileBlobs, contact: InboundContact, *, html: str = "", key: str = "") -> Incoming:
    """One payload whose attachments and HTML are stored, as intake hands it to capture."""
    files: list[StoredFile | None] = [
        StoredFile(blobs.put(each.content), len(each.content)) if each.content is not None else None
        for each in contact.attachments
    ]
    body = html.encode()
    page = StoredFile(blobs.put(body), len(body)) if html else None
    return incoming(contact, files=((*files, page),), key=key)


@dataclass(frozen=True)
class World:
    """What a full hub holds: ids by what they are."""

    ada: int
    ada_mail: int
    mail: int
    html_mail: int
    conversation: int
    texts: int
    appointment: int
    interactions: Mapping[str, int] = field(default_factory=dict)


async def fill(database: Database, folder: Path) -> World:
    """Fills a hub with Ada's history over every channel, others' mails, and what could not be read."""
    blobs = FileBlobs(folder / "blobs")
    days = [NOW - timedelta(days=day) for day in range(4)]
    first = named_mail(
        "Ada Lovelace",
        "ada@example.com",
        "Could you move my appointment to Thursday?\nMornings are best.",
        id="a1@example.com",
        subject="My appointment",
        quoted_text="> On Monday you wrote:\n> See you on Friday.",
        signature="Ada Lovelace\nAnalytical Engines Ltd",
        attachments=(Attachment(filename="Überweisung.pdf", content_type="application/pdf", content=b"%PDF-1.4 x"),),
        trust=Trust.VERIFIED,
        at=days[2],
    )
    html = mail(
        "ada@example.com",
        "Here is the picture of the engine.",
        id="a2@example.com",
        subject="Re: My appointment",
        in_reply_to="a1@example.com",
        references=("a1@example.com",),
        attachments=(
            Attachment(filename="engine.png", content_type="image/png", content=PNG, content_id="pic1", inline=True),
        ),
        at=days[1],
    )
    calls = [
        incoming(call(CallStep.RINGING, caller="+14155550101", occurred_at=days[1] + timedelta(hours=1))),
        incoming(
            call(
                CallStep.RECORDING,
                caller="+14155550101",
                voicemail=True,
                duration=42,
                occurred_at=days[1] + timedelta(hours=1),
                recording=Attachment(filename="RE1.mp3", content_type="audio/mpeg", content=b"ID3", url="http://x/y"),
            )
        ),
        incoming(call(CallStep.ENDED, caller="+14155550101", status="completed", duration=57, occurred_at=days[1])),
    ]
    survey = mail(
        "ada@example.com",
        "",
        id="s1",
        channel="surveys",
        medium=Medium.SURVEY,
        subject="Spring survey: NPS 9",
        answers=(Answer("How likely are you to recommend us?", "9", "nps"), Answer("Why?", "Quick answers", "text")),
        extra={"nps": "9"},
        trust=Trust.SIGNED,
        at=days[0] - timedelta(hours=3),
    )
    form = named_mail(
        "Ada Lovelace",
        "ada@example.com",
        "Do you repair difference engines?",
        id="f1",
        channel="contact_form",
        medium=Medium.FORM,
        subject="Contact form",
        answers=(Answer("Your question", "Do you repair difference engines?"), Answer("Model", "No. 2", "choice")),
        claims=(Party(who("+14155550101")),),
        trust=Trust.SIGNED,
        at=days[3],
    )
    before = await take(database, incoming(form))
    ids = before + await take(
        database,
        with_files(blobs, first),
        with_files(blobs, html, html=HTML),
        incoming(sms("+14155550101", "Running 5 minutes late", id="SM7", at=days[0] - timedelta(hours=2))),
        *calls,
        incoming(survey),
        *others(),
    )
    customer, identity = await customer_of(database)
    return await _dated(database, World(
        ada=customer, ada_mail=identity, mail=ids[1], html_mail=ids[2],
        conversation=await conversation_of(database, ids[1]), texts=await conversation_of(database, ids[3]),
        appointment=0, interactions={"form": ids[0], "text": ids[3], "call": ids[4], "survey": ids[7]},
    ))  # fmt: skip


HTML = (
    '<div style="font-family:Georgia"><p>Here is the <b>picture</b> of the engine.</p><img src="cid:pic1" alt="engine">'
    '<p><a href="https://example.com/engine">More about it</a></p></div>'
)


def others() -> Sequence[Incoming]:
    """Mails of other people."""
    lines = [
        (
            "charles@example.com",
            "Charles Babbage",
            "Invoice 2026-17",
            "The invoice does not match the order; see line 4.",
        ),
        ("mary@example.com", "Mary Somerville", "Opening hours", "Are you open on Saturday?"),
        ("a.very.long.address.that.goes.on.and.on@subdomain.of.some.example.com", "", "", "No subject, long address"),
    ]
    return [
        incoming(named_mail(name, address, text, id=f"o{at}", subject=subject, at=NOW - timedelta(hours=at)))
        for at, (address, name, subject, text) in enumerate(lines, 1)
    ]


async def _dated(database: Database, world: World) -> World:
    def work(conn: Connection, at: World) -> int:
        made = appointments.create(
            conn,
            customer_id=at.ada,
            title="Check-up",
            starts_at=NOW + timedelta(hours=5),
            time_zone="Europe/Prague",
            location="Room 2",
            now=NOW,
        )
        plan(conn, at, due_at=NOW + timedelta(hours=3), about="appointment", about_id=made, about_revision=1)
        plan(conn, at, state="suppressed", reason="asked us to stop", dedupe_key="rule:2")
        evidence = {
            "identity_id": at.ada_mail,
            "purpose": "promotional",
            "granted": True,
            "wording": "Send me offers by mail",
            "source": "contact form",
            "at": NOW,
            "interaction_id": None,
        }
        consents.record(conn, [evidence], KEY)
        consents.suppress(conn, "tel:+14155550101", "stop", NOW, channel="main_number", detail="STOP please")
        interactions.insert_arrival(
            conn,
            {
                "channel": "support_mail",
                "key": "INBOX:7",
                "state": "quarantined",
                "reason": "The mail has no end.",
                "raw": b"Subject: broken",
                "content_type": "message/rfc822",
                "received_at": NOW,
            },
        )
        health.note_in(conn, "support_mail", NOW)
        return made

    made = await database.write(work, world)
    return World(**{**world.__dict__, "appointment": made})


def plan(conn: Connection, at: World, **more: Any) -> int:
    """Puts a reminder for Ada into the outbox; returns it."""
    row = {
        "dedupe_key": "rule:1",
        "origin": "rule",
        "purpose": "reminder",
        "channel": "outgoing_mail",
        "customer_id": at.ada,
        "identity_id": at.ada_mail,
        "template": "appointment_reminder",
        "content": {},
        "state": "ready",
        "due_at": NOW,
        "expires_at": NOW + timedelta(days=1),
        "planned_at": NOW,
        **more,
    }
    made: int = conn.execute(insert(MessageRow).values(**row).returning(MessageRow.id)).scalar_one()
    return made
