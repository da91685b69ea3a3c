"""MTA-STS and reports about it (RFC 8461, RFC 8460): mail to the domain is only delivered encrypted."""

from __future__ import annotations

import fnmatch

from hub.desk.mail_servers.findings import Line, State
from hub.desk.mail_servers.outside import Outside
from hub.model.problem_codes.entry import N_

_MODES = ("enforce", "testing", "none")


async def policies(domain: str, outside: Outside) -> list[Line]:
    """Returns how the domain's wish for encryption stands; having none is no fault."""
    said = [text for text in await outside.texts(f"_mta-sts.{domain}") if text.startswith("v=STSv1")]
    where = f"_mta-sts.{domain}"
    if not said:
        why = N_("The domain does not ask that mail to it is encrypted. That is usual, and no fault.")
        return [Line(name="MTA-STS", state=State.GOOD, why=why, where=where)]
    url = f"https://mta-sts.{domain}/.well-known/mta-sts.txt"
    content = await outside.fetch(url)
    if content is None:
        why = N_("The domain says that it has a policy, and nobody can read it.")
        mend = N_("Put it there with a certificate for that name, or take the record away.")
        return [Line(name="MTA-STS", state=State.BAD, why=why, where=url, found=said, mend=mend)]
    lines = [line.partition(":") for line in content.decode("utf-8", "replace").splitlines()]
    pairs = [(key.strip().lower(), value.strip()) for key, _, value in lines]
    mode = next((value for key, value in pairs if key == "mode"), "")
    named = [value.lower() for key, value in pairs if key == "mx"]
    hosts = [host.lower().rstrip(".") for host in await outside.exchanges(domain)]
    left = [host for host in hosts if not any(_fits(host, pattern) for pattern in named)]
    if mode not in _MODES or (left and mode != "none"):
        why = N_("The policy leaves out {hosts}: no mail gets there.") if left else N_("Its mode is not known.")
        state = State.BAD if mode == "enforce" or mode not in _MODES else State.ADVICE
        mend, found = N_("Name every mail server of the domain in it."), [*said, f"mode: {mode}"]
        seen = {"hosts": ", ".join(left)}
        return [Line(name="MTA-STS", state=state, why=why, where=url, found=found, mend=mend, seen=seen)]
    reports = [text for text in await outside.texts(f"_smtp._tls.{domain}") if text.startswith("v=TLSRPTv1")]
    seen = {"mode": mode, "domain": domain}
    if reports:
        why = N_("Mail to the domain is to be encrypted ({mode}).")
        return [Line(name="MTA-STS", state=State.GOOD, why=why, where=where, found=[*said, *reports], seen=seen)]
    why = N_("Mail to the domain is to be encrypted ({mode}), and nobody gets the reports about it.")
    mend = N_("Publish a TXT record at _smtp._tls.{domain}: v=TLSRPTv1; rua=mailto:postmaster@{domain}")
    return [Line(name="MTA-STS", state=State.ADVICE, why=why, where=where, found=said, mend=mend, seen=seen)]


def _fits(host: str, pattern: str) -> bool:
    """Says whether a policy names a host; its star stands for one label (RFC 8461 section 4.1)."""
    if not pattern.startswith("*."):
        return host == pattern
    return fnmatch.fnmatchcase(host, pattern) and host.count(".") == pattern.count(".")
