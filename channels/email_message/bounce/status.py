"""Enhanced status codes (RFC 3463) and SMTP reply codes (RFC 5321 4.2) as they stand in text."""

from __future__ import annotations

import re

from channels.email_message.bounce.report import Reason

_ENHANCED = re.compile(r"(?<![\w.\[/-])([245])\.(\d{1,2})\.(\d{1,3})(?![\w]|\.\d)")
_AFTER_REPLY = re.compile(r"(?<!\d)[245]\d\d[ :-]{1,3}\(?#?([245])\.(\d{1,2})\.(\d{1,3})(?![\w]|\.\d)")
_IN_BRACKETS = re.compile(r"\(#([45])\.(\d{1,2})\.(\d{1,3})\)")
_REPLY = re.compile(
    r"(?:^|[:;>(\[\"=]\s?|<<< |\b(?:said|code|error|reason|response|replied|returned|with|got|was)[: ]{1,3})"
    r"([45][0-5]\d)(?=[ :;,.)\]\"-](?!\d)|$)",
    re.IGNORECASE | re.MULTILINE,
)

BY_CODE: dict[str, Reason] = {
    # RFC 3463 3.2 to 3.8, RFC 5248's registry, and what large providers mean by theirs.
    "1.0": Reason.USER_UNKNOWN,
    "1.1": Reason.USER_UNKNOWN,
    "1.2": Reason.HOST_UNKNOWN,
    "1.3": Reason.USER_UNKNOWN,
    "1.4": Reason.REJECTED,
    "1.6": Reason.HAS_MOVED,
    "1.7": Reason.REJECTED,
    "1.8": Reason.REJECTED,
    "1.10": Reason.NOT_ACCEPT,
    "2.0": Reason.FILTERED,
    "2.1": Reason.SUSPEND,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.EXCEED_LIMIT,
    "2.4": Reason.FILTERED,
    "3.1": Reason.SYSTEM_FULL,
    "3.2": Reason.NOT_ACCEPT,
    "3.4": Reason.MESSAGE_TOO_BIG,
    "3.5": Reason.SYSTEM_ERROR,
    "4.1": Reason.EXPIRED,
    "4.2": Reason.NETWORK_ERROR,
    "4.3": Reason.SYSTEM_ERROR,
    "4.4": Reason.HOST_UNKNOWN,
    "4.5": Reason.MAILBOX_FULL,
    "4.6": Reason.NETWORK_ERROR,
    "4.7": Reason.EXPIRED,
    "4.14": Reason.NETWORK_ERROR,
    "4.310": Reason.HOST_UNKNOWN,
    "4.316": Reason.EXPIRED,
    "5.3": Reason.TOO_MANY_CONNECTIONS,
    "6.0": Reason.CONTENT_ERROR,
    "6.3": Reason.CONTENT_ERROR,
    "6.5": Reason.CONTENT_ERROR,
    "7.0": Reason.SECURITY_ERROR,
    "7.1": Reason.SECURITY_ERROR,
    "7.2": Reason.SECURITY_ERROR,
    "7.3": Reason.SECURITY_ERROR,
    "7.4": Reason.SECURITY_ERROR,
    "7.5": Reason.SECURITY_ERROR,
    "7.6": Reason.SECURITY_ERROR,
    "7.7": Reason.SECURITY_ERROR,
    "7.8": Reason.SECURITY_ERROR,
    "7.9": Reason.SECURITY_ERROR,
    "7.13": Reason.SUSPEND,
    "7.20": Reason.AUTH_FAILURE,
    "7.21": Reason.AUTH_FAILURE,
    "7.22": Reason.AUTH_FAILURE,
    "7.23": Reason.AUTH_FAILURE,
    "7.24": Reason.AUTH_FAILURE,
    "7.25": Reason.REQUIRE_PTR,
    "7.26": Reason.AUTH_FAILURE,
    "7.27": Reason.NOT_ACCEPT,
    "7.28": Reason.RATE_LIMITED,
    "7.29": Reason.AUTH_FAILURE,
    "7.30": Reason.AUTH_FAILURE,
    "7.509": Reason.AUTH_FAILURE,
    "7.511": Reason.BLOCKED,
    "7.606": Reason.BLOCKED,
}

_USUAL_STATUS: dict[Reason, str] = {
    Reason.USER_UNKNOWN: "5.1.1",
    Reason.HOST_UNKNOWN: "5.1.2",
    Reason.HAS_MOVED: "5.1.6",
    Reason.MAILBOX_FULL: "5.2.2",
    Reason.SUSPEND: "5.2.1",
    Reason.MESSAGE_TOO_BIG: "5.3.4",
    Reason.NO_RELAYING: "5.7.1",
}


def enhanced_code(text: str) -> str:
    """Return the most telling enhanced code in text: after a reply code, as qmail's `(#5.1.1)`, or on its own."""
    fallback = ""
    for pattern in (_AFTER_REPLY, _IN_BRACKETS, _ENHANCED):
        for match in pattern.finditer(text):
            code = f"{match[1]}.{int(match[2])}.{int(match[3])}"
            if code[0] != "2" and not code.endswith(".0.0"):
                return code
            fallback = fallback or code
    return fallback


def reply_code(text: str) -> str:
    """Return the first SMTP reply code 4xx or 5xx in text, or ''."""
    found = _REPLY.search(text)
    return found[1] if found else ""


def settled(declared: str, diagnostic: str) -> str:
    """Return the status code: the report's own Status gives the class, a more precise code in the text the rest.

    RFC 3464 2.3.4 allows a comment after the code; some servers write an SMTP reply there instead.
    """
    own = enhanced_code(declared)
    told = enhanced_code(diagnostic)
    if own:
        more_precise = told and told[0] == own[0] and not told.endswith(".0.0")
        return told if more_precise else own
    if told:
        return told
    reply = reply_code(declared) or reply_code(diagnostic)
    return f"{reply[0]}.0.0" if reply else ""


def reason_of(status: str) -> Reason:
    """Return what a status code alone means."""
    return BY_CODE.get(status.partition(".")[2], Reason.UNDEFINED)


def usual_status(reason: Reason, *, passing: bool = False) -> str:
    """Return the status of a failure for which no code at all was given."""
    if passing or reason is Reason.ON_HOLD:
        return "4.0.0"
    return _USUAL_STATUS.get(reason, "5.0.0")
