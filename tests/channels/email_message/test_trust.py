"""Whose a mail is: what proves its author, and what it claims in staff's name."""

from __future__ import annotations

import pytest

from channels.email_message.guard import read_mail_guarded
from channels.email_message.trust import judge
from hub.model.contact import Direction, Trust
from tests.channels.email_message.received import BODY, OURS, PASSED, contact


@pytest.mark.parametrize(
    ("header", "trust"),
    [
        pytest.param("", Trust.UNVERIFIED, id="none"),
        pytest.param(f"{OURS} dmarc=pass header.from=example.com\r\n", Trust.VERIFIED, id="dmarc"),
        pytest.param(f"{OURS[:-1]} 1; dkim=pass header.d=example.com\r\n", Trust.VERIFIED, id="aligned_dkim"),
        pytest.param(f"{OURS} dkim=pass header.d=evil.net\r\n", Trust.UNVERIFIED, id="foreign_dkim"),
        pytest.param(f"{OURS} spf=pass smtp.mailfrom=a@example.com\r\n", Trust.VERIFIED, id="aligned_spf"),
        pytest.param(f"{OURS} spf=pass smtp.mailfrom=evil.net\r\n", Trust.UNVERIFIED, id="foreign_spf"),
        pytest.param(
            f"{OURS} dmarc=fail; spf=pass smtp.mailfrom=example.com\r\n", Trust.UNVERIFIED, id="dmarc_fail_decides"
        ),
        pytest.param(
            "Authentication-Results: evil.net; dmarc=pass header.from=example.com\r\n",
            Trust.UNVERIFIED,
            id="other_server",
        ),
        pytest.param(f"{OURS} dmarc=fail\r\n{OURS} dmarc=pass\r\n", Trust.UNVERIFIED, id="topmost_counts"),
        pytest.param(f"{OURS} dmarc=pass header.from=other.example\r\n", Trust.UNVERIFIED, id="other_author"),
        pytest.param(f"From: x@example.com\r\n{OURS} dmarc=pass\r\n", Trust.UNVERIFIED, id="two_from_headers"),
        pytest.param(f"{OURS} none (dmarc=pass)\r\n", Trust.UNVERIFIED, id="comment"),
        pytest.param(f"{OURS} none (a (b) ; dmarc=pass c)\r\n", Trust.UNVERIFIED, id="nested_comment"),
        pytest.param(f"{OURS} dmarc=none; dkim=pass header.d=example.com\r\n", Trust.VERIFIED, id="no_dmarc_record"),
        pytest.param(
            f"{OURS} spf=fail\r\n{OURS} dmarc=pass header.from=example.com\r\n",
            Trust.UNVERIFIED,
            id="forged_below_ours_in_our_name",
        ),
        pytest.param(
            f"Authentication-Results: evil.net; dmarc=fail\r\n{OURS} dmarc=pass header.from=example.com\r\n",
            Trust.VERIFIED,
            id="a_foreign_one_above",
        ),
        pytest.param(
            f'{OURS} spf=none smtp.mailfrom="x; dmarc=pass header.from=example.com"@evil.net\r\n',
            Trust.UNVERIFIED,
            id="result_inside_quotes",
        ),
        pytest.param(
            f'{OURS} spf=none reason="dmarc=pass header.from=example.com"\r\n', Trust.UNVERIFIED, id="result_in_reason"
        ),
        pytest.param(f"{OURS} spf=none smtp.mailfrom=x;dmarc=pass@evil.net\r\n", Trust.UNVERIFIED, id="odd_address"),
        pytest.param(f"{OURS} dkim/1=pass header.d=mail.example.com\r\n", Trust.VERIFIED, id="subdomain_signs"),
        pytest.param(f"{OURS} dkim=pass header.d=com\r\n", Trust.UNVERIFIED, id="a_top_level_signs"),
        pytest.param(f"{OURS} auth=pass smtp.auth=ada@example.com\r\n", Trust.VERIFIED, id="our_own_account"),
        pytest.param(f"{OURS} auth=pass smtp.auth=bob@example.com\r\n", Trust.UNVERIFIED, id="another_account"),
        pytest.param(
            "Authentication-Results: dkim=pass header.d=example.com\r\n",
            Trust.UNVERIFIED,
            id="unnamed_is_not_asked_for",
        ),
        pytest.param(
            f"{OURS} arc=pass; dmarc=fail\r\nARC-Seal: i=1; d=relay.example; cv=none\r\n"
            "ARC-Authentication-Results: i=1; relay.example; dmarc=pass header.from=example.com\r\n",
            Trust.UNVERIFIED,
            id="arc_is_not_trusted",
        ),
    ],
)
def test_only_our_own_servers_verdict_verifies_a_sender(header: str, trust: Trust) -> None:
    assert contact(f"{header}From: ada@example.com\r\n{BODY}").trust is trust


