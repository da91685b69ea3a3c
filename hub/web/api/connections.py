"""Connections: channels added while the hub runs; a mailbox found, tried and kept; mended, disconnected, removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr

from hub.desk import connections as desk
from hub.desk.connections import Mailbox, New, kind_of
from hub.web import connecting
from hub.web.api.call import Call
from hub.web.api.channels import ByName
from hub.web.api.operation import ADMIN, operation
from hub.web.api.values import Data, Done, Given, Items, Moment, Told
from hub.web.connecting import Choice, Said, Standing

Secret = Annotated[SecretStr, Field(max_length=5000)]
Word = Annotated[str, Field(max_length=254)]


class Consent(Told):
    """A consent (OAuth) by which a channel signs in; with `ended_at` it has to be given again."""

    provider: str
    account: str
    given_at: Moment
    ended_at: Moment | None
    ended_why: str


class KeptChannel(Told):
    """A channel kept by the hub, without its secrets, of which `secrets` are the names.

    `hidden`: the settings file has a channel of the same name, which is the one in use.
    """

    name: str
    kind: str
    account: str
    sends_with: str
    settings: Data
    secrets: list[str]
    owner: str
    created_at: Moment
    disconnected_at: Moment | None
    disconnected_why: str
    hidden: bool
    consent: Consent | None


class Wrong(Told):
    """What is in the way: `answer` is the server's own, verbatim."""

    code: str
    message: str
    cause: str
    mend: str
    answer: str


class MailServer(Given):
    host: Word
    port: Annotated[int, Field(ge=1, le=65535)]
    tls: Literal["tls", "starttls", "none"] = "tls"


class ToldServer(Told):
    host: str
    port: int
    tls: str


class Servers(Told):
    """Where an address's mail is; `source`: known, autoconfig, mx, srv, names, or empty where nobody says so.

    `consent`: the provider by whose consent one signs in; `passwords`: whether it takes passwords, and `app_page` where
    it gives one for mail programs, if it takes no other.
    """

    source: str
    provider: str = ""
    username: str = ""
    incoming: ToldServer | None = None
    outgoing: ToldServer | None = None
    consent: str = ""
    passwords: bool = True
    app_page: str = ""


class OfAddress(Given):
    address: Word


class MailAccount(Given):
    """A mailbox as it is logged in to: by a password, or by a consent that was given before. Without `outgoing` it is
    only read.
    """

    address: Word
    incoming: MailServer
    outgoing: MailServer | None = None
    username: Word = ""
    password: Secret = SecretStr("")
    consent: Word = ""
    ca_file: Annotated[str, Field(max_length=500)] = ""


class NewMailbox(MailAccount):
    """`anyway`: keep it although the login does not work now. `name`: empty for one made of the address."""

    name: Annotated[str, Field(max_length=36)] = ""
    folders: Annotated[list[Word], Field(min_length=1, max_length=100, default_factory=lambda: ["INBOX"])]
    sent_folder: Word | None = None
    live: bool = True
    anyway: bool = False


class TriedMailbox(Told):
    """What came of logging in, each side apart; where all is well, what is there. Nothing of it is stored."""

    reading: list[Wrong]
    sending: list[Wrong]
    folders: list[str]
    sent_folder: str
    subjects: list[str]


class AddedMailbox(TriedMailbox):
    """`names`: the channels that were kept; empty where something is in the way."""

    names: list[str]


