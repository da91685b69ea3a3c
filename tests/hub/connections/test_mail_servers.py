"""Where an address's mail is: known providers, what a domain publishes, who takes its mail; strangers kept at bay."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from hub.desk.mail_servers import Outside, autoconfig, find
from hub.desk.mail_servers.outside import is_public
from hub.model.errors import Refused
from hub.model.mail_servers import Server
from tests.servers.certificate import write_certificate

IMAPS, SMTPS = Server("imap.shop.example", 993, "tls"), Server("smtp.shop.example", 465, "tls")
CONFIG = """<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="shop.example"><domain>shop.example</domain>
<incomingServer type="pop3"><hostname>pop.shop.example</hostname><port>995</port><socketType>SSL</socketType>
<username>x</username></incomingServer>
<incomingServer type="imap"><hostname>imap.shop.example</hostname><port>143</port><socketType>STARTTLS</socketType>
<username>%EMAILADDRESS%</username><authentication>OAuth2</authentication></incomingServer>
<incomingServer type="imap"><hostname>IMAP.shop.example</hostname><port>993</port><socketType>SSL</socketType>
<username>%EMAILLOCALPART%</username><authentication>password-cleartext</authentication></incomingServer>
<outgoingServer type="smtp"><hostname>smtp.shop.example</hostname><port>465</port><socketType>SSL</socketType>
<username>%EMAILADDRESS%</username></outgoingServer></emailProvider></clientConfig>"""


@pytest.mark.parametrize(
    ("content", "incoming"),
    [
        pytest.param(CONFIG, IMAPS, id="encrypted from the first byte comes first"),
        pytest.param(CONFIG.replace(">SSL<", ">plain<"), None, id="none without encryption"),
        pytest.param(CONFIG.replace("smtp.shop.example", "127.0.0.1"), None, id="no address for a name"),
        pytest.param(CONFIG.replace("465", "465x"), None, id="no port"),
        pytest.param(CONFIG.replace("<clientConfig", "<!DOCTYPE x><clientConfig", 1), None, id="no document type"),
        pytest.param(
            CONFIG.replace(
                "<clientConfig", '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><clientConfig', 1
            ).replace("imap.shop", "&b;"),
            None,
            id="no entities",
        ),
        pytest.param(CONFIG[:300], None, id="cut off"),
        pytest.param("<html>not found</html>", None, id="a page"),
    ],
)
def test_autoconfig_is_read_strictly(content: str, incoming: Server | None) -> None:
    found = autoconfig.read(content.encode(), "ada@shop.example")
    assert (found.incoming if found else None) == incoming
    if found:
        assert (found.outgoing, found.username) == (SMTPS, "ada")


@pytest.mark.security_row(24)
@pytest.mark.parametrize(
    ("address", "public"),
    [
        *((address, True) for address in ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822")),
        *((each, False) for each in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1")),
        *(
            (each, False)
            for each in ("::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::a00:1")
        ),
    ],
)
def test_only_what_is_on_the_internet_is_public(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


@dataclass
class World(AbstractResolver):
    """A piece of the internet on loopback: names, a name server, an HTTPS server for each path."""

    folder: Path
    names: dict[str, tuple[str, int]] = field(default_factory=dict)
    records: dict[tuple[str, int], list[bytes]] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if host not in self.names:
            raise OSError("unknown name")
        where, there = self.names[host]
        return [ResolveResult(hostname=host, host=where, port=there, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None: ...

    @asynccontextmanager
    async def outside(self) -> AsyncIterator[Outside]:
        cert, key = write_certificate(self.folder)
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(cert, key)
        trusting = ssl.create_default_context(cafile=cert)
        trusting.check_hostname = False  # the certificate is for localhost

        async def page(request: web.Request) -> web.StreamResponse:
            said = self.pages.get(f"{request.host}{request.path}", "")
            if said.startswith("-> "):
                return web.Response(status=302, headers={"Location": said[3:]})
            return web.Response(text=said) if said else web.Response(status=404)

        app = web.Application()
        app.router.add_get("/{rest:.*}", page)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        self.https = runner.addresses[0][1]
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Nameserver(self.records), local_addr=("127.0.0.1", 0)
        )
        at = transport.get_extra_info("sockname")
        try:
            yield Outside([at], lambda: self, lambda address: str(address) == "127.0.0.1", trusting)
        finally:
            transport.close()
            await runner.cleanup()

    def host(self, name: str) -> None:
        """Lets a name stand for the HTTPS server."""
        self.names[name] = ("127.0.0.1", self.https)


class _Nameserver(asyncio.DatagramProtocol):
    def __init__(self, records: dict[tuple[str, int], list[bytes]]) -> None:
        self.records = records

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        question = data[12:]
        end = question.index(b"\0") + 5
        (kind,) = struct.unpack_from("!H", question, end - 4)
        labels, at = [], 0
        while question[at]:
            labels.append(question[at + 1 : at + 1 + question[at]].decode())
            at += 1 + question[at]
        found = self.records.get((".".join(labels), kind), [])
        answer = data[:2] + struct.pack("!HHHHH", 0x8180, 1, len(found), 0, 0) + question[:end]
        for record in found:  # each name is the question's, compressed
            answer += b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(record)) + record
        self.transport.sendto(answer, addr)  # type: ignore[attr-defined]  # a datagram transport


def name(text: str) -> bytes:
    return b"".join(bytes([len(each)]) + each.encode() for each in text.split(".")) + b"\0"


async def test_where_mail_is_comes_from_who_hosts_it_then_from_what_is_published_then_from_usual_names(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    async with world.outside() as outside:
        assert (await find("Ada@Gmail.com", outside)).consent == "google"  # type: ignore[union-attr]
        assert world.asked == []  # a well-known provider is nobody else's business
        with pytest.raises(Refused):
            await find("nobody", outside)
        assert await find("ada@shop.example", outside) is None

        listening = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        world.names |= dict.fromkeys(("mail.shop.example", "smtp.shop.example"), ("127.0.0.1", port))
        found = await find("ada@shop.example", outside)
        assert found
        assert (found.source, found.incoming, found.outgoing) == (
            "names",
            Server("mail.shop.example", 993, "tls"),
            SMTPS,
        )

        service = struct.pack("!HHH", 0, 1, 993) + name("imap.shop.example")
        world.records["_imaps._tcp.shop.example", 33] = [struct.pack("!HHH", 9, 1, 993) + name("old.example"), service]
        world.records["_submission._tcp.shop.example", 33] = [struct.pack("!HHH", 0, 1, 587) + b"\4smtp\xc0\x1d"]
        found = await find("ada@shop.example", outside)
        assert found
        assert (found.source, found.incoming) == ("srv", IMAPS)
        assert found.outgoing == Server("smtp.shop.example", 587, "starttls")

        world.host("autoconfig.shop.example")
        world.host("www.shop.example")
        there = "https://www.shop.example/mail.xml"
        world.pages["autoconfig.shop.example/mail/config-v1.1.xml"] = f"-> {there}"
        world.pages["www.shop.example/mail.xml"] = CONFIG
        found = await find("ada@shop.example", outside)
        assert found
        assert (found.source, found.incoming, found.outgoing) == ("autoconfig", IMAPS, SMTPS)

        world.records["shop.example", 15] = [
            struct.pack("!H", 20) + name("backup.example"),
            struct.pack("!H", 5) + name("shop-example.mail.protection.outlook.com"),
        ]
        found = await find("ada@shop.example", outside)
        assert found
        assert (found.source, found.consent, found.incoming.host) == ("mx", "microsoft", "outlook.office365.com")
        listening.close()


@pytest.mark.security_row(24)
async def test_nothing_but_names_of_the_internet_by_https_is_fetched_at_any_hop(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.outside() as outside:
        for host in ("good.example", "big.example"):
            world.host(host)
        world.names["inside.example"] = ("127.0.0.2", world.https)
        world.pages["good.example/"] = "yes"
        world.pages["inside.example/"] = "secret"
        world.pages["big.example/"] = "x" * 70_000
        assert await outside.fetch("https://good.example/") == b"yes"
        assert await outside.fetch("https://big.example/") is None
        assert await outside.fetch("https://inside.example/") is None
        for target in (
            "https://inside.example/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "http://good.example/",
            "https://good.example:8443/",
            "https://a:b@good.example/",
            "file:///etc/passwd",
            "https://good.example/loop",
        ):
            world.pages["good.example/loop"] = f"-> {target}"
            assert await outside.fetch("https://good.example/loop") is None, target
        assert not await outside.answers("inside.example", 993)
