"""Complaints: the Abuse Reporting Format (RFC 5965, RFC 6591) and Microsoft's JMRP, which sends the bare message."""

from __future__ import annotations

import re
from email.message import Message

from channels.email_message.bounce import addresses
from channels.email_message.bounce.original import Original
from channels.email_message.bounce.parts import Parts
from channels.email_message.bounce.report import BounceReport, Failure, Reason
from channels.email_message.bounce.text import folded, header

_FIELD = re.compile(
    r"^(feedback-type|original-rcpt-to|removal-recipient|redacted-address)[ \t]*:[ \t]*(\S.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_JMRP_SENDER = re.compile(
    r"\b(?:staff@hotmail\.com|scomp@aol\.net|jmrp@|[\w.-]*(?:fbl|feedbackloop|feedback-loop|complaints?)[\w.-]*@)",
    re.IGNORECASE,
)
_JMRP_SUBJECT = (
    "complaint about message from",
    "email feedback report for ip",
    "abuse report",
    "spam complaint",
    "spam report",
)


def is_feedback(mail: Message, parts: Parts) -> bool:
    """Return whether the mail is a complaint, by its type or as the large providers without ARF send it."""
    if parts.feedback or parts.report_type == "feedback-report":
        return True
    subject = folded(header(mail, "subject"))
    known = any(phrase in subject for phrase in _JMRP_SUBJECT)
    return known and bool(parts.returned) and bool(_JMRP_SENDER.search(header(mail, "from")))


def read_feedback(parts: Parts, original: Original) -> BounceReport:
    """Return the complaint; its failures name who complained: Original-Rcpt-To, else the returned message's To."""
    kind, written = "abuse", []
    for text in parts.feedback:
        for name, value in _FIELD.findall(text):
            if name.lower() == "feedback-type":
                kind = value.split()[0].strip().lower()
            else:
                written.append(addresses.in_field(value.strip()))
    complainers = addresses.distinct([a for a in written if a]) or list(original.recipients[:1])
    failures = tuple(Failure(a, "", False, False, False, Reason.FEEDBACK, "") for a in complainers)
    return BounceReport("feedback", failures, original.message_id, original.subject, original.recipients, kind)
