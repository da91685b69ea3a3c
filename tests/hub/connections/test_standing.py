"""How a domain stands: what it publishes against what mail providers expect, asked of a real name server."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import pytest

from hub.desk.mail_servers import Outside, spf
from hub.desk.mail_servers.findings import Line, State
from hub.desk.mail_servers.standing import Sending, standing
from hub.desk.mail_servers.trying import try_links
from hub.model.errors import Refused
from tests.hub.connections.test_mail_servers import World, name

RSA = "v=DKIM1; k=rsa; p=MIIBtheKey"
OURS = Sending(server="smtp.shop.example", keys={"hub._domainkey.shop.example": RSA})


def txt(text: str) -> bytes:
    pieces = [text[at : at + 255].encode() for at in range(0, len(text), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces)


def by_name(lines: list[Line]) -> dict[str, tuple[State, str]]:
    return {line.name: (line.state, line.say()[0]) for line in lines}


async def test_a_domain_is_looked_at_from_nothing_published_to_all_is_well(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.outside() as outside:
        bare = by_name(await standing("Shop.example.", OURS, outside))
        assert {each: state for each, (state, _) in bare.items()} == {
            "MX": State.BAD,
            "SPF": State.BAD,
            "DKIM": State.BAD,
            "DMARC": State.BAD,
            "MTA-STS": State.GOOD,
        }

        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mx\r\n")
            await reader.readline()
            writer.write(b"250-mx\r\n250 SIZE 100\r\n")
            await reader.readline()
            writer.close()

        server = await asyncio.start_server(speak, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        world.names |= dict.fromkeys(("mx.shop.example", "smtp.shop.example"), ("127.0.0.1", port))
        world.host("mta-sts.shop.example")
        world.pages["mta-sts.shop.example/.well-known/mta-sts.txt"] = (
            "version: STSv1\nmode: enforce\nmx: *.shop.example\n"
        )
        world.records |= {
            ("shop.example", 15): [struct.pack("!H", 10) + name("mx.shop.example")],
            ("1.0.0.127.in-addr.arpa", 12): [name("mx.shop.example")],
            ("shop.example", 16): [txt("v=spf1 include:_spf.host.example ~all"), txt("google-site-verification=x")],
            ("_spf.host.example", 16): [txt("v=spf1 ip4:127.0.0.0/8 -all")],
            ("hub._domainkey.shop.example", 16): [txt(f"{RSA}{'A' * 300}"[: len(RSA)])],
            ("_dmarc.shop.example", 16): [txt("v=DMARC1; p=quarantine; rua=mailto:postmaster@shop.example")],
            ("_mta-sts.shop.example", 16): [txt("v=STSv1; id=1")],
            ("_smtp._tls.shop.example", 16): [txt("v=TLSRPTv1; rua=mailto:postmaster@shop.example")],
        }
        well = by_name(await standing("ada@shop.example", OURS, outside))
        assert {each: state for each, (state, _) in well.items()} == {
            **dict.fromkeys(("MX", "PTR", "SPF", "DKIM", "DMARC", "MTA-STS"), State.GOOD),
            "TLS": State.ADVICE,
        }
        assert "does not encrypt" in well["TLS"][1]

        world.records |= {
            ("hub._domainkey.shop.example", 16): [txt("v=DKIM1; k=rsa; p=another")],
            ("_dmarc.shop.example", 16): [txt("v=DMARC1; p=none")],
            ("shop.example", 16): [txt("v=spf1 +all")],
            ("1.0.0.127.in-addr.arpa", 12): [name("elsewhere.example")],
        }
        world.pages["mta-sts.shop.example/.well-known/mta-sts.txt"] = "mode: enforce\nmx: other.example\n"
        ill = by_name(await standing("shop.example", OURS, outside))
        assert ill["DKIM"] == (
            State.BAD,
            "Another key is published than the one the hub signs with: its mails look forged.",
        )
        assert (ill["DMARC"][0], ill["PTR"][0], ill["MTA-STS"][0]) == (State.ADVICE, State.ADVICE, State.BAD)
        assert "everybody" in ill["SPF"][1]
        with pytest.raises(Refused):
            await standing("no domain", OURS, outside)
        server.close()


async def test_a_domain_that_nobody_can_be_asked_about_is_not_known() -> None:
    told = await standing("shop.example", OURS, Outside([("127.0.0.1", 9)]))
    assert {line.state for line in told} == {State.UNKNOWN}


SENDER = spf.addresses(["192.0.2.7"])
POLICIES = {
    "a.example": ["v=spf1 ip4:192.0.2.0/24 -all"],
    "b.example": ["v=spf1 include:a.example ~all"],
    "loop.example": ["v=spf1 include:loop.example -all"],
    "other.example": ["v=spf1 ip4:198.51.100.1 -all"],
    "all.example": ["v=spf1 +all"],
    "twice.example": ["v=spf1 -all", "v=spf1 ~all"],
    "never.example": ["v=spf1 -ip4:192.0.2.7 +all"],
    "wrong.example": ["v=spf1 ipv4:192.0.2.7 -all"],
    **{f"deep{n}.example": [f"v=spf1 include:deep{n + 1}.example -all"] for n in range(11)},
    "deep11.example": ["v=spf1 -all"],
}


@pytest.mark.parametrize(
    ("policy", "allows", "ends", "wrong"),
    [
        pytest.param("v=spf1 ip4:192.0.2.7 -all", True, "-", "", id="named"),
        pytest.param("v=spf1 include:b.example ?all", True, "?", "", id="by another's policy, and another's"),
        pytest.param("v=spf1 include:other.example ~all", False, "~", "", id="not named"),
        pytest.param("v=spf1 redirect=a.example", True, "-", "", id="sent on"),
        pytest.param("v=spf1 redirect=a.example ~all", False, "~", "", id="sent on, but all are named before"),
        pytest.param("v=spf1 a mx -all", True, "-", "", id="its own hosts"),
        pytest.param("v=spf1 a:shop.example/28//64 -all", True, "-", "", id="a host and what is beside it"),
        pytest.param("v=spf1 -ip4:192.0.2.7 +all", False, "+", "", id="everybody"),
        pytest.param("v=spf1 -ip4:192.0.2.7 ip4:192.0.2.0/24 -all", False, "-", "", id="what comes first holds"),
        pytest.param("v=spf1 ~all ip4:192.0.2.7 include:nobody.example", False, "~", "", id="nothing counts after all"),
        pytest.param("v=spf1 include:all.example -all", True, "+", "", id="everybody by another's policy"),
        pytest.param("v=spf1 -include:all.example -all", False, "-", "", id="but not where those are kept out"),
        pytest.param("v=spf1 ip4:198.51.100.1", False, "", "", id="says nothing of others"),
        pytest.param("v=spf1 " + "a " * 11 + "-all", True, "-", "11 look-ups", id="too many look-ups"),
        pytest.param("v=spf1 include:deep0.example -all", False, "-", "12 look-ups", id="too many one in another"),
        pytest.param("v=spf1 include:loop.example -all", False, "", "in circles", id="in circles"),
        pytest.param("v=spf1 include:nobody.example -all", False, "", "has no policy", id="to nobody"),
        pytest.param("v=spf1 redirect=nobody.example", False, "", "has no policy", id="sent on to nobody"),
        pytest.param("v=spf1 include:twice.example -all", False, "", "more than one policy", id="to two"),
        pytest.param("v=spf1 include:wrong.example -all", False, "", "'ipv4:192.0.2.7' is not", id="to what is wrong"),
        pytest.param("v=spf1 a:x.example a:y.example mx:z.example -all", False, "-", "", id="to nothing"),
        pytest.param("v=spf1 exists:%{i}._spf.example include:%{d}.example -all", False, "-", "", id="macros"),
        pytest.param("v=spf1 ip4=!! -all", False, "-", "", id="a modifier that nobody knows"),
        pytest.param("v=spf1 ip4:300.1.1.1 -all", False, "", "names no addresses", id="no address"),
        pytest.param("v=spf1 ip6:192.0.2.7 -all", False, "", "another kind", id="an address of the other kind"),
        pytest.param("v=spf1 include -all", False, "", "not understood", id="of nobody"),
        pytest.param("v=spf1 a -al", False, "", "'-al' is not understood", id="misspelt"),
        pytest.param("v=spf1 redirect=a.example redirect=b.example", False, "", "more than once", id="sent on twice"),
        pytest.param("v=spf1 ((( -all", False, "", "not understood", id="no term"),
    ],
)
async def test_spf_is_followed_as_a_receiver_does(policy: str, allows: bool, ends: str, wrong: str) -> None:
    async def told(domain: str) -> list[str]:
        return POLICIES.get(domain, [])

    async def hosts(host: str) -> list[str]:
        return ["192.0.2.7"] if host in ("shop.example", "mx.shop.example") else []

    async def exchanges(domain: str) -> list[str]:
        return ["mx.shop.example"] if domain == "shop.example" else []

    found = await spf.follow("shop.example", policy, SENDER, told, hosts, exchanges)
    assert (found.allows, found.ends) == (allows, ends)
    assert wrong in found.wrong
    assert bool(wrong) == bool(found.wrong)
    assert (found.nothing == ["x.example", "y.example", "z.example"]) is ("z.example" in policy)


@pytest.mark.security_row(24)
async def test_links_are_tried_as_a_reader_follows_them_and_never_inside(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.outside() as outside:
        for host in ("good.example", "moved.example"):
            world.host(host)
        world.names["inside.example"] = ("127.0.0.2", world.https)
        world.pages |= {
            "good.example/": "yes",
            "moved.example/": "-> https://good.example/",
            "moved.example/inside": "-> https://inside.example/",
            "moved.example/numbers": "-> https://127.0.0.1/",
            "moved.example/circle": "-> https://moved.example/circle",
        }
        urls = [
            "https://good.example/",
            "https://moved.example/",
            "https://good.example/gone",
            "https://moved.example/inside",
            "https://moved.example/numbers",
            "https://moved.example/circle",
            "https://good.example:8443/",
            "https://nobody.example/",
        ]
        told = await try_links(urls, outside)
    assert [(each.good, each.said.partition(":")[0]) for each in told] == [
        (True, "200"),
        (True, "200, leads to https"),
        (False, "404"),
        (False, "it cannot be reached"),
        (False, "an address in numbers is not tried"),
        (False, "it leads in circles"),
        (False, "another port than that of web pages is not tried"),
        (False, "it cannot be reached"),
    ]
