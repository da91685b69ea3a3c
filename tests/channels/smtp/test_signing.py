"""DKIM signatures on what leaves: they hold, they cover the way out, and nothing can be added to what they cover."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.base import Context, Raw
from channels.email_message.dkim import signatures, vouched
from channels.email_smtp import SmtpSender
from channels.email_smtp.signing import read_keys
from hub.model.errors import ConfigurationError
from hub.sandbox.mailbox import SandboxMailbox
from hub.store import signing as made
from tests.channels.smtp.conftest import MakeSender, in_a_minute, outgoing

RSA, RSA_RECORD = made._rsa()
ED25519, ED25519_RECORD = made._ed25519()
BOTH = {"dkim_key": f"{RSA},{ED25519}", "dkim_selector": "hubr, hube"}
PROMOTION = {
    "Auto-Submitted": "auto-generated",
    "Feedback-ID": "run7:offer:promotional:hub1",
    "List-Unsubscribe": "<https://hub.example.org/u/1abc>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}
TEXT = "Dear  Ada,\t\n\n.hidden dot \nand very long words " + "word " * 300 + "\n\n\n"


async def holds(content: bytes, records: dict[str, str]) -> list[str]:
    """Returns the domains whose signature holds."""

    async def txt(name: str) -> Sequence[str]:
        return [records[name]] if name in records else []

    raw = Raw(content=content, key="1", cursor=None, received_at=datetime.now(UTC))
    [found] = await vouched([raw], txt)
    return str(found.note.get("dkim", "")).split()


@pytest.mark.outbound("leave-signed")
async def test_what_arrives_is_signed_with_both_keys_over_the_way_out(
    mailbox: SandboxMailbox, make_sender: MakeSender
) -> None:
    sender = make_sender(mailbox.port, **BOTH)
    await sender.send(outgoing(text=TEXT, html="<p>Dear Ada č</p>", headers=PROMOTION), in_a_minute())
    [caught] = mailbox.caught("ada@example.com")
    content = caught.path.read_bytes()
    content = content[content.index(b"DKIM-Signature:") :]
    assert sender.dkim_records == {
        "hubr._domainkey.example.org": RSA_RECORD,
        "hube._domainkey.example.org": ED25519_RECORD,
    }
    first, second = signatures(content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), datetime.now(UTC))
    assert {first.tags["a"], second.tags["a"]} == {"rsa-sha256", "ed25519-sha256"}
    covered = first.tags["h"].split(":")
    assert {"from", "subject", "feedback-id", "auto-submitted", "message-id"} <= set(covered)
    for name in ("from", "list-unsubscribe", "list-unsubscribe-post"):  # once more than it stands there
        assert covered.count(name) == 2
    for name, record in sender.dkim_records.items():
        assert await holds(content, {name: record}) == ["example.org"]
    for was, now in (
        (b"/u/1abc", b"/u/1abd"),
        (b"Subject: Your", b"Subject: My"),
        (b"DKIM-Signature:", b"List-Unsubscribe: <https://evil.example>\r\nDKIM-Signature:"),
        (b"Dear", b"Near"),
    ):
        assert await holds(content.replace(was, now, 1), sender.dkim_records) == [], was


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"dkim_key": "nonsense,nonsense"}, "is no private key", id="no key"),
        pytest.param({"dkim_selector": ""}, "dkim_selector is missing", id="no selector"),
        pytest.param({"dkim_selector": "a"}, "as many selectors as keys", id="one selector for two keys"),
        pytest.param({"dkim_selector": "a,b c"}, "no name", id="a selector that is no name"),
        pytest.param({"dkim_domain": "other.example"}, "a domain above it", id="somebody else's domain"),
        pytest.param({"dkim_domain": "ample.org"}, "a domain above it", id="a part of a label"),
    ],
)
def test_a_key_that_cannot_sign_is_told_at_the_start(changes: dict[str, Any], said: str) -> None:
    settings = {"host": "127.0.0.1", "tls": "none", "from_address": "shop@example.org", **BOTH, **changes}
    with pytest.raises(ConfigurationError, match=said):
        SmtpSender("mail_out", settings, Context(public_url="https://hub.example.org"))


def test_a_key_is_read_from_one_line_and_from_pem() -> None:
    lines = "\n".join(RSA[at : at + 64] for at in range(0, len(RSA), 64))
    pem = f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"
    [one] = read_keys("example.org", "hub", RSA)
    [other] = read_keys("example.org", "hub", pem)
    assert one.record == other.record == RSA_RECORD
