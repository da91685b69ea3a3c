"""What the mail adapters share at the wire: settings of a mail server, TLS, and why a server cannot be reached."""

from __future__ import annotations

import errno
import socket
import ssl
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from channels.base import AccessToken, Context, Settings
from hub.model.errors import ConfigurationError, HubError, Unavailable
from hub.model.identity import email_identity
from hub.model.problem import Problem, Severity


class Unreachable(Unavailable):
    """The server cannot be reached or went away; trying again may help."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.message} {problem.cause}".strip(), next_step=problem.mend)
        self.problem = problem


class NotAccepted(ConfigurationError):
    """The server answers, but not as the settings expect (certificate, login, folder); somebody must mend it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.message} {problem.cause}".strip(), next_step=problem.mend)
        self.problem = problem


class SettingsReader:
    """Reads one channel's settings; every complaint is one sentence that names the channel and the setting."""

    def __init__(self, channel: str, settings: Settings) -> None:
        self.channel = channel
        self._settings = settings

    def wrong(self, key: str, what: str) -> ConfigurationError:
        return ConfigurationError(f'Channel "{self.channel}": {key} {what}.')

    def text(self, key: str, default: str | None = None) -> str:
        value = self._settings.get(key, default)
        if value is None or value == "":
            if default is None:
                raise self.wrong(key, "is missing")
            return default
        if not isinstance(value, str) or any(ord(character) < 32 or character == "\x7f" for character in value):
            raise self.wrong(key, "must be one line of text")
        return value

    def number(self, key: str, default: float, low: float, high: float) -> float:
        value = self._settings.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.wrong(key, f"must be a number from {low:g} to {high:g}")
        return value

    def flag(self, key: str) -> bool:
        value = self._settings.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self._settings.get(key, default)
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list | tuple) or not all(
            isinstance(item, str) and item.isprintable() for item in value
        ):
            raise self.wrong(key, "must be a list of texts")
        return tuple(value) or default

    def address(self, key: str, default: str | None = None) -> str:
        """Returns an e-mail address with its domain in ASCII (RFC 5891), its local part as written."""
        value = self.text(key, default)
        identity = email_identity(value)
        if identity is None:
            raise self.wrong(key, f'must be an e-mail address, and "{value}" is none')
        return f"{value.strip().rpartition('@')[0]}@{identity.value.rpartition('@')[2]}"

    def addresses(self, *keys: str) -> frozenset[str]:
        """Returns the canonical addresses written under any of the keys."""
        found = set()
        for key in keys:
            for text in self.texts(key):
                identity = email_identity(text)
                if identity is None:
                    raise self.wrong(key, f'must be an e-mail address, and "{text}" is none')
                found.add(identity.value)
        return frozenset(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where a mail server is and how to log in. `tls`: from the first byte, by STARTTLS, or none (loopback only).

    `access_token`: lends the token of a consent, where the login is by one (`login = "oauth"`).
    """

    channel: str
    host: str
    port: int
    tls: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    access_token: AccessToken | None = field(default=None, repr=False)

    @classmethod
    def from_settings(
        cls, read: SettingsReader, ports: Mapping[str, int], context: Context | None = None
    ) -> MailServer:
        """`ports`: the well-known port of each kind of TLS. Raises ConfigurationError."""
        host = read.text("host")
        tls = read.text("tls", "tls")
        if tls not in ports:
            raise read.wrong("tls", 'must be "tls", "starttls" or "none"')
        if tls == "none" and not _is_loopback(host):
            raise read.wrong(
                "tls", f'may be "none" only on this machine itself: {host} would get the password in the clear'
            )
        ca_file = read.text("ca_file", "")
        if ca_file and not Path(ca_file).is_file():
            raise read.wrong("ca_file", f"names no file: {ca_file}")
        username = read.text("username", "")
        login = read.text("login", "password")
        if login not in ("password", "oauth"):
            raise read.wrong("login", 'must be "password" or "oauth"')
        access_token = context.access_token if context is not None and login == "oauth" else None
        if login == "oauth":
            read.text("username")
            if access_token is None:
                raise read.wrong(
                    "login", 'is "oauth", and the hub keeps no consent for it: connect it on the channels page'
                )
        elif username:
            read.text("password")
        return cls(
            channel=read.channel,
            host=host,
            port=int(read.number("port", ports[tls], 1, 65535)),
            tls=tls,
            username=username,
            password=read.text("password", ""),
            ca_file=Path(ca_file) if ca_file else None,
            access_token=access_token,
        )

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def tls_context(self) -> ssl.SSLContext:
        """Returns a context that checks certificate and host name. Raises NotAccepted when ca_file holds none."""
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (ssl.SSLError, OSError) as error:
            raise NotAccepted(
                self.problem(
                    "ca_file",
                    f"The file {self.ca_file} holds no certificates.",
                    cause=str(error),
                    mend="Name a PEM file with the certificate authority's certificate in ca_file.",
                )
            ) from error

    async def token(self, refused: str = "") -> str:
        """Returns a token to log in with. Raises NotAccepted where the consent has ended, and Unreachable."""
        if self.access_token is None:
            raise ValueError("this login is by password")
        try:
            return await self.access_token(refused)
        except HubError as error:
            told = self.problem(error.code, error.message, mend=error.next_step)
            raise (Unreachable(told) if isinstance(error, Unavailable) else NotAccepted(told)) from error

    def bearer(self, mechanism: str, token: str) -> str:
        """Returns the first response of a login by token, encoded: XOAUTH2 (Google), OAUTHBEARER (RFC 7628)."""
        if mechanism == "XOAUTH2":
            said = f"user={self.username}\x01auth=Bearer {token}\x01\x01"
        else:
            user = self.username.replace("=", "=3D").replace(",", "=2C")
            said = f"n,a={user},\x01host={self.host}\x01port={self.port}\x01auth=Bearer {token}\x01\x01"
        return b64encode(said.encode()).decode("ascii")

    def problem(self, code: str, message: str, *, cause: str = "", mend: str = "") -> Problem:
        return Problem(code=code, severity=Severity.ERROR, where=self.channel, message=message, cause=cause, mend=mend)

    def failure(self, error: BaseException) -> Unreachable | NotAccepted:
        """Tells which step failed on the way (DNS, TCP, TLS) from what the operating system raised."""
        match error:
            case Unreachable() | NotAccepted():
                return error
            case socket.gaierror():
                return Unreachable(
                    self.problem(
                        "dns",
                        f"The server name {self.host} was not found.",
                        cause=error.strerror or str(error),
                        mend="Check the spelling of host, and whether this machine can look up names.",
                    )
                )
            case ssl.SSLCertVerificationError():
                return NotAccepted(
                    self.problem(
                        "tls_certificate",
                        f"The certificate of {self.address} is not trusted.",
                        cause=error.verify_message or str(error),
                        mend="Write host exactly as in the certificate; for an authority of your own, set ca_file.",
                    )
                )
            case ssl.SSLError():
                return NotAccepted(
                    self.problem(
                        "tls",
                        f"No encrypted connection to {self.address} could be made.",
                        cause=error.reason or str(error),
                        mend='Where the port speaks plain text first (143, 587, 25), set tls = "starttls".',
                    )
                )
            case TimeoutError():
                return Unreachable(
                    self.problem(
                        "timeout",
                        f"{self.address} does not answer.",
                        cause="It took longer than the time allowed.",
                        mend="Check host, port and tls, and whether a firewall stands between.",
                    )
                )
            case _ if _is_refused(error):
                return Unreachable(
                    self.problem(
                        "refused",
                        f"{self.address} refuses connections.",
                        cause="No server listens on that port.",
                        mend="Check host and port, and whether the server runs.",
                    )
                )
        return Unreachable(
            self.problem(
                "network",
                f"The connection to {self.address} failed.",
                cause=str(error) or type(error).__name__,
                mend="Check the network between this machine and the server.",
            )
        )


# What ends an exchange after the server said, in a challenge, why it refuses the token: without it both wait.
# An empty response (XOAUTH2), one ^A (RFC 7628 section 3.2.3).
BEARER_ENDS: Mapping[str, str] = {"XOAUTH2": "", "OAUTHBEARER": "AQ=="}


def bearer_mechanism(offered: Collection[str]) -> str:
    """Returns the kind of login by token that a server offers, empty where it offers none."""
    return next((mechanism for mechanism in BEARER_ENDS if mechanism in offered), "")


def challenge_text(encoded: str) -> str:
    """Returns why a server refuses a token, from its challenge; what is no base64 stays as it is."""
    try:
        return b64decode(encoded, validate=True).decode("utf-8", "replace").strip()
    except ValueError:
        return encoded


def _is_refused(error: BaseException) -> bool:
    # asyncio joins the errors of several addresses (::1 and 127.0.0.1) into one text without an errno.
    return isinstance(error, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in str(error)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
