"""Subjects: one "Re:" or one "Fwd:" in front, whatever the mail programs of the world have put there."""

from __future__ import annotations

import re

# What mail programs write for "re" (Outlook in its languages, and others). Forwarding marks stay: they say something.
_RE = "re|aw|antw|antwort|sv|vs|odp|res|rif|ref|ynt|ang|bls|rv|vá|att|απ|σχετ|отв|на|תגובה|رد|回复|回覆|答复|답장|返信"
_MARKS = re.compile(rf"\s*(?:(?:{_RE})\s*(?:\[\d+\]|\(\d+\)|\^\d+|\d+)?\s*[:：]\s*)+", re.IGNORECASE)
# And for "forwarded".
_FWD = "fwd?|wg|tr|enc|rv|doorst|vb|vl|vs|i|pd|přeposláno|fs|пересл|пер|转发|轉寄|전달|転送|מועבר|إعادة توجيه"
_FORWARDED = re.compile(rf"\s*(?:(?:{_FWD}|{_RE})\s*(?:\[\d+\]|\(\d+\)|\d+)?\s*[:：]\s*)+", re.IGNORECASE)
_LONGEST = 300


def answer_subject(subject: str) -> str:
    """Returns the subject of an answer: `Re: ` once (RFC 5322 section 3.6.5), or empty where there was none."""
    match = _MARKS.match(subject)
    bare = subject[match.end() :].strip() if match else subject.strip()
    return f"Re: {bare}"[:_LONGEST] if bare else ""


def forward_subject(subject: str) -> str:
    """Returns the subject of a forwarded mail: `Fwd: ` once, before what it was about."""
    match = _FORWARDED.match(subject)
    bare = subject[match.end() :].strip() if match else subject.strip()
    return f"Fwd: {bare}"[:_LONGEST].rstrip() if bare else "Fwd:"
