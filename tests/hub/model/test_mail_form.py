"""Contact forms that mail: labels found in the mails of many form programs, values read by them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hub.model.errors import Refused
from hub.model.mail_form import Gives, MailField, MailForm, is_like, mail_form_as_json, read_mail_form
from hub.model.mail_form_proposal import propose
from hub.model.mail_form_reading import read_values

ADA, MAIL = "Ada Lovelace", "ada@example.com"
LINK = f'<a href="mailto:{MAIL}">{MAIL}</a>'


def rows(*pairs: tuple[str, str], label: str = "<td>{}</td>") -> str:
    return "".join(f"<tr>{label.format(name)}<td>{value}</td></tr>" for name, value in pairs)


# In the shapes in which form programs write: (text, HTML).
SHAPES = {
    "contact_form_7": (
        f"From: {ADA} <{MAIL}>\nSubject: Engine\n\nMessage Body:\nHello\n\nworld\n\n-- \n"
        "This e-mail was sent from a contact form on Example (https://example.com)\n",
        "",
    ),
    "wpforms_text": (
        f"--- Name ---\n\n{ADA}\n\n--- Email ---\n\n{MAIL}\n\n--- Comment or Message ---\n\nHello\n\nworld\n\n"
        "Sent from Example\n",
        "",
    ),
    "wpforms_html": (
        "",
        f"<table><tr><td><table><tr><td><strong>Name</strong></td></tr><tr><td>{ADA}</td></tr>"
        f"<tr><td><strong>Email</strong></td></tr><tr><td>{LINK}</td></tr><tr><td><b>Comment or Message</b></td></tr>"
        "<tr><td>Hello<br><br>world</td></tr></table></td></tr></table><p>Sent from <a href='x'>Example</a></p>",
    ),
    "gravity": (
        "",
        f"<table><tr><td colspan=2><font><strong>Name</strong></font></td></tr><tr><td>&nbsp;</td><td>{ADA}</td></tr>"
        f"<tr><td colspan=2><strong>Email</strong></td></tr><tr><td>&nbsp;</td><td>{LINK}</td></tr>"
        "<tr><td colspan=2><strong>Message</strong></td></tr><tr><td>&nbsp;</td><td>Hello<br/>world</td></tr></table>",
    ),
    "ninja": ("", f"<table>{rows(('Name:', ADA), ('Email:', LINK), ('Message:', 'Hello<br>world'))}</table>"),
    "elementor": (
        f"Name: {ADA}\nEmail: {MAIL}\nMessage: Hello\nworld\n\n---\n\nDate: March 2, 2026\nTime: 10:00 am\n"
        "Page URL: https://example.com/contact/\nUser Agent: Mozilla/5.0\nRemote IP: 203.0.113.9\n"
        "Powered by: Elementor\n",
        "",
    ),
    "squarespace": (
        "",
        f"<p>Sent via form submission from <a>Example</a></p><div><b>Name:</b> {ADA}</div>"
        f"<div><b>Email:</b> {LINK}</div>"
        "<div><b>Message:</b> Hello<br/>world</div><p>Does this submission look like spam? Report it here.</p>",
    ),
    "wix": (
        f"Ada just submitted your form: Contact\non Example\n\nMessage Details:\n\n"
        f"First Name: Ada\nLast Name: Lovelace\n"
        f"Email: {MAIL}\nMessage: Hello\nworld\n\nTo edit your email settings, go to your Inbox on desktop.\n",
        "",
    ),
    "jotform": (
        "",
        f"<table><tr><td>Contact</td></tr><tr><td><table>{rows(('Full Name', ADA), ('E-mail', LINK))}"
        f"{rows(('Message', 'Hello<br>world'))}</table></td></tr>"
        "<tr><td>You can edit this submission</td></tr></table>",
    ),
    "formspree": (
        f"Hey there,\n\nSomeone just submitted your form on example.com. Here's what they had to say:\n\n"
        f"name:\n\n{ADA}\n\n"
        f"email:\n\n{MAIL}\n\nmessage:\n\nHello\nworld\n\nSubmitted 10:00 AM UTC\n\nYou are receiving this because\n",
        "",
    ),
    "typeform": (
        "",
        f"<p>Your typeform Contact has a new response:</p><p><strong>What is your name?</strong><br>{ADA}</p>"
        f"<p><strong>What is your email?</strong><br>{MAIL}</p>"
        "<p><strong>What can we do for you?</strong><br>Hello<br>world</p>"
        "<p>View all your typeform's results here</p>",
    ),
    "definition_list": (
        "",
        f"<dl><dt>Name</dt><dd>{ADA}</dd><dt>Email</dt><dd>{LINK}</dd><dt>Message</dt><dd>Hello<br>world</dd></dl>",
    ),
    "stars": (f"*Name:* {ADA}\n*Email:* {MAIL}\n*Message:*\nHello\nworld\n", ""),
    "portuguese": (f"Seu nome: {ADA}\nE-mail: {MAIL}\nSua mensagem:\nHello\nworld\n", ""),
    "german": (f"Ihr Name: {ADA}\nE-Mail-Adresse: {MAIL}\nIhre Nachricht:\nHello\nworld\n", ""),
    "czech": (f"Jméno a příjmení: {ADA}\nE-mailová adresa: {MAIL}\nZpráva:\nHello\nworld\n", ""),
    "russian": (f"Ваше имя: {ADA}\nЭлектронная почта: {MAIL}\nСообщение: Hello\nworld\n", ""),
    "japanese": (f"お名前：{ADA}\nメールアドレス：{MAIL}\nお問い合わせ内容：\nHello\nworld\n", ""),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_fields_of_a_form_are_found_and_read(shape: str) -> None:
    text, html = SHAPES[shape]
    found = propose(text, html)
    form = read_mail_form(
        {
            "title": shape,
            "senders": ["form@example.com"],
            "fields": [{"labels": list(each.labels), "gives": each.gives.value} for each in found.fields],
            "ends": list(found.ends),
        }
    )
    filled = read_values(form, text, html)
    name = filled.first(Gives.NAME) or f"{filled.first(Gives.FIRST_NAME)} {filled.first(Gives.LAST_NAME)}".strip()
    person = filled.first(Gives.PERSON)
    assert person or name == ADA, found
    assert (person or filled.first(Gives.EMAIL)) == (f"{ADA} <{MAIL}>" if person else MAIL)
    assert filled.first(Gives.MESSAGE).replace("\n\n", "\n") == "Hello\nworld"


@pytest.mark.parametrize(
    "text",
    [
        "Dear team,\n\nPlease note: the price is wrong. I bought it on Monday.\n\nRegards,\nAda\n",
        "Hello\n\nMy number is 030 12345.\n",
        "",
    ],
)
def test_a_letter_is_nobodys_form(text: str) -> None:
    assert propose(text).fields == ()


FORM = MailForm(
    title="Website",
    senders=("form@example.com",),
    fields=(
        MailField(("Name", "Nome"), Gives.NAME),
        MailField(("E-mail",), Gives.EMAIL),
        MailField(("Message", "Mensagem"), Gives.MESSAGE),
        MailField(("Newsletter",), Gives.ANSWER),
    ),
    ends=("--", "Sent from"),
)


def test_what_somebody_types_into_the_message_passes_for_no_other_field() -> None:
    text = (
        "Name: Ada\nE-mail: ada@example.com\nMessage: Hello\nName: Eve\nE-mail: eve@example.net\nNewsletter: yes\n"
        "- a dash\nNewsletter: no\n--\nSent from x\n"
    )
    filled = read_values(FORM, text)
    assert [value for _, value in filled.values] == [
        "Ada",
        "ada@example.com",
        "Hello\nName: Eve\nE-mail: eve@example.net\nNewsletter: yes\n- a dash",
        "no",
    ]


def test_labels_of_several_languages_name_one_field_and_empty_ones_are_left_out() -> None:
    filled = read_values(FORM, "NOME :  Ada\nE-mail\nMensagem:\nOlá\n")
    assert [(each.gives, value) for each, value in filled.values] == [(Gives.NAME, "Ada"), (Gives.MESSAGE, "Olá")]


def test_the_html_is_read_where_it_shows_more_of_the_fields() -> None:
    html = f"<table>{rows(('Name', 'Ada'), ('E-mail', LINK), ('Message', 'Hi'), ('Newsletter', 'no'))}</table>"
    assert len(read_values(FORM, "Name Ada E-mail ada@example.com", html).values) == 4


@pytest.mark.parametrize(
    ("text", "pattern", "fits"),
    [
        ("form@example.com", "FORM@example.com", True),
        ("a@forms.example", "*@forms.example", True),
        ("a@forms.example.net", "*@forms.example", False),
        ("New message from Ada", "new message*", True),
        ("Ré: Une idée", "*idee", True),
        ("abab", "ab*ab", True),
        ("aba", "ab*ba", False),
        ("x", "", False),
    ],
)
def test_a_star_stands_for_anything(text: str, pattern: str, fits: bool) -> None:
    assert is_like(text, pattern) is fits


def test_sender_and_subject_must_both_fit() -> None:
    both = replace(FORM, subject="Enquiry*")
    assert both.fits("form@example.com", "Enquiry 7")
    assert not both.fits("form@example.com", "Invoice")
    assert not both.fits("ada@example.com", "Enquiry 7")


def test_a_definition_comes_back_as_it_was() -> None:
    assert read_mail_form(mail_form_as_json(FORM)) == FORM


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"senders": [], "subject": ""}, "senders"),
        ({"senders": ["*@*"], "subject": "*"}, "senders"),
        ({"fields": []}, "fields"),
        ({"fields": [{"labels": ["Name"], "gives": "name"}]}, "fields"),
        ({"fields": [{"labels": ["Mail"], "gives": "email"}, {"labels": ["mail"]}]}, "fields"),
        ({"fields": [{"labels": ["Mail"], "gives": "email"}, {"labels": ["Mail 2"], "gives": "email"}]}, "fields"),
        ({"fields": [{"labels": [], "gives": "email"}]}, "fields.0.labels"),
        ({"fields": [{"labels": ["Mail"], "gives": "money"}]}, "fields.0.gives"),
        ({"fields": ["Mail"]}, "fields.0"),
        ({"region": "USA"}, "region"),
        ({"staff": True}, "staff"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_definition_that_cannot_be_is_refused_with_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        read_mail_form({**mail_form_as_json(FORM), **change})
    assert refused.value.field == field


@pytest.mark.parametrize(
    "hostile",
    ["Name:" * 40_000, "Name: x\n" * 9_000, "*" * 200_000, "a" * 200_000, '"' * 200_000, "<b>" * 9_000, "- " * 90_000],
    ids=["one_line", "lines", "stars", "letters", "quotes", "tags", "dashes"],
)
def test_what_is_built_to_hold_a_reader_up_is_read(hostile: str) -> None:
    """Linear in its length: were it not, this would not end."""
    propose(hostile, hostile)
    assert len(read_values(FORM, hostile, hostile).values) <= len(FORM.fields)
