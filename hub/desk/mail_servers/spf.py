"""SPF read and followed (RFC 7208): which addresses may send for a domain, and how many look-ups that costs."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address
Txt = Callable[[str], Awaitable[Sequence[str]]]
Addresses = Callable[[str], Awaitable[Sequence[str]]]
# RFC 7208 section 4.6.4.
MOST_LOOKUPS = 10
_TERM = re.compile(r"([+?~-]?)([a-z0-9]+)(?:[:=]([^/\s]*))?((?:/\d+)?(?://\d+)?)\Z", re.IGNORECASE)
_COUNTED = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
_DEEPEST = 8


@dataclass(slots=True)
class Followed:
    """What a policy says. `ends`: what it says of all others (`-`, `~`, `?`, `+`), empty where it says nothing."""

    lookups: int = 0
    ends: str = ""
    allows: bool = False
    includes: list[str] = field(default_factory=list)
    wrong: str = ""


def records(texts: Sequence[str]) -> list[str]:
    """Returns the SPF policies among the TXT records of a domain; more than one is an error (section 4.5)."""
    return [text for text in texts if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]


async def follow(
    domain: str, policy: str, senders: Sequence[Address], txt: Txt, hosts: Addresses, exchanges: Addresses
) -> Followed:
    """Follows a policy to its end, as a receiver would for mail from one of these addresses.

    `hosts`: the addresses of a host name; `exchanges`: the hosts that take a domain's mail.
    """
    walk = _Walk(senders, txt, hosts, exchanges)
    told = await walk.policy(domain, policy, 0)
    told.lookups, told.includes = walk.lookups, walk.includes
    if walk.lookups > MOST_LOOKUPS and not told.wrong:
        told.wrong = f"It takes {walk.lookups} look-ups, and receivers stop at {MOST_LOOKUPS}."
    return told


class _Walk:
    def __init__(self, senders: Sequence[Address], txt: Txt, hosts: Addresses, exchanges: Addresses) -> None:
        self._senders, self._txt, self._hosts, self._exchanges = senders, txt, hosts, exchanges
        self.lookups = 0
        self.includes: list[str] = []

    async def policy(self, domain: str, policy: str, depth: int) -> Followed:
        told, redirect = Followed(), ""
        for term in policy.split()[1:]:
            read = _TERM.match(term)
            if not read:
                told.wrong = f"{term!r} is not understood."
                continue
            sign, name, value, length = read[1] or "+", read[2].lower(), read[3] or "", read[4]
            self.lookups += name in _COUNTED
            if name == "all":
                told.ends = sign
            elif name == "redirect":
                redirect = value
            elif self.lookups <= 2 * MOST_LOOKUPS and depth < _DEEPEST:
                told.allows |= await self._matches(name, value or domain, length, term, depth) and sign == "+"
        if redirect and not told.ends:
            inner = await self._included(redirect, depth)
            told.ends, told.allows = inner.ends, told.allows or inner.allows
        return told

    async def _matches(self, name: str, value: str, length: str, term: str, depth: int) -> bool:
        match name:
            case "ip4" | "ip6":
                return self._within([term.partition(":")[2]])
            case "a":
                return self._within([f"{each}{length}" for each in await self._hosts(value)])
            case "mx":
                hosts = list(await self._exchanges(value))[:MOST_LOOKUPS]
                found = [address for host in hosts for address in await self._hosts(host)]
                return self._within([f"{each}{length}" for each in found])
            case "include":
                self.includes.append(value.lower())
                return (await self._included(value, depth)).allows
        return False

    async def _included(self, domain: str, depth: int) -> Followed:
        found = records(await self._txt(domain)) if "%" not in domain else []
        return await self.policy(domain, found[0], depth + 1) if found else Followed()

    def _within(self, networks: Sequence[str]) -> bool:
        for written in networks:
            try:
                network = ip_network(written.partition("//")[0], strict=False)
            except ValueError:
                continue
            if any(sender in network for sender in self._senders if sender.version == network.version):
                return True
        return False


def addresses(texts: Sequence[str]) -> list[Address]:
    """Returns those of these texts that are addresses."""
    found: list[Address] = []
    for text in texts:
        try:
            found.append(ip_address(text))
        except ValueError:
            continue
    return found
