"""Hubs for the walks: one in the sandbox as it comes, one with live mailboxes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.servers.dovecot import Dovecot
from tests.walks.running import Person, RunningHub

_numbers = itertools.count(1)

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


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub as it comes, every channel in the sandbox; the tests of a module share it and each has its own people."""
    with RunningHub(tmp_path_factory.mktemp("hub") / "data", config=SANDBOX) as running:
        yield running


@pytest.fixture
def person(request: pytest.FixtureRequest) -> Person:
    """Somebody nobody has met yet."""
    return Person(next(_numbers))
