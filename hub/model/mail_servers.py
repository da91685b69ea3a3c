"""Mail servers of an address: where mail is read and sent, and what well-known providers want. As of November 2026."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

Tls = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class Server:
    """One server. `tls`: encrypted from the first byte, by STARTTLS, or not at all (on this machine itself only)."""

    host: str
    port: int
    tls: Tls


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServers:
    """Where an address's mail is. `source`: how it was found (known, autoconfig, mx, srv, names).

    `consent`: the provider by whose consent one signs in (google, microsoft), empty where by password alone.
    `passwords`: whether it takes passwords; `app_page`: the page where it gives one for mail programs, if it
    takes no other.
    """

    incoming: Server
    outgoing: Server
    username: str = ""
    source: str = "known"
    provider: str = ""
    consent: str = ""
    passwords: bool = True
    app_page: str = ""

    def of(self, address: str, source: str) -> MailServers:
        """Returns these servers for an address."""
        return replace(self, username=self.username or address, source=source)


def _known(name: str, imap: str, smtp: str, smtp_port: int = 465, **more: str | bool) -> MailServers:
    tls: Tls = "tls" if smtp_port == 465 else "starttls"
    return MailServers(
        incoming=Server(imap, 993, "tls"),
        outgoing=Server(smtp, smtp_port, tls),
        provider=name,
        **more,  # type: ignore[arg-type]  # the flags below
    )


_GOOGLE = _known(
    "Google",
    "imap.gmail.com",
    "smtp.gmail.com",
    consent="google",
    app_page="https://myaccount.google.com/apppasswords",
)
_MICROSOFT_HOME = _known(
    "Microsoft", "outlook.office365.com", "smtp-mail.outlook.com", 587, consent="microsoft", passwords=False
)
_MICROSOFT = _known(
    "Microsoft", "outlook.office365.com", "smtp.office365.com", 587, consent="microsoft", passwords=False
)
_APPLE = _known(
    "iCloud", "imap.mail.me.com", "smtp.mail.me.com", 587, app_page="https://account.apple.com/account/manage"
)
_YAHOO = _known(
    "Yahoo", "imap.mail.yahoo.com", "smtp.mail.yahoo.com", app_page="https://login.yahoo.com/account/security"
)
_FASTMAIL = _known(
    "Fastmail", "imap.fastmail.com", "smtp.fastmail.com", app_page="https://app.fastmail.com/settings/security"
)
_YANDEX = _known(
    "Yandex", "imap.yandex.com", "smtp.yandex.com", app_page="https://id.yandex.com/security/app-passwords"
)
_MAIL_RU = _known(
    "Mail.ru", "imap.mail.ru", "smtp.mail.ru", app_page="https://account.mail.ru/user/2-step-auth/passwords"
)
_ZOHO = _known("Zoho", "imap.zoho.com", "smtp.zoho.com")
_SEZNAM = _known("Seznam", "imap.seznam.cz", "smtp.seznam.cz")
_IONOS = _known("IONOS", "imap.ionos.com", "smtp.ionos.com")
_OVH = _known("OVH", "ssl0.ovh.net", "ssl0.ovh.net")
_MAILBOX_ORG = _known("mailbox.org", "imap.mailbox.org", "smtp.mailbox.org")
_POSTEO = _known("Posteo", "posteo.de", "posteo.de")
_INFOMANIAK = _known("Infomaniak", "mail.infomaniak.com", "mail.infomaniak.com")
_GANDI = _known("Gandi", "mail.gandi.net", "mail.gandi.net")
_HOSTINGER = _known("Hostinger", "imap.hostinger.com", "smtp.hostinger.com")
_NAMECHEAP = _known("Namecheap", "mail.privateemail.com", "mail.privateemail.com")
_GODADDY = _known("GoDaddy", "imap.secureserver.net", "smtpout.secureserver.net")

BY_DOMAIN: Mapping[str, MailServers] = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), _GOOGLE),
    **dict.fromkeys(("outlook.com", "hotmail.com", "live.com", "msn.com", "outlook.de"), _MICROSOFT_HOME),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), _APPLE),
    **dict.fromkeys(("yahoo.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr", "yahoo.com.br", "ymail.com"), _YAHOO),
    "aol.com": _known("AOL", "imap.aol.com", "smtp.aol.com", app_page="https://login.aol.com/account/security"),
    **dict.fromkeys(("fastmail.com", "fastmail.fm"), _FASTMAIL),
    "gmx.com": _known("GMX", "imap.gmx.com", "mail.gmx.com", 587),
    **dict.fromkeys(("gmx.net", "gmx.de", "gmx.at", "gmx.ch"), _known("GMX", "imap.gmx.net", "mail.gmx.net", 587)),
    "web.de": _known("WEB.DE", "imap.web.de", "smtp.web.de", 587),
    "t-online.de": _known("Telekom", "secureimap.t-online.de", "securesmtp.t-online.de"),
    "orange.fr": _known("Orange", "imap.orange.fr", "smtp.orange.fr"),
    "libero.it": _known("Libero", "imapmail.libero.it", "smtp.libero.it"),
    **dict.fromkeys(("yandex.com", "yandex.ru", "ya.ru"), _YANDEX),
    **dict.fromkeys(("mail.ru", "inbox.ru", "list.ru", "bk.ru"), _MAIL_RU),
    **dict.fromkeys(("seznam.cz", "email.cz", "post.cz"), _SEZNAM),
    **dict.fromkeys(("zoho.com", "zohomail.com"), _ZOHO),
    "mailbox.org": _MAILBOX_ORG,
    **dict.fromkeys(("posteo.de", "posteo.net"), _POSTEO),
}  # fmt: skip
# By the end of the name of the server that takes a domain's mail (MX): whose customers have domains of their own.
BY_MX: Mapping[str, MailServers] = {
    "google.com": _GOOGLE,
    "googlemail.com": _GOOGLE,
    "mail.protection.outlook.com": _MICROSOFT,
    "mx.microsoft": _MICROSOFT,
    "mail.icloud.com": _APPLE,
    "yahoodns.net": _YAHOO,
    "messagingengine.com": _FASTMAIL,
    "zoho.com": _ZOHO,
    "zoho.eu": _known("Zoho", "imap.zoho.eu", "smtp.zoho.eu"),
    "mx.yandex.net": _YANDEX,
    "mail.ru": _MAIL_RU,
    "seznam.cz": _SEZNAM,
    "ionos.com": _IONOS,
    "ionos.de": _known("IONOS", "imap.ionos.de", "smtp.ionos.de"),
    "kundenserver.de": _known("IONOS", "imap.ionos.de", "smtp.ionos.de"),
    "mail.ovh.net": _OVH,
    "mailbox.org": _MAILBOX_ORG,
    "posteo.de": _POSTEO,
    "infomaniak.ch": _INFOMANIAK,
    "mail.gandi.net": _GANDI,
    "hostinger.com": _HOSTINGER,
    "privateemail.com": _NAMECHEAP,
    "secureserver.net": _GODADDY,
}


def of_known_domain(address: str) -> MailServers | None:
    """Returns the servers of a well-known provider's address."""
    found = BY_DOMAIN.get(address.rpartition("@")[2].lower())
    return found.of(address, "known") if found else None


def of_mx(address: str, exchanges: list[str]) -> MailServers | None:
    """Returns the servers of the provider that takes a domain's mail, where it is a well-known one."""
    for exchange in exchanges:
        name = exchange.rstrip(".").lower()
        for end, servers in BY_MX.items():
            if name == end or name.endswith(f".{end}"):
                return servers.of(address, "mx")
    return None
