"""Mail in from a Maildir (maildir(5), Maildir++ subfolders): read in place, nothing moved, flagged or deleted."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from channels.base import Context, Cursor, Raw, Request, Settings
from channels.email_message.dkim import vouched
from channels.mail_wire import SettingsReader
from hub.model.errors import Unavailable, Unreadable
from hub.model.event import ChannelEvent
from hub.model.problem import Problem, Severity

LOOK_SECONDS = 0.5
LOOK_THOROUGHLY_SECONDS = 60.0
# A file's change time is set by the rename that delivers it; clocks are set back, so the last minutes are read again.
OVERLAP_NS = 10 * 60 * 10**9
SETTLED_NS = 2 * 10**9
HEADERS_AT_MOST = 256 * 1024


@dataclass(frozen=True, slots=True)
class _File:
    key: str
    path: Path
    changed_ns: int
    modified_ns: int
    size: int


class Maildir:
    """Channel, Polls, Parses, Vouches. Settings: path, folders, sent_folder, addresses, size_limit_mb, authserv_ids,
    arc_sealers, verify_dkim.

    The key of a mail is `folder:unique name`; a cursor's position is `{"changed_ns": …}`, the change time of its file.
    """

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        read = SettingsReader(name, settings)
        self.name = name
        self._root = Path(read.text("path"))
        self._sent_folder = read.text("sent_folder", "")
        folders = (*read.texts("folders", ("INBOX",)), *filter(None, [self._sent_folder]))
        for folder in folders:
            if "/" in folder or folder.startswith("."):
                raise read.wrong("folders", f'has a name that cannot be a Maildir folder: "{folder}"')
        self.mailboxes: Sequence[str] = tuple(dict.fromkeys(folders))
        self._own_addresses = read.addresses("address", "addresses")
        self._staff_addresses = context.staff_addresses
        self._authserv_ids = read.texts("authserv_ids")
        self._arc_sealers = read.texts("arc_sealers")
        self._txt = context.txt if read.flag("verify_dkim") else None
        self._size_limit = int(read.number("size_limit_mb", 50, 0.001, 1024) * 1024 * 1024)

    async def open(self) -> None:
        """Nothing to do: files are opened as they are read."""

    async def close(self) -> None:
        """Nothing to do."""

    async def check(self) -> Sequence[Problem]:
        problems = []
        for mailbox in self.mailboxes:
            for part in ("new", "cur"):
                path = self._folder(mailbox) / part
                if not await asyncio.to_thread(os.access, path, os.R_OK | os.X_OK):
                    problems.append(
                        Problem(
                            code="folder",
                            severity=Severity.ERROR,
                            where=self.name,
                            message=f"The folder {path} cannot be read.",
                            cause="It does not exist, or this account may not read it.",
                            mend="Check path and folders, and the rights of the account that the hub runs as.",
                        )
                    )
        return problems

    async def vouch(self, raws: Sequence[Raw]) -> Sequence[Raw]:
        return await vouched(raws, self._txt) if self._txt else raws

    def parse(self, source: Raw | Request) -> Sequence[ChannelEvent]:
        if not isinstance(source, Raw):
            raise Unreadable("A mailbox gives mails, not web requests.")
        from channels.email_message.events import mail_events  # the reader would cost each start 0.15 s

        return mail_events(
            source,
            channel=self.name,
            own_addresses=self._own_addresses,
            staff_addresses=self._staff_addresses,
            authserv_ids=self._authserv_ids,
            arc_sealers=self._arc_sealers,
            trusted_sent_folder=bool(self._sent_folder) and source.note.get("mailbox") == self._sent_folder,
        )

    async def poll(self, mailbox: str, after: Cursor | None) -> AsyncGenerator[Raw | None, None]:
        folder = self._folder(mailbox)
        since = int(after.position.get("changed_ns", 0)) - OVERLAP_NS if after else 0
        seen: set[str] = set()
        while True:
            state = await asyncio.to_thread(_state, folder)
            files = await asyncio.to_thread(_unseen, folder, seen)
            for file in files:
                seen.add(file.key)
                if file.changed_ns < since:
                    continue
                raw = await asyncio.to_thread(self._read, mailbox, file)
                if raw is None:
                    seen.discard(file.key)  # moved from new to cur meanwhile: the next look finds it
                    state = None
                else:
                    yield raw
            yield None
            await _wait_for_change(folder, state)

    def _folder(self, mailbox: str) -> Path:
        return self._root if mailbox == "INBOX" else self._root / f".{mailbox}"

    def _read(self, mailbox: str, file: _File) -> Raw | None:
        failure = ""
        content = b""
        try:
            with file.path.open("rb") as opened:
                if file.size > self._size_limit:
                    megabyte = 1024 * 1024
                    failure = (
                        f"too large: {file.size / megabyte:.1f} MB, the limit is {self._size_limit / megabyte:.4g} MB"
                    )
                    content = _headers(opened.read(HEADERS_AT_MOST))
                else:
                    content = opened.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            failure = f"the file cannot be read: {error.strerror}"
        return Raw(
            content=content,
            key=f"{mailbox}:{file.key}",
            received_at=datetime.fromtimestamp(file.modified_ns / 10**9, UTC),
            cursor=Cursor(mailbox, {"changed_ns": file.changed_ns}),
            content_type="message/rfc822",
            failure=failure,
            note={"mailbox": mailbox},
        )


def _headers(start: bytes) -> bytes:
    ends = [at for mark in (b"\r\n\r\n", b"\n\n") if (at := start.find(mark)) >= 0]
    return start[: min(ends)] + b"\r\n\r\n" if ends else start


def _state(folder: Path) -> tuple[int, ...] | None:
    """Returns the change times of new and cur, or None where one is too recent to tell a change right after it."""
    now = time.time_ns()
    try:
        changed = [(folder / part).stat().st_mtime_ns for part in ("new", "cur")]
    except OSError as error:
        raise _gone(folder, error) from error
    return tuple(changed) if all(now - each > SETTLED_NS for each in changed) else None


def _unseen(folder: Path, seen: set[str]) -> list[_File]:
    """Returns the files not seen yet, in the order of their change times."""
    found: dict[str, _File] = {}
    for part in ("new", "cur"):
        try:
            with os.scandir(folder / part) as entries:
                for entry in entries:
                    # The part before the colon names the mail, whatever its flags and place become.
                    unique = os.fsencode(entry.name.partition(":")[0]).decode("utf-8", "backslashreplace")
                    if unique in seen or entry.name.startswith(".") or not entry.is_file(follow_symlinks=False):
                        continue
                    status = _status(entry)
                    if status is not None:
                        found[unique] = _File(
                            unique, Path(entry.path), status.st_ctime_ns, status.st_mtime_ns, status.st_size
                        )
        except OSError as error:
            raise _gone(folder, error) from error
    return sorted(found.values(), key=lambda file: (file.changed_ns, file.key))


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def _gone(folder: Path, error: OSError) -> Unavailable:
    return Unavailable(
        f"The Maildir {folder} cannot be read: {error.strerror}.",
        next_step="Check its path and the hub's rights to it.",
    )


async def _wait_for_change(folder: Path, state: tuple[int, ...] | None) -> None:
    until = time.monotonic() + LOOK_THOROUGHLY_SECONDS
    while time.monotonic() < until:
        await asyncio.sleep(LOOK_SECONDS)
        if state is None or await asyncio.to_thread(_state, folder) != state:
            return
