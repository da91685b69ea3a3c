"""A mail to several people: each copy names all of them, but nobody in secret."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime

import pytest

from channels.email_smtp import build_mail
from hub.model.contact import Party
from hub.model.errors import Refused
from hub.model.identity import Identity
from tests.channels.smtp.conftest import outgoing


def party(address: str, name: str = "") -> Party:
    return Party(Identity("mailto", address), name)


def test_every_copy_names_to_and_cc_and_lines_stay_short() -> None:
    people = tuple(party(f"person{number}@example.com", f"Jiří Novák {number}") for number in range(12))
    mail = outgoing(everybody=people, cc=(party("bob@example.com", "Byron, Lord"),))
    raw = build_mail(mail, "shop@example.org", "", datetime(2026, 3, 1, tzinfo=UTC))
    head = raw.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 100
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert [address.addr_spec for address in read["To"].addresses] == [one.identity.value for one in people]
    assert [address.display_name for address in read["To"].addresses] == [one.display_name for one in people]
    assert str(read["Cc"]) == '"Byron, Lord" <bob@example.com>'
    assert read["Bcc"] is None


def test_a_line_break_in_a_name_adds_no_header() -> None:
    mail = outgoing(everybody=(party("ada@example.com", "Ada\r\nBcc: all@example.com"),))
    with pytest.raises(Refused):
        build_mail(mail, "shop@example.org", "", datetime(2026, 3, 1, tzinfo=UTC))
