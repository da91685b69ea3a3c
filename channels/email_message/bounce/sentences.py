"""What a sentence says of a recipient in words of its own: who, then within a few words what is wrong with them.

The phrase tables know what servers ship with; administrators write the rest. Texts come folded (text.folded).
"""

from __future__ import annotations

import re

from channels.email_message.bounce.report import Reason
from channels.email_message.bounce.text import folded
from channels.email_message.bounce.vocabulary import EXCEEDED, FULL, MISSING, QUOTAS, RECEIVERS, SENDERS

_WHO = r"(?:users?|recipients?|mailbox(?:es)?|address(?:ee)?(?:es)?|accounts?|alias|rcpt|person|customer|subscriber)"
# Of whom the sentence speaks otherwise: the sender, a server, a host.
_NEAR = r"(?:(?!sender|\bfrom\b|server|host|client|\bips?\b|dns|domain|\bif\b)[^.;]){0,60}?"

_LONGEST = 1500


def _any_of(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(folded(word)) for word in words)


def _near(ones: tuple[str, ...], others: tuple[str, ...]) -> str:
    first, second = _any_of(ones), _any_of(others)
    return rf"(?:{first})[^.;。]{{0,50}}?(?:{second})|(?:{second})[^.;。]{{0,30}}?(?:{first})"


_ABSENT_ABROAD = re.compile(_near(RECEIVERS, MISSING))
_FULL_ABROAD = re.compile(f"(?:{_any_of(RECEIVERS)})[^.;。]{{0,50}}?(?:{_any_of(FULL)})|{_near(QUOTAS, EXCEEDED)}")
_SENDER_ABROAD = re.compile(_any_of(SENDERS))

_FULL = re.compile(
    rf"\b(?:mail ?box|inbox|mail folder|maildir|quota|storage|disk ?space)\b{_NEAR}\b"
    r"(?:full|exceed\w*|over\b|no (?:more |free )?(?:room|space)|reached|used up|exhausted)|"
    rf"\b(?:exceed\w*|over|no (?:more |free )?|insufficient|out of) {_NEAR}\b(?:quota|storage|disk ?space)\b"
)
_SUSPENDED = re.compile(
    rf"\b{_WHO}\b{_NEAR}\b(?:disabled|de-?activated|suspended|locked|inactive|dormant|frozen|unused|expired|"
    r"on hold|discontinued|not (?:yet )?activated)\b"
)
_ABSENT = re.compile(
    rf"\b{_WHO}\b{_NEAR}\b(?:unknown|not (?:be )?(?:found|exist|known|valid|registered|verified|recogni[sz]ed|here|"
    r"in use|in (?:the )?(?:active )?directory)|(?:does|do|did)(?:n't| not) exist|isn't (?:known|valid|registered)|"
    r"(?:is|are|was) (?:invalid|bad|wrong)|non-?exist\w*|look-?up (?:in \S{1,60} )?failed|never existed|"
    r"no longer (?:with|at|here|works|employed|in use)|(?:has|have) left\b|"
    r"(?:was|were|has been|have been) (?:removed|deleted|closed))|"
    r"\b(?:no such|unknown|invalid|non-?existent|have that|have this|not an?|no) (?:e-?mail |mail |local |virtual )?"
    rf"{_WHO}\b(?! (?:specified|given|access|permission|rights))|"
    r"\b(?:can|could|did)(?:not|n't| not) (?:be )?(?:find|found|locate|look up) (?:the |this |that |any )?"
    rf"{_WHO}\b|\b(?:does|do)(?:n't| not) have (?:an? |any )?(?:mail ?box|account)\b"
)
_NO_HOST = re.compile(
    r"\bdomain\b[^.;]{0,40}?\bnot (?:hosted|served|local|known|handled)\b|\bunknown (?:mx|mail) ?host|"
    r"\bhost \S{1,200} not found|\bdestination computer was not found"
)


def sentence_reason(text: str) -> Reason:
    """Returns what already folded text says of a recipient, or UNDEFINED.

    A longer text is a whole notice: its advice ("the address may be unknown ...") is no verdict.
    """
    if len(text) > _LONGEST:
        return Reason.UNDEFINED
    for pattern, reason in (
        (_FULL, Reason.MAILBOX_FULL),
        (_SUSPENDED, Reason.SUSPEND),
        (_NO_HOST, Reason.HOST_UNKNOWN),
        (_ABSENT, Reason.USER_UNKNOWN),
    ):
        if pattern.search(text):
            return reason
    if _FULL_ABROAD.search(text):
        return Reason.MAILBOX_FULL
    if _ABSENT_ABROAD.search(text) and not _SENDER_ABROAD.search(text):
        return Reason.USER_UNKNOWN
    return Reason.UNDEFINED
