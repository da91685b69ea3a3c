"""The world outside the hub, which goes on while the hub is killed: a mail server each way, a Twilio, and people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from channels.twilio_wire import hook_url
from hub.sandbox.twilio import Hooks, TwilioEmulator
from tests.servers.dovecot import Dovecot
from tests.servers.process import free_port
from tests.servers.smtp import SmtpCatcher
from tests.walks.conftest import mailbox_section

OURS = "+14155550100"
_SID = "AC" + "0" * 31 + "1"
_TOKEN = "token-of-the-faults"


@dataclass(frozen=True)
class Outside:
    """Servers of others, and the configuration of a hub that lives among them on `port`."""

    dovecot: Dovecot
    smtp: SmtpCatcher
    twilio: TwilioEmulator
    mailbox: str
    port: int
    config: str


@contextmanager
def outside(dovecot: Dovecot) -> Iterator[Outside]:
    """Starts an SMTP server; the Twilio is started by `async with`, in the loop of the test."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    mailbox, password = dovecot.add_user()
    numbers = {OURS: Hooks(text=hook_url(url, "main_number", "text"))}
    twilio_port = free_port()
    twilio = TwilioEmulator(_SID, _TOKEN, numbers, port=twilio_port, status_delay=0.02)
    smtp = SmtpCatcher()
    with ExitStack() as stack:
        smtp.start()
        stack.callback(smtp.stop)
        config = f"""
[hub]
trusted_proxies = ["127.0.0.1"]

[channels.outgoing_mail]
adapter = "channels.email_smtp:SmtpSender"
mode = "live"
host = "127.0.0.1"
port = {smtp.port}
tls = "none"
from_address = "support@example.com"

[channels.main_number]
adapter = "channels.sms:TwilioSms"
mode = "live"
from_number = "{OURS}"
account_sid = "{_SID}"
auth_tokens = "{_TOKEN}"
base_url = "http://127.0.0.1:{twilio_port}"

[channels.contact_form]
adapter = "channels.web_form:WebForm"
mode = "live"

[channels.surveys]
adapter = "channels.survey_upload:SurveyUpload"
mode = "live"
{mailbox_section("support_mail", dovecot, mailbox, password)}"""
        yield Outside(dovecot, smtp, twilio, mailbox, port, config)
