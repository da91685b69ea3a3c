"""Prescription medicines, which are never promoted (Directive 2001/83/EC, article 88(1)(a)), and what names them.

A category with one of them counts whole: whoever gets a discount on it gets one on the medicine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, exists, func, select

from hub.model.fold import fold
from hub.model.segment import Segment
from hub.model.segment.about_history import Bought
from hub.model.segment.about_records import Advised, Owns
from hub.store.tables import ProductRow
from hub.store.tables.base import aliased

_WORD = re.compile(r"[^\W_]+")
# A shorter name is a word of its own in some language.
_FEWEST_LETTERS = 4


@dataclass(frozen=True, slots=True)
class Medicines:
    """What is prescription only; `names` by the first of their folded words, then by all of them."""

    skus: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    names: Mapping[str, Mapping[tuple[str, ...], str]] = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        return bool(self.skus)

    def named_in(self, text: str) -> str:
        """Returns the first medicine that a text names, by its name or number; empty where it names none."""
        words = tuple(_WORD.findall(fold(text)))
        for at, word in enumerate(words):
            for said, name in self.names.get(word, {}).items():
                if words[at : at + len(said)] == said:
                    return name
        return ""

    def among(self, skus: Iterable[str], categories: Iterable[str] = ()) -> str:
        """Returns the first sku, else category, that is of prescription medicines; empty where none is."""
        return next((one for one in skus if one in self.skus), "") or next(
            (one for one in categories if one in self.categories), ""
        )

    def asked_by(self, segment: Segment) -> str:
        """Returns the prescription medicine, or category of them, that a segment asks about; empty where none."""
        for row, _opposite in segment.rows():
            match row:
                case Bought(sku=sku, category=category):
                    found = self.among([sku], [category])
                case Owns(sku=sku):
                    found = self.among([sku])
                case Advised(is_=kind, value=value):
                    found = self.among([value]) if kind == "sku" else self.among((), [value])
                case _:
                    found = ""
            if found:
                return found
        return ""


NONE = Medicines()
# Any change of a product moves one of these.
_STANDS = select(
    func.count(), func.max(ProductRow.changed_at), func.sum(ProductRow.id), func.min(ProductRow.name),
    func.max(ProductRow.name), func.max(ProductRow.category),
).where(ProductRow.is_prescription)  # fmt: skip
_LAST: dict[tuple[object, ...], Medicines] = {}


def medicines(conn: Connection) -> Medicines:
    """Returns what is prescription only; read anew when something of it has changed (5,000 of them take 20 ms)."""
    told = conn.execute(_STANDS).one()
    if not told[0]:
        return NONE
    stands = (str(conn.engine.url), *told)
    here = _LAST.get(stands)
    if here is None:
        rows = conn.execute(
            select(ProductRow.sku, ProductRow.name, ProductRow.category).where(ProductRow.is_prescription)
        )
        here = known((row.sku, row.name, row.category) for row in rows.all())
        _LAST.clear()
        _LAST[stands] = here
    return here


def categories(conn: Connection, wanted: Sequence[str]) -> set[str]:
    """Returns those of these categories in which there is a prescription medicine."""
    rows = select(ProductRow.category).where(ProductRow.is_prescription, ProductRow.category.in_(set(wanted)))
    return set(conn.scalars(rows.distinct())) - {""}


def skus(conn: Connection, wanted: Sequence[str]) -> set[str]:
    """Returns those of these skus that are prescription medicines, or whose category has one."""
    own, other = ProductRow, aliased(ProductRow)
    beside = exists().where(other.is_prescription, other.category == own.category, own.category != "")
    return set(conn.scalars(select(own.sku).where(own.sku.in_(set(wanted)), own.is_prescription | beside)))


def known(rows: Iterable[tuple[str, str, str]]) -> Medicines:
    """Returns medicines by their (sku, name, category)."""
    told = list(rows)
    names: dict[str, dict[tuple[str, ...], str]] = {}
    for sku, name, _category in told:
        for said in (_spoken(name), tuple(_WORD.findall(fold(name))), _number(sku)):
            if sum(map(len, said)) >= _FEWEST_LETTERS:
                names.setdefault(said[0], {}).setdefault(said, name)
    return Medicines(
        skus=frozenset(sku for sku, _name, _category in told),
        categories=frozenset(category for _sku, _name, category in told if category),
        names=names,
    )


def _spoken(name: str) -> tuple[str, ...]:
    """Returns a name without strength and size: people say Amoxicillin of "Amoxicillin 500 mg, 20 tablets"."""
    words: list[str] = []
    for word in _WORD.findall(fold(name)):
        if any(letter.isdigit() for letter in word):
            break
        words.append(word)
    return tuple(words)


def _number(sku: str) -> tuple[str, ...]:
    """Returns the words of a number that cannot be mistaken for a price or a date: one with letters."""
    words = tuple(_WORD.findall(fold(sku)))
    return words if any(letter.isalpha() for letter in sku) and any(letter.isdigit() for letter in sku) else ()
