"""The IMAP adapter: follows folders by UIDVALIDITY and UID, never by flags, and changes nothing on the server."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime

from channels.base import Context, Cursor, Raw, Request, Settings
from channels.email_imap.connection import ImapConnection
from channels.email_imap.fetched import Fetched
from channels.email_message.events import mail_events
from channels.mail_wire import MailServer, NotAccepted, SettingsReader, Unreachable
from hub.model.errors import Unreadable
from hub.model.event import ChannelEvent
from hub.model.identity import email_identity
from hub.model.problem import Problem

PORTS = {"tls": 993, "starttls": 143, "none": 143}
PAGE_MAILS = 200
PAGE_BYTES = 8 * 1024 * 1024
RENEW_IDLE_MINUTES = 9.0  # many a server or NAT drops what is silent for 10 minutes
BROKEN_OFF_AT_MOST = 5
LISTING = "(UID FLAGS INTERNALDATE RFC822.SIZE)"
WHOLE = "(UID BODY.PEEK[])"
HEADERS = "(UID BODY.PEEK[HEADER])"
Mail = tuple[Fetched, bytes, str]  # what was listed, its content, why that is not whole


class ImapMailbox:
    """Channel, Polls, Parses, Files. Settings: host, port, tls, username, password, ca_file, folders, sent_folder,
    addresses, size_limit_mb, authserv_ids, poll_minutes.

    The key of a mail is `folder:uidvalidity:uid`; a cursor's position is `{"uidvalidity": …, "uid": …}`.
    """

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        read = SettingsReader(name, settings)
        self.name = name
        self._server = MailServer.from_settings(read, PORTS)
        if not self._server.username:
            raise read.wrong("username", "is missing")
        self._sent_folder = read.text("sent_folder", "")
        folders = (*read.texts("folders", ("INBOX",)), *filter(None, [self._sent_folder]))
        self.mailboxes: Sequence[str] = tuple(dict.fromkeys(folders))
        own = email_identity(self._server.username)
        self._own_addresses = read.addresses("address", "addresses") or frozenset({own.value} if own else ())
        self._staff_addresses = context.staff_addresses
        self._authserv_ids = read.texts("authserv_ids")
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
                    await connection.examine(folder)
                except NotAccepted as error:
                    problems.append(error.problem)
        except Unreachable as error:
            problems.append(error.problem)
        finally:
            connection.close()
        return problems

    def parse(self, source: Raw | Request) -> Sequence[ChannelEvent]:
        if not isinstance(source, Raw):
            raise Unreadable("A mailbox gives mails, not web requests.")
        return mail_events(
            source,
            channel=self.name,
            own_addresses=self._own_addresses,
            staff_addresses=self._staff_addresses,
            authserv_ids=self._authserv_ids,
            trusted_sent_folder=bool(self._sent_folder) and source.note.get("mailbox") == self._sent_folder,
        )

    async def file(self, raw: bytes, folder: str) -> None:
        """Stores a copy of a sent mail. Raises Unavailable or ConfigurationError."""
        connection = await self._connect()
        try:
            await connection.append(folder, raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        finally:
            connection.close()

    async def poll(self, mailbox: str, after: Cursor | None) -> AsyncGenerator[Raw | None, None]:
        connection = await self._connect()
        try:
            validity = await connection.examine(mailbox)
            last = _last_uid(after, validity)
            while True:
                uids = await connection.uids_after(last)
                for start in range(0, len(uids), PAGE_MAILS):
                    async for raw in self._page(connection, mailbox, validity, uids[start : start + PAGE_MAILS]):
                        yield raw
                last = uids[-1] if uids else last
                yield None
                await connection.wait_for_news(self._wait_seconds)
        finally:
            connection.close()

    async def _connect(self) -> ImapConnection:
        return await ImapConnection.open(self._server, literal_limit=self._size_limit + 1024 * 1024)

    async def _page(
        self, connection: ImapConnection, mailbox: str, validity: int, uids: Sequence[int]
    ) -> AsyncIterator[Raw]:
        _, listed = await connection.fetch(uids, LISTING)
        unlisted = [uid for uid in uids if uid not in listed]
        if unlisted:
            # Expunged meanwhile, or the server stumbles over them: those still there are asked for all the same.
            still_there = set(await connection.uids_after(unlisted[0] - 1))
            listed |= {uid: Fetched(uid=uid) for uid in unlisted if uid in still_there}
        for batch in self._batches(mailbox, validity, [listed[uid] for uid in uids if uid in listed]):
            for mail, content, failure in await self._contents(connection, mailbox, validity, batch):
                yield Raw(
                    content=content,
                    key=_key(mailbox, validity, mail.uid),
                    received_at=mail.internal_date or datetime.now(UTC),
                    cursor=Cursor(mailbox, {"uidvalidity": validity, "uid": mail.uid}),
                    content_type="message/rfc822",
                    failure=failure,
                    note={"mailbox": mailbox},
                )

    def _batches(self, mailbox: str, validity: int, mails: Sequence[Fetched]) -> Iterator[list[Fetched]]:
        """Splits a page so that a batch has at most PAGE_BYTES; alone go the too large and those that broke off."""
        batch: list[Fetched] = []
        size = 0
        for mail in mails:
            if "\\deleted" in mail.flags:
                continue
            alone = (mail.size or 0) > self._size_limit or _key(mailbox, validity, mail.uid) in self._broken_off
            if batch and (alone or size + (mail.size or 0) > PAGE_BYTES):
                yield batch
                batch, size = [], 0
            if alone:
                yield [mail]
                continue
            batch.append(mail)
            size += mail.size or 0
        if batch:
            yield batch

    async def _contents(
        self, connection: ImapConnection, mailbox: str, validity: int, batch: Sequence[Fetched]
    ) -> list[Mail]:
        """Returns (mail, content, why it is not whole) of all that are still there."""
        if len(batch) == 1 and (batch[0].size or 0) > self._size_limit:
            return await self._headers(connection, batch[0], self._too_large(batch[0].size or 0))
        keys = [_key(mailbox, validity, mail.uid) for mail in batch]
        if len(batch) == 1 and self._broken_off.get(keys[0], 0) >= BROKEN_OFF_AT_MOST:
            return [(batch[0], b"", "the server breaks off the connection whenever this mail is fetched")]
        try:
            content_ok, told = await connection.fetch(
                [mail.uid for mail in batch], WHOLE, sum(mail.size or 0 for mail in batch)
            )
        except Unreachable:
            # One of these may be what the server stumbles over: from now on they are fetched one by one.
            for key in keys:
                self._broken_off[key] = self._broken_off.get(key, 0) + 1
            raise
        for key in keys:
            self._broken_off.pop(key, None)
        missing = [mail for mail in batch if mail.uid not in told or told[mail.uid].content is None]
        if not content_ok and len(batch) > 1:
            retried = [
                found for mail in missing for found in await self._contents(connection, mailbox, validity, [mail])
            ]
        else:
            retried = await self._not_given(connection, missing, told)
        whole = [(mail, content, "") for mail in batch if (content := _content(told, mail.uid)) is not None]
        return sorted([*whole, *retried], key=lambda found: found[0].uid)

    async def _not_given(
        self, connection: ImapConnection, missing: Sequence[Fetched], told: dict[int, Fetched]
    ) -> list[Mail]:
        """Tells mails that were expunged meanwhile (nothing to keep) from those the server fails to give."""
        if not missing:
            return []
        still_there = set(await connection.uids_after(missing[0].uid - 1))
        found: list[Mail] = []
        for mail in missing:
            if mail.uid in told and told[mail.uid].oversized:
                found += await self._headers(connection, mail, self._too_large(self._size_limit + 1))
            elif mail.uid in still_there:
                found += await self._headers(connection, mail, "the server lists this mail but does not give it")
        return found

    async def _headers(self, connection: ImapConnection, mail: Fetched, failure: str) -> list[Mail]:
        """Returns the headers alone, or nothing where the mail was expunged meanwhile."""
        content_ok, told = await connection.fetch([mail.uid], HEADERS)
        if content_ok and mail.uid not in told:
            return []
        return [(mail, _content(told, mail.uid) or b"", failure)]

    def _too_large(self, size: int) -> str:
        megabyte = 1024 * 1024
        return f"too large: {size / megabyte:.1f} MB, the limit is {self._size_limit / megabyte:.4g} MB"


def _key(mailbox: str, validity: int, uid: int) -> str:
    return f"{mailbox}:{validity}:{uid}"


def _content(told: dict[int, Fetched], uid: int) -> bytes | None:
    return told[uid].content if uid in told else None


def _last_uid(after: Cursor | None, validity: int) -> int:
    """Returns the UID to go on after; 0 where the folder was never read or numbers its mails anew."""
    if after is None or after.position.get("uidvalidity") != validity:
        return 0
    return int(after.position.get("uid", 0))
