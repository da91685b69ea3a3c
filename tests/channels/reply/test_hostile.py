"""Whatever comes, a mail is parted without an exception, without inventing a line, and in time linear in its length."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email_message.reply import split_reply
from channels.email_message.reply.lines import to_lines

PIECES = st.sampled_from(
    [
        "> ", ">", "&gt; ", "| ", "On ", "6 Mar 2026", " at 10:19", "Ada", " <ada@example.com>", " wrote:", "wrote",
        "\n", "\n\n", "\r\n", "-- ", "--", "____", "\u200b", "\ud800",
        ":", "yes", "写道：", "Regards,", "Sent from my iPhone",
        "From: ", "Sent: ", "Subject: ", "To: ", "-----Original Message-----", "---------- Forwarded message ---------",
        "reply above this line",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=300)


@given(TEXTS)
def test_visible_lines_are_lines_of_the_mail_in_order(text: str) -> None:
    rest = iter(to_lines(text))
    assert all(line in rest for line in to_lines(split_reply(text).visible_text) if line)


@given(TEXTS)
def test_something_stays_visible_or_is_signed(text: str) -> None:
    reply = split_reply(text)
    assert reply.visible_text.strip() or reply.signature or not text.strip()


HOSTILE = {
    "quote-marks": ">",
    "quoted-lines": ">\n",
    "openers": "On \n",
    "dated-openers": "On Jan 3, 2026 \n",
    "spaces": " ",
    "dashes": "-",
    "dash-lines": "--\n",
    "verbs": "wrote:",
    "verb-lines": "wrote:\n",
    "attributions": "On Jan 3, 2026 at 10:00 wrote:\n",
    "address-lines": "a@b:\n",
    "brackets": "x\n\n<a@b wrote:\n",
    "colons": "1:\n",
    "headers": "To: a@b\nCc: x\n",
    "header-blocks": "From: a@b\nSubject: x\n\n",
    "rules": "______\n\n",
    "blank-lines": "\n",
    "interleaved": "> a\nb\n",
    "attributed-quotes": "On Jan 3, 2026 at 10:00 bob wrote:\n> x\nyes\n",
    "dates": "2026 1 a " * 40 + "<a@b> wrote:\n",
    "forwards": "---- Forwarded message ----\n",
    "prompts": "reply above this line\n",
    "devices": "Sent from my iPhone\n",
    "ordinary": "An ordinary line of text, which says: hello\n",
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_eight_times_the_length_takes_far_less_than_the_square(unit: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        begin = process_time()
        split_reply(text)
        return process_time() - begin

    # Below two milliseconds the clock's own grain decides.
    short = max(min(seconds(10_000) for _ in range(3)), 0.002)
    assert min(seconds(80_000) for _ in range(3)) < 20 * short


def test_of_very_many_lines_none_is_lost_and_the_last_are_read_as_the_author_s() -> None:
    quoted = [f"> line {number}" for number in range(9_000)]
    reply = split_reply("\n".join(["On Jan 3, 2026 at 10:00 bob wrote:", *quoted, "", "Thank you.", "", "-- ", "Ada"]))
    assert (reply.visible_text, reply.signature) == ("Thank you.", "-- \nAda")
    assert [line for line in to_lines(reply.quoted_text) if line.startswith("> line")] == quoted
    listed = "\n".join(f"item {number}" for number in range(9_000))
    assert split_reply(listed).visible_text == listed
