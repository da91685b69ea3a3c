"""Words that must stand in promotions: added once, in the reader's language, where the template does not say them."""

from __future__ import annotations

import pytest

from hub.config import shipped
from hub.model.sms_parts import count_parts
from hub.outreach.quiet_hours import Rulebook
from hub.outreach.rendering import Rendered
from hub.outreach.required_words import Sender, complete, needs_postal_address

URL = "https://hub.example.com/u/1abc"
ROWS = Rulebook.read(shipped("config", "rulebook.toml")).words
SHOP = Sender(name="The Shop", postal_address="1 Main Street", answers=True, language="en")
NAMED = Sender(name="The Shop", postal_address="", answers=False, language="en")


@pytest.mark.law("who-sends", "how-to-stop", "link-where-no-answer")
@pytest.mark.parametrize(
    ("text", "language", "sender", "expected"),
    [
        pytest.param("10% off", "en", SHOP, "10% off\nThe Shop. Reply STOP to end.", id="who sends, and how to stop"),
        pytest.param("The Shop: 10% off", "en", SHOP, "The Shop: 10% off\nReply STOP to end.", id="the name once"),
        pytest.param("The Shop. STOP to end", "en", SHOP, "The Shop. STOP to end", id="the template says both"),
        pytest.param("THE SHOP 10%", "pt-BR", SHOP, "THE SHOP 10%\nPara sair, responda STOP.", id="in Portuguese"),
        pytest.param("The Shop 10 %", "cs", SHOP, "The Shop 10 %\nKonec SMS: STOP.", id="in Czech"),
        pytest.param("The Shop 10 %", "ru", SHOP, "The Shop 10 %\nОтписаться: ответьте STOP.", id="in Russian"),
        pytest.param("The Shop 10 %", "de", SHOP, "The Shop 10 %\nReply STOP to end.", id="in the house's language"),
        pytest.param("The Shop: non-stop", "en", SHOP, "The Shop: non-stop\nReply STOP to end.", id="non-stop"),
        pytest.param("The Shop: NON STOP!", "en", SHOP, "The Shop: NON STOP!\nReply STOP to end.", id="NON STOP"),
        pytest.param("STOP BY The Shop", "en", SHOP, "STOP BY The Shop\nReply STOP to end.", id="STOP BY"),
        pytest.param("STOP smoking. The Shop", "en", SHOP, "STOP smoking. The Shop\nReply STOP to end.", id="to do"),
        pytest.param("The Shop (STOP = end)", "en", SHOP, "The Shop (STOP = end)", id="STOP with a sign"),
        pytest.param("The Shop. STOP para sair", "pt", SHOP, "The Shop. STOP para sair", id="STOP para"),
        pytest.param("The Shop: stop by", "en", SHOP, "The Shop: stop by\nReply STOP to end.", id="stop by"),
        pytest.param(f"The Shop {URL}", "en", SHOP, f"The Shop {URL}", id="the link is enough"),
        pytest.param("The Shop", "en", NAMED, f"The Shop\nStop: {URL}", id="a name cannot be answered: a link"),
        pytest.param(
            "The Shop. Reply STOP", "en", NAMED, f"The Shop. Reply STOP\nStop: {URL}", id="STOP to a name goes nowhere"
        ),
    ],
)
def test_a_text_says_who_sends_and_how_to_stop(text: str, language: str, sender: Sender, expected: str) -> None:
    found = complete(Rendered(text=text), "sms", rows=ROWS, sender=sender, language=language, unsubscribe_url=URL)
    assert found.text == expected
    again = complete(found, "sms", rows=ROWS, sender=sender, language=language, unsubscribe_url=URL)
    assert again == found


@pytest.mark.parametrize("language", ["en", "pt", "cs"])
def test_the_words_keep_a_text_in_the_cheap_alphabet(language: str) -> None:
    text = complete(
        Rendered(text="The Shop: 10 %"), "sms", rows=ROWS, sender=SHOP, language=language, unsubscribe_url=URL
    ).text
    assert count_parts(text).parts == 1
    assert count_parts(text).encoding == count_parts("plain").encoding


def mail(text: str, html: str = "", sender: Sender = SHOP) -> Rendered:
    return complete(
        Rendered("Offer", text, html), "email", rows=ROWS, sender=sender, language="en", unsubscribe_url=URL
    )


def test_a_mail_gets_a_footer_in_both_its_faces() -> None:
    found = mail("Hello\n", "<html><body><p>Hello</p></body></html>")
    assert found.text == f"Hello\n\n-- \nThe Shop, 1 Main Street\nWhy you get this, and how to stop it: {URL}\n"
    assert found.html.endswith("</p></body></html>")
    assert f'<a href="{URL}">' in found.html
    assert "The Shop, 1 Main Street<br>" in found.html
    assert mail(found.text, found.html) == found


def test_a_mail_that_says_it_all_is_left_as_it_is() -> None:
    text, html = f"The Shop, 1 Main Street {URL}", f"<p>The Shop, 1 Main Street <a href='{URL}'>Leave</a></p>"
    assert mail(text, html) == Rendered("Offer", text, html)


def test_the_name_of_the_business_is_no_markup() -> None:
    found = mail("Hello", "<p>Hello</p>", Sender(name="A & <b>", postal_address="", answers=True, language="en"))
    assert "A &amp; &lt;b&gt;" in found.html
    assert "A & <b>" in found.text


@pytest.mark.law("postal-address")
def test_mail_to_the_united_states_needs_a_postal_address() -> None:
    assert needs_postal_address(ROWS, {"US", "CZ"})
    assert not needs_postal_address(ROWS, {"CZ"})


def test_a_hub_without_words_says_it_in_english() -> None:
    found = complete(Rendered(text="Hi"), "sms", rows=(), sender=SHOP, language="cs", unsubscribe_url=URL)
    assert found.text == "Hi\nThe Shop. Reply STOP to get no more."
