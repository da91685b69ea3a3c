"""Amazon SES's notifications in JSON, as SNS mails them (SES developer guide, "Amazon SNS notification contents")."""

from __future__ import annotations

import json
from typing import Any

from channels.email_message.bounce.reasons import explain
from channels.email_message.bounce.report import BounceReport, Failure, Reason
from channels.email_message.bounce.status import enhanced_code, usual_status
from channels.email_message.bounce.text import LIMIT

_SUBTYPES = {
    "noemail": Reason.USER_UNKNOWN,
    "suppressed": Reason.USER_UNKNOWN,
    "onaccountsuppressionlist": Reason.USER_UNKNOWN,
    "mailboxfull": Reason.MAILBOX_FULL,
    "messagetoolarge": Reason.MESSAGE_TOO_BIG,
    "contentrejected": Reason.CONTENT_ERROR,
    "attachmentrejected": Reason.POLICY_VIOLATION,
}


def read_notification(text: str) -> BounceReport | None:
    """Return the bounce or complaint of an SES notification in `text`, or None."""
    event = _event(text)
    kind = str(event.get("notificationType") or event.get("eventType") or "").lower()
    mail = _mapping(event.get("mail"))
    common = _mapping(mail.get("commonHeaders"))
    written = tuple(str(a) for a in _sequence(mail.get("destination")))
    identity = str(common.get("messageId") or "")
    subject = str(common.get("subject") or "")
    if kind == "complaint":
        complaint = _mapping(event.get("complaint"))
        who = [str(_mapping(r).get("emailAddress", "")) for r in _sequence(complaint.get("complainedRecipients"))]
        failures = tuple(Failure(a, "", False, False, False, Reason.FEEDBACK, "") for a in who if a)
        return BounceReport(
            "feedback", failures, identity, subject, written, str(complaint.get("complaintFeedbackType") or "abuse")
        )
    if kind == "bounce":
        bounce = _mapping(event.get("bounce"))
        rows = [_failure(_mapping(r), bounce) for r in _sequence(bounce.get("bouncedRecipients"))]
        return BounceReport("bounce", tuple(f for f in rows if f.recipient), identity, subject, written)
    return None


def _failure(recipient: dict[str, Any], bounce: dict[str, Any]) -> Failure:
    permanent = str(bounce.get("bounceType", "")).lower() == "permanent"
    diagnostic = str(recipient.get("diagnosticCode") or "")
    status = str(recipient.get("status") or "") or enhanced_code(diagnostic)
    reason = explain(diagnostic, status)
    subtype = str(bounce.get("bounceSubType", "")).lower()
    if reason is Reason.UNDEFINED or subtype in ("suppressed", "onaccountsuppressionlist"):
        reason = _SUBTYPES.get(subtype, reason)
    status = status or usual_status(reason, passing=not permanent)
    delayed = str(recipient.get("action", "")).lower() == "delayed"
    return Failure(
        str(recipient.get("emailAddress", "")),
        status,
        permanent,
        permanent and reason.address_is_dead,
        delayed,
        reason,
        diagnostic,
    )


def _event(text: str) -> dict[str, Any]:
    start = text.find("{")
    if start < 0 or ("otificationType" not in text and "eventType" not in text):
        return {}
    outer = _decoded(text[start : start + LIMIT])
    inner = outer.get("Message")
    return _decoded(inner) if isinstance(inner, str) and inner.startswith("{") else outer


def _decoded(text: str) -> dict[str, Any]:
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return {}
    return _mapping(value)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _sequence(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
