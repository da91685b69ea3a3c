"""The duties that the law sets: each is named by a test that proves it, or stands among those that nothing proves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
DUTIES = {
    # The rulebook.
    "rulebook": "dated rows with their source, replaceable without a release",
    "rulebook-own": "a hub may have a rulebook of its own",
    "rulebook-readers": "gates, the flight plan and pages read it",
    "stricter-row": "where the country is unknown, or two disagree, the stricter row holds",
    # What is promotional.
    "promotional": "offers and newsletters everywhere; in Czechia greetings, review and consent requests too",
    "promotional-flight": "the flight plan tells where the law calls it a promotion",
    "existing-customer": "an existing customer may be told of similar goods without consent, where the rulebook says",
    "existing-said": "and is told so in each message",
    # Hours.
    "hours": "8 to 21 in the United States, stricter states; Brazil 9 to 22 and never on Sundays; narrow where unknown",
    # In the message.
    "who-sends": "who sends it, with full identity",
    "why-page": "why somebody gets it: source, consent, date, on a page behind a link",
    "how-to-stop": "how to stop, in every promotional message of every channel",
    "link-where-no-answer": "a link where the sender's name cannot be answered",
    "postal-address": "the postal address, for the United States",
    "labels": "a label in front of the subject where asked for",
    # Calls.
    "recording": "recording is announced or agreed to",
    "automatic-calls": "automatic calls only with consent where asked for: in Russia even for information",
    "do-not-call": "do-not-call lists can be loaded, and are honoured",
    "do-not-call-31": "for 31 days at most, before they must be loaded anew",
    # Consent.
    "basis": "a basis per purpose: consent, contract, existing customer, legal duty",
    "separate-consents": "separate consents separately: none is the price of another",
    "withdrawal": "withdrawal is as easy as giving, also when spoken: one key for staff",
    "children": "children with a guardian",
    "written-us": "evidence of promotional consent for texts, with wording and time",
    # Rights of persons.
    "rights-access": "access and a copy: everything that is kept",
    "rights-correction": "correction",
    "restriction": "restriction",
    "objection": "objection to profiling: no choosing, no recommendations",
    "rights-erasure": "erasure",
    "rights-deadline": "each with its deadline",
    "rights-evidence": "its evidence and a task",
    "breaches": "a register of breaches",
    "notices": "versions of the privacy notice",
    "deceased": "deceased stops everything",
    # Sensitive facts.
    "sensitive-role": "health-class facts and conversations are limited by role",
    "sensitive-logged": "and their reading is logged",
    "sensitive-unsaid": "and they never appear in a text or a subject",
    "prescriptions": "prescription medicines are never promoted",
    # Where data live.
    "storage": "the hub states its storage country; it warns where local storage is asked for",
}
# Why nothing proves it. A test that names one of these is a reason to take it off.
UNPROVEN: dict[str, str] = {}
KINDS = (("test_*.py", "test_"), ("fault_*.py", "fault_"))


def _named(file: Path, prefix: str) -> Iterator[str]:
    """Yields the duties that the tests of a file name; a mark on what is no test counts for nothing."""
    text = file.read_text("utf-8")
    if "mark.law(" not in text:
        return
    for node in ast.parse(text).body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.startswith(prefix):
            continue
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.law":
                yield from (ast.literal_eval(key) for key in mark.args)


@pytest.fixture(scope="module")
def named() -> set[str]:
    return {key for pattern, prefix in KINDS for file in TESTS.rglob(pattern) for key in _named(file, prefix)}


def test_every_duty_is_named_by_a_test_or_said_to_be_unproven(named: set[str]) -> None:
    assert {key: duty for key, duty in DUTIES.items() if key not in named | set(UNPROVEN)} == {}


def test_what_a_test_proves_is_no_longer_said_to_be_unproven(named: set[str]) -> None:
    assert {key: why for key, why in UNPROVEN.items() if key in named} == {}


def test_nothing_names_a_duty_that_there_is_not(named: set[str]) -> None:
    assert named | set(UNPROVEN) <= set(DUTIES)
