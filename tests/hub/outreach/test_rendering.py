"""Templates: what may be said is listed, everything else is refused when saved; bombs are stopped."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from hub.config import shipped
from hub.model.errors import Refused
from hub.model.sms_parts import count_parts
from hub.model.wording import spelled
from hub.outreach import templates
from hub.outreach.house import House, Lane
from hub.outreach.rendering import FACES, render
from hub.outreach.rendering.faces import text_of
from hub.outreach.rendering.values import plain, values
from hub.outreach.rendering.worker import render_aside

HOUSE = House(
    business_name="The Shop",
    public_url="https://hub.example.com",
    lanes={"main": Lane(name="main", schemes=("tel",), answers_to="+14155550100")},
)
CUSTOMER = {
    "display_name": "Ada Lovelace",
    "language": "en",
    "country": "GB",
    "birthday": date(1815, 12, 10),
    "facts": {"size": 42, "tags": ["a", "b"]},
    "time_zone": "Europe/London",
}
APPOINTMENT = {
    "title": "Check-up",
    "location": "",
    "time_zone": "Europe/Prague",
    "starts_at": datetime(2026, 3, 5, 9, 0, tzinfo=UTC),
    "ends_at": None,
}


def said(source: str, *, language: str = "en", **customer: Any) -> str:
    filled = values(
        customer={**CUSTOMER, **customer}, house=HOUSE, language=language, lane="main", appointment=APPOINTMENT
    )
    return render({"sms": source}, "sms", filled).text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hello {{ customer.first_name }}!", "Hello Ada!"),
        ("{{ customer.name or 'you' }}", "Ada Lovelace"),
        ("{{ customer['first_name'] }}", "Ada"),
        ("{{ appointment.date }}, {{ appointment.time }}", "Thursday, March 5, 2026, 10:00 AM"),
        ("{{ appointment.your_time }}", "9:00 AM"),
        ("{{ appointment.starts_at|date('short') }}", "3/5/26"),
        ("{{ appointment.starts_at|weekday }}", "Thursday"),
        ("{{ customer.birthday|date }}", "December 10, 1815"),
        ("{{ customer.facts.size }} {{ customer.facts.size * 2 }}", "42 84"),
        ("{{ customer.facts.colour|default('blue') }}", "blue"),
        ("{% for tag in customer.facts.tags %}{{ loop.index }}{{ tag }} {% endfor %}", "1a 2b"),
        ("{% if customer.country in ['GB', 'IE'] %}yes{% endif %}", "yes"),
        ("{{ customer.name|upper|truncate(6) }}", "ADA..."),
        ("{{ business.name }} {{ business.phone }}", "The Shop +14155550100"),
        ("{{ (customer.facts.size / 4)|round(1) }}", "10.5"),
        ("{{ customer.facts.size|money('EUR') }}", "€42.00"),
    ],
)  # fmt: skip
def test_what_is_allowed_is_filled_in(source: str, text: str) -> None:
    templates.check_words({"sms": source}, "reminder")
    assert said(source) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Thursday, March 5, 2026 10:00 AM"),
        ("pt", "quinta-feira, 5 de março de 2026 10:00"),
        ("cs", "čtvrtek 5. března 2026 10:00"),
        ("ru", "четверг, 5 марта 2026 г. 10:00"),
        ("xx", "Thursday, March 5, 2026 10:00 AM"),
    ],
)
def test_dates_are_written_in_the_readers_language(language: str, text: str) -> None:
    assert said("{{ appointment.date }} {{ appointment.time }}", language=language) == text


@pytest.mark.parametrize(
    ("source", "what"),
    [
        pytest.param("{{ customer.__class__ }}", "begin with _", id="dunder attribute"),
        pytest.param("{{ customer['__class__'] }}", "begin with _", id="dunder in brackets"),
        pytest.param("{{ customer.facts._secret }}", "begin with _", id="one underscore is enough"),
        pytest.param("{{ ''.__class__.__mro__ }}", "begin with _", id="class of a literal"),
        pytest.param("{{ customer|attr('__class__') }}", "filter 'attr'", id="attr filter"),
        pytest.param("{{ customer.name.upper() }}", "Calls", id="method call"),
        pytest.param("{{ customer.facts.items() }}", "Calls", id="method of a mapping"),
        pytest.param("{{ range(10) }}", "Calls", id="range"),
        pytest.param("{{ cycler('a') }}", "Calls", id="a global of Jinja"),
        pytest.param("{{ self.__init__ }}", "begin with _", id="self"),
        pytest.param("{{ config.secret }}", "no 'config'", id="config"),
        pytest.param("{{ settings }}", "no 'settings'", id="settings"),
        pytest.param("{{ environ.HUB_KEY }}", "no 'environ'", id="environment"),
        pytest.param("{{ request }}", "no 'request'", id="request"),
        pytest.param("{{ customer.password }}", "no 'customer.password'", id="a part that is not listed"),
        pytest.param("{{ customer.name.upper }}", "no 'customer.name.upper'", id="a part of a text"),
        pytest.param("{{ customer[customer.name] }}", "in quotes", id="a computed name"),
        pytest.param("{{ 'x'|center(2000000000) }}", "filter 'center'", id="center bomb"),
        pytest.param("{{ 10 ** 10 }}", "Powers", id="power"),
        pytest.param("{{ '%0999999999d' % 1 }}", "% operator", id="format bomb"),
        pytest.param("{{ 'a'|replace('a', 'aa') }}", "filter 'replace'", id="replace"),
        pytest.param("{% set x = 1 %}", "set", id="set"),
        pytest.param("{% with x = 1 %}{% endwith %}", "with", id="with"),
        pytest.param("{% macro m() %}{% endmacro %}", "Macros", id="macro"),
        pytest.param("{% include 'x' %}", "included", id="include"),
        pytest.param("{% import 'x' as y %}", "imported", id="import"),
        pytest.param("{% from 'x' import y %}", "imported", id="from import"),
        pytest.param("{% extends 'x' %}", "extended", id="extends"),
        pytest.param("{% block b %}{% endblock %}", "Block", id="block"),
        pytest.param("{% for i in [1, 2] %}{% endfor %}", "named value", id="a loop over literals"),
        pytest.param("{% for a in range(9) %}{% for b in range(9) %}{% endfor %}{% endfor %}", "named", id="ranges"),
        pytest.param("{% for a, b in customer.facts %}{% endfor %}", "one name", id="unpacking"),
        pytest.param("{% for customer in customer.facts %}{% endfor %}", "cannot use", id="hiding a name"),
        pytest.param(
            "{% for a in customer.facts.x %}{% for b in a.y %}{% for c in b.z %}"
            "{% endfor %}{% endfor %}{% endfor %}", "2 deep", id="three loops",
        ),
        pytest.param("{% filter upper %}x{% endfilter %}", "FilterBlock", id="filter block"),
        pytest.param("{{ lipsum }}", "no 'lipsum'", id="lipsum"),
        pytest.param("{{ customer.name is callable }}", "test 'callable'", id="test"),
        pytest.param("{{ customer.name", "line 1", id="syntax"),
        pytest.param("{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}", "nested too deeply", id="nested deeply"),
        pytest.param("{{ " + "-" * 200 + "1 }}", "deep", id="a long chain"),
    ],
)  # fmt: skip
@pytest.mark.security_row(10)
@pytest.mark.security_row(11)
@pytest.mark.outbound("template-sandbox")
def test_what_is_not_listed_is_refused_when_saved_and_the_place_is_named(source: str, what: str) -> None:
    with pytest.raises(Refused) as refused:
        templates.check_words({"sms": source}, "reminder")
    assert what in refused.value.message
    assert refused.value.field == "sms"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{{ 'a' * 2000000000 }}", id="text times a number"),
        pytest.param("{{ customer.name * 2000000000 }}", id="a value times a number"),
        pytest.param("{{ customer.facts.tags * 2000000000 }}", id="a list times a number"),
        pytest.param("{{ 1 / 0 }}", id="division by zero"),
        pytest.param("{{ customer.facts.no_such_thing }}", id="a fact that is missing"),
        pytest.param("{{ appointment.starts_at|date('%Y' ~ customer.name) }}", id="a form of its own"),
        pytest.param("{{ 9" + "9" * 5000 + " }}", id="a number too long to write"),
    ],
)
@pytest.mark.security_row(10)
@pytest.mark.outbound("template-undefined")
def test_what_fails_while_rendering_is_refused_too(source: str) -> None:
    with pytest.raises(Refused):
        said(source)


@pytest.mark.security_row(12)
@pytest.mark.outbound("template-limits")
async def test_a_bomb_is_stopped_and_others_are_unmoved() -> None:
    """In the worker, as if the list of what is allowed had a hole."""
    loops = "{% for a in customer.facts.l %}" * 4 + "{% if a == 'x' %}x{% endif %}" + "{% endfor %}" * 4
    many = {"customer": {"facts": {"l": list(range(2000))}}, "language": "en"}
    with pytest.raises(Refused, match="too much time or memory"):
        await render_aside({"sms": loops}, ["sms"], many)  # left alone it would take days
    large = {"customer": {"facts": {"l": "x" * 50_000_000}}, "language": "en"}
    doubled = "{{ (customer.facts.l ~ customer.facts.l) ~ (customer.facts.l ~ customer.facts.l ~ customer.facts.l) }}"
    with pytest.raises(Refused):
        await render_aside({"sms": doubled}, ["sms"], large)
    ok = await render_aside({"sms": "Hello {{ customer.facts.l }}"}, ["sms"], {"customer": {"facts": {"l": 1}}})
    assert ok["sms"].text == "Hello 1"


@pytest.mark.security_row(12)
@pytest.mark.outbound("template-limits")
async def test_output_is_limited() -> None:
    long = {"customer": {"facts": {"l": list(range(2000))}}, "language": "en"}
    with pytest.raises(Refused, match="longer than 256 KB"):
        await render_aside({"sms": "{% for a in customer.facts.l %}" + "x" * 200 + "{% endfor %}"}, ["sms"], long)


@pytest.mark.security_row(11)
async def test_the_worker_gets_nothing_of_the_hubs_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_KEY", "secret")
    assert "HUB_KEY" in os.environ
    await templates.check({"subject": "a", "text": "b", "sms": "c"}, "reminder")


@pytest.mark.outbound("template-escaping")
def test_html_is_escaped_and_text_is_not() -> None:
    faces = {"subject": "Hi {{ customer.name }}", "html": "<p>{{ customer.name }}</p>", "text": "{{ customer.name }}"}
    filled = values(
        customer={**CUSTOMER, "display_name": "<b>A&B</b>\r\nBcc: eve@example.com"}, house=HOUSE, language="en"
    )
    mail = render(faces, "email", filled)
    assert "<p>&lt;b&gt;A&amp;B&lt;/b&gt;" in mail.html
    assert mail.text.startswith("<b>A&B</b>")
    assert mail.subject == "Hi <b>A&B</b> Bcc: eve@example.com", "a subject is one line"


def test_a_mail_without_text_gets_one_from_its_html() -> None:
    page = "<style>p{}</style><p>Hello<br>Ada</p><p>See <a href='https://example.com/x'>our page</a> &amp; more</p>"
    assert text_of(page) == "Hello\nAda\nSee our page (https://example.com/x) & more\n"


@pytest.mark.outbound("template-copies")
def test_only_plain_copies_go_in() -> None:
    class Odd:
        def __str__(self) -> str:
            return "odd"

    assert plain({"a": Odd(), "b": [1.5, None], 3: "x" * 9999}) == {
        "a": "odd",
        "b": [Decimal("1.5"), ""],
        "3": "x" * 2000,
    }


@pytest.mark.parametrize(
    ("name", "first"),
    [("Ada Lovelace", "Ada"), ("Lovelace, Ada", "Ada"), ("", ""), ("Ada", "Ada"), ("Lovelace,", "Lovelace")],
)
def test_a_greeting_uses_the_first_name(name: str, first: str) -> None:
    assert said("[{{ customer.first_name }}]", display_name=name) == f"[{first}]"


LANGUAGES = sorted(
    path.name for path in shipped("templates", "messages", "appointment_reminder").iterdir() if path.is_dir()
)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_starter_reminder_renders_in_every_language_and_face(language: str) -> None:
    folder = shipped("templates", "messages", "appointment_reminder") / language
    written = {name: (folder / file).read_text("utf-8") for name, file in FACES.items() if (folder / file).is_file()}
    faces = spelled(written)
    await templates.check(faces, "reminder")
    shown = await templates.preview(faces, templates.sample_values(language))
    assert set(shown) == {"email", "sms", "call"}
    assert shown["email"].html.startswith("<!doctype html>")
    assert "Consultation" in shown["email"].subject
    parts = count_parts(shown["sms"].text)
    assert parts.parts <= (2 if language == "ru" else 1), shown["sms"].text


def test_the_starter_reminder_comes_in_four_languages() -> None:
    assert LANGUAGES == ["cs", "en", "pt", "ru"]


@pytest.mark.parametrize(
    ("faces", "purpose", "where"),
    [
        pytest.param({}, "reminder", "faces", id="nothing at all"),
        pytest.param({"fax": "x"}, "reminder", "fax", id="no such face"),
        pytest.param({"sms": "x"}, "spam", "purpose", id="no such purpose"),
        pytest.param({"html": "<p>x</p>"}, "reminder", "subject", id="a mail without a subject"),
        pytest.param({"sms": "x" * 70_000}, "reminder", "sms", id="too large"),
    ],
)
def test_a_template_must_be_one(faces: dict[str, str], purpose: str, where: str) -> None:
    with pytest.raises(Refused) as refused:
        templates.check_words(faces, purpose)
    assert refused.value.field == where
