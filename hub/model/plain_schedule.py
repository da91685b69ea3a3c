"""Plain words for what comes round, in four languages: "every Monday at 9", "poslední pátek v měsíci v 17:30".

Every word must be known and must fit: what is not understood whole is not guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.model import schedule_vocabulary as words

_LAST = -1
# A fifth Monday is not in every month.
_MOST_OF_A_WEEKDAY = 4
# Of Portuguese "à" only one o'clock has need; elsewhere the letter is "and", or an article.
_AT = r"(?:at|@|as|a(?=\s1\s?[:h])|v|ve|o|в|во)"
_HALF = "|".join(re.escape(word) for word in sorted(words.MORNING | words.AFTERNOON, key=len, reverse=True))
_UNIT = r"(?:o'clock|h|hrs?|hours?|hod|hodine?|hodiny|hodin|horas?|ч|час|часа|часов)"
_CLOCK = rf"(\d{{1,2}})(?:\s?[:.h]\s?(\d{{2}}))?(?:\s?{_UNIT}\b\.?)?(?:\s?(?:in the |da )?({_HALF}))?(?![\w:-]|\.\s?\S)"
_NAMED = "|".join(map(re.escape, words.NOON | words.MIDNIGHT))
# Surest first: after a word for "at"; by its name; by minutes, a unit or a half of the day.
_TIMES = (
    re.compile(rf"(?<!\w){_AT}\s+{_CLOCK}"),
    re.compile(rf"(?:(?<!\w)(?:{_AT}|ao)\s+)?(?<!\w)({_NAMED})(?!\w)"),
    re.compile(rf"(?<![\w:.])(?=\d{{1,2}}\s?(?:[:.h]\s?\d{{2}}|{_UNIT}\b|(?:{_HALF})(?!\w))){_CLOCK}"),
)
_MORE = re.compile(rf"\s*(?:,|&|(?<!\w)(?:and|a|e|и)(?!\w))\s*(?:(?<!\w){_AT}\s+)?{_CLOCK}")
_TOKEN = re.compile(r"(\d{1,2})(?:-?(?:st|nd|rd|th|го|е|и|о|o|a)\b|\.)?|[^\W\d_]+|[-–,&]|\S")


@dataclass(slots=True)
class Said:
    """What was said: times of the day as (hour, minute), and by what the days are chosen."""

    times: list[tuple[int, int]] = field(default_factory=list)
    weekdays: set[int] = field(default_factory=set)
    days: set[int] = field(default_factory=set)
    months: set[int] = field(default_factory=set)
    nth: int = 0
    last_day: bool = False


def read_plainly(text: str) -> Said | None:
    """Returns what these words say, None where they do not say it whole. Times and days may be none that there are."""
    rest, times = _times(words.plain(text).rstrip(" .!").replace("-feira", "feira"))
    tokens = [match[0] for match in _TOKEN.finditer(rest)]
    said = _Reader(tokens).read() if times and tokens else None
    if said is not None:
        said.times = times
    return said


def _times(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Returns the words without the times of the day, and these."""
    found = next((match for form in _TIMES if (match := form.search(text))), None)
    if found is None:
        return text, []
    named = {**dict.fromkeys(words.NOON, (12, 0)), **dict.fromkeys(words.MIDNIGHT, (0, 0))}
    times = [named.get(found[1]) or _clock(*found.group(1, 2, 3))]
    end = found.end()
    while more := _MORE.match(text, end):
        times.append(_clock(*more.group(1, 2, 3)))
        end = more.end()
    return f"{text[: found.start()]} {text[end:]}", times


def _clock(hour: str, minute: str | None, half: str | None) -> tuple[int, int]:
    at = int(hour)
    if half in words.AFTERNOON and at < 12:
        at += 12
    elif half in words.MORNING and at == 12:
        at = 0
    return at, int(minute or 0)


