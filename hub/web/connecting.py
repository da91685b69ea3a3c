"""Connecting accounts, for the page and the API alike: found, tried, consented to, kept, mended; audited."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from sqlalchemy import Connection

from hub.desk import connections as desk
from hub.desk import signing_in
from hub.desk.connections import Mailbox, New
from hub.desk.mail_servers import find
from hub.desk.signing_in import Device
from hub.insight.finders import of_channel
from hub.model.errors import NotFound, Refused
from hub.model.first_look import Looked
from hub.model.mail_servers import MailServers
from hub.model.problem import Problem
from hub.model.problem_codes import Wording, worded
from hub.model.sign_in_providers import PROVIDERS
from hub.store import audit, connections, consents_given
from hub.store.audit import Actor
from hub.store.connections import KeptConnection
from hub.store.consents_given import Application, ConsentGiven, Tokens
from hub.web.i18n import _
from hub.web.services import Services

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}\Z")
_TRIED_AS = "new_mailbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is wrong, in the registry's words; `answer`: what the server said, verbatim."""

    code: str
    message: str
    cause: str
    mend: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of logging in, for each side apart, and what is there."""

    reading: Sequence[Said] = ()
    sending: Sequence[Said] = ()
    looked: Looked = field(default_factory=Looked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What of a mailbox becomes channels: `name` empty for one made of the address; `sends`: it sends as well."""

    name: str = ""
    folders: Sequence[str] = ("INBOX",)
    sent_folder: str = ""
    sends: bool = True
    live: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A kept channel, its consent where it signs in by one, and whether the settings file hides it by its name."""

    connection: KeptConnection
    consent: ConsentGiven | None
    hidden: bool

    @property
    def needs_consent(self) -> bool:
        """Whether somebody has to give consent again."""
        named = bool(self.connection.settings.get("consent"))
        return named and (self.consent is None or self.consent.ended_at is not None)


def return_address(services: Services) -> str:
    """Returns where a provider sends people back to after their consent; it is registered there."""
    return f"{services.public_url}{signing_in.RETURN_PATH}"


async def servers_of(services: Services, address: str) -> MailServers | None:
    """Returns where an address's mail is, None where nobody says so. Raises Refused."""
    return await find(address, services.outside)


async def try_mailbox(services: Services, mailbox: Mailbox, *, sends: bool = True) -> Tried:
    """Logs in on both sides at once and looks around; nothing is kept."""
    (reading, looked), (sending, _seen) = await asyncio.gather(
        services.try_new(mailbox.reading(_TRIED_AS).section(), mailbox.consent),
        services.try_new(mailbox.sending(f"{_TRIED_AS}_out").section(), mailbox.consent) if sends else _skipped(),
    )
    who = mailbox.address
    return Tried(
        reading=[said(each, who) for each in reading], sending=[said(each, who) for each in sending], looked=looked
    )


async def _skipped() -> tuple[Sequence[Problem], Looked]:
    return (), Looked()


async def try_new(services: Services, new: New) -> list[Said]:
    """Tries any channel before it is kept."""
    problems, _looked = await services.try_new(new.section(), str(new.settings.get("consent", "")))
    return [said(each, new.name) for each in problems]


def said(problem: Problem, place: str) -> Said:
    """Returns a problem in the reader's words, named after the account, since nobody knows the channel yet."""
    found = of_channel(replace(problem, where=place))
    words = worded(found.code, place, found.seen, _) or Wording(
        message=found.message, cause=found.cause, mend=found.mend
    )
    return Said(
        code=found.code,
        message=words.message,
        cause=words.cause,
        mend=words.mend,
        answer=" ".join(part for part in (problem.message, problem.cause) if part),
    )


async def add_mailbox(services: Services, by: Actor, mailbox: Mailbox, choice: Choice) -> list[str]:
    """Keeps the channels of a mailbox and returns their names, the reading one first. Raises Refused."""
    taken = set(services.settings.channels)
    hub = services.settings.hub

    def keep(conn: Connection, _arg: None) -> list[str]:
        name, out = desk.names_for(conn, mailbox.address, taken)
        if choice.name:
            name, out = choice.name, f"{choice.name}_out"
        mode: Literal["sandbox", "live"] = "live" if choice.live else "sandbox"
        new = [replace(mailbox.reading(name, choice.folders, choice.sent_folder), mode=mode)]
        if choice.sends:
            new = [replace(new[0], sends_with=out), replace(mailbox.sending(out, hub.business_name), mode=mode)]
        desk.add(conn, services.keys, by, new, services.settings.written.channels)
        return [each.name for each in new]

    names = await services.database.write(keep, None)
    services.take_up_settings()
    return names


