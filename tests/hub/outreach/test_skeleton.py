"""What is rendered once for a run says the same as what is rendered for each, or is not used."""

from __future__ import annotations

from typing import Any

import pytest
from markupsafe import escape

from hub.outreach.house import House
from hub.outreach.rendering import Rendered, render
from hub.outreach.rendering.skeleton import skeleton_of
from hub.outreach.rendering.values import values

PAGE = "<html><head><title>x</title></head><body><p>Hello {{ customer.first_name }},</p>{% if campaign.code %}<p>Take\n"
PAGE += " <b>{{ campaign.code }}</b> &amp; be happy.<br>{{customer.name}}</p>{% endif %}"
LINK = '<p title="{{ customer.name }}"><a href="{{ unsubscribe_url }}">Leave</a></p></body></html>'
SUBJECT = "For   {{ customer.first_name }} \n of {{ business.name }}"
NAMES = (
    *("Ada Lovelace", "Lovelace, Ada", "Élodie", "Zoë <zoe@example.com>", "O'Neil & Sons", "&amp; &lt;b&gt;", "李 雷"),
    *("", "  ", "two  spaces", " edge", "a\nb", "nb\xa0space", "line\u2028end", "{{ 7 * 7 }}", "\ue000\ue101\ue001"),
)
WITH_GAPS = [
    pytest.param({"subject": SUBJECT, "html": PAGE + LINK}, "email", id="a page"),
    pytest.param({"subject": SUBJECT, "html": PAGE, "text": "{{ customer.name }}: {{ unsubscribe_url }}"}, "email",
                 id="a page and a text of its own"),
    pytest.param({"sms": " {{ customer.first_name }}, {{ campaign.code | upper }} {{ customer.facts.pet }} "}, "sms",
                 id="a text"),
    pytest.param({"sms": "{% for one in campaign.days %}{{ one }} {{ customer.name }};{% endfor %}"}, "sms",
                 id="in a loop that is the same for all"),
]  # fmt: skip


def filled(name: str, number: int) -> dict[str, Any]:
    customer = {
        "display_name": name,
        "language": "en",
        "country": "US",
        "birthday": None,
        "facts": {"pet": f"cat {number}", "size": number},
        "time_zone": "",
    }
    campaign = {"code": "WARM10", "days": ["mon", "tue"]}
    house = House(business_name="The Shop", public_url="https://hub.example.com")
    url = f"https://hub.example.com/u/{number}?a=1&b=2"
    return values(customer=customer, house=house, language="en", campaign=campaign, unsubscribe_url=url)


def signed(rendered: Rendered, url: str) -> Rendered:
    return Rendered(
        rendered.subject, f"{rendered.text}\n{url}", rendered.html and f"{rendered.html}<p>{escape(url)}</p>"
    )


@pytest.mark.parametrize(("faces", "medium"), WITH_GAPS)
def test_a_filled_skeleton_is_what_rendering_gives(faces: dict[str, str], medium: str) -> None:
    skeleton = skeleton_of(faces, medium, filled("Somebody else", 0), signed)
    assert skeleton is not None
    plain = 0
    for number, name in enumerate(NAMES, 1):
        asked = filled(name, number)
        found = skeleton.fill(asked)
        assert found in (None, signed(render(faces, medium, asked), asked["unsubscribe_url"]))
        plain += found is not None
    assert plain >= 7, "names as they are mostly written need no rendering of their own"


@pytest.mark.parametrize(
    "text",
    [
        "{% if customer.name %}Hello{% endif %}",
        "{{ customer.name | upper }}",
        "{{ customer.facts.size * 2 }}",
        "{% for one in customer.facts.pets %}{{ one }}{% endfor %}",
        "{{ customer }}",
        "{% filter upper %}{{ customer.name }}{% endfilter %}",
        "{% set name = customer.name %}{{ name }}",
        "{{ campaign.missing }}",
        "{{ customer.name",
        "\ue000{{ customer.name }}",
    ],
)
def test_what_depends_on_more_than_the_words_it_shows_is_rendered_for_each(text: str) -> None:
    assert skeleton_of({"sms": text}, "sms", filled("Ada", 1), lambda rendered, _: rendered) is None


def test_an_entity_that_might_end_in_a_gap_and_a_number_are_rendered_for_each() -> None:
    faces = {"subject": "x", "html": "&{{ customer.name }}"}
    assert skeleton_of(faces, "email", filled("amp; x", 1), lambda rendered, _: rendered) is None
    counted = skeleton_of({"sms": "{{ customer.facts.size }}"}, "sms", filled("Ada", 1), lambda rendered, _: rendered)
    assert counted is not None
    assert counted.fill(filled("Ada", 1)) is None
