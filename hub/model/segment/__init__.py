"""Segments: a small typed condition language about customers, as JSON.

    {"all": [
        {"about": "purchases", "is": "has", "days": 90},
        {"about": "consent", "is": "given", "scheme": "tel"},
        {"about": "interactions", "is": "has_not", "direction": "from_us", "days": 7},
        {"any": [
            {"about": "country", "is": "one_of", "value": ["CZ", "SK"]},
            {"not": {"about": "birthday", "is": "known"}},
        ]},
    ]}

Groups are `all`, `any` and `not`, nested up to four deep; a row says what it is `about`, which word of its kind holds
(`is`), and its parts. What each kind may say stands in `about_person` and `about_history`. It becomes SQL in
`hub.store.audience`, with every word of it bound as a value.
"""

from hub.model.segment.segment import DEEPEST, KINDS, MOST_ROWS, Group, Node, Not, Segment, read_segment
from hub.model.segment.sentence import Phrase, Sentence

__all__ = [
    "DEEPEST",
    "KINDS",
    "MOST_ROWS",
    "Group",
    "Node",
    "Not",
    "Phrase",
    "Segment",
    "Sentence",
    "read_segment",
]
