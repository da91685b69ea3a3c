"""SPF read and followed (RFC 7208): which addresses may send for a domain, and how many look-ups that costs."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address
Txt = Callable[[str], Awaitable[Sequence[str]]]
Addresses = Callable[[str], Awaitable[Sequence[str]]]
# RFC 7208 section 4.6.4: look-ups in all, those of them that find nothing, and the hosts of one `mx`.
MOST_LOOKUPS, MOST_VOID, MOST_EXCHANGES = 10, 2, 10
# Sections 5 and 6: a mechanism has a colon or nothing before its value, a modifier an equals sign; unknown modifiers
# are passed over, unknown mechanisms are errors.
_MECHANISM = re.compile(
    r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?::([^/\s]*))?((?:/\d+)?(?://\d+)?)\Z", re.IGNORECASE
)
_ADDRESSES = re.compile(r"([+?~-]?)(ip[46]):([0-9a-f.:]+(?:/\d+)?)\Z", re.IGNORECASE)
_MODIFIER = re.compile(r"([a-z][a-z0-9_.-]*)=(\S*)\Z", re.IGNORECASE)
_COUNTED = frozenset({"include", "a", "mx", "ptr", "exists"})
_NEED_VALUE = frozenset({"include", "exists"})


@dataclass(slots=True)
class Followed:
    """What a policy says. `ends`: what it says of all others (`-`, `~`, `?`, `+`), empty where it says nothing.

    `allowed`: those of the senders that may send; `asks_names`: it has `ptr`, which is not to be used (section 5.5);
    `nothing`: names that have no address as seen from here.
    """

    lookups: int = 0
    ends: str = ""
    allowed: frozenset[Address] = frozenset()
    includes: list[str] = field(default_factory=list)
    asks_names: bool = False
    nothing: list[str] = field(default_factory=list)
    wrong: str = ""

    @property
    def allows(self) -> bool:
        return bool(self.allowed)


class _Wrong(Exception):
    """The policy cannot be followed, so receivers take it as an error (RFC 7208 section 2.6.7)."""


@dataclass(frozen=True, slots=True)
class _Term:
    sign: str
    name: str
    value: str
    length: str


def records(texts: Sequence[str]) -> list[str]:
    """Returns the SPF policies among the TXT records of a domain; more than one is an error (section 4.5)."""
    return [text for text in texts if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]


async def follow(
    domain: str, policy: str, senders: Sequence[Address], txt: Txt, hosts: Addresses, exchanges: Addresses
) -> Followed:
    """Follows a policy to its end, as a receiver would for mail from these addresses and from one that it never names.

    `hosts`: the addresses of a host name; `exchanges`: the hosts that take a domain's mail.
    """
    walk = _Walk(txt, hosts, exchanges)
    try:
        ends, allowed = await walk.policy((domain.lower(),), policy, frozenset(senders))
        walk.told.ends, walk.told.allowed = ends, allowed
        if walk.told.lookups > MOST_LOOKUPS:
            walk.told.wrong = f"It takes {walk.told.lookups} look-ups, and receivers stop at {MOST_LOOKUPS}."
    except _Wrong as wrong:
        walk.told.wrong = str(wrong)
    return walk.told


class _Walk:
    def __init__(self, txt: Txt, hosts: Addresses, exchanges: Addresses) -> None:
        self._txt, self._hosts, self._exchanges = txt, hosts, exchanges
        self.told = Followed()

    async def policy(
        self, way: tuple[str, ...], policy: str, senders: frozenset[Address]
    ) -> tuple[str, frozenset[Address]]:
        """Returns what it says of all others, and who may send. `way`: the domains that led here, its own last."""
        terms, redirect = _terms(policy)
        left, allowed = senders, frozenset[Address]()
        for term in terms:
            if term.name == "all":
                return term.sign, allowed | left if term.sign == "+" else allowed
            open_to_all, matched = await self._matches(term, way, left)
            if open_to_all and term.sign == "+":
                return "+", allowed | left
            left -= matched
            allowed |= matched if term.sign == "+" else frozenset()
        if not redirect:
            return "", allowed
        self._count(1)
        ends, others = await self._of(redirect, way, left)
        return ends, allowed | others

    async def _matches(
        self, term: _Term, way: tuple[str, ...], left: frozenset[Address]
    ) -> tuple[bool, frozenset[Address]]:
        """Returns whether a term is met by everybody, and by whom of these it is."""
        domain = term.value or way[-1]
        self._count(term.name in _COUNTED)
        self.told.asks_names |= term.name == "ptr"
        if "%" in domain:  # it depends on the mail (section 7)
            return False, frozenset()
        match term.name:
            case "ip4" | "ip6":
                return False, _within([term.value], left)
            case "a":
                return False, _within([f"{each}{term.length}" for each in await self._found(self._hosts, domain)], left)
            case "mx":
                names = await self._found(self._exchanges, domain)
                if len(names) > MOST_EXCHANGES:
                    raise _Wrong(f"{domain} has {len(names)} mail servers, and receivers stop at {MOST_EXCHANGES}.")
                found = [address for name in names for address in await self._hosts(name)]
                return False, _within([f"{each}{term.length}" for each in found], left)
            case "include":
                self.told.includes.append(domain.lower())
                ends, allowed = await self._of(domain, way, left)
                return ends == "+", allowed
        return False, frozenset()

    async def _of(
        self, domain: str, way: tuple[str, ...], senders: frozenset[Address]
    ) -> tuple[str, frozenset[Address]]:
        """Follows the policy of another domain. It is an error where that has none (section 5.2, 6.1)."""
        name = domain.lower().rstrip(".")
        if "%" in name:
            return "", frozenset()
        if name in way:
            raise _Wrong(f"It leads in circles: {' to '.join((*way, name))}.")
        found = records(await self._txt(name))
        if len(found) != 1:
            raise _Wrong(f"It leads to {name}, which has {'more than one policy' if found else 'no policy'}.")
        return await self.policy((*way, name), found[0], senders)

    async def _found(self, ask: Addresses, name: str) -> Sequence[str]:
        found = await ask(name)
        if not found and name not in self.told.nothing:
            self.told.nothing.append(name)
        return found

    def _count(self, more: int) -> None:
        self.told.lookups += more
        if self.told.lookups > 2 * MOST_LOOKUPS:
            raise _Wrong(f"It takes more than {2 * MOST_LOOKUPS} look-ups, and receivers stop at {MOST_LOOKUPS}.")


def _terms(policy: str) -> tuple[list[_Term], str]:
    """Returns the mechanisms of a policy and where it sends on to. Raises _Wrong for what is no term."""
    terms: list[_Term] = []
    modifiers: dict[str, str] = {}
    for written in policy.split()[1:]:
        if addresses := _ADDRESSES.match(written):
            terms.append(
                _Term(addresses[1] or "+", addresses[2].lower(), _network(written, *addresses.group(2, 3)), "")
            )
        elif (found := _MECHANISM.match(written)) and not found[2].lower().startswith("ip"):
            name = found[2].lower()
            if (name in _NEED_VALUE and not found[3]) or (name == "all" and (found[3] is not None or found[4])):
                raise _Wrong(f"{written!r} is not understood.")
            terms.append(_Term(found[1] or "+", name, found[3] or "", found[4]))
        elif modifier := _MODIFIER.match(written):
            name = modifier[1].lower()
            if name in modifiers and name in ("redirect", "exp"):
                raise _Wrong(f"It says {name}= more than once.")
            modifiers[name] = modifier[2]
        else:
            raise _Wrong(f"{written!r} is not understood.")
    return terms, modifiers.get("redirect", "")


def _network(written: str, name: str, network: str) -> str:
    try:
        found = ip_network(network, strict=False)
    except ValueError:
        raise _Wrong(f"{written!r} names no addresses.") from None
    if f"ip{found.version}" != name.lower():
        raise _Wrong(f"{written!r} names addresses of another kind.")
    return network


def _within(networks: Sequence[str], senders: frozenset[Address]) -> frozenset[Address]:
    """Returns those of the senders that are in these networks: an address and how much of it counts, of IPv4//IPv6."""
    found: set[Address] = set()
    for written in networks:
        address, _, lengths = written.partition("/")
        four, _, six = lengths.partition("/")
        length = six.lstrip("/") if ":" in address else four
        try:
            network = ip_network(f"{address}/{length}" if length else address, strict=False)
        except ValueError:
            continue
        found |= {sender for sender in senders if sender.version == network.version and sender in network}
    return frozenset(found)


def addresses(texts: Sequence[str]) -> list[Address]:
    """Returns those of these texts that are addresses."""
    found: list[Address] = []
    for text in texts:
        try:
            found.append(ip_address(text))
        except ValueError:
            continue
    return found
