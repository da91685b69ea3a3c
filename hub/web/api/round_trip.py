"""The round trip of a mailbox: a mail to itself, sent and found again before anything is kept."""

from __future__ import annotations

from hub.model.errors import Refused
from hub.web import round_trip
from hub.web.api.call import Call
from hub.web.api.connections import MailAccount, Wrong, mailbox_of, wrong_of
from hub.web.api.operation import ADMIN, operation
from hub.web.api.values import Told


class RoundTrip(Told):
    """`arrived`: the mail was found in the inbox, with this `subject`; it may come later, known by its `code`."""

    arrived: bool
    code: str
    subject: str
    problems: list[Wrong]


@operation(
    "POST", "/connections/mail/round-trip", roles=ADMIN, summary="Send a mailbox a mail by itself and look for it"
)
async def send_round_trip(call: Call, body: MailAccount) -> RoundTrip:
    if body.outgoing is None:
        raise Refused("A mailbox that is only read sends nothing.", field="outgoing", next_step="Name its server.")
    trip = await round_trip.send_to_itself(call.services, mailbox_of(body))
    return RoundTrip(arrived=bool(trip.subject), code=trip.code, subject=trip.subject, problems=wrong_of(trip.problems))
