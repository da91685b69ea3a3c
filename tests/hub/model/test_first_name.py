"""First names: titles, degrees and firms are no given names, and nobody is greeted by an address."""

from __future__ import annotations

import pytest

from hub.model.first_name import first_name


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Ada Lovelace", "Ada"),
        ("Lovelace, Ada", "Ada"),
        ("van der Berg, Anna", "Anna"),
        ("Lovelace,", "Lovelace"),
        ("Ada", "Ada"),
        ("Drew Barrymore", "Drew"),
        ("MUDr. Jan Novák", "Jan"),
        ("Ing. Jan Novák, CSc.", "Jan"),
        ("Jan Novák, Ph.D., MBA", "Jan"),
        ("Prof. Dr. Hans Müller", "Hans"),
        ("Smith, Mr. John", "John"),
        ("Martin Luther King, Jr.", "Martin"),
        ("Sra. Maria Silva", "Maria"),
        ("Иванов Иван Иванович", "Иван"),
        ("Анна Сергеевна Петрова", "Анна"),
        ("Don Draper", "Don"),
        ("doc. Jan Novák", "Jan"),
        ("Long, Ma", "Ma"),
        ("李小龍", "李小龍"),
        ("Mrs Smith", "Mrs Smith"),
        ("г-н Иванов", "г-н Иванов"),
        ("J. Novák", "J. Novák"),
        ("Novák, J.", "J. Novák"),
        ("Acme s.r.o.", "Acme s.r.o."),
        ("Teashop Ltd", "Teashop Ltd"),
        ("ООО Ромашка", "ООО Ромашка"),
        ("ada@example.com", ""),
        ("Ada <ada@example.com>", "Ada"),
        ("+14155550101", ""),
        ("  ", ""),
    ],
)
def test_somebody_is_greeted_by_the_given_name_or_by_all_there_is(name: str, greeted: str) -> None:
    assert first_name(name) == greeted