class NewChannel(Given):
    """Any channel. Secrets (password, auth_tokens) go into `secrets` alone."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    kind: Literal["mail_in", "mail_out", "texts", "calls"]
    settings: Data
    secrets: Annotated[dict[Word, Secret], Field(default_factory=dict)]
    account: Word = ""
    sends_with: Word = ""
    live: bool = True
    anyway: bool = False


class AddedChannel(Told):
    """`added` false: `problems` say what is in the way."""

    added: bool
    problems: list[Wrong]


class Change(Given):
    """Settings that change (null takes one away) and secrets."""

    settings: Annotated[Data, Field(default_factory=dict)]
    secrets: Annotated[dict[Word, Secret], Field(default_factory=dict)]


@operation("GET", "/connections", roles=ADMIN, summary="Channels that were added while the hub runs")
async def list_connections(call: Call) -> Items[KeptChannel]:
    return Items[KeptChannel](items=[_told(each) for each in await connecting.standings(call.services)])


@operation("POST", "/connections", roles=ADMIN, summary="Try a channel and keep it")
async def add_connection(call: Call, body: NewChannel) -> AddedChannel:
    new = New(
        name=body.name,
        kind=body.kind,
        settings=body.settings,
        secrets=_opened(body.secrets),
        account=body.account,
        sends_with=body.sends_with,
        mode="live" if body.live else "sandbox",
    ).checked()
    problems = await connecting.try_new(call.services, new)
    if not problems or body.anyway:
        await connecting.add(call.services, call.by, new)
    return AddedChannel(added=not problems or body.anyway, problems=wrong_of(problems))


@operation("POST", "/connections/mail/servers", roles=ADMIN, summary="Find out where an address's mail is")
async def find_mail_servers(call: Call, body: OfAddress) -> Servers:
    found = await connecting.servers_of(call.services, body.address)
    return Servers.model_validate(found) if found else Servers(source="")


@operation("POST", "/connections/mail/try", roles=ADMIN, summary="Log in to a mailbox and look around; keep nothing")
async def try_mailbox(call: Call, body: MailAccount) -> TriedMailbox:
    return TriedMailbox(**await _tried(call, mailbox_of(body), sends=body.outgoing is not None))


@operation("POST", "/connections/mail", roles=ADMIN, summary="Try a mailbox and keep it")
async def add_mailbox(call: Call, body: NewMailbox) -> AddedMailbox:
    mailbox, sends = mailbox_of(body), body.outgoing is not None
    tried = await _tried(call, mailbox, sends=sends)
    names: list[str] = []
    if body.anyway or not (tried["reading"] or tried["sending"]):
        sent = tried["sent_folder"] if body.sent_folder is None else body.sent_folder
        choice = Choice(name=body.name, folders=body.folders, sent_folder=sent, sends=sends, live=body.live)
        names = await connecting.add_mailbox(call.services, call.by, mailbox, choice)
    return AddedMailbox(names=names, **tried)


@operation("POST", "/connections/{name}/try", roles=ADMIN, summary="Try a kept channel as it would be live")
async def try_connection(call: Call, path: ByName) -> Items[Wrong]:
    await connecting.standing(call.services, path.name)
    problems = await call.services.try_channel(path.name)
    return Items[Wrong](items=wrong_of([connecting.said(each, path.name) for each in problems]))


@operation("PATCH", "/connections/{name}", roles=ADMIN, summary="Change a kept channel; it is connected again")
async def change_connection(call: Call, path: ByName, body: Change) -> Done:
    await connecting.change(call.services, call.by, path.name, body.settings, _opened(body.secrets))
    return Done()


@operation("POST", "/connections/{name}/disconnect", roles=ADMIN, summary="Close a channel until it is connected again")
async def disconnect(call: Call, path: ByName) -> Done:
    await connecting.disconnect(call.services, call.by, path.name)
    return Done()


@operation("POST", "/connections/{name}/connect", roles=ADMIN, summary="Open a disconnected channel again")
async def connect(call: Call, path: ByName) -> Done:
    await connecting.connect(call.services, call.by, path.name)
    return Done()


@operation("DELETE", "/connections/{name}", roles=ADMIN, summary="Forget a channel; its history stays")
async def remove_connection(call: Call, path: ByName) -> Done:
    await connecting.remove(call.services, call.by, path.name)
    return Done()


def _told(standing: Standing) -> KeptChannel:
    kept = standing.connection
    same = ("name", "account", "sends_with", "owner", "created_at", "disconnected_at", "disconnected_why")
    return KeptChannel(
        kind=kind_of(kept.adapter),
        settings=dict(kept.settings),
        secrets=list(kept.secrets),
        hidden=standing.hidden,
        consent=Consent.model_validate(standing.consent) if standing.consent else None,
        **{name: getattr(kept, name) for name in same},
    )


def mailbox_of(body: MailAccount) -> Mailbox:
    """Returns the mailbox that a body names. Raises Refused."""
    incoming, outgoing = (
        desk.server(each.host, each.port, each.tls, name)
        for name, each in (("incoming", body.incoming), ("outgoing", body.outgoing or body.incoming))
    )
    return desk.mailbox(
        body.address,
        incoming,
        outgoing,
        username=body.username,
        password=body.password.get_secret_value(),
        consent=body.consent,
        ca_file=body.ca_file,
    )


async def _tried(call: Call, mailbox: Mailbox, *, sends: bool) -> dict[str, Any]:
    tried = await connecting.try_mailbox(call.services, mailbox, sends=sends)
    return {
        "reading": wrong_of(tried.reading),
        "sending": wrong_of(tried.sending),
        "folders": list(tried.looked.folders),
        "sent_folder": tried.looked.sent_folder,
        "subjects": list(tried.looked.subjects),
    }


def wrong_of(problems: Sequence[Said]) -> list[Wrong]:
    """Returns what is wrong as the API tells it."""
    return [Wrong.model_validate(each) for each in problems]


def _opened(secrets: dict[str, SecretStr]) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in secrets.items()}
