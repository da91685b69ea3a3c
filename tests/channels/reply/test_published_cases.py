"""Published cases, gathered from other projects' suites: how many come out as their authors expect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from channels.email_message.reply import Reply, split_reply

CORPORA = Path(__file__).parents[3].parent / "shared" / "corpora"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not CORPORA.is_dir(), reason="the published cases are not beside the checkout"),
]


def test_visible_text_of_published_replies() -> None:
    lines = (CORPORA / "replies" / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    wrong = [case["id"] for case in cases if not _as_expected(split_reply(case["input_text"]), case["expected"])]
    assert len(wrong) <= 0.06 * len(cases), wrong


def test_forwarded_mails_are_whole() -> None:
    folder = CORPORA / "forwards"
    for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        reply = split_reply((folder / case["raw"]).read_text(encoding="utf-8"))
        assert reply.visible_text == case["expected"]["before"].strip(), case["id"]
        assert reply.forwarded_text == case["expected"]["embedded"].strip(), case["id"]


def _as_expected(reply: Reply, expected: dict[str, Any]) -> bool:
    if not expected["exact"]:
        visible = reply.visible_text
        return all(part in visible for part in expected["contains"]) and not any(
            part in visible for part in expected["not_contains"]
        )
    # The suites disagree whether a signature is part of what is visible.
    wanted = expected["visible"].split()
    return wanted in (reply.visible_text.split(), f"{reply.visible_text}\n{reply.signature}".split())