async def add(services: Services, by: Actor, new: New) -> None:
    """Keeps one channel of any kind. Raises Refused."""
    taken = services.settings.written.channels
    await services.database.write(lambda conn, each: desk.add(conn, services.keys, by, [each], taken), new)
    services.take_up_settings()


async def standings(services: Services) -> list[Standing]:
    """Returns every kept channel, by name."""
    sections = services.settings.channels

    def ask(conn: Connection, _arg: None) -> list[Standing]:
        given = consents_given.everyone(conn)
        return [
            Standing(
                connection=each,
                consent=given.get(str(each.settings.get("consent", ""))),
                hidden=each.name in sections and not sections[each.name].kept,
            )
            for each in connections.kept(conn)
        ]

    return await services.database.read(ask, None)


async def standing(services: Services, name: str) -> Standing:
    """Returns one kept channel. Raises NotFound."""
    found = next((each for each in await standings(services) if each.connection.name == name), None)
    if found is None:
        raise NotFound(_("There is no connection of this name."))
    return found


async def change(
    services: Services, by: Actor, name: str, settings: Mapping[str, Any], secrets: Mapping[str, str]
) -> None:
    """Changes what a channel says; it is connected again. Raises NotFound and Refused."""

    def act(conn: Connection, _arg: None) -> None:
        desk.change(conn, services.keys, by, name, settings, secrets)

    await services.database.write(act, None)
    services.take_up_settings()


async def disconnect(services: Services, by: Actor, name: str) -> None:
    """Closes a channel until it is connected again. Raises NotFound."""
    await services.database.write(lambda conn, channel: desk.disconnect(conn, by, channel), name)
    services.take_up_settings()


async def connect(services: Services, by: Actor, name: str) -> None:
    """Opens a channel again. Raises NotFound."""
    await services.database.write(lambda conn, channel: desk.connect(conn, by, channel), name)
    services.take_up_settings()


async def remove(services: Services, by: Actor, name: str) -> None:
    """Forgets a channel; its history stays. Raises NotFound."""
    await services.database.write(lambda conn, channel: desk.remove(conn, services.keys, by, channel), name)
    services.take_up_settings()


async def registrations(services: Services) -> Mapping[str, Application]:
    """Returns with which sign-in providers the hub is registered, without the secrets."""
    return await services.database.read(lambda conn, _arg: consents_given.applications(conn), None)


async def registration(services: Services, provider: str) -> Application:
    """Returns a registration with its secret. Raises NotFound."""
    return await services.database.read(
        lambda conn, code: consents_given.application(conn, services.keys, code), provider
    )


async def register(services: Services, by: Actor, application: Application) -> None:
    """Keeps a registration. Raises Refused."""
    if application.provider not in PROVIDERS:
        raise Refused(_("There is no such sign-in provider."), field="provider")
    if not application.client_id or not application.client_id.isprintable():
        raise Refused(_("The client ID is missing."), field="client_id")
    if application.tenant and not _TENANT.match(application.tenant):
        raise Refused(_("This is no organisation at Microsoft."), field="tenant", next_step=_("Copy its directory ID."))
    for url in application.endpoints.values():
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
            raise Refused(_("The addresses of a sign-in provider begin with https."), field="endpoints")

    def keep(conn: Connection, given: Application) -> None:
        consents_given.register(conn, services.keys, given, by.at)
        audit.note(conn, by, "application.registered", f"provider/{given.provider}", {"client_id": given.client_id})

    await services.database.write(keep, application)


async def give(services: Services, by: Actor, provider: str, address: str, tokens: Tokens) -> str:
    """Keeps a consent under the mailbox's address, which it returns; channels that wait for it go on."""
    name = address.lower()

    def keep(conn: Connection, given: Tokens) -> bool:
        consents_given.give(conn, services.keys, name, provider, given, by.at)
        audit.note(conn, by, "consent.given", f"account/{name}", {"provider": provider, "by": given.account})
        users = [each.name for each in connections.kept(conn) if each.settings.get("consent") == name]
        if users:
            connections.connect(conn, users)
        return bool(users)

    if await services.database.write(keep, tokens):
        services.take_up_settings()
    return name


async def ask_device(services: Services, provider: str) -> Device:
    """Asks for a code that the person types elsewhere. Raises NotFound, Refused and Unavailable."""
    return await signing_in.ask_device(await registration(services, provider))
