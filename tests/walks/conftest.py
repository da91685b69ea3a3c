"""Hubs for the walks: one in the sandbox as it comes, one with live mailboxes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.walks.running import RunningHub

SANDBOX = """
[channels.outgoing_mail]
adapter = "channels.email_smtp:SmtpSender"
from_address = "support@example.com"

[channels.support_mail]
adapter = "channels.email_imap:ImapMailbox"
sends_with = "outgoing_mail"
address = "support@example.com"

[channels.main_number]
adapter = "channels.sms:TwilioSms"
from_number = "+14155550100"

[channels.main_phone]
adapter = "channels.voice:TwilioVoice"
from_number = "+14155550100"
greeting = "Thank you for calling. Please leave a message after the tone."

[channels.contact_form]
adapter = "channels.web_form:WebForm"
sends_with = "outgoing_mail"

[channels.surveys]
adapter = "channels.survey_upload:SurveyUpload"
"""


def mailbox_section(name: str, dovecot: Dovecot, user: str, password: str) -> str:
    """Returns the configuration of one live mailbox."""
    return f"""
[channels.{name}]
adapter = "channels.email_imap:ImapMailbox"
mode = "live"
sends_with = "outgoing_mail"
host = "127.0.0.1"
port = {dovecot.port}
tls = "none"
username = "{user}"
password = "{password}"
address = "{user}"
"""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    """A hub as it comes: every channel in the sandbox."""
    with RunningHub(tmp_path / "data", config=SANDBOX) as running:
        yield running
