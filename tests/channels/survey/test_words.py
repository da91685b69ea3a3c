"""Moments and names as survey sheets write them in nine languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from channels.survey_upload.columns import kind_of
from channels.survey_upload.times import read_time

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
    "cs_named": "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "fr_short": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "pl_short": "sty lut mar kwi maj cze lip sie wrz paź lis gru",
}


@pytest.mark.parametrize("names", MONTHS.values(), ids=MONTHS.keys())
def test_months_are_known_by_name(names: str) -> None:
    read = [read_time(f"16. {name} 2026 09:05", "dmy", UTC) for name in names.split()]
    assert read == [datetime(2026, month, 16, 9, 5, tzinfo=UTC) for month in range(1, 13)]


@pytest.mark.parametrize(
    "text",
    [
        "Montag, 16. November 2026 um 09:05 Uhr",
        "16 de novembro de 2026 às 09:05",
        "16 ноября 2026 г., 09:05",
        "16 listopada 2026 r. o 09:05",
        "lunedì 16 novembre 2026 alle ore 09:05",
        "16 nov 2026 ore 9:05",
        "lundi 16 novembre 2026 à 09h05",
        "16. listopadu 2026 v 9:05",
        "16 de noviembre de 2026 a las 9:05",
        "16/11/2026 9:05 a. m.",
        "2026.11.16. 9:05",
    ],
)
def test_the_clock_follows_the_date_as_each_language_says_it(text: str) -> None:
    assert read_time(text, "dmy", UTC) == datetime(2026, 11, 16, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "cell", "kind"),
    [
        ("Jméno a příjmení", "Ada Byron", "name"),
        ("Nombre y apellidos", "Ada Byron", "name"),
        ("Cognome e nome", "Byron Ada", "name"),
        ("Vor- und Nachname", "Ada Byron", "name"),
        ("Фамилия, имя, отчество", "Байрон Ада Львовна", "name"),
        ("O seu nome", "Ada Byron", "name"),
        ("Votre nom", "Ada Byron", "name"),
        ("Vaše jméno", "Ada Byron", "name"),
        ("Name des Kunden", "Ada Byron", "name"),
        ("Příjmení", "Byron", "family_name"),
        ("Prénom", "Ada", "given_name"),
        ("Mobilnummer", "0151 23456789", "phone"),
        ("Recommandation", "9", "nps"),
        ("Poziom satysfakcji", "4", "csat"),
    ],
)
def test_a_header_tells_who_answered_and_what(header: str, cell: str, kind: str) -> None:
    assert kind_of(header, header, [cell], "plain") == kind
