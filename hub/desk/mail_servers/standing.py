"""How a domain stands with those who take its mail: what it publishes against what they expect, each with a mend.

Since 2024 Google, Yahoo and Microsoft refuse or put aside mail of large senders that lack SPF, DKIM or DMARC
(https://support.google.com/a/answer/81126, https://senders.yahooinc.com/best-practices).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from hub.desk.mail_servers import policies, spf
from hub.desk.mail_servers.dns import NoAnswer
from hub.desk.mail_servers.findings import Line, State
from hub.desk.mail_servers.outside import Outside
from hub.desk.mail_servers.receiving import receiving
from hub.model.errors import Refused
from hub.model.identity import email_identity
from hub.model.problem_codes.entry import N_

# Names under which providers publish the keys that they sign with, asked for where nobody says which.
USUAL_SELECTORS = ("google", "selector1", "selector2", "default", "dkim", "mail", "k1", "s1", "hub")


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
        lambda: _dmarc(domain, outside),
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
    if followed.ends in ("", "?"):
        return line(State.ADVICE, N_("It says nothing of all others."), N_("End it with ~all or -all."))
    if senders and not followed.allows:
        why = N_("It does not name the address of {server}, by which the hub sends.")
        mend = N_("Add what your mail provider asks for (include:…), where it sends from other addresses than this.")
        return line(State.ADVICE, why, mend, server=sending.server)
    return line(State.GOOD, N_("It says who may send for the domain, and keeps the others out."))


async def _dkim(domain: str, sending: Sending, outside: Outside) -> list[Line]:
    if sending.keys:
        return [await _key(name, record, outside) for name, record in sending.keys.items()]
    selectors = tuple(sending.selectors) or USUAL_SELECTORS
    names = [f"{selector}._domainkey.{domain}" for selector in selectors]
    told = dict(zip(names, await asyncio.gather(*map(outside.texts, names)), strict=True))
    found = [f"{name}: {text}" for name, texts in told.items() for text in texts if "p=" in text]
    if found:
        why = N_("A key is published; that mails are signed with it, only a mail that arrived can show.")
        return [Line(name="DKIM", state=State.GOOD, why=why, found=found)]
    if sending.selectors:
        why, state = N_("No key is published under this name."), State.BAD
    else:
        why, state = N_("No key is published under the names that providers usually take."), State.ADVICE
    mend = N_(
        "Switch signing on at your mail provider and publish what it names; or let the hub sign by a key of its own."
    )
    return [Line(name="DKIM", state=state, why=why, where=names[0] if len(names) == 1 else "", mend=mend)]


async def _key(name: str, record: str, outside: Outside) -> Line:
    said = [text for text in await outside.texts(name) if "p=" in text]
    mine = _tag(record, "p")
    line = partial(Line, name="DKIM", where=name, found=said, expected=record)
    if any(_tag(text, "p") == mine for text in said):
        if any("y" in _tag(text, "t").split(":") for text in said):
            why = N_("The key is published as being tried out only (t=y), so it counts for nothing.")
            return line(state=State.ADVICE, why=why, mend=N_("Take t=y out of the record."))
        return line(state=State.GOOD, why=N_("The key that the hub signs with is published."))
    if said:
        why = N_("Another key is published than the one the hub signs with: its mails look forged.")
        return line(state=State.BAD, why=why, mend=N_("Publish the record that is expected."))
    why = N_("The key that the hub signs with is not published: its signatures cannot be checked.")
    return line(state=State.BAD, why=why, mend=N_("Publish it as a TXT record."))


async def _dmarc(domain: str, outside: Outside) -> list[Line]:
    where, said = f"_dmarc.{domain}", _policies(await outside.texts(f"_dmarc.{domain}"))
    above = domain.partition(".")[2]
    if not said and "." in above:  # RFC 7489 section 6.6.3
        where, said = f"_dmarc.{above}", _policies(await outside.texts(f"_dmarc.{above}"))
    expected = f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}"
    line = partial(Line, name="DMARC", where=where, found=said, expected=expected)
    if len(said) != 1:
        why = N_("The domain does not say what to do with forged mail.")
        if said:
            why = N_("The domain says it more than once.")
        mend = N_("Publish one TXT record as expected; make it p=quarantine once the reports show only mail of yours.")
        return [line(where=f"_dmarc.{domain}", state=State.BAD, why=why, mend=mend)]
    policy = (_tag(said[0], "sp") if where != f"_dmarc.{domain}" else "") or _tag(said[0], "p")
    if policy not in ("none", "quarantine", "reject"):
        return [line(state=State.BAD, why=N_("Its policy (p=) is none that is known."), mend=N_("Correct it."))]
    if not _tag(said[0], "rua"):
        why = N_("It names nobody who gets the reports, so nobody sees who sends in your name.")
        return [
            line(state=State.ADVICE, why=why, mend=N_("Add rua=mailto:postmaster@{domain}."), seen={"domain": domain})
        ]
    if policy == "none":
        why = N_("It only asks for reports; forged mail in your name is still let in.")
        return [line(state=State.ADVICE, why=why, mend=N_("Make it p=quarantine once the reports look right."))]
    why = N_("Forged mail in your name is put aside or refused ({policy}).")
    return [line(state=State.GOOD, why=why, seen={"policy": policy})]


def _policies(texts: Sequence[str]) -> list[str]:
    return [text for text in texts if text.replace(" ", "").lower().startswith("v=dmarc1")]


def _tag(record: str, name: str) -> str:
    pairs = (piece.partition("=") for piece in record.split(";"))
    return next(("".join(value.split()) for key, _, value in pairs if key.strip().lower() == name), "")
