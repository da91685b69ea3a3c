"""Connecting: what somebody says about an account becomes the channels that read and send its mail."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from hub.config import ChannelSettings
from hub.model.errors import Refused
from hub.model.identity import email_identity
from hub.model.mail_servers import Server
from hub.store import audit, connections, consents_given
from hub.store.audit import Actor
from hub.store.connections import KeptConnection
from hub.store.keys import Keys

MAIL_IN, MAIL_OUT = "channels.email_imap:ImapMailbox", "channels.email_smtp:SmtpSender"
# What may be added while the hub runs. A dotted path as the settings file takes it would let whoever holds an API token
# run any class there is.
KINDS: Mapping[str, str] = {
    "mail_in": MAIL_IN,
    "mail_out": MAIL_OUT,
    "texts": "channels.sms:TwilioSms",
    "calls": "channels.voice:TwilioVoice",
}
# Settings that are never kept in the clear, whatever the caller calls them.
SECRETS = frozenset({"password", "auth_tokens", "auth_token", "api_key_secret"})
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_LONGEST_NAME = 32
Login = Literal["password", "oauth"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One account as it is logged in to. `consent`: under which name its consent is kept, for a login by one."""

    address: str
    username: str
    incoming: Server
    outgoing: Server
    login: Login = "password"
    password: str = field(default="", repr=False)
    consent: str = ""
    ca_file: str = ""

    def reading(self, name: str, folders: Sequence[str] = ("INBOX",), sent_folder: str = "") -> New:
        """Returns the channel that reads it."""
        more = {
            "address": self.address,
            "folders": list(folders),
            **({"sent_folder": sent_folder} if sent_folder else {}),
        }
        return self._new(name, "mail_in", self.incoming, more)

    def sending(self, name: str, from_name: str = "") -> New:
        """Returns the channel that sends by it."""
        more = {"from_address": self.address, **({"from_name": from_name} if from_name else {})}
        return self._new(name, "mail_out", self.outgoing, more)

    def _new(self, name: str, kind: str, server: Server, more: Mapping[str, Any]) -> New:
        where = {"host": server.host, "port": server.port, "tls": server.tls, "username": self.username}
        settings = {**where, "login": self.login, **more}
        if self.ca_file:
            settings["ca_file"] = self.ca_file
        if self.login == "oauth":
            settings["consent"] = self.consent
        secrets = {"password": self.password} if self.login == "password" else {}
        return New(name=name, kind=kind, settings=settings, secrets=secrets, account=self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """A channel that somebody wants to add."""

    name: str
    kind: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    account: str = ""
    sends_with: str = ""
    mode: Literal["sandbox", "live"] = "live"

    def checked(self) -> New:
        """Returns it where it can be kept. Raises Refused."""
        if not _NAME.match(self.name):
            raise Refused(
                "This is no name for a channel.",
                field="name",
                next_step="Use small letters, digits and _, as support_mail.",
            )
        if self.kind not in KINDS:
            raise Refused(f"There is no kind {self.kind}; there are {', '.join(KINDS)}.", field="kind")
        in_the_clear = sorted(SECRETS & set(self.settings))
        if in_the_clear:
            raise Refused(f"{', '.join(in_the_clear)} is a secret.", field="settings", next_step="Send it as a secret.")
        return self

    def section(self) -> ChannelSettings:
        """Returns it as the settings say it, with its secrets, for trying it."""
        values = {**self.settings, **self.secrets}
        return ChannelSettings(name=self.name, adapter=KINDS[self.kind], mode="live", settings=values, kept=True)

    def kept(self, owner: str, now: datetime) -> KeptConnection:
        """Returns it as it is kept."""
        return KeptConnection(
            name=self.name,
            adapter=KINDS[self.kind],
            mode=self.mode,
            sends_with=self.sends_with,
            settings=dict(self.settings),
            secrets=sorted(self.secrets),
            account=self.account or str(self.settings.get("from_number", "")),
            owner=owner,
            created_at=now,
            changed_at=now,
        )


def kind_of(adapter: str) -> str:
    """Returns the kind of an adapter, empty for one that cannot be added here."""
    return next((kind for kind, path in KINDS.items() if path == adapter), "")


def mailbox(
    address: str,
    incoming: Server,
    outgoing: Server,
    *,
    username: str = "",
    password: str = "",
    consent: str = "",
    ca_file: str = "",
) -> Mailbox:
    """Returns a mailbox of what somebody wrote; by consent where it names one. Raises Refused."""
    identity = email_identity(address)
    if identity is None:
        raise Refused("This is no e-mail address.", field="address", next_step="Write it as support@example.com.")
    if not consent and not password:
        raise Refused("The password is missing.", field="password")
    return Mailbox(
        address=identity.value,
        username=username.strip() or address.strip(),
        incoming=incoming,
        outgoing=outgoing,
        login="oauth" if consent else "password",
        password="" if consent else password,
        consent=consent,
        ca_file=ca_file.strip(),
    )


def server(host: str, port: object, tls: str, field_name: str) -> Server:
    """Returns a server of what somebody wrote. Raises Refused naming the field."""
    name, number = host.strip(), str(port).strip()
    if not name or not name.isprintable() or " " in name or "/" in name or len(name) > 253:
        raise Refused("This is no server name.", field=field_name, next_step="Write it as imap.example.com.")
    if not number.isdecimal() or not 0 < int(number[:6]) < 65536:
        raise Refused("A port is a number from 1 to 65535.", field=field_name)
    match tls:
        case "tls" | "starttls" | "none":
            return Server(name, int(number), tls)
    raise Refused("Encryption is tls, starttls or none.", field=field_name)


def names_for(conn: Connection, address: str, taken: Collection[str]) -> tuple[str, str]:
    """Returns names for the channels that read and send an account's mail; `taken`: those of the settings."""
    local, _, domain = address.lower().rpartition("@")
    base = re.sub(r"[^a-z0-9]+", "_", local).strip("_")[:_LONGEST_NAME] or "mail"
    base = base if base[0].isalpha() else f"mail_{base}"[:_LONGEST_NAME]
    place = re.sub(r"[^a-z0-9]+", "_", domain.partition(".")[0])
    tries = [f"{base}_mail"[:_LONGEST_NAME], f"{base}_{place}"[:_LONGEST_NAME].strip("_")]
    tries += [f"{tries[0]}_{number}" for number in range(2, 100)]

    def free(name: str) -> bool:
        return all(each not in taken and connections.is_free(conn, each, address) for each in (name, f"{name}_out"))

    name = next((each for each in tries if free(each)), "")
    if not name:
        raise Refused("No name is free for this mailbox.", field="name", next_step="Choose one.")
    return name, f"{name}_out"


def add(conn: Connection, keys: Keys, by: Actor, new: Sequence[New], taken: Collection[str]) -> None:
    """Keeps channels; `taken`: the names in the settings file. Raises Refused."""
    for each in new:
        if each.name in taken:
            raise Refused(
                f"The settings file has a channel {each.name} already.", field="name", next_step="Choose another name."
            )
    kept = [each.checked().kept(by.name, by.at) for each in new]
    connections.add(conn, keys, kept, {each.name: each.secrets for each in new})
    for each in new:
        audit.note(conn, by, "connection.added", f"channel/{each.name}", {"kind": each.kind, "account": each.account})


def change(
    conn: Connection, keys: Keys, by: Actor, name: str, settings: Mapping[str, Any], secrets: Mapping[str, str]
) -> None:
    """Changes settings (None takes one away) and secrets of a channel. Raises NotFound and Refused."""
    old = connections.find(conn, name)
    merged = {key: value for key, value in {**old.settings, **settings}.items() if value is not None}
    New(name=name, kind=kind_of(old.adapter), settings=merged, secrets=secrets).checked()
    connections.change(conn, keys, name, merged, {key: value for key, value in secrets.items() if value}, by.at)
    audit.note(
        conn, by, "connection.changed", f"channel/{name}", {"settings": sorted(settings), "secrets": sorted(secrets)}
    )


def disconnect(conn: Connection, by: Actor, name: str) -> None:
    """Closes a channel until it is connected again. Raises NotFound."""
    connections.disconnect(conn, name, f"By {by.name}." if by.name else "", by.at)
    audit.note(conn, by, "connection.disconnected", f"channel/{name}")


def connect(conn: Connection, by: Actor, name: str) -> None:
    """Opens a channel again. Raises NotFound."""
    connections.find(conn, name)
    connections.connect(conn, [name])
    audit.note(conn, by, "connection.connected", f"channel/{name}")


def remove(conn: Connection, keys: Keys, by: Actor, name: str) -> None:
    """Forgets a channel, its secrets, and a consent that no other uses; its history stays. Raises NotFound."""
    gone = connections.remove(conn, name)
    consent = str(gone.settings.get("consent", ""))
    if consent and all(each.settings.get("consent") != consent for each in connections.kept(conn)):
        consents_given.forget(conn, keys, consent, by.at)
    audit.note(conn, by, "connection.removed", f"channel/{name}")