class _Reader:
    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._said = Said()
        self._counted: set[str] = set()
        self._workdays = ""

    def read(self) -> Said | None:
        at = 0
        while at < len(self._tokens):
            taken = self._one(at)
            if not taken:
                return None
            at += taken
        return self._said if self._fits() else None

    def _one(self, at: int) -> int:
        """Reads what stands at a place; returns how many words that took, 0 for one that is not known."""
        token, said = self._tokens[at], self._said
        if token[0].isdigit():
            return self._number(at)
        if span := self._range(at):
            return span
        if token in words.ORDINALS and self._is_ordinal(at):
            if said.nth:
                return 0
            said.nth = words.ORDINALS[token]
        elif token in words.WEEKDAYS:
            said.weekdays.add(words.WEEKDAYS[token])
        elif token in words.MONTHS:
            said.months.add(words.MONTHS[token])
        elif token in words.WORKDAYS or token in words.WEEKEND:
            self._workdays = "weekend" if token in words.WEEKEND else "workdays"
        elif kind := _counted(token):
            self._counted |= kind
        elif token not in words.EVERY and token not in words.FILLERS and token not in words.AND:
            return 0
        return 1

    def _number(self, at: int) -> int:
        """Reads a day of the month, or which of a weekday: `1st monday`."""
        token, said = self._tokens[at], self._said
        number = int("".join(filter(str.isdigit, token)))
        if at and self._tokens[at - 1][0].isdigit():
            return 0  # a date in digits, 24.12., which others write the other way round
        following = _counted(self._tokens[at + 1]) if at + 1 < len(self._tokens) else set()
        if following - {"day"} or (following and token.isdigit()):
            return 0  # "every 2 months", "each 3rd week", "every 10 days"
        if token.isdigit() or self._weekday(at + 1) is None:
            said.days.add(number)
            return 1
        if said.nth or not 1 <= number <= _MOST_OF_A_WEEKDAY:
            return 0
        said.nth = number
        return 1

    def _is_ordinal(self, at: int) -> bool:
        """Tells `segunda terça`, the second Tuesday, from `segunda e terça`, Monday and Tuesday."""
        return self._tokens[at] not in words.WEEKDAYS or self._weekday(at + 1) is not None

    def _range(self, at: int) -> int:
        """Reads `monday to friday` or `od pondělí do pátku`; returns how many words that took, 0 for no range."""
        after_from = self._tokens[at] in words.FROM
        here = at + after_from
        first, last = self._weekday(here), self._weekday(here + 2)
        if first is None or last is None:
            return 0
        if self._tokens[here + 1] not in (words.TO_AFTER_FROM if after_from else words.TO):
            return 0
        self._said.weekdays |= {(first + step) % 7 for step in range((last - first) % 7 + 1)}
        return here + 3 - at

    def _weekday(self, at: int) -> int | None:
        return words.WEEKDAYS.get(self._tokens[at]) if at < len(self._tokens) else None

    def _fits(self) -> bool:
        """Tells whether what was said is one choice of days, and makes it whole."""
        said, counted = self._said, self._counted
        if self._workdays:
            said.weekdays |= {5, 6} if self._workdays == "weekend" else set(range(5))
            return not (said.days or said.months or said.nth or counted - {"day", "week"})
        if said.nth:
            return self._nth_fits()
        if said.days:
            in_month = bool(said.months) or ("year" not in counted and ("month" in counted or self._has_mark()))
            return in_month and not said.weekdays and not counted & {"week", "daily"}
        if said.months:
            return False
        if said.weekdays:
            return not counted - {"week"}
        return bool(counted & {"day", "daily"}) and not counted & {"week", "month", "year"}

    def _nth_fits(self) -> bool:
        said, counted = self._said, self._counted
        if said.days or said.months or counted & {"week", "year", "daily"}:
            return False
        if said.weekdays:
            return len(said.weekdays) == 1 and "day" not in counted
        if "day" not in counted or "month" not in counted:
            return False
        if said.nth == _LAST:
            said.last_day, said.nth = True, 0
        else:
            said.days, said.nth = {said.nth}, 0
        return True

    def _has_mark(self) -> bool:
        return any(token[0].isdigit() and not token.isdigit() for token in self._tokens)


def _counted(token: str) -> set[str]:
    kinds = {"day": words.DAY, "daily": words.DAILY, "week": words.WEEK, "month": words.MONTH, "year": words.YEAR}
    return {kind for kind, known in kinds.items() if token in known}
