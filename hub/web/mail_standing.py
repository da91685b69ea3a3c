"""How the domains that the hub writes from stand with mail providers, and the keys that it signs with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from sqlalchemy import Connection

from hub.desk.mail_servers.findings import Line
from hub.desk.mail_servers.standing import Sending, checked, standing
from hub.model.errors import NotFound, Refused
from hub.store import audit as acts
from hub.store import signing
from hub.store.audit import Actor
from hub.store.signing import KeptKey
from hub.web.services import Services


@runtime_checkable
class Signs(Protocol):
    """A channel that signs mail. `dkim_records`: what is published of each of its keys, by the name in DNS."""

    dkim_records: Mapping[str, str]


async def look(services: Services, domain: str, selectors: Sequence[str] = ()) -> list[Line]:
    """Returns how a domain stands; what the hub sends with for it is known. Raises Refused for what is no domain."""
    domain = checked(domain)
    keys: dict[str, str] = {}
    server = ""
    for name in senders(services):
        own = sender_domain(services, name)
        channel = services.channels[name]
        if own != domain and not own.endswith(f".{domain}"):
            continue
        server = server or str(services.settings.written.channels[name].settings.get("host", ""))
        kept = await services.database.read(signing.of_channel, name)
        keys |= {key.name: key.record for key in kept}
        keys |= dict(channel.dkim_records) if isinstance(channel, Signs) else {}
    return await standing(domain, Sending(server=server, keys=keys, selectors=selectors), services.outside)


def senders(services: Services) -> list[str]:
    """Returns the names of the channels that can sign mail."""
    return [name for name, channel in services.channels.items() if isinstance(channel, Signs)]


def sender_domain(services: Services, channel: str) -> str:
    """Returns the domain that a channel writes from. Raises NotFound for a channel that sends no mail."""
    if channel not in senders(services):
        raise NotFound(f"There is no channel {channel!r} that sends mail.")
    address = str(services.settings.channels[channel].settings.get("from_address", ""))
    return address.rpartition("@")[2].lower()


async def make_keys(services: Services, channel: str, by: Actor) -> list[KeptKey]:
    """Makes new keys for a channel, not used until they are published and switched on. Raises NotFound and Refused."""
    domain = sender_domain(services, channel)
    if services.settings.written.channels[channel].settings.get("dkim_key"):
        raise Refused("The settings file names the key of this channel.", next_step="Change it there.")

    def act(conn: Connection, _arg: None) -> list[KeptKey]:
        made = signing.make(conn, services.keys, channel, domain, by.at, by.name)
        acts.note(conn, by, "channel.key_made", f"channel/{channel}", {"selectors": [key.selector for key in made]})
        return made

    made = await services.database.write(act, None)
    services.take_up_settings()
    return made


async def switch(services: Services, channel: str, by: Actor, *, on: bool, anyway: bool = False) -> None:
    """Lets mails be signed, once the keys are published; or no longer. Raises Refused and NotFound."""
    sender_domain(services, channel)
    kept = await services.database.read(signing.of_channel, channel)
    if on and not anyway:
        told = await standing(
            kept[0].domain if kept else "none.invalid",
            Sending(keys={key.name: key.record for key in kept}),
            services.outside,
        )
        wrong = [line for line in told if line.name == "DKIM" and line.state not in ("good", "advice")]
        if wrong:
            why, mend = wrong[0].say()
            raise Refused(why, field="on", next_step=mend or "Look again in some minutes.")

    def act(conn: Connection, _arg: None) -> None:
        signing.switch(conn, channel, on=on)
        acts.note(conn, by, "channel.signing", f"channel/{channel}", {"on": on})

    await services.database.write(act, None)
    services.take_up_settings()
