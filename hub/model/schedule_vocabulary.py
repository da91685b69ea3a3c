"""The words in which people say when something comes round: English, Portuguese, Czech and Russian, in one vocabulary.

Words are kept without accents and in small letters, as `plain` writes them, so that "každé úterý" is read however it is
typed. A word that means two things in two languages is told apart by what stands beside it (hub.model.plain_schedule).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def plain(text: str) -> str:
    """Returns a text in small letters without accents, in single spaces."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def _read(rows: Iterable[str]) -> dict[str, int]:
    return {plain(word): number for number, words in enumerate(rows) for word in words.split()}


WEEKDAYS = _read((
    "monday mondays mon segunda segundas segundafeira segundasfeira segundasfeiras seg"
    " pondělí pondělky pondělek pondělka po понедельник понедельника понедельникам понедельники пн",
    "tuesday tuesdays tue terça terças terçafeira terçasfeira terçasfeiras ter"
    " úterý úterky úterek út вторник вторника вторникам вторники вт",
    "wednesday wednesdays wed quarta quartas quartafeira quartasfeira quartasfeiras qua"
    " středa středu středy st среда среду среды средам ср",
    "thursday thursdays thu quinta quintas quintafeira quintasfeira quintasfeiras qui"
    " čtvrtek čtvrtka čtvrtku čtvrtky čt четверг четверга четвергам четверги чт",
    "friday fridays fri sexta sextas sextafeira sextasfeira sextasfeiras sex"
    " pátek pátku pátky pá пятница пятницу пятницы пятницам пт",
    "saturday saturdays sat sábado sábados sáb sobota sobotu soboty so суббота субботу субботы субботам сб",
    "sunday sundays sun domingo domingos dom neděle neděli ne воскресенье воскресенья воскресеньям вс",
))  # fmt: skip
MONTHS = _read((
    "", "january jan janeiro ledna leden января январь", "february feb fevereiro fev února únor февраля февраль",
    "march mar março března březen марта март", "april apr abril abr dubna duben апреля апрель",
    "may maio mai května květen мая май", "june jun junho června červen июня июнь",
    "july jul julho července červenec июля июль", "august aug agosto ago srpna srpen августа август",
    "september sep sept setembro set září сентября сентябрь", "october oct outubro out října říjen октября октябрь",
    "november nov novembro listopadu listopad ноября ноябрь",
    "december dec dezembro dez prosince prosinec декабря декабрь",
))  # fmt: skip
_LAST = -1
ORDINALS = _read((
    "", "first primeiro primeira první prvního первый первая первую первое первого",
    "second segundo segunda druhý druhá druhou druhé druhého второй вторая вторую второе второго",
    "third terceiro terceira třetí třetího третий третья третью третье третьего",
    "fourth quarto quarta čtvrtý čtvrtá čtvrtou čtvrté čtvrtého четвёртый четвёртая четвёртую четвёртое четвёртого",
)) | dict.fromkeys(
    plain("last último última poslední posledního последний последняя последнюю последнее последнего").split(), _LAST
)  # fmt: skip
# What is counted, and what names days of the week without naming them.
DAY = frozenset(plain("day days dia dias den dny dne день дня дни").split())
MONTH = frozenset(
    plain("month months monthly mês meses mensalmente měsíc měsíce měsíci měsíčně месяц месяца ежемесячно").split()
)
YEAR = frozenset(plain("year years yearly ano anos anualmente rok roku roce ročně год года году ежегодно").split())
WEEK = frozenset(
    plain(
        "week weeks weekly semana semanas semanalmente týden týdne týdnu týdně неделя неделю неделе еженедельно"
    ).split()
)
DAILY = frozenset(plain("daily everyday diariamente denně ежедневно").split())
WORKDAYS = frozenset(plain(
    "weekday weekdays workday workdays working business úteis útil pracovní pracovních všední všedních všedního"
    " будний будням будни рабочий рабочие рабочим"
).split())  # fmt: skip
WEEKEND = frozenset(plain("weekend weekends víkend víkendu víkendy выходные выходным выходной").split())
EVERY = frozenset(plain(
    "every each todo todos toda todas cada každý každá každou každé každého každých vždy каждый каждая каждую каждое"
    " каждого каждые каждои"
).split())  # fmt: skip
AND = frozenset(plain("and a e i и , &").split())
# Ranges: these alone make one of two days; the others only after a word for `from`.
TO = frozenset({"to", "through", "till", "until", "az", "-", "–"})
FROM = frozenset(plain("from od de с со").split())
TO_AFTER_FROM = TO | frozenset(plain("do a по").split())
FILLERS = frozenset(plain(
    "on the of in a an at o os as no na nos nas do da dos das de em ao aos à às v ve o z во в на у по числа число"
    " calendar"
).split())  # fmt: skip
NOON = frozenset(plain("noon midday poledne meio-dia полдень").split())
MIDNIGHT = frozenset(plain("midnight půlnoc půlnoci meia-noite полночь").split())
MORNING = frozenset(plain("am a.m. a.m ráno dopoledne утра manhã morning").split())
AFTERNOON = frozenset(plain("pm p.m. p.m odpoledne večer вечера tarde noite afternoon evening").split())
