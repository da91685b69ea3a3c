"""What a form's mail seems to hold: its labels, what each gives, where the values end. People look at it and save."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub.model.fold import fold
from hub.model.mail_form import MOST_FIELDS, Gives, MailField
from hub.model.mail_form_lines import Line, bare, html_lines, text_lines
from hub.model.mail_form_reading import address_in, name_before
from hub.model.mail_form_words import FOOTERS, LABELS

_LABELLED = re.compile(
    r"\s*[*_]{0,2}([^\W\d_][^:\uff1a\n<>@]{0,58}?\??)\s{0,3}[*_]{0,2}(?:\uff1a|:(?=[*_\s]|\Z))[*_]{0,2}\s*(.*)\Z"
)
_MOST_WORDS = 8
_RULER = re.compile(r"\s*[-_=*~]{2,}\s*\Z")
_BY_LABEL: Mapping[str, Gives] = {bare(word): gives for gives, words in LABELS.items() for word in words.split("|")}


# Where a label stands, the label, and what follows it.
_Found = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a mail's fields seem to be, in order, and how the lines after them begin."""

    fields: tuple[MailField, ...]
    ends: tuple[str, ...] = ()


def propose(text: str, html: str = "") -> Proposal:
    """Returns what a mail seems to hold; no fields where it looks like nobody's form."""
    plain = text_lines(text)
    found = _found(plain)
    if html:
        marked_lines = html_lines(html)
        marked = _found(marked_lines)
        if len(marked) > len(found):
            plain, found = marked_lines, marked
    found, after = _answered(plain, found)
    if len(found) < 2:
        return Proposal(())
    return Proposal(tuple(_fields(found)), tuple(_ends(after)))


def _answered(lines: Sequence[Line], found: list[_Found]) -> tuple[list[_Found], Sequence[Line]]:
    """Leaves out what is no answer: words of greeting before the first field, what machines add below a ruler.

    Returns what is left, and the lines after its last label.
    """
    known = [bare(label) in _BY_LABEL for _, label, _ in found]
    while found and not known[0] and (not found[0][2] or "\n" in found[0][2]):
        del found[0], known[0]
    messages = [each for each in found if _gives(each[1], each[2]) is Gives.MESSAGE]
    if len(messages) > 1:
        found = [each for each in found if each[2] or each not in messages]
    technical = len(found)
    while technical and _gives(found[technical - 1][1], found[technical - 1][2]) is Gives.NOTHING:
        technical -= 1
    last = found[technical - 1][0] if technical else 0
    if technical < len(found) and any(_RULER.match(line.text) for line in lines[last + 1 : found[technical][0]]):
        found = found[:technical]
    return found, lines[found[-1][0] + 1 :] if found else ()


def _found(lines: Sequence[Line]) -> list[_Found]:
    """Returns (line, label, value) of what looks like a labelled value."""
    found: dict[str, _Found] = {}
    for at, line in enumerate(lines):
        if (labelled := _labelled(line)) and bare(labelled[0]) not in found:
            found[bare(labelled[0])] = (at, *labelled)
    kept = sorted(found.values())[:MOST_FIELDS]
    return [
        (at, label, _whole(value, lines[at + 1 : kept[number + 1][0] if number + 1 < len(kept) else len(lines)]))
        for number, (at, label, value) in enumerate(kept)
    ]


def _labelled(line: Line) -> tuple[str, str] | None:
    text = " ".join(line.text.split())
    whole = bare(text)
    if not whole or len(whole.split()) > _MOST_WORDS + 4 or any(text.lower().startswith(each) for each in FOOTERS):
        return None
    if line.label and len(whole) <= 120 and "@" not in whole and "://" not in whole:
        return text.strip(" *_-=#~:\uff1a"), ""
    found = _LABELLED.match(text)
    if found and len(found[1].split()) <= _MOST_WORDS and "http" not in fold(found[1]):
        return found[1].strip(), found[2]
    # A word that every form knows may stand alone on its line.
    return (text, "") if _BY_LABEL.get(whole) in _ALONE else None


_ALONE = (Gives.NAME, Gives.EMAIL, Gives.PHONE, Gives.SUBJECT, Gives.MESSAGE, Gives.FIRST_NAME, Gives.LAST_NAME)


def _whole(begun: str, lines: Sequence[Line]) -> str:
    return "\n".join([begun, *(line.text for line in lines)]).strip()


def _fields(found: Sequence[_Found]) -> Iterator[MailField]:
    every = [_gives(label, value) for _, label, value in found]
    for at, (_, _, value) in enumerate(found):
        # An empty address beside a full one is another question's.
        if every[at] is Gives.EMAIL and not address_in(value) and every.count(Gives.EMAIL) > 1:
            every[at] = Gives.ANSWER
    if Gives.MESSAGE not in every:
        longest = max(
            (at for at, gives in enumerate(every) if gives is Gives.ANSWER),
            key=lambda at: len(found[at][2]),
            default=None,
        )
        if longest is not None:
            every[longest] = Gives.MESSAGE
    given: set[Gives] = set()
    for (_, label, _), gives in zip(found, every, strict=True):
        twice = gives in given and gives is not Gives.NOTHING
        given.add(gives)
        yield MailField((label,), Gives.ANSWER if twice else gives)


def _gives(label: str, value: str) -> Gives:
    gives = _BY_LABEL.get(bare(label), Gives.ANSWER)
    address = address_in(value) if len(value) < 400 else ""
    if gives is Gives.PERSON or (gives is Gives.NAME and address):
        return Gives.PERSON if address and name_before(value) else Gives.EMAIL if address else Gives.NAME
    if gives is Gives.ANSWER and address and len(value) < len(address) * 3 + 12 and "\n" not in value:
        return Gives.EMAIL
    return gives


def _ends(after: Sequence[Line]) -> Iterator[str]:
    """Yields how the first line after the last value begins: a ruler, a footer that is known."""
    for line in after:
        text = " ".join(line.text.split())
        if _RULER.match(text) and len(text) < 60:
            yield text
            return
        if any(text.lower().startswith(each) for each in FOOTERS):
            yield text[:60].rstrip()
            return
