"""Where an address's mail is: well-known providers, what the domain publishes, who takes its mail, usual names."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from hub.desk.mail_servers import autoconfig
from hub.desk.mail_servers.outside import Outside
from hub.model.errors import Refused
from hub.model.identity import email_identity
from hub.model.mail_servers import BY_DOMAIN, BY_MX, MailServers, Server, Tls, of_known_domain, of_mx

_KNOWN = {(each.incoming.host, each.outgoing.host): each for each in (*BY_MX.values(), *BY_DOMAIN.values())}

_READING: tuple[tuple[int, Tls], ...] = ((993, "tls"), (143, "starttls"))
_SENDING: tuple[tuple[int, Tls], ...] = ((465, "tls"), (587, "starttls"))


async def find(address: str, outside: Outside) -> MailServers | None:
    """Returns where the mail of an address is, None where nobody says so. Raises Refused for what is no address.

    All is asked at once and takes some seconds at most; what the domain itself publishes comes before guesses. Hosts
    named there are strangers' words: they are tried only after a person has seen them.
    """
    identity = email_identity(address)
    if identity is None:
        raise Refused("This is no e-mail address.", field="address", next_step="Write it as support@example.com.")
    address = f"{address.strip().rpartition('@')[0]}@{identity.value.rpartition('@')[2]}"
    if known := of_known_domain(address):
        return known
    domain = address.rpartition("@")[2]
    exchanges, *published = await asyncio.gather(
        outside.exchanges(domain),
        _autoconfig(f"https://autoconfig.{domain}/mail/config-v1.1.xml", address, outside),
        _autoconfig(f"https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml", address, outside),
        _services(domain, address, outside),
    )
    hosted = of_mx(address, exchanges)
    # Who hosts the mail knows better than an old file of the web host, where it is one that we know.
    found = hosted or next((each for each in published if each), None) or await _usual_names(domain, address, outside)
    return _with_what_is_known(found) if found else None


async def _autoconfig(url: str, address: str, outside: Outside) -> MailServers | None:
    content = await outside.fetch(url)
    return autoconfig.read(content, address) if content else None


async def _services(domain: str, address: str, outside: Outside) -> MailServers | None:
    """RFC 6186 and RFC 8314 section 5: the domain's SRV records."""
    names = ("_imaps._tcp", "_imap._tcp", "_submissions._tcp", "_submission._tcp")
    told = await asyncio.gather(*(outside.services(f"{name}.{domain}") for name in names))
    first = [next(((host, port) for host, port in each if autoconfig.is_host(host) and port), None) for each in told]
    imaps, imap, submissions, submission = first
    incoming = Server(*imaps, "tls") if imaps else Server(*imap, "starttls") if imap else None
    outgoing = Server(*submissions, "tls") if submissions else Server(*submission, "starttls") if submission else None
    if incoming is None or outgoing is None:
        return None
    return MailServers(incoming=incoming, outgoing=outgoing, username=address, source="srv")


async def _usual_names(domain: str, address: str, outside: Outside) -> MailServers | None:
    """What many hosts name their servers, as far as somebody listens there."""
    reading: list[Server] = [
        Server(f"{name}.{domain}", port, tls) for port, tls in _READING for name in ("imap", "mail")
    ]
    sending: list[Server] = [
        Server(f"{name}.{domain}", port, tls) for port, tls in _SENDING for name in ("smtp", "mail")
    ]
    listens = await asyncio.gather(*(outside.answers(each.host, each.port) for each in (*reading, *sending)))
    there = {each for each, answers in zip((*reading, *sending), listens, strict=True) if answers}
    incoming = next((each for each in reading if each in there), None)
    outgoing = next((each for each in sending if each in there), None)
    if incoming is None or outgoing is None:
        return None
    return MailServers(incoming=incoming, outgoing=outgoing, username=address, source="names")


def _with_what_is_known(found: MailServers) -> MailServers:
    """Adds how a well-known provider is signed in to, where its servers were found by another way."""
    known = _KNOWN.get((found.incoming.host, found.outgoing.host))
    if known is None:
        return found
    more = {name: getattr(known, name) for name in ("provider", "consent", "passwords", "app_page")}
    return replace(found, **more)
