"""What a template's writer is told: what is missing, empty, dear, or what spam filters look for."""

from __future__ import annotations

from typing import Any

import pytest

from hub.model.errors import Refused
from hub.outreach.advice import Kind, advise
from hub.outreach.previewing import checked, text_cost
from hub.outreach.rendering import Rendered, render
from hub.outreach.templates import sample_values, with_samples
from hub.outreach.used_fields import bare, used

GOOD = {
    "subject": "Spring at {{ business.name }}",
    "html": "<p>Hello {{ customer.first_name }}</p><a href='{{ unsubscribe_url }}'>x</a>",
    "text": "Hello {{ customer.first_name }} {{ unsubscribe_url }}",
    "sms": "Spring is here. Reply STOP to stop.",
}


def advice(purpose: str = "promotional", **changes: str) -> dict[Kind, tuple[str, str]]:
    """Returns what is advised for a template that needs no advice but for these faces."""
    faces = {face: source for face, source in {**GOOD, **changes}.items() if source}
    values: dict[str, Any] = {**sample_values("en"), "unsubscribe_url": "http://hub.test/u/x"}
    rendered: dict[str, Rendered] = {}
    for medium in ("email", "sms"):
        try:
            rendered[medium] = render(faces, medium, values)
        except Refused:
            continue
    return {each.kind: (each.face, each.said) for each in advise(faces, purpose, rendered, values)}


def test_a_good_promotion_needs_no_advice() -> None:
    assert advice() == {}


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        ({"html": "<p>Spring</p>"}, Kind.NO_LINK_OUT, ("html", "")),
        ({"sms": "Spring!"}, Kind.NO_WORD_OUT, ("sms", "")),
        ({"sms": "STOP {{ customer.facts.size }}"}, Kind.MISSING_FIELD, ("sms", "customer.facts.size")),
        ({"sms": "STOP {{ customer.birthday }}"}, Kind.EMPTY_FIELD, ("sms", "customer.birthday")),
        ({"subject": "A free gift for you"}, Kind.SPAM, ("subject", "free gift")),
        ({"subject": "Spring!!!"}, Kind.SHOUTING, ("subject", "!!!")),
        ({"subject": "WINTER OFFERS FOR ALL"}, Kind.CAPITALS, ("subject", "")),
        ({"sms": "bit.ly/abc STOP"}, Kind.SHORTENED_LINK, ("sms", "bit.ly")),
        ({"subject": "x" * 71}, Kind.LONG_SUBJECT, ("subject", "71")),
        ({"sms": "STOP. " + "x" * 500}, Kind.MANY_PARTS, ("sms", "4")),
        ({"sms": "STOP – " + "x" * 70}, Kind.DEAR_CHARACTERS, ("sms", "2 1")),
        ({"html": "", "text": "", "subject": ""}, Kind.NO_MAIL, ("", "")),
        ({"html": ""}, Kind.NO_HTML, ("", "")),
        ({"text": ""}, Kind.NO_TEXT, ("", "")),
        ({"sms": ""}, Kind.NO_SMS, ("", "")),
    ],
    ids=lambda value: value.value if isinstance(value, Kind) else "",
)
def test_advice(changes: dict[str, str], kind: Kind, said: tuple[str, str]) -> None:
    assert advice(**changes) == {kind: said}


@pytest.mark.parametrize("word", ["STOP", "СТОП", "{{ unsubscribe_url }}"])
def test_the_way_to_stop_is_the_keyword_or_the_link(word: str) -> None:
    assert advice(sms=f"... {word}") == {}


def test_a_reminder_needs_no_way_out_of_promotions() -> None:
    assert advice("reminder", html="<p>Spring</p>", sms="A free gift") == {}


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("{{ customer.name }}", ["customer.name"]),
        ("{{ customer['name'] }}", ["customer.name"]),
        ("{% if customer.name %}{{ customer.name }}{% endif %}", []),
        ("{{ customer.name|default('you') }}", []),
        ("{{ customer.name if customer.name else 'you' }}", []),
        ("{% if language %}{{ customer.name|upper }}{% endif %}", ["customer.name"]),
        ("{% for one in customer.facts.pets %}{{ one.name }}{{ loop.index }}{% endfor %}", []),
        ("{{ broken", []),
    ],
    ids=["plain", "brackets", "condition", "default", "choice", "other condition", "loop", "unreadable"],
)
def test_a_bare_field_is_one_without_condition_and_default(source: str, paths: list[str]) -> None:
    assert bare(source) == paths


def test_every_field_is_found_once() -> None:
    assert used("{% if customer.name %}{{ customer.name }}{% endif %}{{ business.url }}") == [
        "customer.name",
        "business.url",
    ]


@pytest.mark.outbound("template-quote")
def test_dear_characters_are_named_and_the_plain_text_counted() -> None:
    cost = text_cost("It’s “spring”" + "x" * 60)
    assert (cost.parts.parts, cost.dear) == (2, "’“”")
    assert cost.plain is not None
    assert cost.plain.parts == 1
    assert text_cost("Příliš žluťoučký").plain is None


def test_faces_that_say_nothing_are_left_out() -> None:
    assert checked({"sms": "x", "voice": " \n"}) == {"sms": "x"}
    with pytest.raises(Refused, match="at least one face"):
        checked({"sms": " "})


def test_facts_and_variables_that_a_template_names_are_made_up_for_its_check() -> None:
    faces = {
        "sms": "{{ customer.facts.size + 1 }} {{ campaign.code }} {% for pet in customer.facts.pets %}x{% endfor %}"
    }
    values = with_samples(sample_values("en"), faces)
    assert render(faces, "sms", values).text == "8 (code) x"
    assert sample_values("en")["customer"]["facts"] == {}
