"""Problems: what is wrong, why, and how to mend it, in words for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that needs somebody; `where` names the channel or part, `code` is stable for machines.

    `provider_code`: the provider's own code where it has one (Twilio 20003); `cause` then is its answer, verbatim.
    """

    code: str
    severity: Severity
    where: str
    message: str
    cause: str = ""
    mend: str = ""
    provider_code: str = ""
