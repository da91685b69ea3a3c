"""A mail of ours is one interaction, also where its copy in the Sent folder is read before we know that it went out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from channels.base import Context, Raw
from channels.email_imap import ImapMailbox
from hub.capture.capture import Capture
from hub.capture.intake import Intake
from hub.model.outbound import Outgoing, Receipt
from hub.store import interactions
from hub.store.blobs import FileBlobs
from hub.store.tables import ArrivalRow, InteractionRow
from tests.hub.outreach.conftest import Outdoors
from tests.hub.outreach.sending import due_reminder, queue_reply

_ACCOUNT = {"host": "127.0.0.1", "tls": "none", "username": "support@example.com", "password": "x"}


class FiledAtOnce:
    """A provider that files what it sends, whose folder the hub reads before the answer to its own sending is noted."""

    name = "outgoing_mail"
    schemes = ("mailto",)

    def __init__(self, out: Outdoors) -> None:
        self._out, self._real = out, out.channels["outgoing_mail"]
        self._reader = ImapMailbox("support_mail", _ACCOUNT, Context(public_url="https://hub.example.com"))
        self._intake = Intake(out.database, FileBlobs(out.folder / "blobs"), Capture(b"k" * 32, b"m" * 32))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def send(self, message: Outgoing, deadline: Any) -> Receipt:
        receipt: Receipt = await self._real.send(message, deadline)
        mails = self._out.mails()
        note = {"mailbox": "Sent", "use": "\\Sent"}
        raw = Raw(content=mails[-1], key=f"Sent:1:{len(mails)}", received_at=self._out.clock(), note=note)
        await self._intake.take("support_mail", self._reader, raw)
        return receipt


async def test_a_copy_read_before_our_own_note_is_the_same_interaction(out: Outdoors) -> None:
    out.channels["outgoing_mail"] = FiledAtOnce(out)
    row = await due_reminder(out)
    await out.send()
    reminder = (await out.messages())[0]
    blob = out.dispatcher()._blobs.put(b"the price list")
    file = {"sha256": blob, "filename": "prices.txt", "content_type": "text/plain"}
    await queue_reply(out, {**row, "conversation_id": reminder["conversation_id"]}, attachments=[file])
    out.clock.pass_(seconds=11)
    await out.send()
    reply = (await out.messages())[1]

    rows = await out.database.read(
        lambda conn, _: conn.execute(select(InteractionRow.id, InteractionRow.conversation_id)).all(), None
    )
    assert {tuple(each) for each in rows} == {
        (message["interaction_id"], message["conversation_id"]) for message in (reminder, reply)
    }
    assert [message["state"] for message in (reminder, reply)] == ["accepted", "accepted"]
    assert reply["conversation_id"] == reminder["conversation_id"]
    arrived = await out.database.read(lambda conn, _: conn.scalars(select(ArrivalRow.interaction_id)).all(), None)
    assert set(arrived) == {each.id for each in rows}
    files = await out.database.read(lambda conn, _: interactions.attachments_of(conn, [reply["interaction_id"]]), None)
    assert [each["filename"] for each in files[reply["interaction_id"]]] == ["prices.txt"]
