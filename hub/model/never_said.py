"""What is never said: a fact about health to anybody, a promotion chosen by one, or one of a prescription medicine."""

from __future__ import annotations

from collections.abc import Mapping

from hub.model.value import value

NAMES_HEALTH = "names_health"
CHOSEN_BY_HEALTH = "chosen_by_health"
FOLLOWS_HEALTH_FORM = "follows_health_form"
CHOSEN_BY_PRESCRIPTION = "chosen_by_prescription"
PRESCRIPTION = "prescription"
# {what}: the fact, question or medicine.
WHY: Mapping[str, str] = {
    NAMES_HEALTH: "it names the fact {what!r}, which is about health and never stands in a message",
    CHOSEN_BY_HEALTH: "no promotion is chosen by {what!r}, which is about health",
    FOLLOWS_HEALTH_FORM: "no promotion follows a form that is about health",
    CHOSEN_BY_PRESCRIPTION: "no promotion is chosen by {what!r}, which is prescription only",
    PRESCRIPTION: "it is about {what!r}, which is prescription only and never promoted",
}


@value()
class Bar:
    """Why a message is never said, by one of the names above; `what`: the fact, question or medicine."""

    reason: str
    what: str = ""

    @property
    def words(self) -> str:
        """The sentence for people, in English."""
        said = WHY[self.reason].format(what=self.what)
        return f"{said[0].upper()}{said[1:]}."
