"""The registry of known problems: a sentence, a cause and a mend for each code; from a server's answer to a code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from hub.model.problem_codes import (
    connecting,
    house,
    login,
    microsoft,
    offers,
    refusals,
    rights,
    twilio,
    twilio_calls,
    work,
)
from hub.model.problem_codes.entry import Act, Known, Wording, filled

__all__ = ["KNOWN", "OF_A_MESSAGE", "Act", "Known", "Wording", "code_of", "worded"]

_TOPICS = (
    microsoft.KNOWN,
    login.KNOWN,
    connecting.KNOWN,
    refusals.KNOWN,
    twilio.KNOWN,
    twilio_calls.KNOWN,
    house.MACHINE,
    house.ADDRESS,
    house.BACKUPS,
    work.JOBS,
    work.OUT,
    work.IN,
    offers.KNOWN,
    rights.KNOWN,
)
_ALL = tuple(known for topic in _TOPICS for known in topic)
KNOWN: Mapping[str, Known] = {known.code: known for known in _ALL}
# The telling ones come first: an order of topics, and of the entries in each.
_SAYS = tuple((re.compile(known.says, re.IGNORECASE | re.DOTALL), known) for known in _ALL if known.says)
# An adapter that says these knows it exactly; the server's words could only mislead.
_EXACT = frozenset(
    {
        "folder",
        "append",
        "uidvalidity",
        "ca_file",
        "no_starttls",
        "login_disabled",
        "no_login",
        "no_oauth",
        "disconnected",
    }
)
# What becomes of one message may be about its recipient; what is wrong with a channel never is.
OF_A_MESSAGE = "smtp_refused"
_TWILIO_CODE = re.compile(r"[1-9]\d{4}")
_READ_AT_MOST = 4000


@lru_cache(maxsize=2048)  # the same answer comes to a thousand messages
def code_of(given: str, said: str = "", provider_code: str = "") -> str:
    """Returns the registry's code for what an adapter says (`given`, its own code) and what its server answered.

    `provider_code`: the provider's own code where it has one (Twilio 30034). An answer nobody knows leaves `given`,
    whether the registry has words for it or not.
    """
    if _TWILIO_CODE.fullmatch(provider_code):
        code = f"twilio_{provider_code}"
        return code if code in KNOWN else "twilio"
    if given.startswith("twilio_") or given in _EXACT:
        return given
    text = said[:_READ_AT_MOST]
    fitting = (known for pattern, known in _SAYS if pattern.search(text))
    code = next((known.code for known in fitting if not known.theirs or given == OF_A_MESSAGE), given)
    return given if given == "token_refused" and code == "login" else code


def worded(code: str, place: str, seen: Mapping[str, object], translate: Callable[[str], str] = str) -> Wording | None:
    """Returns the words of a known problem with its values filled in, or None for an unknown code."""
    known = KNOWN.get(code)
    if known is None:
        return None
    message, cause, mend = (
        filled(translate(part), place, seen) if part else "" for part in (known.message, known.cause, known.mend)
    )
    return Wording(message=message, cause=cause, mend=mend)
