"""What the starter says: every face in every language, for people with and without a name; what it costs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from hub.config import shipped
from hub.desk import configuration
from hub.model.segment import read_segment
from hub.model.sms_parts import count_parts
from hub.model.wording import spelled
from hub.outreach.house import House
from hub.outreach.rendering import FACES, render
from hub.outreach.rendering.record_values import SAMPLES
from hub.outreach.rendering.values import values
from hub.outreach.required_words import says_how_to_stop
from hub.web.configuration import kinds

LANGUAGES = ("cs", "en", "pt", "ru")
MESSAGES = shipped("templates", "messages")
NAMES = sorted(path.name for path in MESSAGES.iterdir() if path.is_dir())
PURPOSES = {
    "appointment_confirmed": "service",
    "appointment_reminder": "reminder",
    "birthday_greeting": "promotional",
    "callback_apology": "service",
    "callback_reminder": "service",
    "free_slot": "reminder",
    "mail_received": "service",
    "newsletter": "promotional",
    "offer_ends": "promotional",
    "personal_offer": "promotional",
    "price_offer": "promotional",
    "request_follow_up": "reminder",
    "review_request": "promotional",
    "service_due": "reminder",
    "slot_taken": "service",
    "win_back": "promotional",
}
PEOPLE: dict[str, dict[str, Any]] = {
    "named": {"display_name": "Ada Lovelace", "birthday": date(1990, 12, 10), "time_zone": "Europe/Prague"},
    "family name first": {"display_name": "Nováková, Žofie", "birthday": None, "time_zone": ""},
    "nobody known": {"display_name": "", "birthday": None, "time_zone": "Asia/Tokyo"},
}
APPOINTMENT = {
    "title": "Consultation",
    "location": "",
    "time_zone": "Europe/Prague",
    "starts_at": datetime(2026, 12, 16, 10, 30, tzinfo=UTC),
    "ends_at": None,
}
CAMPAIGNS: dict[str, dict[str, str]] = {
    "none": {},
    "all": {
        "title": "Thank you", "discount": "10%", "code": "THANKS10", "until": "31. 12.", "text": "One.\nTwo.",
        "subject": "In December", "link": "https://example.com/news",
    },
}  # fmt: skip
HOUSE = House(business_name="Example Ltd", public_url="https://hub.example.com")
# Texts of these stay in one part even in Cyrillic, 70 letters, for a business with a short name.
ONE_PART_IN_RUSSIAN = {"appointment_confirmed", "service_due", "callback_apology", "birthday_greeting"}


def faces_of(name: str, language: str) -> dict[str, str]:
    folder = MESSAGES / name / language
    return spelled(
        {face: (folder / file).read_text("utf-8") for face, file in FACES.items() if (folder / file).is_file()}
    )


def filled(language: str, person: str, campaign: str) -> dict[str, Any]:
    customer = {**PEOPLE[person], "country": "CZ", "language": language, "facts": {}}
    return values(
        customer=customer,
        house=HOUSE,
        language=language,
        appointment=APPOINTMENT,
        campaign=CAMPAIGNS[campaign],
        records=SAMPLES,
    )


def rendered(name: str, language: str) -> Iterator[tuple[str, Any]]:
    faces = faces_of(name, language)
    for person, campaign in product(PEOPLE, CAMPAIGNS):
        what = filled(language, person, campaign)
        for medium, face in (("email", "subject"), ("sms", "sms"), ("call", "voice")):
            if face in faces:
                yield medium, render(faces, medium, what)


def test_every_purpose_is_the_stricter_countrys() -> None:
    told = {name: re.search(r'^purpose = "(\w+)"', (MESSAGES / name / "meta.toml").read_text(), re.M) for name in NAMES}
    assert {name: found[1] for name, found in told.items() if found} == PURPOSES


@pytest.mark.parametrize("name", NAMES)
def test_every_message_comes_in_four_languages_with_the_same_faces(name: str) -> None:
    assert sorted(path.name for path in (MESSAGES / name).iterdir() if path.is_dir()) == list(LANGUAGES)
    assert len({tuple(faces_of(name, language)) for language in LANGUAGES}) == 1


@pytest.mark.parametrize(("name", "language"), list(product(NAMES, LANGUAGES)))
def test_every_face_reads_well_for_everybody(name: str, language: str) -> None:
    for medium, shown in rendered(name, language):
        for said in (shown.subject, shown.text):
            assert not re.search(r"None|undefined| ,| \.(?!\d)|,,|\.\.|\{\{|\}\}| {2,}|!,", said), said
        assert shown.text.strip()
        if medium == "email":
            assert 5 <= len(shown.subject) <= 90
            assert "\n\n\n" not in shown.text
            assert f'<html lang="{language}">' in shown.html
        if medium == "email" and PURPOSES[name] == "promotional":
            assert "https://hub.example.com/u/" in shown.text
            assert "https://hub.example.com/u/" in shown.html
        if medium == "sms" and PURPOSES[name] == "promotional":
            assert says_how_to_stop(shown.text, "https://nowhere")
            assert "Example Ltd" in shown.text


@pytest.mark.parametrize(("name", "language"), list(product(NAMES, LANGUAGES)))
def test_texts_are_short(name: str, language: str) -> None:
    for medium, shown in rendered(name, language):
        if medium != "sms":
            continue
        cost = count_parts(shown.text)
        if language == "ru":
            assert cost.parts <= (1 if name in ONE_PART_IN_RUSSIAN else 2), shown.text
        elif "ofie" not in shown.text and "Nov" not in shown.text:
            assert (cost.encoding, cost.parts) == ("GSM-7", 1), shown.text


def test_the_starters_files_pass_the_check_of_any_others() -> None:
    reading = configuration.read(kinds("en"), configuration.starter_files(shipped))
    assert [str(fault) for fault in reading.faults] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_title_comes_in_every_language(language: str) -> None:
    files = configuration.starter_files(shipped)
    own = configuration.read(kinds(language), files)
    other = configuration.read(kinds("en"), files)
    for kind in ("segment", "campaign", "call_flow", "offer"):
        for key, found in own.things[kind].items():
            assert language == "en" or found.content["title"] != other.things[kind][key].content["title"]


def test_promotional_segments_ask_for_consent() -> None:
    files = configuration.starter_files(shipped)
    things = configuration.read(kinds("en"), files).things["segment"]
    spoken_to_by_service = {"not_seen_for_a_year", "unhappy_customers"}
    for name, found in things.items():
        conditions = {key: value for key, value in found.content.items() if key != "title"}
        asks = any(row.about == "consent" for row, _ in read_segment(conditions).rows())
        assert asks is (name not in spoken_to_by_service), name


def test_no_file_of_the_starter_is_left_out() -> None:
    shipped_files = {path.relative_to(MESSAGES).as_posix() for path in MESSAGES.rglob("*") if path.is_file()}
    read = configuration.starter_files(shipped)
    assert {f"templates/{path}" for path in shipped_files} <= set(read)
    assert Path("config").name not in read
