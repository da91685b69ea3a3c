"""The round trip of a mailbox: a mail to itself, sent by the account just tried and found again among what arrived."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from hub.desk.connections import Mailbox
from hub.model.identity import Identity
from hub.model.outbound import Outgoing
from hub.web.connecting import Said, said
from hub.web.i18n import _
from hub.web.services import Services

# A server that delivers to itself is done in a second or two; who waits longer looks again by a click.
_PAUSES = (0.3, 1.0, 2.0, 3.0)
_READS_AS = "new_mailbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """`code`: what the mail is known by; `subject`: as it was read again, empty while it has not arrived."""

    code: str
    subject: str = ""
    problems: Sequence[Said] = ()


async def send_to_itself(services: Services, mailbox: Mailbox) -> Trip:
    """Sends a mail from the account to itself, and waits a moment for it."""
    code = secrets.token_hex(4).upper()
    new = mailbox.sending(f"{_READS_AS}_out", services.settings.hub.business_name)
    letter = Outgoing(
        id=0,
        attempt=1,
        to=Identity("mailto", mailbox.address),
        subject=_("Test of %(address)s: %(code)s") % {"address": mailbox.address, "code": code},
        text=_("The hub sent this mail to see whether this mailbox sends and receives. Nothing is to be done."),
        message_id=f"test-{code.lower()}@{mailbox.address.rpartition('@')[2]}",
        # Whoever reads the mailbox later sees a machine's mail: it opens nothing and is never answered.
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )
    problems = await services.send_new(new.section(), mailbox.consent, letter)
    if problems:
        return Trip(code=code, problems=[said(each, mailbox.address) for each in problems])
    return await look_for(services, mailbox, code)


async def look_for(services: Services, mailbox: Mailbox, code: str) -> Trip:
    """Looks for the mail among the newest of the inbox, a few times."""
    for pause in _PAUSES:
        await asyncio.sleep(pause)
        problems, looked = await services.try_new(mailbox.reading(_READS_AS).section(), mailbox.consent)
        if problems:
            return Trip(code=code, problems=[said(each, mailbox.address) for each in problems])
        subject = next((each for each in looked.subjects if code in each), "")
        if subject:
            return Trip(code=code, subject=subject)
    return Trip(code=code)
