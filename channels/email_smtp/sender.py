"""The SMTP adapter: one recipient a transaction, and an error that says exactly how far it got."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from channels.base import Context, Settings
from channels.email_smtp.compose import build_mail
from channels.email_smtp.header import addr_spec, safe
from channels.email_smtp.link import SmtpLink
from channels.email_smtp.mail import Envelope, unheeded, utc_now
from channels.email_smtp.pipe import Order
from channels.email_smtp.pool import SmtpPool
from channels.email_smtp.rush import Rush
from channels.mail_wire import MailServer, NotAccepted, SettingsReader, Unreachable
from hub.model.errors import ChannelBroken, Rejected, SendError, Temporary
from hub.model.outbound import Outgoing, Receipt
from hub.model.problem import Problem

PORTS = {"tls": 465, "starttls": 587, "none": 25}
BUILT_ASIDE = 1024 * 1024  # mails with more attached are built in a thread, off the event loop


class SmtpSender:
    """Channel, Sends, Takes, Composes. Settings: host, port, tls, username, password, ca_file, from_address, from_name,
    reply_to, bounces_to, ehlo_name, size_limit_mb, connections, dkim_key, dkim_selector, dkim_domain.

    `bounces_to`: a mailbox the hub reads whose host delivers `name+anything@`; each mail then has a return path of its
    own (VERP), which names the mail and proves it by the local part of its Message-ID, which only its recipient knows.
    `dkim_key`, `dkim_selector`: mails are signed (channels.email_smtp.signing), by `dkim_domain` or the sender's own.
    """

    schemes: Sequence[str] = ("mailto",)

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        read = SettingsReader(name, settings)
        self.name = name
        self._server = MailServer.from_settings(read, PORTS, context)
        self._from_address = read.address("from_address")
        self._from_name = read.text("from_name", "")
        self._reply_to = read.address("reply_to") if read.text("reply_to", "") else ""
        self._bounces_to = read.address("bounces_to") if read.text("bounces_to", "") else ""
        self._ehlo_name = _ehlo_name(read.text("ehlo_name", "") or urlsplit(context.public_url).hostname or "localhost")
        self._size_limit = int(read.number("size_limit_mb", 25, 0.001, 1024) * 1024 * 1024)
        self._sign, self.dkim_records = _signer(read, self._from_address)
        self._pool = SmtpPool(self._open_link, int(read.number("connections", 4, 1, 100)))
        # The token of a consent is lent to this process alone; who asks for one lets few mails pass in a minute.
        alone = context.sandbox or self._server.access_token is not None
        self._rush = None if alone else Rush(Order(name, settings, context.public_url))

    async def open(self) -> None:
        """Connections are opened as mails need them."""
        self._pool.open()

    async def close(self) -> None:
        self._pool.close()
        if self._rush is not None:
            await self._rush.close()

    async def check(self) -> Sequence[Problem]:
        try:
            link = await self._open_link()
        except (Unreachable, NotAccepted) as error:
            return [error.problem]
        try:
            await link.check_sender(self._from_address)
        except SendError as error:
            return [
                self._server.problem(
                    "sender",
                    f"{self._server.address} takes no mail from {self._from_address}.",
                    cause=error.message,
                    mend="Use an address as from_address which this account may send from.",
                )
            ]
        finally:
            link.close()
        return []

    async def send(self, message: Outgoing, deadline: datetime) -> Receipt:
        """Sends once. Raises SendError, or Refused where the message cannot be put into a mail."""
        courier = self._rush.courier(message) if self._rush is not None else None
        return await (courier.send(message, deadline) if courier is not None else self.carry(message, deadline))

    @property
    def is_taking(self) -> bool:
        return self._rush is not None and self._rush.is_on

    def take(
        self, message: Outgoing, deadline: datetime, tell: Callable[[Receipt | Exception], None]
    ) -> Callable[[], None] | None:
        """Has a mail sent by the process of a big run; None where there is none, or the mail is large."""
        courier = self._rush.courier(message) if self._rush is not None else None
        return courier.take(message, deadline, tell) if courier is not None else None

    async def carry(self, message: Outgoing, deadline: datetime, at_dot: Callable[[], None] = unheeded) -> Receipt:
        """Sends once from this process; calls `at_dot` just before the final dot is written. Raises as `send` does."""
        envelope = await self._envelope(message)
        try:
            return await self._pool.send(envelope, deadline, at_dot)
        except Unreachable as error:
            raise Temporary(error.message, phase="connect", provider_code=_code(error.problem)) from error
        except NotAccepted as error:
            raise ChannelBroken(error.message, phase="connect", provider_code=_code(error.problem)) from error

    def compose(self, message: Outgoing, at: datetime) -> bytes:
        return build_mail(message, self._from_address, self._from_name, at, self._reply_to)

    async def _envelope(self, message: Outgoing) -> Envelope:
        recipient = addr_spec(message.to.value, "To")
        sender = _verp(self._bounces_to, message) if self._bounces_to else self._from_address
        if message.return_path:
            bare = safe(message.return_path, "return path").strip().removeprefix("<").removesuffix(">")
            sender = addr_spec(bare, "return path") if bare else ""
        arguments = (message, self._from_address, self._from_name, utc_now(), self._reply_to)
        if sum(len(each.content or b"") for each in message.attachments) > BUILT_ASIDE:
            content = await asyncio.to_thread(lambda: self._sign(build_mail(*arguments)))
        else:
            content = self._sign(build_mail(*arguments))
        if len(content) > self._size_limit:
            megabyte = 1024 * 1024
            raise Rejected(
                f"The mail has {len(content) / megabyte:.1f} MB, and this channel sends at most "
                f"{self._size_limit / megabyte:.4g} MB.",
                phase="build",
            )
        return Envelope(sender, recipient, content)

    async def _open_link(self) -> SmtpLink:
        return await SmtpLink.open(self._server, self._ehlo_name)


def _signer(read: SettingsReader, from_address: str) -> tuple[Callable[[bytes], bytes], dict[str, str]]:
    """Returns what signs a mail, or leaves it as it is where no key is set; and the records of the keys by their names.

    Raises ConfigurationError.
    """
    key = read.text("dkim_key", "")
    if not key:
        return bytes, {}
    from channels.email_smtp import signing

    own = from_address.rpartition("@")[2].lower()
    domain = read.text("dkim_domain", own).lower()
    # DMARC counts a signature of the sender's own domain, or of the one above it (RFC 7489 section 3.1.1).
    if own != domain and not own.endswith(f".{domain}"):
        raise read.wrong("dkim_domain", f"must be {own} or a domain above it")
    try:
        keys = signing.read_keys(domain, read.text("dkim_selector"), key)
    except ValueError as error:
        raise read.wrong("dkim_key", str(error)) from None
    published = {each.name: each.record for each in keys}
    return lambda content: signing.sign(content, keys, int(utc_now().timestamp())), published


def _verp(mailbox: str, message: Outgoing) -> str:
    """Returns the return path of one mail: `bounces+ID.PROOF@example.com`, or the mailbox itself without a proof."""
    proof = message.message_id.partition("@")[0]
    local, _, domain = mailbox.rpartition("@")
    address = f"{local}+{message.id}.{proof}@{domain}"
    # RFC 5321 section 4.5.3.1.1: a local part has at most 64 octets.
    fits = bool(proof) and proof.isascii() and len(address) - len(domain) - 1 <= 64
    return address if fits else mailbox


def _code(problem: Problem) -> str:
    code = problem.cause[:3]
    return code if code.isdigit() else ""


def _ehlo_name(host: str) -> str:
    """Returns a host name, or an address as a literal (RFC 5321 section 4.1.3)."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return host
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"
