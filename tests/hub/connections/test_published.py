"""DKIM keys and DMARC policies as a domain publishes them, read as receivers read them, from a real name server."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hub.desk.mail_servers import dkim_keys
from hub.desk.mail_servers.dmarc import dmarc
from hub.desk.mail_servers.findings import Line, State
from tests.hub.connections.test_mail_servers import World
from tests.hub.connections.test_standing import txt

GOOD, ADVICE, BAD = State.GOOD, State.ADVICE, State.BAD
RUA = "rua=mailto:postmaster@shop.example"


@cache
def rsa(bits: int) -> str:
    key = RSAPublicNumbers(65537, (1 << bits - 1) | 1).public_key()
    return b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def in_words(lines: list[Line]) -> list[tuple[State, str]]:
    return [(line.state, line.say()[0]) for line in lines]


@pytest.mark.parametrize(
    ("published", "told"),
    [
        pytest.param([f"v=DKIM1; k=rsa; p={rsa(2048)}"], [(GOOD, "A key is published")], id="2048 bits"),
        pytest.param([f"p={rsa(2048)[:200]} {rsa(2048)[200:]}"], [(GOOD, "A key is published")], id="only the key"),
        pytest.param([f"v=DKIM1; k=ed25519; p={'A' * 43}="], [(GOOD, "A key is published")], id="Ed25519"),
        pytest.param([f"v=DKIM1; p={rsa(1024)}"], [(ADVICE, "fewer than 2048 bits")], id="1024 bits"),
        pytest.param([f"v=DKIM1; p={rsa(768)}"], [(BAD, "nobody believes it")], id="768 bits"),
        pytest.param(["v=DKIM1; k=rsa; p="], [(BAD, "was withdrawn")], id="withdrawn"),
        pytest.param([f"v=DKIM1; p={rsa(2048)[:-30]}"], [(BAD, "part of it is missing")], id="cut off"),
        pytest.param([f"v=DKIM1; k=dsa; p={rsa(2048)}"], [(BAD, "cannot be read")], id="a kind that nobody knows"),
        pytest.param([f"v=DKIM2; p={rsa(2048)}"], [(BAD, "begin with v=DKIM1")], id="another version"),
        pytest.param([f"k=rsa; v=DKIM1; p={rsa(2048)}"], [(BAD, "begin with v=DKIM1")], id="the version later on"),
        pytest.param([f"v=DKIM1; t=y:s; p={rsa(2048)}"], [(ADVICE, "tried out only")], id="on trial"),
        pytest.param([f"v=DKIM1; h=sha1; p={rsa(2048)}"], [(BAD, "(h=)")], id="SHA-1 only"),
        pytest.param([f"v=DKIM1; s=tlsrpt; p={rsa(2048)}"], [(BAD, "not for mail")], id="for other uses"),
        pytest.param([f"p={rsa(2048)}", f"p={rsa(1024)}"], [(BAD, "Several keys")], id="two under one name"),
        pytest.param(["google-site-verification=x"], [(BAD, "No key is published under this name")], id="no key"),
    ],
)
async def test_a_key_is_good_only_where_receivers_take_it(
    tmp_path: Path, published: list[str], told: list[tuple[State, str]]
) -> None:
    world = World(tmp_path)
    world.records[("one._domainkey.shop.example", 16)] = list(map(txt, published))
    async with world.outside() as outside:
        found = in_words(await dkim_keys.published("shop.example", ["one"], outside))
    assert [state for state, _ in found] == [state for state, _ in told]
    assert all(words in why for (_, why), (_, words) in zip(found, told, strict=True))


async def test_a_withdrawn_key_is_no_fault_where_another_is_in_use(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.records[("k1._domainkey.shop.example", 16)] = [txt("v=DKIM1; p=")]
    async with world.outside() as outside:
        assert [line.state for line in await dkim_keys.published("shop.example", [], outside)] == [BAD]
        world.records[("s1._domainkey.shop.example", 16)] = [txt(f"v=DKIM1; p={rsa(2048)}")]
        assert [line.state for line in await dkim_keys.published("shop.example", [], outside)] == [GOOD]


@pytest.mark.parametrize(
    ("records", "told"),
    [
        pytest.param({"": f"v=DMARC1; p=reject; {RUA}"}, [(GOOD, "refused (reject)")], id="all is refused"),
        pytest.param({"": f"v=DMARC1;p=Quarantine;{RUA}!10m"}, [(GOOD, "(quarantine)")], id="in any case"),
        pytest.param({"": f"v=DMARC1; p=none; {RUA}"}, [(ADVICE, "still let in")], id="only watched"),
        pytest.param({"": "v=DMARC1; p=reject"}, [(ADVICE, "nobody who gets the reports")], id="no reports"),
        pytest.param({"": f"v=DMARC1; p=reject; pct=20; {RUA}"}, [(ADVICE, "pct=20")], id="for some mail"),
        pytest.param({"": f"v=DMARC1; p=reject; sp=none; {RUA}"}, [(ADVICE, "any subdomain")], id="subdomains open"),
        pytest.param({"": f"v=DMARC1; p=reject; np=none; {RUA}"}, [(ADVICE, "(np=none)")], id="others open"),
        pytest.param({"": f"v=DMARC1; p=reject; t=y; {RUA}"}, [(ADVICE, "tried out")], id="on trial"),
        pytest.param(
            {"": "v=DMARC1; p=none; pct=5"}, [(ADVICE, "still let in"), (ADVICE, "nobody who gets")], id="two things",
        ),
        pytest.param({"": f"v=DMARC1; p=block; {RUA}"}, [(BAD, "none that is known")], id="no such policy"),
        pytest.param({"": f"v=DMARC1; {RUA}"}, [(BAD, "none that is known")], id="no policy"),
        pytest.param({"": f"v=dmarc1; p=reject; {RUA}"}, [(BAD, "does not begin")], id="begun otherwise"),
        pytest.param({"": f"p=reject; v=DMARC1; {RUA}"}, [(BAD, "does not begin")], id="the version later on"),
        pytest.param({"": f"v=DMARC1; p=reject; {RUA}\nv=DMARC1; p=none"}, [(BAD, "more than once")], id="twice"),
        pytest.param({}, [(BAD, "does not say")], id="nothing"),
        pytest.param({"": "v=DMARC1; p=reject; rua=a@shop.example"}, [(ADVICE, "is no address")], id="no mailto"),
        pytest.param(
            {"": "v=DMARC1; p=reject; rua=mailto:a@reports.example"}, [(ADVICE, "has not agreed")], id="to strangers",
        ),
        pytest.param(
            {
                "": "v=DMARC1; p=reject; rua=mailto:a@reports.example",
                "shop.example._report._dmarc.reports.example": "v=DMARC1;",
            },
            [(GOOD, "(reject)")], id="to somebody who has agreed",
        ),
    ],
)  # fmt: skip
async def test_a_policy_is_read_as_receivers_do(
    tmp_path: Path, records: dict[str, str], told: list[tuple[State, str]]
) -> None:
    world = World(tmp_path)
    for name, lines in records.items():
        world.records[(name or "_dmarc.shop.example", 16)] = [txt(line) for line in lines.splitlines()]
    async with world.outside() as outside:
        found = in_words(await dmarc("shop.example", outside))
    assert [state for state, _ in found] == [state for state, _ in told]
    assert all(words in why for (_, why), (_, words) in zip(found, told, strict=True))


@pytest.mark.parametrize(
    ("record", "state", "words"),
    [
        pytest.param(f"v=DMARC1; p=reject; {RUA}", GOOD, "(reject)", id="the policy of the domain above"),
        pytest.param(f"v=DMARC1; p=none; sp=quarantine; {RUA}", GOOD, "(quarantine)", id="what it says of subdomains"),
        pytest.param(f"v=DMARC1; p=reject; sp=none; {RUA}", ADVICE, "still let in", id="which may be nothing"),
    ],
)
async def test_a_subdomain_falls_under_the_domain_however_far_above(
    tmp_path: Path, record: str, state: State, words: str
) -> None:
    world = World(tmp_path)
    world.records[("_dmarc.shop.example", 16)] = [txt(record)]
    async with world.outside() as outside:
        (line,) = await dmarc("news.mail.shop.example", outside)
    assert (line.state, line.where) == (state, "_dmarc.shop.example")
    assert words in line.say()[0]
