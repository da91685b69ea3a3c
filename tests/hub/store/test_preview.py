"""What the inbox shows of a conversation is how its last words begin."""

from __future__ import annotations

import pytest

from hub.store.conversations import preview


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        pytest.param("Yes,\n  please.\n", "Yes, please.", id="on one line"),
        pytest.param("> On Monday?\nYes.\n> And where?\nHere.", "Yes. Here.", id="without what it answers"),
        pytest.param("> On Monday?", "", id="nothing of its own"),
        pytest.param("5 > 3", "5 > 3", id="a sign within a line"),
        pytest.param("a" * 500, "a" * 140, id="no longer than a line of the inbox"),
    ],
)
def test_a_preview_is_how_the_words_begin(said: str, shown: str) -> None:
    assert preview(said) == shown
