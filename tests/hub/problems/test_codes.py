"""The registry: every answer a server gives and every code the hub makes has a sentence, a cause and a mend."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.twilio_wire import codes
from hub.insight.finders import of_channel
from hub.model.problem import Problem, Severity
from hub.model.problem_codes import _ALL, KNOWN, code_of, worded

ROOT = Path(__file__).resolve().parents[3]
ANSWERS = tomllib.loads((Path(__file__).parent / "answers.toml").read_text())


@pytest.mark.parametrize("answer", ANSWERS["mail"], ids=lambda answer: f"{answer['means']}: {answer['said'][:30]}")
def test_a_mail_servers_answer_is_known(answer: dict[str, str]) -> None:
    code = code_of(answer["given"], answer["said"])
    assert code == answer["means"]
    assert code in KNOWN


def test_every_twilio_code_is_known() -> None:
    unknown = [
        number for number in ANSWERS["twilio"]["known"] if code_of("channel_broken", "", str(number)) == "twilio"
    ]
    assert unknown == []
    assert code_of("channel_broken", "", "59999") == "twilio"


def test_every_twilio_code_that_the_adapter_knows_is_in_the_registry() -> None:
    assert {number for number in codes._MEANINGS if f"twilio_{number}" not in KNOWN} == set()


def test_what_is_about_a_recipient_needs_nobody() -> None:
    ours = [number for number in ANSWERS["twilio"]["about_the_recipient"] if not KNOWN[f"twilio_{number}"].theirs]
    assert ours == []
    assert not KNOWN["twilio_30034"].theirs


def test_a_channel_is_never_wrong_for_a_recipients_sake() -> None:
    assert code_of("turned_away", "550 5.1.1 user unknown") == "smtp_refused"


def test_codes_are_unique_and_every_sentence_can_be_filled() -> None:
    assert len(_ALL) == len(KNOWN)
    for known in _ALL:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", known.code)
        words = worded(known.code, "support_mail", {})
        assert words is not None
        assert all((words.message, words.cause, words.mend)), known.code
        for sentence in (known.message, known.cause, known.mend, known.act.path if known.act else ""):
            assert all(name is None or name.isidentifier() for _, name, _, _ in string.Formatter().parse(sentence))


def test_sentences_are_translated_before_their_values_are_filled_in() -> None:
    words = worded(
        "disk_low", "data", {"free": "1 GB", "total": "2 GB"}, lambda sentence: sentence.replace("left", "frei")
    )
    assert words is not None
    assert words.message == "The disk of the data folder is nearly full: 1 GB frei of 2 GB."


def test_an_unknown_problem_keeps_the_words_of_its_adapter() -> None:
    told = of_channel(
        Problem(code="lantern", severity=Severity.WARNING, where="lighthouse", message="It is dark.", mend="Light it.")
    )
    assert (told.code, told.message, told.mend, told.severity) == ("lantern", "It is dark.", "Light it.", "warning")


def test_a_channel_that_lacks_a_secret_says_so() -> None:
    closed = Problem(
        code="not_opened",
        severity=Severity.ERROR,
        where="main_number",
        message="The channel stays closed: The secret TWILIO_AUTH_TOKEN, named by [channels.main_number], is missing.",
        cause="It was switched live.",
    )
    assert of_channel(closed).code == "secret_missing"


def test_every_problem_that_the_hub_and_its_adapters_make_has_words() -> None:
    made = {code for folder in ("channels", "hub") for file in (ROOT / folder).rglob("*.py") for code in _codes(file)}
    assert len(made) > 30
    assert {code for code in made if code_of(code) not in KNOWN} == set()


def _codes(file: Path) -> Iterator[str]:
    """Yields the codes of problems that a file makes, where they are written out."""
    text = file.read_text()
    if not re.search(r"\b(Problem|problem|_unreachable|_not_accepted|found)\(", text):
        return
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        if name == "Problem":
            code = given.get("code")
        elif name in ("problem", "_unreachable", "_not_accepted", "found") and node.args:
            code = node.args[0]
        else:
            continue
        if isinstance(code, ast.Constant) and isinstance(code.value, str) and re.fullmatch(r"[a-z_0-9]+", code.value):
            yield code.value
