"""Reading a form's mail: its labels are known, so a value goes on until the next of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hub.model.mail_form import Filled, Gives, MailField, MailForm
from hub.model.mail_form_lines import Line, bare, html_lines, text_lines

_AFTER = re.compile(r"[\s*_]{0,10}[:\uff1a=\t][\s*_]{0,10}")
_QUESTION = re.compile(r"[\s*_]{0,10}(?:\s|\Z)")
_LONGEST_VALUE = 20_000
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:]{1,64}@[^\s<>()\[\]\"',;:]{1,253}")

# Where a label stands: (field, line, what the value begins with).
_Place = tuple[int, int, str]


def read_values(form: MailForm, text: str, html: str = "") -> Filled:
    """Returns what a form's fields say in a mail, by its text or its HTML, whichever shows more of its labels.

    Up to the message the first place of a label counts, after it the last: what somebody types into the message
    cannot pass for another field.
    """
    plain = _filled(form, text_lines(text))
    if html and len(plain.values) < len(form.fields):
        marked = _filled(form, html_lines(html))
        return marked if len(marked.values) > len(plain.values) else plain
    return plain


def address_in(value: str) -> str:
    """Returns the first e-mail address in a value, empty where there is none."""
    found = _ADDRESS.search(value.replace("mailto:", " "))
    return found[0].rstrip(".") if found else ""


def name_before(value: str) -> str:
    """Returns the name in `Ada Lovelace <ada@example.com>`."""
    address = address_in(value)
    return value.partition(address)[0].strip(" <([\"'\t") if address else value.strip()


def _filled(form: MailForm, lines: Sequence[Line]) -> Filled:
    labels = [(bare(label), at) for at, each in enumerate(form.fields) for label in each.labels]
    labels.sort(key=lambda label: -len(label[0]))
    end = _end(form, lines)
    places = sorted(_places(form, lines[:end], labels), key=lambda place: place[1])
    values: dict[int, str] = {}
    for number, (at, line, rest) in enumerate(places):
        until = places[number + 1][1] if number + 1 < len(places) else end
        said = "\n".join([rest, *(each.text for each in lines[line + 1 : until])]).strip()
        values[at] = said[:_LONGEST_VALUE].rstrip()
    return Filled(tuple((form.fields[at], values[at]) for at in sorted(values) if values[at]))


def _places(form: MailForm, lines: Sequence[Line], labels: Sequence[tuple[str, int]]) -> list[_Place]:
    long = next((at for at, each in enumerate(form.fields) if each.gives is Gives.MESSAGE), len(form.fields) - 1)
    found: dict[int, _Place] = {}
    began = len(lines)
    for number, line in enumerate(lines):
        place = _place(line, number, labels)
        if place and place[0] not in found and place[0] <= long:
            found[place[0]] = place
            if place[0] == long:
                began = number
                break
    for number in range(len(lines) - 1, began, -1):
        place = _place(lines[number], number, labels)
        if place and place[0] not in found:
            found[place[0]] = place
    return list(found.values())


def _place(line: Line, number: int, labels: Sequence[tuple[str, int]]) -> _Place | None:
    """Returns which field's label a line is or begins with."""
    text = line.text.strip()
    if not text:
        return None
    whole = bare(text)
    for label, at in labels:
        if whole == label:
            return at, number, ""
    for mark in (_AFTER, _QUESTION):
        for end in mark.finditer(text[:260]):
            head = bare(text[: end.start()])
            asks = mark is _AFTER or text[: end.start()].endswith(("?", "\uff1f"))
            named = next((at for label, at in labels if label == head), None) if asks else None
            if named is not None:
                return named, number, text[end.end() :]
    return None


def _end(form: MailForm, lines: Sequence[Line]) -> int:
    """Returns where what follows the last value begins: the last place of each such line, the first of them."""
    end = len(lines)
    for words in form.ends:
        wanted = words.casefold()
        said = (at for at in range(len(lines) - 1, -1, -1) if _begins(lines[at].text, wanted))
        end = min(end, next(said, end))
    return end


def _begins(line: str, wanted: str) -> bool:
    text = " ".join(line.split()).casefold()
    # A ruler is a whole line: "--" is not how an answer's dash begins.
    return text == wanted if not wanted.strip("-_=*~ ") else text.startswith(wanted)


def question(field: MailField) -> str:
    """Returns a field's label as staff reads it."""
    return field.labels[0].rstrip(" :\uff1a*")
