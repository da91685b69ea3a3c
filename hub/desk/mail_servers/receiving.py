"""Who takes the mail of a domain: its MX, their addresses and names, and whether they encrypt."""

from __future__ import annotations

import asyncio

from hub.desk.mail_servers.findings import Line, State
from hub.desk.mail_servers.outside import Outside
from hub.model.problem_codes.entry import N_

_MOST = 4


async def receiving(domain: str, outside: Outside) -> list[Line]:
    """Returns how the mail servers of a domain stand. Who sends must be able to get answers and bounces."""
    hosts = (await outside.exchanges(domain))[:_MOST]
    if not hosts:
        await outside.texts(domain)  # raises NoAnswer where nobody answers at all
        why = N_(
            "Nobody takes mail for the domain: answers and bounces are lost, and many refuse mail of such a sender."
        )
        mend = N_("Publish an MX record that names your mail server.")
        return [Line(name="MX", state=State.BAD, why=why, where=domain, mend=mend)]
    addresses = dict(zip(hosts, await asyncio.gather(*map(outside.addresses, hosts)), strict=True))
    lost = [host for host, there in addresses.items() if not there]
    if len(lost) == len(hosts):
        why = N_("None of its mail servers has an address.")
        return [
            Line(name="MX", state=State.BAD, why=why, where=domain, found=hosts, mend=N_("Correct the MX records."))
        ]
    lines = [
        Line(
            name="MX",
            state=State.ADVICE if lost else State.GOOD,
            why=N_("No address: {hosts}.") if lost else N_("Mail for the domain is taken."),
            where=domain,
            found=hosts,
            mend=N_("Correct or remove these MX records.") if lost else "",
            seen={"hosts": ", ".join(lost)},
        )
    ]
    first = next(host for host in hosts if addresses[host])
    lines.append(await _names(first, addresses[first], outside))
    lines.append(_encryption(first, await outside.starttls(first)))
    return lines


async def _names(host: str, addresses: list[str], outside: Outside) -> Line:
    """Says whether each address has a name that leads back to it (RFC 1912 section 2.1)."""
    expected = "each address has a name, and the name leads back to the address"
    found = []
    missing = []
    for address in addresses[:_MOST]:
        names = await outside.names_of(address)
        back = [name for name in names if address in await outside.addresses(name)]
        found.append(f"{address}: {', '.join(names) or '-'}")
        if not back:
            missing.append(address)
    if not missing:
        why = N_("Its addresses have names that lead back to them.")
        return Line(name="PTR", state=State.GOOD, why=why, where=host, found=found, expected=expected)
    why = N_("No name leads back to {addresses}. It matters where the hub's mail leaves from there.")
    seen = {"addresses": ", ".join(missing)}
    mend = N_("Ask whoever gave you the address to set its reverse name.")
    return Line(
        name="PTR", state=State.ADVICE, why=why, where=host, found=found, expected=expected, mend=mend, seen=seen
    )


def _encryption(host: str, encrypts: bool | None) -> Line:
    if encrypts:
        why = N_("Its mail server encrypts, by its own certificate.")
        return Line(name="TLS", state=State.GOOD, why=why, where=host)
    if encrypts is None:
        why = N_("Its mail server could not be reached at port 25 from here, as from many networks.")
        return Line(name="TLS", state=State.UNKNOWN, why=why, where=host)
    why = N_("Its mail server does not encrypt, or shows a certificate of another name.")
    mend = N_("Switch STARTTLS on there, with a certificate for this name.")
    return Line(name="TLS", state=State.ADVICE, why=why, where=host, mend=mend)
