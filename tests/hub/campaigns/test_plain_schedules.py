"""Schedules in plain words of four languages: read whole, or refused; never half understood."""

from __future__ import annotations

from datetime import date
from itertools import islice

import pytest

from hub.model.cron import read_cron
from hub.model.errors import Refused

MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("text", "first_two"),
    [
        ("every monday at 9", "2026-03-02T09:00 2026-03-09T09:00"),
        ("Every Monday at 9am", "2026-03-02T09:00 2026-03-09T09:00"),
        ("at 9:00 every monday", "2026-03-02T09:00 2026-03-09T09:00"),
        ("mondays, wednesdays and fridays at 9.30", "2026-03-02T09:30 2026-03-04T09:30"),
        ("monday to friday at 8", "2026-03-02T08:00 2026-03-03T08:00"),
        ("from friday to sunday at 8:00", "2026-03-06T08:00 2026-03-07T08:00"),
        ("daily at noon", "2026-03-02T12:00 2026-03-03T12:00"),
        ("every day at 12 am", "2026-03-02T00:00 2026-03-03T00:00"),
        ("every day at 12 pm", "2026-03-02T12:00 2026-03-03T12:00"),
        ("every day at 9:00 and 17:00", "2026-03-02T09:00 2026-03-02T17:00"),
        ("every working day at 8:30", "2026-03-02T08:30 2026-03-03T08:30"),
        ("weekly on friday at 10", "2026-03-06T10:00 2026-03-13T10:00"),
        ("on the last day of the month at 9", "2026-03-31T09:00 2026-04-30T09:00"),
        ("on the first day of the month at 9", "2026-04-01T09:00 2026-05-01T09:00"),
        ("monthly on the 15th at 9", "2026-03-15T09:00 2026-04-15T09:00"),
        ("on the 1st and 15th of each month at 9:00", "2026-03-15T09:00 2026-04-01T09:00"),
        ("the second tuesday of the month at 9", "2026-03-10T09:00 2026-04-14T09:00"),
        ("last friday of the month at 17:30", "2026-03-27T17:30 2026-04-24T17:30"),
        ("every year on 24 december at 12:00", "2026-12-24T12:00 2027-12-24T12:00"),
        ("every december 24th at noon", "2026-12-24T12:00 2027-12-24T12:00"),
        ("every 15th at 9", "2026-03-15T09:00 2026-04-15T09:00"),
        ("toda segunda-feira às 9h", "2026-03-02T09:00 2026-03-09T09:00"),
        ("toda segunda e terça às 9h30", "2026-03-02T09:30 2026-03-03T09:30"),
        ("de segunda-feira a sexta-feira às 8h", "2026-03-02T08:00 2026-03-03T08:00"),
        ("toda segunda terça-feira do mês às 9h", "2026-03-10T09:00 2026-04-14T09:00"),
        ("na última sexta-feira do mês às 17h30", "2026-03-27T17:30 2026-04-24T17:30"),
        ("no último dia do mês às 9h", "2026-03-31T09:00 2026-04-30T09:00"),
        ("no dia 15 de cada mês às 9 horas", "2026-03-15T09:00 2026-04-15T09:00"),
        ("todos os dias às 9 da manhã", "2026-03-02T09:00 2026-03-03T09:00"),
        ("diariamente ao meio-dia", "2026-03-02T12:00 2026-03-03T12:00"),
        ("todos os dias úteis às 8:30", "2026-03-02T08:30 2026-03-03T08:30"),
        ("primeira segunda-feira do mês às 9h", "2026-03-02T09:00 2026-04-06T09:00"),
        ("quarta quinta-feira do mês às 9h", "2026-03-26T09:00 2026-04-23T09:00"),
        ("toda quarta às 9h", "2026-03-04T09:00 2026-03-11T09:00"),
        ("segunda, quarta e sexta às 9h", "2026-03-02T09:00 2026-03-04T09:00"),
        ("24 de dezembro às 12h", "2026-12-24T12:00 2027-12-24T12:00"),
        ("každé pondělí v 9", "2026-03-02T09:00 2026-03-09T09:00"),
        ("kazde pondeli v 9.00", "2026-03-02T09:00 2026-03-09T09:00"),
        ("od pondělí do pátku v 8:00", "2026-03-02T08:00 2026-03-03T08:00"),
        ("po-pá v 8:00", "2026-03-02T08:00 2026-03-03T08:00"),
        ("po, st, pá v 8:00", "2026-03-02T08:00 2026-03-04T08:00"),
        ("každý všední den v 8:30", "2026-03-02T08:30 2026-03-03T08:30"),
        ("denně v poledne", "2026-03-02T12:00 2026-03-03T12:00"),
        ("každý den v 7 večer", "2026-03-02T19:00 2026-03-03T19:00"),
        ("poslední den v měsíci v 9:00", "2026-03-31T09:00 2026-04-30T09:00"),
        ("první pondělí v měsíci v 9:00", "2026-03-02T09:00 2026-04-06T09:00"),
        ("každý čtvrtý čtvrtek v měsíci v 9:00", "2026-03-26T09:00 2026-04-23T09:00"),
        ("poslední pátek v měsíci v 17:30", "2026-03-27T17:30 2026-04-24T17:30"),
        ("15. dne každého měsíce v 9:00", "2026-03-15T09:00 2026-04-15T09:00"),
        ("každý měsíc 1. a 15. v 10:00", "2026-03-15T10:00 2026-04-01T10:00"),
        ("každý rok 24. prosince ve 12:00", "2026-12-24T12:00 2027-12-24T12:00"),
        ("o víkendu v 10:00", "2026-03-07T10:00 2026-03-08T10:00"),
        ("каждый понедельник в 9", "2026-03-02T09:00 2026-03-09T09:00"),
        ("по понедельникам и средам в 9 часов", "2026-03-02T09:00 2026-03-04T09:00"),
        ("с понедельника по пятницу в 8:00", "2026-03-02T08:00 2026-03-03T08:00"),
        ("по будням в 8:30", "2026-03-02T08:30 2026-03-03T08:30"),
        ("ежедневно в полдень", "2026-03-02T12:00 2026-03-03T12:00"),
        ("каждый день в 7 вечера", "2026-03-02T19:00 2026-03-03T19:00"),
        ("в последний день месяца в 9:00", "2026-03-31T09:00 2026-04-30T09:00"),
        ("в первый понедельник месяца в 9:00", "2026-03-02T09:00 2026-04-06T09:00"),
        ("каждую последнюю пятницу месяца в 17:30", "2026-03-27T17:30 2026-04-24T17:30"),
        ("15-го числа каждого месяца в 9:00", "2026-03-15T09:00 2026-04-15T09:00"),
        ("24 декабря в 12:00", "2026-12-24T12:00 2027-12-24T12:00"),
        ("по выходным в 10:00", "2026-03-07T10:00 2026-03-08T10:00"),
        ("every Monday, 9am", "2026-03-02T09:00 2026-03-09T09:00"),
        ("mon, wed & fri 9:00.", "2026-03-02T09:00 2026-03-04T09:00"),
        ("every weekday at 5:30 p.m.", "2026-03-02T17:30 2026-03-03T17:30"),
        ("1st monday of the month at 9", "2026-03-02T09:00 2026-04-06T09:00"),
        ("v 15. den měsíce v 9", "2026-03-15T09:00 2026-04-15T09:00"),
        ("в 1-й понедельник месяца в 9:00", "2026-03-02T09:00 2026-04-06T09:00"),
    ],
)
@pytest.mark.outbound("schedule-once")
def test_words_of_each_language_say_when(text: str, first_two: str) -> None:
    found = [wall.isoformat(timespec="minutes") for wall in islice(read_cron(text).walls(MONDAY), 2)]
    assert " ".join(found) == first_two


@pytest.mark.parametrize(
    "text",
    [
        "every other monday at 9",
        "every 2 weeks at 9",
        "každý druhý týden v 9",
        "раз в две недели в 9",
        "every month at 9",
        "toda semana às 9h",
        "every 10 days at 9",
        "every monday in december at 9",
        "every monday at 9 or 10",
        "every monday at 9:75",
        "31 february at 9",
        "every last monday and tuesday at 9",
        "every monday at 9:00 and 10:30",
        "never on monday at 9",
        "every monday except holidays at 9",
        "at 9",
        "24.12. v 12:00",
        "5th monday of the month at 9",
        "every 2 hours",
        "every 3 months on the 1st at 9",
        "každý 2. měsíc v 9",
        "каждые 3 месяца в 9:00",
        "every year on the 15th at 9",
        "last 3 days of the month at 9",
        "v pondělí",
        "every fifth friday at 9",
        "first working day of the month at 9",
        "every monday at 9:00:30",
        "every monday and the 15th at 9",
    ],
)
def test_what_is_not_understood_whole_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_cron(text)
    assert "last day of the month" in refused.value.next_step
