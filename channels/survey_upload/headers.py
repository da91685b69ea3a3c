"""From header rows to columns: readable questions and names that tell two columns apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest

from channels.survey_upload.columns import Column, clean, kind_of
from channels.survey_upload.signatures import without_code

_GROUP = "_NPS_GROUP"  # Qualtrics adds such a column to every question of this kind


def columns_of(rows: Sequence[Sequence[str]], sample: Sequence[Sequence[str]], source: str, width: int) -> list[Column]:
    """Returns the columns of a survey from its header rows and a sample of its answers."""
    first = [cell.strip() for cell in rows[0]] if rows else []
    first += [""] * (width - len(first))
    questions = _questions(first, rows[1] if len(rows) > 1 else (), source)
    values = [[clean(cell) for cell in column if cell.strip()] for column in zip_longest(*sample, fillvalue="")]
    values += [[] for _ in range(width - len(values))]
    questions = [" ".join(question.split()) for question in questions]
    names = _distinct(
        [
            cell or question or f"column {at}"
            for at, (cell, question) in enumerate(zip(first, questions, strict=True), 1)
        ]
    )
    scored = {cell.removesuffix(_GROUP) for cell in first if cell.endswith(_GROUP)}
    return [
        Column(
            at, header, name, question or name, "nps" if header in scored else kind_of(header, question, filled, source)
        )
        for at, (header, name, question, filled) in enumerate(zip(first, names, questions, values, strict=False))
    ]


def _questions(first: Sequence[str], second: Sequence[str], source: str) -> list[str]:
    if source == "qualtrics" and second:
        return [below.strip() or above for above, below in zip_longest(first, second[: len(first)], fillvalue="")]
    if second:
        return _with_options(first, second)
    return [without_code(cell) for cell in first]


def _with_options(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """SurveyMonkey writes a question once, above the first of its options."""
    questions: list[str] = []
    last = ""
    for above, below in zip_longest(first, second[: len(first)], fillvalue=""):
        last = above or last
        option = below.strip()
        plain = not option or (above and not _stands_over_options(first, len(questions)))
        questions.append(above if plain and above else last if not option else f"{last} - {option}" if last else option)
    return questions


def _stands_over_options(first: Sequence[str], at: int) -> bool:
    return at + 1 < len(first) and not first[at + 1]


def _distinct(names: Sequence[str]) -> list[str]:
    """Numbers names that come twice: `Comment`, `Comment (2)`."""
    taken = set(names)
    seen: Counter[str] = Counter()
    result = []
    for name in names:
        seen[name] += 1
        label = name
        while seen[name] > 1 and (label in taken or label == name):
            label = f"{name} ({seen[name]})"
            if label not in taken:
                break
            seen[name] += 1
        taken.add(label)
        result.append(label)
    return result
