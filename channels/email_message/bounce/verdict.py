"""From what was said of one recipient to one Failure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from channels.email_message.bounce.fields import StatusFields
from channels.email_message.bounce.phrases_system import DELAYED, GIVEN_UP, PASSING
from channels.email_message.bounce.reasons import Phrases, explain, hides_behind_data
from channels.email_message.bounce.report import Failure, Reason
from channels.email_message.bounce.status import enhanced_code, reply_code, settled, usual_status
from channels.email_message.bounce.text import folded

_DELAYED = Phrases(DELAYED)
_GIVEN_UP = Phrases(GIVEN_UP)
_PASSING = Phrases(PASSING)
_TYPE = re.compile(r"^[\w-]{1,40}[ \t]*;[ \t]*")
_SPACES = re.compile(r"\s+")
_KEPT = 1000


def announces_delay(notice: str, subject: str) -> bool:
    """Return whether the notice says that the server is still trying and has not given up."""
    text = folded(f"{subject} {notice[:8000]}")
    return _DELAYED.in_text(text) and not _GIVEN_UP.in_text(text)


def judge_fields(fields: StatusFields, recipient: str, prose: Sequence[str], *, late: bool) -> Failure:
    """Judge one recipient of a delivery status part; `prose` helps where its diagnostic tells nothing.

    A missing Action is a failure unless the notice says otherwise.
    """
    diagnostic = _TYPE.sub("", fields.diagnostic)
    delayed = fields.delayed or (late and not fields.action)
    own_lines = prose[0] if prose else ""
    status = settled(fields.status, diagnostic or own_lines)
    if not status:
        status = next((code for code in map(_code_of, prose) if code), "")
    at_data = len(prose) > 1 and hides_behind_data(prose[1])
    reason = explain(fields.diagnostic, status, refused_data=at_data) if diagnostic else Reason.UNDEFINED
    if reason is Reason.UNDEFINED:
        reason = _first_reason([f"{fields.status} {fields.action}", *prose], status)
    return _failure(recipient, status, reason, delayed=delayed, diagnostic=diagnostic or _first_line(prose))


def judge_prose(recipient: str, segment: str, context: Sequence[str], *, late: bool, alone: bool) -> Failure:
    """Judge one recipient of a notice in prose by its own lines first, then by the whole notice.

    Not `alone`, a code elsewhere in the notice may be another recipient's: it counts only if the own lines are mute.
    """
    sources = [segment, *context]
    status = _code_of(segment)
    if not status and (alone or explain(segment, "") is Reason.UNDEFINED):
        status = next((code for code in map(_code_of, context) if code), "")
    reason = _first_reason(sources, status)
    return _failure(recipient, status, reason, delayed=late, diagnostic=_SPACES.sub(" ", segment).strip())


@lru_cache(maxsize=32)
def _code_of(text: str) -> str:
    code = enhanced_code(text[:8000])
    if code and code[0] != "2":
        return code
    reply = reply_code(text[:8000])
    return f"{reply[0]}.0.0" if reply else ""


def _first_reason(sources: Sequence[str], status: str) -> Reason:
    """Return the first reason that any source gives; the status code counts with the first one."""
    for source in sources:
        reason = explain(source, status)
        if reason is not Reason.UNDEFINED:
            return reason
    return Reason.UNDEFINED


def _first_line(prose: Sequence[str]) -> str:
    return next((_SPACES.sub(" ", text).strip() for text in prose if text.strip()), "")


def _failure(recipient: str, status: str, reason: Reason, *, delayed: bool, diagnostic: str) -> Failure:
    text = folded(diagnostic[:4000])
    status = status or usual_status(reason, passing=delayed or _PASSING.in_text(text))
    permanent = status.startswith("5") and not delayed
    return Failure(
        recipient=recipient,
        status=status,
        permanent=permanent,
        hard=permanent and reason.address_is_dead,
        delayed=delayed,
        reason=reason,
        diagnostic=_SPACES.sub(" ", diagnostic).strip()[:_KEPT],
    )
