"""What a visitor is told of an answer that does not fit."""

from __future__ import annotations

from collections.abc import Mapping

from hub.model.submission import Fault
from hub.web.i18n import N_, _
from hub.web.public.opened import Pace

_FAULTS: Mapping[Fault, str] = {
    Fault.MISSING: N_("Please answer this."),
    Fault.EMAIL: N_("This is no e-mail address. Write it as name@example.com."),
    Fault.PHONE: N_("This is no phone number. Write it with its country, as +1 415 555 0100."),
    Fault.CHOICE: N_("Please choose one of these."),
    Fault.DATE: N_("This is no date. Write it as 2026-03-31."),
    Fault.NUMBER: N_("Please choose one of these numbers."),
    Fault.TOO_LONG: N_("This is too long. Please shorten it."),
    Fault.NO_ADDRESS: N_("To agree to this, please fill in the address or number above."),
    Fault.ONE_ONLY: N_("Please give one answer only."),
}
_PACE: Mapping[Pace, str] = {
    Pace.TOO_FAST: N_("That was quick! To be sure that you are no robot: please send it once more."),
    Pace.TOO_OLD: N_("This page was open for a long time. Please look it over and send it once more."),
    Pace.UNKNOWN: N_("This page was open for a long time. Please look it over and send it once more."),
}


def fault_words(faults: Mapping[str, Fault]) -> dict[str, str]:
    """Returns what is wrong with each field, in the language of the page."""
    return {name: _(_FAULTS[fault]) for name, fault in faults.items()}


def pace_words(pace: Pace) -> str:
    """Returns why a page is shown once more."""
    return _(_PACE[pace])
