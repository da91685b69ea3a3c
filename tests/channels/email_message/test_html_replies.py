"""Replies in HTML: what is new, quoted, signed and forwarded, by the marks of many mail programs."""

from __future__ import annotations

import pytest

from channels.email_message.forwarded import forwarded_mail
from channels.email_message.mail import Mail
from channels.email_message.read import read_mail

NEW = "<div>Tuesday is fine.</div><div><br></div>"
OLD = "<p>Dear Bob,</p><p>would Tuesday suit you?</p>"
WROTE = 'On Fri, Mar 6, 2026 at 10:19 AM Ada Byron &lt;<a href="mailto:ada@example.com">ada@example.com</a>&gt; wrote:'
HEAD = (
    "<b>From:</b> Ada Byron &lt;ada@example.com&gt;<br><b>Sent:</b> Friday, March 6, 2026 10:19 AM<br>"
    "<b>To:</b> Bob<br><b>Subject:</b> Visit"
)


def mail(html: str) -> Mail:
    return read_mail(b"From: bob@example.org\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html.encode())


@pytest.mark.parametrize(
    "quoted",
    [
        pytest.param(f'<div class="gmail_extra">{WROTE}<br><blockquote>{OLD}</blockquote></div>', id="gmail_extra"),
        pytest.param(f'<blockquote type="cite"><div>{WROTE}</div>{OLD}</blockquote>', id="apple"),
        pytest.param(f'<p class="MsoNormal">{HEAD}</p>{OLD}', id="outlook_without_marks"),
        pytest.param(f'<div id="mail-editor-reference-message-container"><hr>{HEAD}{OLD}</div>', id="outlook_mobile"),
        pytest.param(f'<div class="ms-outlook-mobile-reference-message">{HEAD}{OLD}</div>', id="outlook_mobile_class"),
        pytest.param(f'<span id="OLK_SRC_BODY_SECTION">{HEAD}</span>{OLD}', id="outlook_mac"),
        pytest.param(f'<hr id="stopSpelling">Date: Fri, 6 Mar 2026<br>{OLD}', id="hotmail"),
        pytest.param(f'<div id="yahoo_quoted_12345"><div>{WROTE}</div>{OLD}</div>', id="yahoo_id"),
        pytest.param(f'<div class="zmail_extra">---- Ada wrote ---<br>{OLD}</div>', id="zoho"),
        pytest.param(
            f'6 Mar 2026, 10:19 by ada@example.com:<blockquote class="tutanota_quote">{OLD}</blockquote>', id="tutanota"
        ),
        pytest.param(f'<div class="hs_reply">{WROTE}<blockquote>{OLD}</blockquote></div>', id="hubspot"),
        pytest.param(f'<div name="messageReplySection">Ada, yesterday:{OLD}</div>', id="spark"),
        pytest.param(f"<div>{WROTE}</div><blockquote>{OLD}</blockquote>", id="plain_blockquote"),
        pytest.param(
            f"<blockquote>Пятница, 6 марта 2026, 10:19 +03:00 от Ada &lt;ada@example.com&gt;:<br>{OLD}</blockquote>",
            id="mail_ru",
        ),
        pytest.param(f'06.03.2026, 10:19, "Ada" &lt;ada@example.com&gt;:<blockquote>{OLD}</blockquote>', id="yandex"),
        pytest.param(f"&gt;&gt;&gt; Ada Byron 06.03.2026 10:19 &gt;&gt;&gt;<br>{OLD}", id="groupwise"),
        pytest.param(f"<div>-------- Original message --------</div><div>{HEAD}</div>{OLD}", id="samsung"),
    ],
)
@pytest.mark.parametrize("answers_below", [False, True], ids=["above", "below"])
def test_what_a_mail_program_quotes_is_not_visible(quoted: str, answers_below: bool) -> None:
    if answers_below and "</blockquote>" not in quoted:
        quoted = f"<blockquote type='cite'>{quoted}</blockquote>"
    read = mail(f"<html><body>{quoted}{NEW}</body></html>" if answers_below else f"<body>{NEW}{quoted}</body>")
    assert read.visible_text.strip() == "Tuesday is fine."
    assert "would Tuesday suit you?" in read.quoted_text


def test_answers_between_quotations_are_visible_each_below_what_it_answers() -> None:
    part = '<blockquote class="gmail_quote">{}</blockquote><div>{}</div>'
    inner = part.format("At ten?", "At eleven.") + part.format("Bring papers?", "I shall.")
    read = mail(f'<div>See below.</div><div class="gmail_quote"><div class="gmail_attr">{WROTE}</div>{inner}</div>')
    shown = [line for line in read.visible_text.split("\n") if line.strip("> ") and "wrote:" not in line]
    assert shown == ["See below.", "> At ten?", "At eleven.", "> Bring papers?", "I shall."]


def test_an_answer_within_a_quotation_stays_below_its_question() -> None:
    quote = '<blockquote type="cite">{}</blockquote>'
    read = mail(f"{quote.format(f'{WROTE}<br>At ten?')}<div>At eleven.</div>{quote.format('See you, Ada')}")
    assert read.visible_text.split("\n")[-1] == "At eleven."
    assert "> At ten?" in read.visible_text
    assert "See you" not in read.visible_text


@pytest.mark.parametrize(
    "mark",
    ['div class="gmail_signature"', 'div id="Signature"', 'pre class="moz-signature"', 'div id="composer_signature"'],
)
def test_signature_that_a_mail_program_marks_is_not_visible(mark: str) -> None:
    read = mail(f"{NEW}<{mark}>Bob Miller<br>Example Ltd.</{mark.split()[0]}><div class='gmail_quote'>{OLD}</div>")
    assert (read.visible_text.strip(), read.signature) == ("Tuesday is fine.", "Bob Miller\nExample Ltd.")


def test_mail_that_is_all_signature_shows_it() -> None:
    assert mail('<div class="gmail_signature">Bob Miller</div>').visible_text == "Bob Miller"


@pytest.mark.parametrize(
    "forward",
    [
        pytest.param(
            f'<div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>{HEAD}</div>'
            f"<br>{OLD}</div>",
            id="gmail",
        ),
        pytest.param(
            f'<blockquote type="cite"><div>Begin forwarded message:</div><br>{HEAD}<br><br>{OLD}</blockquote>',
            id="apple",
        ),
        pytest.param(
            '<div class="moz-forward-container">-------- Forwarded Message --------<table><tr><th>Subject: <td>Visit'
            f"<tr><th>Date: <td>Fri, 6 Mar 2026<tr><th>From: <td>Ada &lt;ada@example.com&gt;</table>{OLD}</div>",
            id="thunderbird",
        ),
        pytest.param(f'<hr><div id="divRplyFwdMsg">{HEAD.replace("Visit", "FW: Visit")}</div>{OLD}', id="outlook"),
    ],
)
def test_forwarded_mail_is_told_from_the_word_above_it(forward: str) -> None:
    read = mail(f"<div>Please see.</div><br>{forward}")
    assert read.visible_text.strip() == "Please see."
    assert all(part in read.forwarded_text for part in ("From:", "ada@example.com", "would Tuesday suit you?"))
    assert "Please see." not in read.forwarded_text


@pytest.mark.parametrize(
    "html",
    [
        "<p>The notice says:</p><blockquote>No dogs.</blockquote><p>Mine is a cat.</p>",
        '<blockquote style="margin-left:40px">indented by me</blockquote><div>Bob</div>',
        '<div>One.</div><div style="border-top:1px solid #ccc">Two.</div>',
        '<div class="quote-request">A quote for a boiler, please.</div>',
    ],
    ids=["quotation", "indented", "border", "class"],
)
def test_own_html_is_not_taken_for_a_quote(html: str) -> None:
    read = mail(html)
    assert read.visible_text == read.text


@pytest.mark.parametrize(
    ("labels", "author"),
    [
        (("From", "Date", "Subject"), "ada@example.com"),
        (("Von", "Gesendet", "Betreff"), "ada@example.com"),
        (("보낸 사람", "날짜", "제목"), "ada@example.com"),
        (("Feladó", "Elküldve", "Tárgy"), "ada@example.com"),
    ],
    ids=["en", "de", "ko", "hu"],
)
def test_forward_to_the_hub_names_its_author_in_any_language(labels: tuple[str, str, str], author: str) -> None:
    who, when, what = labels
    body = (
        f"@customer\n\n---------- Forwarded message ---------\n{who}: Ada Byron\n <{author}>\n"
        f"{when}: Fri, 6 Mar 2026 10:19:32 +0100\n{what}: Visit\n\nMay I come?\n"
    )
    original = forwarded_mail(
        read_mail(b"From: s@example.org\nContent-Type: text/plain; charset=utf-8\n\n" + body.encode())
    )
    assert original is not None
    assert (original.from_[0].addr_spec, original.subject, original.text) == (author, "Visit", "May I come?")
