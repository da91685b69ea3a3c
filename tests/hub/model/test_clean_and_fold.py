"""Text cleaned at the edge, and folded for comparing."""

from __future__ import annotations

import pytest

from hub.model.clean import clean_header, clean_label, clean_text
from hub.model.fold import fold, tokens


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        pytest.param("a\x00b", "ab", id="no NUL"),
        pytest.param("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne", id="newlines are LF"),
        pytest.param("\ud83d\ude00", "😀", id="halves of a pair are joined"),
        pytest.param("x\ud800y\udc80", "x\ufffdy\ufffd", id="lone surrogates are marked"),
        pytest.param("příliš\t😀", "příliš\t😀", id="the rest stays"),
    ],
)
def test_text_can_be_stored_in_both_databases(text: str, clean: str) -> None:
    assert clean_text(text) == clean
    clean_text(text).encode("utf-8")


def test_a_header_value_is_one_line_without_controls() -> None:
    assert clean_header("Hello\r\nBcc: a@example.com\x00\x1b\u2028x ") == "Hello Bcc: a@example.com x"


@pytest.mark.parametrize(
    ("filename", "label"),
    [
        ("../../x", "x"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("..／..／etc／passwd", "passwd"),
        (".htaccess", "htaccess"),
        ("a\u200bb.pdf", "ab.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("x\x00.txt", "x.txt"),
        ("a\r\nb.txt", "ab.txt"),
        ("con.txt", "_con.txt"),
        ("price: 5*6?.csv", "price_ 5_6_.csv"),
        ("", "file"),
        ("...", "file"),
        ("folder/", "file"),
        ("Žádost č. 5.docx", "Žádost č. 5.docx"),
        ("é" * 4000 + ".pdf", "é" * 116 + ".pdf"),
        ("x" * 130, "x" * 120),
        ("n." + "e" * 200, "n." + "e" * 118),
    ],
)
@pytest.mark.security_row(4)
def test_a_label_has_no_path_and_no_hidden_characters(filename: str, label: str) -> None:
    assert clean_label(filename) == label
    assert clean_label(label) == label


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Žluťoučký KŮŇ", "zlutoucky kun"),
        ("Ёлка", "елка"),
        ("ŁÓDŹ", "lodz"),
        ("Straße Øre Ægir đak", "strasse ore aegir dak"),
        ("ＦＵＬＬ ﬁne", "full fine"),
        ("İstanbul", "istanbul"),
        ("e\u0301 vs é", "e vs e"),
        ("soft\u00adhyphen", "softhyphen"),
        ("が 한국", "が 한국"),
    ],
)
def test_two_spellings_of_a_word_fold_to_one(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


def test_tokens_are_words_once_each_in_order_and_limited() -> None:
    assert tokens("Don't  l’été a_b C++ a 北京 हिन्दी।") == ["don", "t", "l", "ete", "a", "b", "c", "北京", "हिन्दी"]
    assert tokens("one two three", limit=2) == ["one", "two"]
    assert tokens("!!! …") == []
