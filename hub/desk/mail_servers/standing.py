"""How a domain stands with those who take its mail: what it publishes against what they expect, each with a mend.

Since 2024 Google, Yahoo and Microsoft refuse or put aside mail of large senders that lack SPF, DKIM or DMARC
(https://support.google.com/a/answer/81126, https://senders.yahooinc.com/best-practices).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hub.desk.mail_servers import dkim_keys, policies, spf
from hub.desk.mail_servers.dmarc import dmarc
from hub.desk.mail_servers.dns import NoAnswer
from hub.desk.mail_servers.findings import Line, State
from hub.desk.mail_servers.outside import Outside
from hub.desk.mail_servers.receiving import receiving
from hub.model.errors import Refused
from hub.model.identity import email_identity
from hub.model.problem_codes.entry import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How the hub sends for a domain: by which server, with which keys (the record of each, by its name in DNS)."""

    server: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    selectors: Sequence[str] = ()


async def standing(domain: str, sending: Sending, outside: Outside) -> list[Line]:
    """Returns how a domain stands, all asked at once; takes some seconds. Raises Refused for what is no domain."""
    domain = checked(domain)
    looks: tuple[Callable[[], Awaitable[list[Line]]], ...] = (
        lambda: receiving(domain, outside),
        lambda: _spf(domain, sending, outside),
        lambda: _dkim(domain, sending, outside),
        lambda: dmarc(domain, outside),
        lambda: policies.policies(domain, outside),
    )
    names = ("MX", "SPF", "DKIM", "DMARC", "MTA-STS")
    told = await asyncio.gather(*(_surely(name, look) for name, look in zip(names, looks, strict=True)))
    return [line for lines in told for line in lines]


def checked(domain: str) -> str:
    """Returns a domain in ASCII. Raises Refused."""
    identity = email_identity(f"postmaster@{domain.strip().rstrip('.').rpartition('@')[2]}")
    if identity is None or "." not in identity.value.rpartition("@")[2]:
        raise Refused("This is no domain.", field="domain", next_step="Write it as example.com.")
    return identity.value.rpartition("@")[2].lower()


async def _surely(name: str, look: Callable[[], Awaitable[list[Line]]]) -> list[Line]:
    try:
        return await look()
    except NoAnswer:
        why = N_("No name server answered, so nobody knows what is published.")
        return [Line(name=name, state=State.UNKNOWN, why=why, mend=N_("Look again in a moment."))]


async def _spf(domain: str, sending: Sending, outside: Outside) -> list[Line]:
    said = spf.records(await outside.texts(domain))
    expected = "v=spf1 … ~all"
    if not said:
        why = N_("The domain does not say who may send its mail.")
        mend = N_("Publish a TXT record at {domain}: v=spf1 include:(what your provider names) ~all")
        seen = {"domain": domain}
        return [Line(name="SPF", state=State.BAD, why=why, where=domain, expected=expected, mend=mend, seen=seen)]
    if len(said) > 1:
        why = N_("The domain says it more than once, so receivers take it as saying nothing (RFC 7208 section 4.5).")
        mend = N_("Make one record of them.")
        return [Line(name="SPF", state=State.BAD, why=why, where=domain, found=said, expected=expected, mend=mend)]
    senders = spf.addresses(await outside.addresses(sending.server)) if sending.server else []
    followed = await spf.follow(domain, said[0], senders, outside.texts, outside.addresses, outside.exchanges)

    def line(state: State, why: str, mend: str = "", **seen: object) -> list[Line]:
        return [
            Line(name="SPF", state=state, why=why, where=domain, found=said, expected=expected, mend=mend, seen=seen)
        ]

    if followed.wrong:
        why, mend = N_("It cannot be followed: {wrong}"), N_("Correct it, or take out what is not used.")
        return line(State.BAD, why, mend, wrong=followed.wrong)
    if followed.ends == "+":
        return line(State.BAD, N_("It lets everybody send in your name (+all)."), N_("End it with ~all or -all."))
    if len(followed.nothing) > spf.MOST_VOID:
        why = N_("It names hosts that have no address: {hosts}. Receivers stop when more than two are missing.")
        return line(State.ADVICE, why, N_("Take out what is not used."), hosts=", ".join(followed.nothing))
    if followed.asks_names:
        why = N_("It asks for the name of every sender (ptr), which many receivers no longer do.")
        return line(State.ADVICE, why, N_("Name the addresses or the provider instead."))
    if followed.ends in ("", "?"):
        return line(State.ADVICE, N_("It says nothing of all others."), N_("End it with ~all or -all."))
    if senders and not followed.allows:
        why = N_("It does not name the address of {server}, by which the hub sends.")
        mend = N_("Add what your mail provider asks for (include:…), where it sends from other addresses than this.")
        return line(State.ADVICE, why, mend, server=sending.server)
    return line(State.GOOD, N_("It says who may send for the domain, and keeps the others out."))


async def _dkim(domain: str, sending: Sending, outside: Outside) -> list[Line]:
    if sending.keys:
        return await dkim_keys.own(sending.keys, outside)
    return await dkim_keys.published(domain, sending.selectors, outside)
