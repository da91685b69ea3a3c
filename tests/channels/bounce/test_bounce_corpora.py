"""Shares reached on the published cases; each bound is what was measured, less a small slack."""

from __future__ import annotations

import email
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from channels.email_message.bounce import BounceReport, read_bounce

CORPORA = Path(__file__).parents[4] / "shared" / "corpora"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not CORPORA.is_dir(), reason="the published cases are not beside the checkout"),
]


def cases(folder: str) -> Iterator[tuple[dict[str, Any], BounceReport | None]]:
    for line in (CORPORA / folder / "cases.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        raw = (CORPORA / folder / case["raw"]).read_bytes()
        yield case["expected"], read_bounce(email.message_from_bytes(raw), raw)


def share(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


def test_shares_on_the_bounces_of_many_servers() -> None:
    rows = list(cases("bounces"))
    kinds = ["bounce" if expected["is_bounce"] else "feedback" for expected, _ in rows]
    assert share([r is not None and r.kind == k for k, (_, r) in zip(kinds, rows, strict=True)]) >= 0.99
    assert share([r is not None and len(r.failures) == e["recipients_n"] for e, r in rows]) >= 0.97
    pairs = [
        (failure, result)
        for expected, report in rows
        if report and expected["is_bounce"] and len(report.failures) == expected["recipients_n"]
        for failure, result in zip(report.failures, expected["results"], strict=True)
    ]
    assert share([failure.permanent == result["dsn"].startswith("5") for failure, result in pairs]) >= 0.97
    assert share([failure.hard == result["hard"] for failure, result in pairs]) >= 0.92
    assert share([failure.reason == result["reason"] for failure, result in pairs]) >= 0.87


def test_shares_on_the_bounces_of_mailing_lists() -> None:
    exact = []
    for expected, report in cases("bounces_flufl"):
        assert report is not None
        permanent = {f.recipient.lower() for f in report.failures if f.permanent}
        temporary = {f.recipient.lower() for f in report.failures if not f.permanent}
        exact.append(
            permanent == {a.lower() for a in expected["permanent"]}
            and temporary == {a.lower() for a in expected["temporary"]}
        )
    assert share(exact) >= 0.92


def test_no_ordinary_mail_is_taken_for_a_bounce() -> None:
    assert [report for _, report in cases("mail_torture") if report] == []