def test_what_proves_or_speaks_against_an_author_is_told() -> None:
    proven = contact(f"{OURS} dmarc=pass header.from=example.com\r\nFrom: ada@example.com\r\n{BODY}")
    forged = contact(f"{OURS} dmarc=fail header.from=example.com\r\nFrom: ada@example.com\r\n{BODY}")
    foreign = contact(f"Authentication-Results: mx.else.example; spf=pass\r\nFrom: ada@example.com\r\n{BODY}")
    assert (proven.extra["trust_why"], proven.extra.get("forged")) == ("mx.example.org: dmarc=pass", None)
    assert (forged.extra["trust_why"], forged.extra["forged"]) == ("mx.example.org: dmarc=fail", "yes")
    assert (foreign.extra["stamped_by"], "trust_why" in foreign.extra) == ("mx.else.example", False)


def test_a_forwarders_results_count_where_it_is_named_and_our_server_found_its_chain_whole() -> None:
    mail = (
        f"{OURS} arc=pass; dmarc=fail header.from=example.com\r\n"
        "ARC-Seal: i=2; a=rsa-sha256; d=relay.example; cv=pass; b=x\r\n"
        "ARC-Authentication-Results: i=2; mx.relay.example;\r\n dmarc=pass header.from=example.com\r\n"
        "ARC-Seal: i=1; d=example.net; cv=none\r\n"
        "ARC-Authentication-Results: i=1; example.net; dmarc=pass header.from=example.com\r\n"
        f"From: ada@example.com\r\n{BODY}"
    ).encode()
    read = read_mail_guarded(mail)
    ours = ("mx.example.org",)
    assert judge(read, ours, arc_sealers=("relay.example",), raw=mail).verified
    assert judge(read, ours, arc_sealers=("example.net",), raw=mail).failed
    assert not judge(read, ours, arc_sealers=("relay.example",), raw=mail.replace(b"arc=pass", b"arc=fail")).verified


def test_a_server_that_writes_no_name_and_a_signature_checked_here_verify_too() -> None:
    unnamed = read_mail_guarded(
        f"Authentication-Results: spf=pass (sender IP is 203.0.113.9) smtp.mailfrom=example.com;\r\n"
        f" dkim=none; dmarc=pass action=none header.from=example.com;compauth=pass\r\n"
        f"From: ada@example.com\r\n{BODY}".encode()
    )
    assert judge(unnamed, ("unnamed",)).verified
    plain = read_mail_guarded(f"From: ada@example.com\r\n{BODY}".encode())
    assert judge(plain, (), signed_by=["mail.example.com"]).said == "dkim=pass (mail.example.com)"
    assert not judge(plain, (), signed_by=["evil.net"]).verified


@pytest.mark.security_row(3)
@pytest.mark.parametrize("sender", ["staff@example.org", "support@example.org", "SUPPORT+x@example.org"])
def test_a_spoofed_staff_sender_stays_inbound_and_unverified_and_is_flagged(sender: str) -> None:
    read = contact(f"From: {sender}\r\n{BODY}")
    assert (read.direction, read.trust, read.extra["claims_staff"]) == (Direction.IN, Trust.UNVERIFIED, "yes")


def test_verified_staff_and_the_sent_folder_are_outbound() -> None:
    assert contact(f"{PASSED}From: staff@example.org\r\n{BODY}").direction is Direction.OUT
    sent = contact(f"From: support@example.org\r\n{BODY}", sent=True)
    assert (sent.direction, sent.trust) == (Direction.OUT, Trust.VERIFIED)
