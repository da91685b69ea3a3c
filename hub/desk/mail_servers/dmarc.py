"""DMARC read as receivers do (RFC 7489; its successor adds `np` and `t`): what becomes of mail forged in one's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from hub.desk.mail_servers.findings import Line, State
from hub.desk.mail_servers.outside import Outside
from hub.desk.mail_servers.tags import first_tag, tags
from hub.model.problem_codes.entry import N_

_STRICT = ("quarantine", "reject")
# The walk up the tree of names asks at most so many above the domain itself (the successor's section 4.10).
_FURTHEST = 7


async def dmarc(domain: str, outside: Outside) -> list[Line]:
    """Returns how a domain's policy stands, its own or the one of the domain above it."""
    where, said, misspelt = await _found(domain, outside)
    expected = f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}"
    line = partial(Line, name="DMARC", where=f"_dmarc.{where}", found=said, expected=expected)
    if len(said) != 1:
        why = N_("The domain does not say what to do with forged mail.")
        if said:
            why = N_("The domain says it more than once.")
        elif misspelt:
            why = N_("What it says does not begin with v=DMARC1, so nobody reads it.")
        mend = N_("Publish one TXT record as expected; make it p=quarantine once the reports show only mail of yours.")
        return [line(state=State.BAD, why=why, found=said or misspelt, mend=mend)]
    given = {name: value.lower() for name, value in tags(said[0]).items()}
    policy = (given.get("sp", "") if where != domain else "") or given.get("p", "")
    if policy not in ("none", *_STRICT):
        return [line(state=State.BAD, why=N_("Its policy (p=) is none that is known."), mend=N_("Correct it."))]
    advice = [
        *_weak(given, policy, where == domain),
        *await _reports(given, where, outside),
    ]
    if advice:
        return [line(state=State.ADVICE, why=why, mend=mend, seen={**given, "domain": domain}) for why, mend in advice]
    why = N_("Forged mail in your name is put aside or refused ({policy}).")
    return [line(state=State.GOOD, why=why, seen={"policy": policy})]


async def _found(domain: str, outside: Outside) -> tuple[str, list[str], list[str]]:
    """Returns the domain that says it, its policies, and what was meant to be one; nobody above: the domain itself."""
    labels = domain.split(".")
    above = [".".join(labels[at:]) for at in range(1, len(labels) - 1)][-_FURTHEST:]
    meant: list[str] = []
    for name in (domain, *above):
        texts = await outside.texts(f"_dmarc.{name}")
        said = [text for text in texts if first_tag(text) == ("v", "DMARC1")]
        if said:
            return name, said, []
        if name == domain:
            meant = [text for text in texts if "dmarc" in text.lower()]
    return domain, [], meant


def _weak(given: Mapping[str, str], policy: str, own: bool) -> Sequence[tuple[str, str]]:
    """Returns where the policy does less than it seems to, and what to do about it."""
    if policy == "none":
        why = N_("It only asks for reports; forged mail in your name is still let in.")
        return [(why, N_("Make it p=quarantine once the reports look right."))]
    found = []
    if given.get("pct", "100") != "100":
        why = N_("It holds for part of the mail only (pct={pct}), and many receivers leave that part out.")
        found.append((why, N_("Take pct= out of it.")))
    if given.get("t") == "y":
        found.append((N_("It is being tried out only (t=y)."), N_("Take t=y out of it.")))
    if own and given.get("sp", policy) not in _STRICT:
        found.append(
            (N_("Mail forged in the name of any subdomain is still let in (sp={sp})."), N_("Take sp= out of it."))
        )
    elif given.get("np", policy) not in _STRICT:
        why = N_("Mail forged in the name of subdomains that there are none of is still let in (np={np}).")
        found.append((why, N_("Take np= out of it.")))
    return found


async def _reports(given: Mapping[str, str], where: str, outside: Outside) -> Sequence[tuple[str, str]]:
    """Returns what keeps the reports from being read; those to another domain need its consent (section 7.1)."""
    named = [each.partition("!")[0] for each in given.get("rua", "").split(",") if each]
    if not named:
        why = N_("It names nobody who gets the reports, so nobody sees who sends in your name.")
        return [(why, N_("Add rua=mailto:postmaster@{domain}."))]
    if not all(each.startswith("mailto:") and "@" in each for each in named):
        why = N_("Where the reports are to go is no address: {rua}.")
        return [(why, N_("Write it as rua=mailto:postmaster@{domain}."))]
    for each in named:
        taker = each.rpartition("@")[2]
        if taker == where or taker.endswith(f".{where}") or where.endswith(f".{taker}"):
            continue
        consents = await outside.texts(f"{where}._report._dmarc.{taker}")
        if not any(first_tag(text) == ("v", "DMARC1") for text in consents):
            why = N_("The reports go to another domain that has not agreed to take them: {rua}.")
            return [(why, N_("Ask whoever runs it to publish that they do, or name an address of your own."))]
    return []
