"""What the hub asks of an IMAP server: new mails, their sizes and bodies, news, a copy into a folder."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from aioimaplib.aioimaplib import SELECTED, Command, IdleCommand

from channels.email_imap.fetched import MONTHS, Fetched
from channels.email_imap.folders import Folder, read_listed
from channels.email_imap.link import COMMAND_SECONDS, ImapLink, read_answer
from channels.email_imap.names import encode_folder, quoted

T = TypeVar("T")

SLOWEST_BYTES_PER_SECOND = 32 * 1024
MAX_UID = (1 << 32) - 1
_UIDVALIDITY = re.compile(rb"\[UIDVALIDITY (\d+)\]", re.IGNORECASE)
_UIDNEXT = re.compile(rb"\[UIDNEXT (\d+)\]", re.IGNORECASE)


class ImapConnection(ImapLink):
    """The commands, one at a time; errors as in ImapLink. `uid_next`: of the open folder, where the server tells it."""

    uid_next: int | None = None

    async def examine(self, folder: str) -> int:
        """Opens a folder for reading only and returns its UIDVALIDITY."""
        answer = await self._run(Command("EXAMINE", self._wire.new_tag(), quoted(encode_folder(folder))))
        if answer.result != "OK":
            if answer.is_for_now:
                raise self._unreachable("busy", f"cannot open the folder {folder} now", answer.text)
            raise self._not_accepted(
                "folder",
                f'The folder "{folder}" cannot be opened on {self.server.address}.',
                cause=answer.text,
                mend=f"The folders there are: {', '.join(folder.name for folder in await self.folders())}.",
            )
        self._wire.state = SELECTED
        validity = next((found for line in answer.lines if (found := _UIDVALIDITY.search(line))), None)
        if validity is None:
            raise self._not_accepted(
                "uidvalidity",
                f'{self.server.address} gives no lasting numbers (UIDVALIDITY) in the folder "{folder}".',
                mend="Choose another folder, or ask the provider.",
            )
        following = next((found for line in answer.lines if (found := _UIDNEXT.search(line))), None)
        self.uid_next = int(following[1]) if following else None
        self._wire.news.clear()
        return int(validity[1])

    async def last_uid(self) -> int:
        """Returns a UID that no mail of the open folder is above, when it was opened or now."""
        if self.uid_next is not None:
            return self.uid_next - 1
        return max(await self.uids_after(0), default=0)

    async def uids_after(self, uid: int, up_to: int | None = None, since: date | None = None) -> list[int]:
        """Returns the UIDs above `uid` of all mails that are not marked as deleted, rising.

        `since`: only those that came to the server on that day or later, by its own time zone.
        """
        await self._command("NOOP")  # a server may keep new mails back until a command that may tell of them
        wanted = [f"UID {uid + 1}:{up_to or '*'}", "UNDELETED"]
        if since is not None:
            wanted.append(f"SINCE {since.day}-{MONTHS[since.month - 1].capitalize()}-{since.year}")
        lines = await self._command("SEARCH", *wanted, prefix="UID")
        words = (word for line in lines if line.upper().startswith(b"SEARCH") for word in line.split()[1:])
        highest = up_to or MAX_UID
        # `9:*` is also 8 where 8 is the last
        return sorted({number for word in words if word.isdigit() and uid < (number := int(word)) <= highest})

    async def fetch(self, uids: Sequence[int], items: str, size: int = 0) -> tuple[bool, dict[int, Fetched]]:
        """Returns whether the server was content, and what it told of each mail; `size`: the bytes expected."""
        told: dict[int, Fetched] = {}

        def keep(fetched: Fetched) -> None:
            # A change of flags may come for a mail already told.
            if fetched.uid not in told or fetched.content is not None or fetched.size is not None:
                told[fetched.uid] = fetched

        self._wire.on_fetched = keep
        try:
            command = Command("FETCH", self._wire.new_tag(), uid_set(uids), items, prefix="UID")
            answer = await self._run(command, COMMAND_SECONDS + size / SLOWEST_BYTES_PER_SECOND)
        finally:
            self._wire.on_fetched = lambda fetched: None
        if answer.result == "BAD":
            raise self._unreachable("protocol", "did not understand FETCH", answer.text)
        return answer.result == "OK", told

    async def wait_for_news(self, seconds: float) -> None:
        """Waits until the folder changes or the time is over: by IDLE (RFC 2177), else by patience."""
        if not self._wire.news.is_set():
            if "IDLE" in self._capabilities:
                await self._idle(seconds)
            else:
                await self._wait_any(seconds)
        self._wire.news.clear()

    async def _idle(self, seconds: float) -> None:
        idle = asyncio.ensure_future(self._wire.execute(IdleCommand(self._wire.new_tag(), self._wire.idle_queue)))
        started = asyncio.ensure_future(self._wire.wait_for_idle_response())
        news = asyncio.ensure_future(self._wire.news.wait())
        try:
            await self._wait_any(COMMAND_SECONDS, idle, started)
            if not started.done() and not idle.done():
                raise self._unreachable("timeout", "does not answer to IDLE")
            if not idle.done():
                await self._wait_any(seconds, idle, news)
            if idle.done():
                # Refused, or ended by the server itself: from now on without, lest it end at once each time.
                self._capabilities -= {"IDLE"}
            else:
                self._wire.idle_done()
                await self._within(COMMAND_SECONDS, _result(idle))
        finally:
            for waiting in (idle, started, news):
                waiting.cancel()

    async def append(self, folder: str, mail: bytes) -> None:
        """Stores a mail in a folder as already seen; makes the folder where the server says that it lacks it."""
        seconds = COMMAND_SECONDS + len(mail) / SLOWEST_BYTES_PER_SECOND
        name = quoted(encode_folder(folder))
        for attempt in (1, 2):
            answer = read_answer(await self._within(seconds, self._wire.append(mail, name, "(\\Seen)")))
            if answer.result == "OK":
                return
            if attempt == 1 and "[TRYCREATE]" in answer.text.upper():
                await self._command("CREATE", name)
        raise self._not_accepted(
            "append",
            f'{self.server.address} does not store mail in the folder "{folder}".',
            cause=answer.text,
            mend="Check the folder's name and whether the account may write to it and has room left.",
        )

    async def folders(self) -> list[Folder]:
        """Returns every folder, with what it is for where the server tells (RFC 6154)."""
        extended = {"SPECIAL-USE", "LIST-EXTENDED"} <= self._capabilities
        told = ("RETURN (SPECIAL-USE)",) if extended else ()
        lines = await self._command("LIST", '""', '"*"', *told)
        return [folder for line in lines if (folder := read_listed(line))]


def uid_set(uids: Sequence[int]) -> str:
    """Returns rising UIDs as a set with ranges: `1:3,7`."""
    runs: list[list[int]] = []
    for uid in uids:
        if runs and runs[-1][1] == uid - 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in runs)


async def _result(future: asyncio.Future[T]) -> T:
    return await future
