"""Filters: numbers, money, days and plural forms as the reader's language has them; and none that makes a bomb."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hub.model.errors import Refused
from hub.outreach import templates
from hub.outreach.links import links_of
from hub.outreach.rendering.faces import Rendered, render, text_of


def said(source: str, language: str = "en", **facts: Any) -> str:
    return render({"sms": source}, "sms", {"customer": {"facts": facts}, "language": language}).text


@pytest.mark.parametrize(
    ("language", "forms", "told"),
    [
        ("en", "'visit', 'visits'", "0 visits, 1 visit, 2 visits, 5 visits, 21 visits, 1.5 visits"),
        ("pt", "'visita', 'visitas'", "0 visita, 1 visita, 2 visitas, 5 visitas, 21 visitas, 1,5 visita"),
        ("cs", "'den', 'dny', 'dní', 'dne'", "0 dní, 1 den, 2 dny, 5 dní, 21 dní, 1,5 dne"),
        ("ru", "'визит', 'визита', 'визитов'", "0 визитов, 1 визит, 2 визита, 5 визитов, 21 визит, 1,5 визита"),
    ],
)
def test_a_word_has_the_form_that_goes_with_its_number(language: str, forms: str, told: str) -> None:
    numbers = [0, 1, 2, 5, 21, Decimal("1.5")]
    source = f"{{{{ customer.facts.n|number }}}} {{{{ customer.facts.n|plural({forms}) }}}}"
    assert ", ".join(said(source, language, n=number) for number in numbers) == told


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "€1,234.50 | 1,234.5 | March 5, 2026 | Thursday"),
        ("pt", "€ 1.234,50 | 1.234,5 | 5 de março de 2026 | quinta-feira"),
        ("cs", "1 234,50 € | 1 234,5 | 5. března 2026 | čtvrtek"),
        ("ru", "1 234,50 € | 1 234,5 | 5 марта 2026 г. | четверг"),
    ],
)
def test_amounts_and_days_are_written_as_the_language_does_with_ordinary_spaces(language: str, told: str) -> None:
    source = "{{ f.a|money('eur') }} | {{ f.a|number }} | {{ f.d|date }} | {{ f.d|weekday }}".replace(
        "f.", "customer.facts."
    )
    assert said(source, language, a=Decimal("1234.5"), d=date(2026, 3, 5)) == told
    assert said(source, language, a="1234.50", d="2026-03-05") == told, "a fact may be kept as text"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{{ 2.5|round }} {{ 2.345|round(2) }} {{ 1250|round(-2) }}", "3 2.35 1300"),
        ("{{ 2.1|round(0, 'ceil') }} {{ 2.9|round(0, 'floor') }}", "3 2"),
        ("{{ customer.facts.n * 0.5 + 1 }}", "2.50"),
        (
            "{% for one in customer.facts.several %}{% for part in one.parts %}{{ part }}{% endfor %};{% endfor %}",
            "12;3;",
        ),
    ],
)
def test_what_a_template_may_reckon_with(source: str, told: str) -> None:
    templates.check_words({"sms": source}, "reminder")
    assert said(source, n=Decimal("3.0"), several=[{"parts": [1, 2]}, {"parts": [3]}]) == told


@pytest.mark.parametrize(
    ("source", "what"),
    [
        pytest.param("{{ 1|round(30000000, 'floor') }}", "9 places", id="a power of ten of any size"),
        pytest.param("{{ 1|round(-100000000) }}", "9 places", id="and its inverse"),
        pytest.param("{{ customer.facts.huge|number }}", "no number", id="a short text with a million digits"),
        pytest.param("{{ customer.facts.name|money('EUR') }}", "'Ada' is no number", id="a text"),
        pytest.param("{{ customer.facts.many|money('X') }}", "no currency", id="no currency"),
        pytest.param("{{ customer.facts.many|plural('a') }}", "of more", id="a form is missing"),
        pytest.param("{{ customer.facts.nothing }}", "'nothing' is not known; where", id="nothing is known"),
        pytest.param("{% for letter in customer.facts.name %}{% endfor %}", "this is one", id="the letters of a text"),
    ],
)
@pytest.mark.security_row(12)
@pytest.mark.outbound("template-undefined")
def test_what_cannot_be_written_is_refused_at_once_and_says_why(source: str, what: str) -> None:
    with pytest.raises(Refused, match=what):
        said(source, huge="1e999999", name="Ada", many=2)


@pytest.mark.parametrize(
    ("source", "what"),
    [
        pytest.param(
            "{% for a in customer.facts.x %}{% for b in customer.facts.x %}{% endfor %}{% endfor %}", "part of",
            id="a loop over all in a loop over all",
        ),
        pytest.param("{% for a in customer.facts.x %}{% endfor %}" * 21, "at most 20 loops", id="many loops"),
        pytest.param("{{ customer.facts.x|join('-') }}" * 21, "at most 20 loops", id="many lists joined"),
        pytest.param(
            "{% for a in customer.facts.x %}" + "{% if a|title %}{% endif %}" * 200 + "{% endfor %}", "Too much",
            id="much in a loop",
        ),
        pytest.param("{{ customer.facts" + ".a" * 5000 + " }}", "too deeply", id="a path without an end"),
        pytest.param("{{ customer }}", "by its parts", id="a whole record"),
        pytest.param("{{ customer['facts'] }}", "by its parts", id="all that is known of somebody"),
    ],
)  # fmt: skip
@pytest.mark.security_row(12)
def test_what_could_take_long_or_tell_all_is_refused_when_saved(source: str, what: str) -> None:
    with pytest.raises(Refused, match=what):
        templates.check_words({"sms": source}, "reminder")


@pytest.mark.parametrize(
    ("page", "text"),
    [
        pytest.param("<tr><td>Tea</td><td>12&nbsp;EUR</td></tr><tr><td>Pot</td></tr>", "Tea 12 EUR\nPot\n", id="cells"),
        pytest.param("<ul><li>one</li><li>two <b>b</b></li></ul>", "- one\n- two b\n", id="a list"),
        pytest.param(
            "<a href='https://x.example/?a=1&amp;b=2'><img src=a alt='Our shop'></a>",
            "Our shop (https://x.example/?a=1&b=2)\n", id="a picture that is a link",
        ),
        pytest.param("<a href='https://x.example'><img src=a></a>", "https://x.example\n", id="a picture alone"),
        pytest.param("<a href='mailto:hi@x.example?subject=a'>write</a>", "write (hi@x.example)\n", id="an address"),
        pytest.param("<a href='tel:+420777'><b>+420777</b></a>", "+420777\n", id="a number is not said twice"),
        pytest.param("""<a href="https://x.example/o'n">o</a>""", "o (https://x.example/o'n)\n", id="an apostrophe"),
    ],
)  # fmt: skip
def test_a_text_alternative_says_what_the_page_says(page: str, text: str) -> None:
    assert text_of(page) == text


def test_links_are_found_without_what_closes_their_sentence() -> None:
    said = "See (https://example.com/Tea_(drink)). And https://example.com/a, or <https://example.com/b?c=1>!"
    page = '<a href="https://example.com/d?e=1&amp;f=2">x</a><img src="https://example.com/g.png">'
    assert links_of({"email": Rendered(text=said, html=page)}, "https://hub.example.com") == [
        "https://example.com/d?e=1&f=2",
        "https://example.com/g.png",
        "https://example.com/Tea_(drink)",
        "https://example.com/a",
        "https://example.com/b?c=1",
    ]


async def test_a_variable_that_is_written_as_an_amount_is_tried_as_one() -> None:
    await templates.check(
        {"sms": "{{ campaign.price|money('CZK') }} {{ campaign.seats|plural('a', 'b', 'c') }}"}, "promotional"
    )
