"""DKIM signatures: the example of RFC 8463 holds, in both its keys, and nothing that was changed does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from channels.base import Raw
from channels.email_message.dkim import vouched

# RFC 8463, appendix A: one mail with two signatures, and the keys in the domain's DNS.
SIGNED = b"""DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r
 d=football.example.com; i=@football.example.com;\r
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r
 subject : date : message-id : from : subject : date;\r
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r
 d=football.example.com; i=@football.example.com;\r
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r
 date : message-id : from : subject : date;\r
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r
From: Joe SixPack <joe@football.example.com>\r
To: Suzie Q <suzie@shopping.example.net>\r
Subject: Is dinner ready?\r
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r
Message-ID: <20030712040037.46341.5F8J@football.example.com>\r
\r
Hi.\r
\r
We lost the game.  Are you hungry yet?\r
\r
Joe.\r
"""
ED, RSA = "brisbane._domainkey.football.example.com", "test._domainkey.football.example.com"
KEYS = {
    ED: ["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="],
    RSA: [
        "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J1"
        "6JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+"
        "l/K4w3QIDAQAB"
    ],
}
NOBODY: Mapping[str, Sequence[str]] = {}


async def domains(mail: bytes, keys: Mapping[str, Sequence[str]] = KEYS) -> str:
    """Returns what the note of a mail says after its signatures were checked."""

    async def txt(name: str) -> Sequence[str]:
        if name not in keys:
            raise OSError("no such name")
        return keys[name]

    raw = Raw(content=mail, key="1", received_at=datetime(2018, 6, 11, tzinfo=UTC), note={"mailbox": "INBOX"})
    [checked] = await vouched([raw], txt)
    assert checked.note["mailbox"] == "INBOX"
    return checked.note.get("dkim", "")


@pytest.mark.parametrize(
    ("mail", "keys"),
    [
        pytest.param(SIGNED, KEYS, id="both"),
        pytest.param(SIGNED, {ED: KEYS[ED]}, id="ed25519"),
        pytest.param(SIGNED, {RSA: KEYS[RSA]}, id="rsa"),
        pytest.param(SIGNED.replace(b"\r\n", b"\n"), KEYS, id="line_ends_of_a_maildir"),
        pytest.param(SIGNED + b"\r\n\r\n", KEYS, id="empty_lines_after"),
        pytest.param(b"Received: from x\r\n by y\r\n" + SIGNED, KEYS, id="a_trace_added"),
        pytest.param(SIGNED.replace(b"We lost the game.  Are", b"We lost\tthe game. Are"), KEYS, id="other_space"),
    ],
)
async def test_a_signature_that_holds_names_its_domain(mail: bytes, keys: Mapping[str, Sequence[str]]) -> None:
    assert await domains(mail, keys) == "football.example.com"


@pytest.mark.parametrize(
    ("mail", "keys"),
    [
        pytest.param(SIGNED.replace(b"lost", b"won!"), KEYS, id="other_words"),
        pytest.param(SIGNED.replace(b"joe@", b"jim@"), KEYS, id="another_author"),
        pytest.param(SIGNED, NOBODY, id="no_key"),
        pytest.param(SIGNED, {ED: ["v=DKIM1; k=ed25519; p="]}, id="a_revoked_key"),
        pytest.param(SIGNED, {ED: [KEYS[ED][0].replace("p=11", "p=12")]}, id="another_key"),
        pytest.param(SIGNED, {ED: [KEYS[ED][0] + "; t=y"]}, id="only_testing"),
        pytest.param(SIGNED, {ED: [KEYS[ED][0].replace("ed25519", "rsa")]}, id="of_another_kind"),
        pytest.param(SIGNED, {ED: ["!", ""], RSA: ["k=rsa; p=AAAA"]}, id="no_key_at_all"),
        pytest.param(SIGNED.replace(b"t=1528637909;", b"t=1; x=1528637910; "), KEYS, id="run_out"),
        pytest.param(SIGNED.replace(b"q=dns/txt;", b"l=5;"), KEYS, id="a_part_of_the_body"),
        pytest.param(SIGNED.replace(b"h=from :", b"h=sender :"), KEYS, id="not_over_from"),
        pytest.param(SIGNED.replace(b"d=football.example.com", b"d=com"), KEYS, id="a_top_level"),
        pytest.param(SIGNED.replace(b"sha256;", b"sha1;"), KEYS, id="sha1"),
        pytest.param(b"From: joe@football.example.com\r\n\r\nHi\r\n", KEYS, id="unsigned"),
        pytest.param(b"DKIM-Signature: \r\nDKIM-Signature: a=b; =;;\r\n\r\n", KEYS, id="nonsense"),
        pytest.param(b"", KEYS, id="nothing"),
    ],
)
async def test_what_was_changed_or_cannot_be_checked_vouches_for_nobody(
    mail: bytes, keys: Mapping[str, Sequence[str]]
) -> None:
    assert await domains(mail, keys) == ""
