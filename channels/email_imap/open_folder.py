"""Mails of one open folder, fetched page by page: sizes first, large ones alone, hostile ones in the way of nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from channels.base import Raw
from channels.email_imap.connection import ImapConnection
from channels.email_imap.fetched import Fetched
from channels.email_imap.position import Position
from channels.mail_wire import Unreachable

PAGE_MAILS = 200
PAGE_BYTES = 8 * 1024 * 1024
BROKEN_OFF_AT_MOST = 5
LISTING = "(UID FLAGS INTERNALDATE RFC822.SIZE)"
WHOLE = "(UID BODY.PEEK[])"
HEADERS = "(UID BODY.PEEK[HEADER])"
_MEGABYTE = 1024 * 1024
Mail = tuple[Fetched, bytes, str]  # what was listed, its content, why that is not whole


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFolder:
    """A folder opened on a connection. `mailbox`: the hub's name for it; `folder`: the server's, decoded.

    `broken_off` counts, over connections, how often the server broke off at a mail; `size_limit` in bytes.
    """

    connection: ImapConnection = field(repr=False)
    mailbox: str
    folder: str
    uidvalidity: int
    size_limit: int
    broken_off: dict[str, int]
    note: dict[str, str]

    def key(self, uid: int) -> str:
        """Returns the transport key of a mail."""
        return f"{self.folder}:{self.uidvalidity}:{uid}"

    async def read(self, uids: Sequence[int], position: Position | None = None) -> AsyncIterator[Raw]:
        """Yields these mails in pages, in order within each page; those gone or marked as deleted are left out.

        `position`: the cursor that each carries moves on from there.
        """
        for start in range(0, len(uids), PAGE_MAILS):
            page = uids[start : start + PAGE_MAILS]
            after = len(uids) - start - len(page)
            ahead = {uid: after + len(page) - at for at, uid in enumerate(page, 1)}
            async for mail, content, failure in self._page(sorted(page)):
                raw = Raw(
                    content=content,
                    key=self.key(mail.uid),
                    received_at=mail.internal_date or datetime.now(UTC),
                    cursor=position.at(mail.uid).cursor(self.mailbox) if position else None,
                    content_type="message/rfc822",
                    failure=failure,
                    note=self.note,
                    ahead=ahead[mail.uid],
                )
                del content
                yield raw
                del raw

    async def _page(self, uids: Sequence[int]) -> AsyncIterator[Mail]:
        _, listed = await self.connection.fetch(uids, LISTING)
        unlisted = [uid for uid in uids if uid not in listed]
        if unlisted:
            # Expunged meanwhile, or the server stumbles over them: those still there are asked for all the same.
            still_there = set(await self.connection.uids_after(unlisted[0] - 1, unlisted[-1]))
            listed |= {uid: Fetched(uid=uid) for uid in unlisted if uid in still_there}
        for batch in self._batches([listed[uid] for uid in uids if uid in listed]):
            contents = await self._contents(batch)
            contents.reverse()
            while contents:  # what was given away is not kept here: one mail may be 50 MB
                yield contents.pop()

    def _batches(self, mails: Sequence[Fetched]) -> Iterator[list[Fetched]]:
        """Splits a page so that a batch has at most PAGE_BYTES; alone go the too large and those that broke off."""
        batch: list[Fetched] = []
        size = 0
        for mail in mails:
            if "\\deleted" in mail.flags:
                continue
            alone = (mail.size or 0) > self.size_limit or self.key(mail.uid) in self.broken_off
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

    async def _contents(self, batch: Sequence[Fetched]) -> list[Mail]:
        """Returns (mail, content, why it is not whole) of all that are still there."""
        if len(batch) == 1 and (batch[0].size or 0) > self.size_limit:
            return await self._headers(batch[0], self._too_large(batch[0].size or 0))
        keys = [self.key(mail.uid) for mail in batch]
        if len(batch) == 1 and self.broken_off.get(keys[0], 0) >= BROKEN_OFF_AT_MOST:
            return [(batch[0], b"", "the server breaks off the connection whenever this mail is fetched")]
        try:
            content_ok, told = await self.connection.fetch(
                [mail.uid for mail in batch], WHOLE, sum(mail.size or 0 for mail in batch)
            )
        except Unreachable:
            # One of these may be what the server stumbles over: from now on they are fetched one by one.
            for key in keys:
                self.broken_off[key] = self.broken_off.get(key, 0) + 1
            raise
        for key in keys:
            self.broken_off.pop(key, None)
        missing = [mail for mail in batch if mail.uid not in told or told[mail.uid].content is None]
        if not content_ok and len(batch) > 1:
            retried = [found for mail in missing for found in await self._contents([mail])]
        else:
            retried = await self._not_given(missing, told)
        whole = [(mail, content, "") for mail in batch if (content := _content(told, mail.uid)) is not None]
        return sorted([*whole, *retried], key=lambda found: found[0].uid)

    async def _not_given(self, missing: Sequence[Fetched], told: dict[int, Fetched]) -> list[Mail]:
        """Tells mails that were expunged meanwhile (nothing to keep) from those the server fails to give."""
        if not missing:
            return []
        still_there = set(await self.connection.uids_after(missing[0].uid - 1, missing[-1].uid))
        found: list[Mail] = []
        for mail in missing:
            if mail.uid in told and told[mail.uid].oversized:
                found += await self._headers(mail, self._too_large(self.size_limit + 1))
            elif mail.uid in still_there:
                found += await self._headers(mail, "the server lists this mail but does not give it")
        return found

    async def _headers(self, mail: Fetched, failure: str) -> list[Mail]:
        """Returns the headers alone, or nothing where the mail was expunged meanwhile."""
        content_ok, told = await self.connection.fetch([mail.uid], HEADERS)
        if content_ok and mail.uid not in told:
            return []
        return [(mail, _content(told, mail.uid) or b"", failure)]

    def _too_large(self, size: int) -> str:
        return f"too large: {size / _MEGABYTE:.1f} MB, the limit is {self.size_limit / _MEGABYTE:.4g} MB"


def _content(told: dict[int, Fetched], uid: int) -> bytes | None:
    return told[uid].content if uid in told else None
