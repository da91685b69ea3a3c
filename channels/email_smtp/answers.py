"""What an SMTP server's refusal means for the message (RFC 5321 section 4.2, RFC 3463)."""

from __future__ import annotations

import re

from hub.model.errors import ChannelBroken, Rejected, SendError, Temporary

# RFC 4954 section 6: these are about our login, in whatever phase they come.
LOGIN_CODES = frozenset({530, 534, 535, 538})
_ABOUT_US = re.compile(
    r"relay(?:ing)?\s+(?:access\s+)?(?:is\s+)?(?:denied|not\s+(?:allowed|permitted))|unable\s+to\s+relay"
    r"|authentication\s+(?:is\s+)?required",
    re.IGNORECASE,
)
# RFC 3463 3.3: 5.2.3 and 5.3.4 say that the mail is too large; RFC 1870 gives 552 for it at MAIL.
_TOO_LARGE = re.compile(r"\b5\.(?:2\.3|3\.4)\b")
_QUEUE_ID = re.compile(r"queued as ([\w.-]+)|\bid=([\w.-]+)|\A2\.0\.0 (\w{6,}) Message accepted", re.IGNORECASE)


def refusal(phase: str, code: int, text: str) -> SendError:
    """Returns the error for an answer that is not the expected one; `phase`: mail, rcpt, data or dot."""
    answer = f"{code} {text}".strip()[:500]
    if 400 <= code < 500:
        return Temporary(f"The mail server asks to come back later: {answer}", provider_code=str(code), phase=phase)
    if code in LOGIN_CODES or (phase in ("mail", "rcpt") and _ABOUT_US.search(text)):
        return ChannelBroken(f"The mail server does not let us send: {answer}", provider_code=str(code), phase=phase)
    if phase == "mail" and code != 552 and not _TOO_LARGE.search(text):
        return ChannelBroken(f"The mail server refuses our sender: {answer}", provider_code=str(code), phase=phase)
    return Rejected(f"The mail server refuses this mail: {answer}", provider_code=str(code), phase=phase)


def queue_reference(text: str) -> str:
    """Returns the server's own name for an accepted mail, or its whole answer where that names none."""
    found = _QUEUE_ID.search(text)
    return next(filter(None, found.groups())) if found else text[:200]
