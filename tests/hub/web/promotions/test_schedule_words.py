"""When a campaign runs, told in the reader's language, in whatever language it was written."""

from __future__ import annotations

import pytest

from hub.model.schedule import read_schedule
from hub.web.pages.schedule_words import schedule_words


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("každé pondělí a středu v 9", "every week on Monday, Wednesday at 9:00"),
        ("ежедневно в 9:00 и 17:00", "every day at 9:00 AM and 5:00"),
        ("poslední den v měsíci v 9", "on the last day of every month at 9:00"),
        ("no dia 15 de cada mês às 9h", "every month on day 15 at 9:00"),
        ("1. a 15. každého měsíce v 9", "every month on the days 1 and 15 at 9:00"),
        ("каждую последнюю пятницу месяца в 17:30", "every last Friday of a month at 5:30"),
        ("24 de dezembro às 12h", "every year on December 24 at 12:00"),
        ("0 9 29 feb *", "every year on February 29 at 9:00"),
        ("0 9 1-7 * mon,tue", "0 9 1-7 * mon,tue"),
    ],
)
@pytest.mark.outbound("schedule-once")
def test_what_comes_round_is_told_in_words(written: str, told: str) -> None:
    shown = schedule_words(read_schedule({"kind": "recurring", "cron": written}))
    assert shown.replace("\u202f", " ").startswith(told)
    assert shown.endswith(", on our clock")
