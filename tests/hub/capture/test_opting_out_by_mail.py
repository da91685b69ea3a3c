"""What a mail asks for: its author's own words and own subject, never what it quotes of ours."""

from __future__ import annotations

from typing import Any

import pytest

from hub.capture.opt_out import asked_for
from tests.builders import mail


@pytest.mark.parametrize(
    ("subject", "text", "more", "asked"),
    [
        pytest.param("Unsubscribe", "", {}, "stop", id="subject alone"),
        pytest.param("unsubscribe me please", "Thanks\n\nAda Byron", {}, "stop", id="subject and a name"),
        pytest.param("Odhlásit odběr", "", {}, "stop", id="subject in another language"),
        pytest.param("Your newsletter", "Please remove me from your list.", {}, "stop", id="body"),
        pytest.param(
            "Stop", "My blood pressure is still too high since Monday.", {}, "unsure", id="subject and matter"
        ),
        pytest.param("Re: Unsubscribe", "Thanks!", {}, "none", id="an answer's subject is ours"),
        pytest.param("Unsubscribe", "Thanks!", {"in_reply_to": "ours@hub"}, "none", id="answer without a mark"),
        pytest.param("Odp: Unsubscribe", "", {}, "none", id="answer's mark in another language"),
        pytest.param(
            "Re: News",
            "> Shall we keep your order?\nYes, please.\n> To opt out, reply STOP.\n> unsubscribe\nSee you.",
            {},
            "none",
            id="quoted words are ours",
        ),
        pytest.param(
            "Re: News", "> Shall we?\nPlease remove me from your list.\n> bye", {}, "stop", id="between quotes"
        ),
        pytest.param("Re: News", "", {"text": "News\nTo unsubscribe reply STOP"}, "none", id="nothing new was written"),
        pytest.param(
            "Our news",
            f"{'New syringes in stock. ' * 40}\nUnsubscribe here.",
            {"extra": {"unanswerable": "list"}},
            "none",
            id="a newsletter's own footer",
        ),
        pytest.param(
            "Hi", "Unsubscribe me.", {"extra": {"unanswerable": "list"}}, "stop", id="a customer by our group"
        ),
        pytest.param("Cancel my appointment", "", {}, "none", id="another matter"),
    ],
)
def test_a_mail_asks_by_its_authors_own_words(subject: str, text: str, more: dict[str, Any], asked: str) -> None:
    opt = asked_for(mail(**{"text": text, "visible_text": text, "subject": subject, **more}))
    assert (opt.kind.value if opt.kind else "none") == asked
