"""The words of the segment builder: what rows are about, what they may say, and what each part is called."""

from __future__ import annotations

from collections.abc import Mapping

from hub.model.segment import KINDS, Segment, Sentence
from hub.model.segment.about_history import APPOINTMENT_WORDS, MEDIUM_WORDS
from hub.model.segment.about_person import PURPOSE_WORDS, RELATIONSHIP_WORDS, SCHEME_WORDS
from hub.model.segment.about_records import OWNED_WORDS
from hub.web.i18n import N_, _, ngettext

ABOUTS: Mapping[str, str] = {
    "purchases": N_("what they bought"),
    "consent": N_("what they agreed to"),
    "interactions": N_("what was written or said"),
    "campaign": N_("campaigns they got"),
    "appointments": N_("appointments"),
    "nps": N_("whether they recommend us"),
    "answer": N_("an answer of theirs"),
    "birthday": N_("birthday"),
    "relationship": N_("relationship"),
    "language": N_("language"),
    "country": N_("country"),
    "time_zone": N_("time zone"),
    "address": N_("addresses they have"),
    "created": N_("since when we know them"),
    "fact": N_("a fact"),
    "equipment": N_("equipment they have"),
    "offers": N_("offers they were given"),
    "margin": N_("what they left us"),
    "value": N_("how they compare with others"),
    "advice": N_("what they may want next"),
    "best_hour": N_("at what hour they write to us most"),
    "best_channel": N_("how they write to us most"),
}
_IS: Mapping[str, str] = {
    "one_of": N_("is one of"),
    "none_of": N_("is none of"),
    "known": N_("is known"),
    "unknown": N_("is unknown"),
    "in_month": N_("is in the month"),
    "longer_ago": N_("for longer than"),
    "equal": N_("is"),
    "not_equal": N_("is not"),
    "contains": N_("contains"),
    "at_least": N_("is at least"),
    "at_most": N_("is at most"),
    "in_last_days": N_("is a day in the last"),
    "in_next_days": N_("is a day in the next"),
    "given": N_("they agreed"),
    "may_write": N_("they may be written to"),
    "withdrawn": N_("they want none"),
    "never_asked": N_("they were never asked"),
    "got": N_("they got"),
    "not_got": N_("they did not get"),
    "promoter": N_("would recommend us (9 or 10)"),
    "passive": N_("are content (7 or 8)"),
    "detractor": N_("would not recommend us (0 to 6)"),
    "answered": N_("have answered"),
    "not_answered": N_("have not answered"),
    "not_given": N_("they were not given"),
    "redeemed": N_("they redeemed"),
    "not_redeemed": N_("they did not redeem"),
    "open": N_("still open"),
    "replied": N_("they replied"),
    "not_replied": N_("they got it and did not reply"),
    "bounced": N_("it did not reach them"),
    "best": N_("the best: lately, often, for much"),
    "loyal": N_("buy more often than most"),
    "spending": N_("spend more than most"),
    "recent": N_("new: bought lately for the first time"),
    "slipping": N_("used to buy often, not lately"),
    "lost": N_("seldom and long ago"),
    "sku": N_("the product"),
    "category": N_("something of the category"),
    "has": N_("yes"),
    "has_not": N_("no"),
}
_IS_OF: Mapping[tuple[str, str], str] = {
    ("best_hour", "between"): N_("is between"),
    ("best_channel", "is"): N_("is"),
    ("best_channel", "is_not"): N_("is not"),
    ("birthday", "within"): N_("is today or in the next"),
    ("created", "within"): N_("in the last"),
    ("purchases", "has"): N_("bought"),
    ("purchases", "has_not"): N_("did not buy"),
    ("appointments", "has"): N_("has"),
    ("appointments", "has_not"): N_("has none"),
    ("interactions", "has"): N_("yes, there was"),
    ("interactions", "has_not"): N_("no, there was nothing"),
    ("equipment", "has"): N_("has"),
    ("equipment", "has_not"): N_("has none"),
    ("offers", "given"): N_("they were given"),
    ("margin", "at_least"): N_("at least"),
    ("margin", "at_most"): N_("at most"),
    ("address", "has"): N_("has"),
    ("address", "has_not"): N_("does not have"),
}
_PARTS: Mapping[str, str] = {
    "value": N_("value"),
    "days": N_("days"),
    "month": N_("month (1 to 12)"),
    "name": N_("name of the fact"),
    "scheme": N_("address"),
    "confirmed": N_("proven to be theirs"),
    "purpose": N_("to what"),
    "times": N_("at least so often"),
    "category": N_("category"),
    "sku": N_("product number"),
    "amount": N_("for at least"),
    "currency": N_("currency"),
    "when": N_("when"),
    "state": N_("which is"),
    "direction": N_("by whom"),
    "medium": N_("how"),
    "campaign": N_("campaign"),
    "which": N_("which"),
    "model": N_("model"),
    "offer": N_("offer (its name)"),
    "question": N_("question"),
    "since": N_("from this hour (0 to 23)"),
    "until": N_("until this hour (1 to 24)"),
}
_CHOICES: Mapping[str, str] = {
    "upcoming": N_("to come"),
    "past": N_("in the past"),
    "from_them": N_("by them"),
    "from_us": N_("by us"),
}
_PHRASES = {**RELATIONSHIP_WORDS, **SCHEME_WORDS, **PURPOSE_WORDS, **MEDIUM_WORDS, **APPOINTMENT_WORDS, **OWNED_WORDS}


def about(name: str) -> str:
    """Returns what a row is about, in the language of the request."""
    return _(ABOUTS.get(name, name))


def is_(name: str, word: str) -> str:
    """Returns what a row of a kind says by a word."""
    return _(_IS_OF.get((name, word)) or _IS.get(word, word))


def part(name: str) -> str:
    """Returns what a part of a row is called."""
    return _(_PARTS.get(name, name))


def choice(word: str) -> str:
    """Returns what may be chosen."""
    return _PHRASES[word].told(_, ngettext) if word in _PHRASES else _(_CHOICES.get(word, word))


def sentence(said: Sentence) -> str:
    """Returns a sentence in the language of the request."""
    return said.told(_, ngettext)


def sentences(segment: Segment) -> list[str]:
    """Returns what every row of a segment says."""
    return [
        _("not: %(sentence)s") % {"sentence": sentence(row.say())} if opposite else sentence(row.say())
        for row, opposite in segment.rows()
    ]


def abouts() -> list[str]:
    """Returns what rows may be about, in the order of their choice."""
    return [name for name in ABOUTS if name in KINDS]
