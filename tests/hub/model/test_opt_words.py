"""Who asks for no more messages, in nine languages; and who only uses the same words."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

import pytest

from hub.model.contact import Medium
from hub.model.opt_tables import LANGUAGES, tables
from hub.model.opt_words import Opt, OptKind, recognise

CASES = tomllib.loads(Path(__file__).with_name("opt_cases.toml").read_text(encoding="utf-8"))
ROWS = [
    pytest.param(text.replace("⏎", "\n"), verdict, id=f"{verdict}: {text}")
    for verdict, texts in CASES.items()
    for text in texts.splitlines()
    if text
]


@pytest.mark.parametrize(("text", "verdict"), ROWS)
def test_a_wish_is_told_from_the_same_words_in_another_sense(text: str, verdict: str) -> None:
    kind = recognise(text).kind
    assert (kind.value if kind else "none") == verdict


@pytest.mark.parametrize("entry", sorted(tables().keywords))
def test_every_keyword_is_recognised_alone_in_capitals_and_punctuated(entry: str) -> None:
    expected = OptKind(tables().keywords[entry][0])
    for text in (entry, entry.upper(), f"{entry.capitalize()}.", f"“{entry}”!", f"{entry} 🙏", f"  {entry}\n"):
        assert recognise(text).kind is expected, text


@pytest.mark.parametrize("entry", sorted(tables().alone))
def test_words_of_everyday_mean_a_wish_only_as_the_whole_text(entry: str) -> None:
    expected = OptKind(tables().alone[entry][0])
    assert recognise(f"{entry}!").kind is expected
    assert recognise(f"{entry} 5 pm tomorrow, room two").kind is not expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("STOP", ""),
        ("INFO", ""),
        ("unsubscribe", "en"),
        ("stop please", "en"),
        ("Stop bitte", "de"),
        ("stop prosím", "cs"),
        ("SAIR", "pt"),
        ("odhlásit", "cs"),
        ("ОТПИСАТЬСЯ", "ru"),
        ("baja", "es"),
        ("désabonner", "fr"),
        ("abmelden", "de"),
        ("cancellami", "it"),
        ("wypisz mnie", "pl"),
        ("please remove me from your list", "en"),
        ("больше не пишите мне", "ru"),
    ],
)
def test_the_language_is_the_words_own_and_none_for_words_used_everywhere(text: str, language: str) -> None:
    assert recognise(text).language == language


@pytest.mark.parametrize("medium", [Medium.EMAIL, Medium.FORM])
def test_outside_texts_everyday_words_are_unsure_and_start_and_help_mean_nothing(medium: Medium) -> None:
    assert recognise("cancel", medium=medium).kind is OptKind.UNSURE
    assert recognise("unsubscribe", medium=medium).kind is OptKind.STOP
    assert not recognise("yes", medium=medium)
    assert not recognise("start", medium=medium)
    assert not recognise("help", medium=medium)


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.WHATSAPP, None])
def test_in_texts_keywords_count(medium: Medium | None) -> None:
    assert recognise("cancel", medium=medium) == Opt(OptKind.STOP)
    assert recognise("yes", medium=medium) == Opt(OptKind.START, "en")


def test_an_answer_in_the_affirmative_opts_nobody_in_but_the_english_keyword() -> None:
    assert [bool(recognise(text)) for text in ("sim", "ano", "да", "sí", "oui", "ja", "tak")] == [False] * 7


def test_every_language_has_its_rules() -> None:
    assert set(tables().grammars) == set(LANGUAGES)
    assert all(len(grammar.phrases) > 10 for grammar in tables().grammars.values())


@pytest.mark.parametrize(
    "text",
    ["stop sending me ", "do not ", "remove me my number ", "прекратите мне ", "please ", "stop\n", "a ", "? ", "no, "],
)
def test_time_grows_with_the_text_and_no_faster(text: str) -> None:
    def seconds(times: int) -> float:
        start = time.process_time()
        recognise(text * times, medium=Medium.EMAIL)
        return time.process_time() - start

    seconds(10)
    small, large = min(seconds(500) for _ in range(3)), min(seconds(5_000) for _ in range(3))
    # Ten times the text; a quadratic rule would take a hundred times as long.
    assert large < 40 * small + 0.05
