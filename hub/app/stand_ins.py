"""Stand-ins: what plays the outside world on loopback for the channels that are not live."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from channels.base import Fetches, Polls, Recalls, Sends, Transcribes
from channels.twilio_wire import hook_url
from hub.app.data import locked
from hub.config import ChannelSettings
from hub.model.errors import ConfigurationError
from hub.sandbox.letters import SERVER
from hub.sandbox.mailbox import SandboxMailbox
from hub.sandbox.twilio import Hooks, TwilioEmulator

MAIL_IN = "channels.email_imap:ImapMailbox"
MAIL_OUT = "channels.email_smtp:SmtpSender"
TEXTS = "channels.sms:TwilioSms"
CALLS = "channels.voice:TwilioVoice"
# What reads this machine's own disk needs no stand-in.
_LOCAL = "channels.maildir:Maildir"
_PLAYED = frozenset({MAIL_IN, MAIL_OUT, TEXTS, CALLS})
_SID = "AC" + "0" * 31 + "1"
_STARTING_TRIES = 100
# A phone of the sandbox rings so many seconds for a person to pick up.
_RINGS = 30.0
# Long enough for the hub to ask for a recording, which it does within two seconds.
_TALKS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Where the stand-ins listen; shared by all hub processes of one data folder."""

    maildir: str = ""
    smtp_port: int = 0
    twilio: str = ""
    token: str = field(default="", repr=False)


class StandIns:
    """The sandbox's mailbox and Twilio. The first process of a data folder runs them, the others find its doors."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held = ExitStack()
        self._mailbox: SandboxMailbox | None = None
        self._twilio: TwilioEmulator | None = None
        self._first_box = ""
        self.doors = Doors()

    @classmethod
    def beside(cls, data: Path, channels: Mapping[str, ChannelSettings]) -> StandIns:
        """Returns the stand-ins of a data folder as another process sees them, for reading where things lie."""
        made = cls(data / "sandbox")
        made._first_box = _first_box(channels)
        return made

    @property
    def mail_folder(self) -> Path:
        """Returns where the stand-in mailbox keeps its mails."""
        return self._folder / "mail"

    async def serve(self, channels: Mapping[str, ChannelSettings], local_url: str) -> None:
        """Runs what the channels in the sandbox need, on loopback, and nothing for those that are live.

        Called again when channels were switched: phones and mailboxes keep what lies in them. Raises
        ConfigurationError.
        """
        self._first_box = _first_box(channels)
        sandboxed = {name: channel for name, channel in channels.items() if channel.mode == "sandbox"}
        if not _PLAYED & {channel.adapter for channel in sandboxed.values()}:
            await self.stop()
        elif self._twilio is not None:
            self._twilio.serve(_numbers(sandboxed, local_url))
        else:
            await self._start(_numbers(sandboxed, local_url))

    async def _start(self, numbers: Mapping[str, Hooks]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._held.enter_context(locked(self._folder, "sandbox.lock"))
        except ConfigurationError:
            self.doors = await self._found()
            return
        self._file.unlink(missing_ok=True)
        token = secrets.token_hex(16)
        self._mailbox = SandboxMailbox(self.mail_folder)
        await self._mailbox.start()
        log = self._folder / "phones.jsonl"
        self._twilio = TwilioEmulator(_SID, token, numbers=numbers, log=log, ring_seconds=_RINGS, talk_seconds=_TALKS)
        await self._twilio.start()
        self.doors = Doors(
            maildir=str(self._mailbox.maildir),
            smtp_port=self._mailbox.port,
            twilio=self._twilio.base_url,
            token=token,
        )
        with os.fdopen(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self.doors), file)

    @property
    def _file(self) -> Path:
        return self._folder / "doors.json"

    async def _found(self) -> Doors:
        """Returns the doors that another process opened, which may be starting at this moment."""
        for _ in range(_STARTING_TRIES):
            try:
                return Doors(**json.loads(self._file.read_text()))
            except (FileNotFoundError, ValueError):
                await asyncio.sleep(0.1)
        raise ConfigurationError(
            f"Another process holds {self._folder}, but its stand-ins do not answer.", next_step="Start the hub again."
        )

    async def stop(self) -> None:
        """Stops what this process started."""
        twilio, mailbox, self._twilio, self._mailbox = self._twilio, self._mailbox, None, None
        if twilio:
            await twilio.stop()
        if mailbox:
            await mailbox.stop()
            self._file.unlink(missing_ok=True)
        self.doors = Doors()
        self._held.close()

    def settings(self, channel: ChannelSettings) -> tuple[str, dict[str, Any]]:
        """Returns the adapter and settings with which a channel talks to its stand-in, or its own when it is live."""
        if channel.mode == "live":
            return channel.adapter, channel.settings
        if channel.adapter == MAIL_IN:
            kept: dict[str, Any] = {
                name: channel.settings[name] for name in ("address", "addresses") if name in channel.settings
            }
            return _LOCAL, {**kept, "path": str(self.box(channel.name)), "authserv_ids": [SERVER]}
        if channel.adapter == MAIL_OUT:
            own = {"host": "127.0.0.1", "port": self.doors.smtp_port, "tls": "none", "username": "", "password": ""}
            own["login"] = "password"
            return channel.adapter, {**channel.settings, **own}
        if channel.adapter in (TEXTS, CALLS):
            account = {"account_sid": _SID, "auth_tokens": [self.doors.token]}
            home = {"base_url": self.doors.twilio, "media_base": self.doors.twilio}
            return channel.adapter, {**channel.settings, **account, **home}
        return channel.adapter, channel.settings

    def box(self, channel: str) -> Path:
        """Returns the Maildir that plays a channel's mailbox: the first channel's is the mailbox's own."""
        mailbox = SandboxMailbox(self.mail_folder)
        return mailbox.maildir if channel == self._first_box else mailbox.box(channel)

    def keeps_in(self, section: ChannelSettings, channel: object) -> bool:
        """Whether a channel in the sandbox reaches nothing outside this machine."""
        reaches_out = isinstance(channel, Polls | Sends | Recalls | Fetches | Transcribes)
        return section.adapter in _PLAYED or section.adapter == _LOCAL or not reaches_out


def _first_box(channels: Mapping[str, ChannelSettings]) -> str:
    return next((name for name, channel in channels.items() if channel.adapter == MAIL_IN), "")


def _numbers(channels: Mapping[str, ChannelSettings], local_url: str) -> dict[str, Hooks]:
    """Returns the webhooks of each number, as they would be set at Twilio."""
    hooks: dict[str, dict[str, str]] = {}
    for name, channel in channels.items():
        number = str(channel.settings.get("from_number", ""))
        if channel.adapter == TEXTS and number:
            hooks.setdefault(number, {})["text"] = hook_url(local_url, name, "text")
        if channel.adapter == CALLS and number:
            urls = hooks.setdefault(number, {})
            urls["call"] = hook_url(local_url, name, "call")
            urls["call_status"] = hook_url(local_url, name, "call_status")
    return {number: Hooks(**urls) for number, urls in hooks.items()}
