"""Reads config-v1.1.xml, by which a domain says where its mail is (Thunderbird's autoconfig); no DTD, no entities.

https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from hub.model.mail_servers import MailServers, Server, Tls

_TLS: Mapping[str, Tls] = {"SSL": "tls", "STARTTLS": "starttls"}
_HOST = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z", re.IGNORECASE
)
_SERVERS = {"incomingServer": "imap", "outgoingServer": "smtp"}
_LONGEST = 300


@dataclass(slots=True)
class _Reader:
    """What was read so far; of each kind of server only those that we can use, in the order of the file."""

    found: dict[str, list[tuple[Server, str]]] = field(default_factory=lambda: {"imap": [], "smtp": []})
    kind: str = ""
    said: dict[str, str] = field(default_factory=dict)
    within: str = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _SERVERS:
            self.kind = _SERVERS[name] if attributes.get("type") == _SERVERS[name] else ""
            self.said = {}
        self.within = name

    def text(self, piece: str) -> None:
        # Of several ways to log in the first is the preferred one.
        if self.kind and len(self.said.get(self.within, "")) < _LONGEST:
            self.said[self.within] = self.said.get(self.within, "") + piece

    def end(self, name: str) -> None:
        self.within = ""
        if name not in _SERVERS or not self.kind:
            return
        said = {key: value.strip() for key, value in self.said.items()}
        host, port, tls = said.get("hostname", ""), said.get("port", ""), _TLS.get(said.get("socketType", ""))
        if tls and is_host(host) and port.isdecimal() and 0 < int(port[:6]) < 65536:
            self.found[self.kind].append((Server(host.lower(), int(port), tls), said.get("username", "")))
        self.kind = ""


def read(content: bytes, address: str) -> MailServers | None:
    """Returns the servers that a file names, None where it names none with encryption or cannot be read."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError):
        return None
    if not reader.found["imap"] or not reader.found["smtp"]:
        return None
    # Encrypted from the first byte before STARTTLS (RFC 8314 section 3).
    incoming, outgoing = (min(reader.found[kind], key=lambda each: each[0].tls != "tls") for kind in ("imap", "smtp"))
    return MailServers(
        incoming=incoming[0], outgoing=outgoing[0], username=_username(incoming[1], address), source="autoconfig"
    )


def is_host(name: str) -> bool:
    """Whether this is a host name with a dot in it, and no address."""
    return _HOST.match(name) is not None


def _refuse(*_: object) -> None:
    raise ValueError("a document type is not read")


def _username(pattern: str, address: str) -> str:
    local, _, domain = address.rpartition("@")
    values = {"%EMAILADDRESS%": address, "%EMAILLOCALPART%": local, "%EMAILDOMAIN%": domain}
    for name, value in values.items():
        pattern = pattern.replace(name, value)
    return pattern if pattern and pattern.isprintable() and "%" not in pattern and len(pattern) <= 254 else address
