"""The IMAP adapter: follows folders by UIDVALIDITY and UID, never by flags, and changes nothing on the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from channels.base import Context, Cursor, Holding, Raw, Request, Settings
from channels.email_imap.connection import ImapConnection
from channels.email_imap.first_look import first_look
from channels.email_imap.folders import SENT, sent_folder
from channels.email_imap.open_folder import PAGE_MAILS, OpenFolder
from channels.email_imap.position import Position
from channels.email_imap.sent import SentConnection
from channels.email_message.dkim import vouched
from channels.email_message.guard import takes_long
from channels.email_message.pages import read_page
from channels.mail_wire import MailServer, NotAccepted, SettingsReader, Unreachable
from hub.model.errors import Unreadable
from hub.model.event import ChannelEvent
from hub.model.first_look import Looked
from hub.model.identity import email_identity
from hub.model.problem import Problem

PORTS = {"tls": 993, "starttls": 143, "none": 143}
RENEW_IDLE_MINUTES = 9.0  # many a server or NAT drops what is silent for 10 minutes
FIRST_DAYS = 30
_LOOK_FOR_SENT_SECONDS = 3600.0
_NO_SENT = "-"


class ImapMailbox:
    """Channel, Polls, Parses, ParsesPages, Holds, TakesLong, Vouches, Files. Settings: host, port, tls, username,
    password, ca_file, folders, sent_folder, first_days, addresses, size_limit_mb, authserv_ids, arc_sealers,
    verify_dkim, poll_minutes.

    Mailboxes are named as the server's folders, in any language; one that is `SENT` is whichever holds what was sent.
    The key of a mail is `folder:uidvalidity:uid`; a cursor's position is a Position.
    """

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        read = SettingsReader(name, settings)
        self.name = name
        self._server = MailServer.from_settings(read, PORTS, context)
        if not self._server.username:
            raise read.wrong("username", "is missing")
        self._sent = read.text("sent_folder", SENT)
        folders = (*read.texts("folders", ("INBOX",)), *([] if self._sent == _NO_SENT else [self._sent]))
        self.mailboxes: Sequence[str] = tuple(dict.fromkeys(folders))
        self.first_days = int(read.number("first_days", FIRST_DAYS, 0, 36_500))
        own = email_identity(self._server.username)
        self._own_addresses = read.addresses("address", "addresses") or frozenset({own.value} if own else ())
        self._staff_addresses = context.staff_addresses
        self._authserv_ids = read.texts("authserv_ids")
        self._arc_sealers = read.texts("arc_sealers")
        self._txt = context.txt if read.flag("verify_dkim") else None
        self._size_limit = int(read.number("size_limit_mb", 50, 0.001, 1024) * 1024 * 1024)
        self._wait_seconds = 60 * min(read.number("poll_minutes", 3, 0.01, 60 * 24), RENEW_IDLE_MINUTES)
        self._broken_off: dict[str, int] = {}

    async def open(self) -> None:
        """Nothing to do: each mailbox that is polled has a connection of its own."""

    async def close(self) -> None:
        """Nothing to do: a connection ends with its poll."""

    async def check(self) -> Sequence[Problem]:
        try:
            connection = await self._connect()
        except (Unreachable, NotAccepted) as error:
            return [error.problem]
        problems = []
        try:
            for folder in self.mailboxes:
                try:
                    if found := await self._find(connection, folder):
                        await connection.examine(found[0])
                except NotAccepted as error:
                    problems.append(error.problem)
        except Unreachable as error:
            problems.append(error.problem)
        finally:
            connection.close()
        return problems

    async def look_around(self, newest: int) -> Looked:
        connection = await self._connect()
        try:
            return await first_look(connection, "INBOX", newest)
        finally:
            connection.close()

    async def vouch(self, raws: Sequence[Raw]) -> Sequence[Raw]:
        return await vouched(raws, self._txt) if self._txt else raws

    def parse(self, source: Raw | Request) -> Sequence[ChannelEvent]:
        if not isinstance(source, Raw):
            raise Unreadable("A mailbox gives mails, not web requests.")
        from channels.email_message.events import mail_events  # the reader would cost each start 0.15 s

        return mail_events(source, **self._how(source))

    def parse_page(self, raws: Sequence[Raw]) -> Sequence[Sequence[ChannelEvent] | Unreadable]:
        return read_page([(raw, self._how(raw)) for raw in raws])

    def _how(self, raw: Raw) -> dict[str, Any]:
        """Returns how `mail_events` is to read a mail."""
        return {
            "channel": self.name,
            "own_addresses": self._own_addresses,
            "staff_addresses": self._staff_addresses,
            "authserv_ids": self._authserv_ids,
            "arc_sealers": self._arc_sealers,
            "trusted_sent_folder": SENT in (raw.note.get("use"), raw.note.get("mailbox"))
            or raw.note.get("mailbox") == self._sent,
        }

    def takes_long(self, raw: Raw) -> bool:
        return takes_long(raw.content)

    async def file(self, raw: bytes, folder: str) -> bool:
        connection = await SentConnection.open(self._server, literal_limit=self._size_limit + 1024 * 1024)
        try:
            if folder in ("", SENT):
                named = self._sent not in (SENT, _NO_SENT)
                folder = self._sent if named else sent_folder(await connection.folders()) or "Sent"
            return await connection.keep(folder, raw)
        finally:
            connection.close()

    async def poll(self, mailbox: str, after: Cursor | None) -> AsyncGenerator[Raw | None, None]:
        while True:
            async with self._opened(mailbox) as there:
                if there is not None:
                    async for raw in self._follow(there, after):
                        yield raw
            # The server has no folder for what was sent, until somebody sends.
            yield None
            await asyncio.sleep(_LOOK_FOR_SENT_SECONDS)

    async def _follow(self, there: OpenFolder, after: Cursor | None) -> AsyncGenerator[Raw | None, None]:
        connection = there.connection
        position = Position.after(after, there.uidvalidity, await connection.last_uid())
        while True:
            uids = []
            if position.uid < position.first:
                uids = await connection.uids_after(position.uid, position.first, position.since)
            uids += await connection.uids_after(max(position.uid, position.first))
            async for raw in there.read(uids, position):
                yield raw
                del raw  # it may be 50 MB, and the next one may come tomorrow
            position = position.at(max(position.first, uids[-1] if uids else position.uid))
            yield None
            await connection.wait_for_news(self._wait_seconds)

    async def holding(self, mailbox: str, after: Cursor | None) -> Holding | None:
        async with self._opened(mailbox) as there:
            if there is None:
                return None
            position = Position.after(after, there.uidvalidity, await there.connection.last_uid())
            numbers = await there.connection.uids_after(0)
            wanted = numbers
            if position.since:
                wanted = await there.connection.uids_after(0, position.first, position.since) if position.first else []
                wanted += [number for number in numbers if number > position.first]
            through = not any(position.uid < number <= position.first for number in wanted)
            passed = max(position.uid, position.first) if through else position.uid
            return Holding(there.folder, there.key(0)[:-1], there.uidvalidity, passed, numbers, wanted)

    async def pick(self, mailbox: str, epoch: int, numbers: Sequence[int]) -> AsyncGenerator[Raw | int, None]:
        async with self._opened(mailbox) as there:
            if there is None or there.uidvalidity != epoch:
                raise Unreachable(
                    self._server.problem(
                        "uidvalidity", f"{self._server.address} numbers its mails anew.", mend="The hub begins again."
                    )
                )
            for start in range(0, len(numbers), PAGE_MAILS):
                page = numbers[start : start + PAGE_MAILS]
                async for raw in there.read(page):
                    yield raw
                yield len(page)

    @asynccontextmanager
    async def _opened(self, mailbox: str) -> AsyncIterator[OpenFolder | None]:
        connection = await self._connect()
        try:
            found = await self._find(connection, mailbox)
            if found is None:
                yield None
                return
            folder, holds_sent = found
            yield OpenFolder(
                connection=connection,
                mailbox=mailbox,
                folder=folder,
                uidvalidity=await connection.examine(folder),
                size_limit=self._size_limit,
                broken_off=self._broken_off,
                note={"mailbox": folder, "use": SENT} if holds_sent else {"mailbox": folder},
            )
        finally:
            connection.close()

    async def _find(self, connection: ImapConnection, mailbox: str) -> tuple[str, bool] | None:
        """Returns the name of a mailbox there and whether it holds what was sent; None where nothing is to be read."""
        if mailbox.upper() == "INBOX":
            return mailbox, False
        sent = sent_folder(await connection.folders())
        if mailbox == SENT:
            # Where it is read under its own name already, that is enough.
            return (sent, True) if sent and sent not in self.mailboxes else None
        return mailbox, mailbox in (self._sent, sent)

    async def _connect(self) -> ImapConnection:
        return await ImapConnection.open(self._server, literal_limit=self._size_limit + 1024 * 1024)
