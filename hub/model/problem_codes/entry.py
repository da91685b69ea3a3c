"""One known problem: a sentence, a cause, a mend and what does it; pages translate the words where they show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.model.problem import Severity

NOTICE, WARNING, ERROR = Severity.NOTICE, Severity.WARNING, Severity.ERROR


def N_(message: str) -> str:  # noqa: N802  # gettext's own name: the catalogues are made from what it marks
    """Marks a sentence that is written here and translated where it is shown."""
    return message


@dataclass(frozen=True, slots=True)
class Act:
    """What mends a problem: a page (`path`, with {place} in it) or a command. `posts`: a button sends it there."""

    label: str
    path: str = ""
    command: str = ""
    posts: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """One problem the hub knows. {names} in its sentences are the values that were seen; `place` is where.

    `says`: a pattern that only this problem's server answers match, without regard to case.
    `theirs`: it is about one recipient, not about us, and needs nobody.
    """

    code: str
    severity: Severity
    message: str
    cause: str
    mend: str
    act: Act | None = None
    says: str = ""
    theirs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A known problem with its values filled in."""

    message: str
    cause: str
    mend: str


class Seen(dict[str, object]):
    """The values seen; one that is missing is left out of the sentence."""

    def __missing__(self, name: str) -> str:
        return "–"


def filled(sentence: str, place: str, seen: Mapping[str, object]) -> str:
    """Returns a sentence with the values that were seen."""
    return sentence.format_map(Seen({**seen, "place": place})).strip()


CHANNEL = Act(N_("See the channel"), "/channels#{place}")
# Where a channel that was added here is mended: a new password, a new consent, connected again, removed.
MEND = Act(N_("Mend the connection"), "/channels/{place}/connection")
TRIES_ITSELF = N_("The hub tries again by itself; nothing is lost meanwhile.")
