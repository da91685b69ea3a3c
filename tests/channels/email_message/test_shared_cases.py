"""Measures the reader on published mails; a floor for each figure, so that a change for the worse is seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from channels.email_message.mail import Mailbox
from channels.email_message.read import read_mail

SHARED = Path(__file__).resolve().parents[4] / "shared" / "corpora"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the published cases are not beside this checkout"),
]


def cases(folder: str) -> Iterator[tuple[dict[str, Any], bytes]]:
    for line in (SHARED / folder / "cases.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        yield case, (SHARED / folder / case["raw"]).read_bytes()


def boxes(found: tuple[Mailbox, ...]) -> list[list[str | None]] | None:
    return [[box.display_name or None, box.addr_spec or None] for box in found] or None


def folded(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())


def test_torture_mails_are_read_as_a_strict_parser_reads_them() -> None:
    right = dict.fromkeys(("from", "to", "subject", "attachments", "text"), 0)
    total = dict(right)
    for case, raw in cases("mail_torture"):
        mail, expected = read_mail(raw), case["expected"]
        results = {
            "from": boxes(mail.from_) == expected["from"],
            "to": boxes(mail.to) == expected["to"],
            "subject": (mail.subject or None) == expected["subject"],
            "attachments": len(mail.attachments) == expected["n_attachments"],
        }
        bodies = [text for text in expected["text_bodies"] if text]
        if bodies and not any("<" in text for text in bodies):
            results["text"] = folded(mail.text) == folded(" ".join(bodies))
        for name, good in results.items():
            right[name] += good
            total[name] += 1
    print(right, total)
    for name, share in {"from": 1, "to": 0.95, "subject": 0.95, "attachments": 0.85, "text": 0.85}.items():
        assert right[name] >= share * total[name], name


@pytest.mark.parametrize("folder", ["bounces", "bounces_flufl"])
def test_no_report_of_a_mail_server_trips_the_reader(folder: str) -> None:
    kinds = [str(read_mail(raw).kind) for _, raw in cases(folder)]
    assert sum(kind in ("bounce", "feedback") for kind in kinds) >= 0.9 * len(kinds)
