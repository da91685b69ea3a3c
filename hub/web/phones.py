"""Numbers: an account with a provider is looked at, one of its numbers kept as channels, its webhooks written.

The same for the page, the API and the command line. What a number called before is kept, so that it can be put back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlsplit

from sqlalchemy import Connection

from hub.desk import connections as desk
from hub.desk.connections import New, kind_of
from hub.model.errors import NotFound, Refused, Unavailable
from hub.model.phone_account import PhoneAccount, PhoneLogin, PhoneNumber, Pointed
from hub.store import audit, connections
from hub.store.audit import Actor
from hub.store.connections import KeptConnection, secret_name
from hub.store.public_address import proven_at
from hub.web.i18n import _
from hub.web.phone_door import PhoneDoor
from hub.web.services import Services

# The hooks that each kind of channel answers (hub.model.phone_account.HOOKS).
ANSWERS: Mapping[str, Sequence[str]] = {"texts": ("text",), "calls": ("call", "call_status")}
BEFORE = "webhooks_before"
_LONGEST_NAME = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What of an account becomes channels. `pool`: the Messaging Service by which texts are sent, '' for the number.

    `receive`: webhooks, poll, or auto, which is webhooks where the hub has a public https address.
    """

    number: str
    texts: bool = True
    calls: bool = True
    pool: str = ""
    name: str = ""
    receive: Literal["auto", "webhooks", "poll"] = "auto"
    live: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """What a number calls and what it would call for the hub; `written`: what it called before, and as read back."""

    number: str
    now: Mapping[str, str]
    ours: Mapping[str, str]
    before: Mapping[str, str]
    elsewhere: Sequence[str] = ()
    written: Pointed | None = None

    @property
    def stand(self) -> bool:
        """Whether the number calls the hub."""
        return all(self.now.get(name) == url for name, url in self.ours.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """The channels that were kept; `webhooks`: what was written, None in poll mode; `trouble`: why it failed."""

    names: Sequence[str]
    webhooks: Webhooks | None = None
    trouble: str = ""


async def look(services: Services, login: PhoneLogin) -> PhoneAccount:
    """Returns what an account has; nothing is kept. Raises Refused and Unavailable."""
    return await _door(services).look(at_home(services, login))


def at_home(services: Services, login: PhoneLogin) -> PhoneLogin:
    """Returns a login that says where it signs in: at Twilio, or at the stand-in that the settings name.

    Another address may only be one of this machine, for it is a person who asks for it (SSRF). Raises Refused.
    """
    home = services.settings.written.hub.twilio_url
    if not login.base_url:
        return replace(login, base_url=home)
    if login.base_url.rstrip("/") != home and not _is_here(login.base_url):
        raise Refused(
            _("A stand-in for Twilio runs on this machine, or the settings name it."),
            field="base_url",
            next_step=_("Write twilio_url in the settings file."),
        )
    return login


def _is_here(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.scheme in ("http", "https") and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False


async def reachable(services: Services) -> bool:
    """Whether the hub has an address that the provider can call; one that was proven, or that the file names."""
    url = services.public_url
    if not url.startswith("https://"):
        # A stand-in for the provider calls any address that it can reach.
        return bool(services.settings.written.hub.twilio_url)
    if services.settings.written.hub.public_url:
        return True
    return await services.database.read(lambda conn, public: proven_at(conn, public) is not None, url)


def hooks_for(services: Services, names: Mapping[str, str]) -> dict[str, str]:
    """Returns what a number has to call, by the channels' kinds and names."""
    return {
        hook: f"{services.public_url}/hooks/{name}/{hook}" for kind, name in names.items() for hook in ANSWERS[kind]
    }


async def add(services: Services, by: Actor, login: PhoneLogin, choice: Choice) -> Added:
    """Keeps channels for a number, then lets it call the hub. Raises Refused, NotFound and Unavailable."""
    login = at_home(services, login)
    account = await look(services, login)
    number = _number(account, choice.number)
    receive = choice.receive
    if receive == "auto":
        receive = "webhooks" if await reachable(services) else "poll"
    kinds = [kind for kind, wanted in (("texts", choice.texts), ("calls", choice.calls)) if wanted]
    if not kinds:
        raise Refused(_("Choose texts, calls or both."), field="texts")
    if choice.pool and choice.pool not in [each.sid for each in account.pools]:
        raise Refused(_("The account has no such Messaging Service."), field="pool")
    names = await services.database.read(lambda conn, kinds: _names(conn, services, choice, kinds), kinds)
    ours = hooks_for(services, names)
    before = {hook: number.hooks.get(hook, "") for hook in ours if number.hooks.get(hook, "") != ours[hook]}
    new = [_new(login, choice, kind, name, receive, before) for kind, name in names.items()]
    taken = services.settings.written.channels
    await services.database.write(lambda conn, each: desk.add(conn, services.keys, by, each, taken), new)
    services.take_up_settings()
    if receive != "webhooks" or not choice.live:
        return Added(names=list(names.values()))
    standing = Webhooks(number=number.number, now=number.hooks, ours=ours, before=before, elsewhere=number.elsewhere)
    try:
        return Added(names=list(names.values()), webhooks=await _write(services, by, login, standing, ours))
    except (NotFound, Refused, Unavailable) as error:
        return Added(names=list(names.values()), webhooks=standing, trouble=error.message)


async def webhooks(services: Services, name: str) -> Webhooks:
    """Returns what the number of a kept channel calls now. Raises NotFound, Refused and Unavailable."""
    kept, login = await _kept(services, name)
    number = _number(await look(services, login), str(kept.settings.get("from_number", "")))
    ours = hooks_for(services, {kind_of(kept.adapter): name})
    before = dict(kept.settings.get(BEFORE) or {})
    now = {hook: number.hooks.get(hook, "") for hook in ours}
    return Webhooks(number=number.number, now=now, ours=ours, before=before, elsewhere=number.elsewhere)


async def point(services: Services, by: Actor, name: str, to: Literal["hub", "before"]) -> Webhooks:
    """Lets the number of a kept channel call the hub, or what it called before; the channel then receives so.

    Raises NotFound, Refused and Unavailable.
    """
    _connection, login = await _kept(services, name)
    standing = await webhooks(services, name)
    if to == "hub" and not services.public_url.startswith("https://") and not login.base_url:
        raise Refused(
            _("The hub has no public address that could be called."),
            next_step=_("Set it on the page of the address, or go on without webhooks."),
        )
    wanted = standing.ours if to == "hub" else {hook: standing.before.get(hook, "") for hook in standing.ours}
    found = await _write(services, by, login, standing, wanted)
    changed: dict[str, Any] = {"receive": "webhooks" if to == "hub" else "poll"}
    if to == "hub" and not standing.stand:
        changed[BEFORE] = dict(standing.now)

    def keep(conn: Connection, settings: dict[str, Any]) -> None:
        desk.change(conn, services.keys, by, name, settings, {})

    await services.database.write(keep, changed)
    services.take_up_settings()
    return found


async def add_token(services: Services, by: Actor, name: str, token: str) -> None:
    """Keeps a new auth token before the present one: webhooks signed by either are taken while it is changed.

    Raises NotFound, Refused (Twilio refuses the token) and Unavailable.
    """
    kept, login = await _kept(services, name)
    new = token.strip()
    if not new or "," in new or not new.isprintable():
        raise Refused(_("This is no auth token."), field="auth_token")
    await look(services, replace(login, auth_token=new))
    both = ",".join(dict.fromkeys([new, login.auth_token]))

    def keep(conn: Connection, tokens: str) -> None:
        desk.change(conn, services.keys, by, kept.name, {}, {"auth_tokens": tokens})

    await services.database.write(keep, both)
    services.take_up_settings()


def _door(services: Services) -> PhoneDoor:
    if services.phones is None:
        raise Unavailable(_("No provider of numbers can be asked here."))
    return services.phones


def _number(account: PhoneAccount, wanted: str) -> PhoneNumber:
    found = next((each for each in account.numbers if each.number == wanted), None)
    if found is None:
        raise NotFound(_("The account has no number %s.") % wanted)
    return found


def _names(conn: Connection, services: Services, choice: Choice, kinds: Sequence[str]) -> dict[str, str]:
    """Returns a free name for each kind; those that somebody chose as they are."""
    if choice.name:
        return {kind: choice.name if kind == kinds[0] else f"{choice.name}_{kind}"[:_LONGEST_NAME] for kind in kinds}
    digits = choice.number.lstrip("+")
    for end in (digits[-4:], digits[-7:], digits, *(f"{digits}_{number}" for number in range(2, 100))):
        names = {kind: f"{kind}_{end}" for kind in kinds}
        if all(
            each not in services.settings.channels and connections.is_free(conn, each, choice.number)
            for each in names.values()
        ):
            return names
    raise Refused(_("No name is free for this number."), field="name", next_step=_("Choose one."))


def _new(login: PhoneLogin, choice: Choice, kind: str, name: str, receive: str, before: Mapping[str, str]) -> New:
    settings: dict[str, Any] = {"account_sid": login.account_sid, "from_number": choice.number, "receive": receive}
    if kind == "texts" and choice.pool:
        settings["messaging_service_sid"] = choice.pool
    if login.base_url:
        settings["base_url"] = login.base_url
    settings[BEFORE] = {hook: url for hook, url in before.items() if hook in ANSWERS[kind]}
    mode: Literal["live", "sandbox"] = "live" if choice.live else "sandbox"
    secrets = {"auth_tokens": login.auth_token}
    return New(name=name, kind=kind, settings=settings, secrets=secrets, account=choice.number, mode=mode)


async def _kept(services: Services, name: str) -> tuple[KeptConnection, PhoneLogin]:
    def ask(conn: Connection, wanted: str) -> tuple[KeptConnection, str]:
        tokens = connections.secrets(conn, services.keys).get(secret_name(wanted, "auth_tokens"), "")
        return connections.find(conn, wanted), tokens.partition(",")[0]

    kept, token = await services.database.read(ask, name)
    if kind_of(kept.adapter) not in ANSWERS:
        raise NotFound(_("This channel has no number."))
    settings = kept.settings
    return kept, PhoneLogin(
        account_sid=str(settings.get("account_sid", "")), auth_token=token, base_url=str(settings.get("base_url", ""))
    )


async def _write(
    services: Services, by: Actor, login: PhoneLogin, standing: Webhooks, wanted: Mapping[str, str]
) -> Webhooks:
    written = await _door(services).point(login, standing.number, wanted)
    told = {"before": dict(written.before), "after": dict(written.after)}
    await services.database.write(
        lambda conn, number: audit.note(conn, by, "webhooks.written", f"number/{number}", told), standing.number
    )
    return replace(standing, now={hook: written.after.get(hook, "") for hook in standing.ours}, written=written)
