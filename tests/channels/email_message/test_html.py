"""HTML of mails: safe to show, readable, and parted from what it quotes."""

from __future__ import annotations

from functools import cache

import pytest

from channels.email_message.html import html_to_text, sanitise, split_html
from channels.email_message.html_shape import too_tangled
from channels.email_message.read import read_mail
from tests.effort import effort


@pytest.mark.parametrize(
    ("html", "gone"),
    [
        pytest.param("<script>alert(1)</script>x", "alert", id="script"),
        pytest.param("<img src=x onerror=alert(1)>", "onerror", id="onerror"),
        pytest.param("<svg><script>alert(1)</script></svg>", "alert", id="svg"),
        pytest.param("<a href='javascript:alert(1)'>x</a>", "javascript", id="javascript_link"),
        pytest.param("<a href='data:text/html,<script>1</script>'>x</a>", "data:", id="data_link"),
        pytest.param("<a href=' jav\tascript:alert(1)'>x</a>", "alert", id="hidden_javascript_link"),
        pytest.param("<img src='https://tracker.example.com/x.gif'>", "tracker", id="remote_image"),
        pytest.param("<img src='//tracker.example.com/x.gif'>", "tracker", id="protocol_relative_image"),
        pytest.param("<img srcset='https://tracker.example.com/x.gif 1x'>", "tracker", id="srcset"),
        pytest.param("<table background='https://tracker.example.com/x.gif'><tr><td>", "tracker", id="background"),
        pytest.param("<p style='background:url(https://tracker.example.com)'>x", "tracker", id="style_url"),
        pytest.param(
            "<p style='background-color:u\\72l(https://tracker.example.com)'>x", "tracker", id="escaped_style_url"
        ),
        pytest.param("<style>@import 'https://tracker.example.com'</style>x", "tracker", id="style_element"),
        pytest.param("<link rel=stylesheet href='https://tracker.example.com'>", "tracker", id="link"),
        pytest.param("<iframe src='https://tracker.example.com'></iframe>", "tracker", id="iframe"),
        pytest.param("<form action='https://evil.example.com'><input name=a></form>", "evil", id="form"),
        pytest.param("<meta http-equiv=refresh content='0;url=https://evil.example.com'>", "evil", id="refresh"),
        pytest.param("<base href='https://evil.example.com'>", "evil", id="base"),
        pytest.param("<div style='position:fixed;top:0'>x</div>", "position", id="overlay"),
        pytest.param("<img src='data:image/svg+xml;base64,PHN2Zz4='>", "svg", id="svg_image"),
        pytest.param("<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", "onerror", id="mutation"),
        pytest.param(
            "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "onerror", id="noscript_mutation"
        ),
    ],
)
@pytest.mark.security_row(1)
def test_what_runs_or_loads_is_taken_out(html: str, gone: str) -> None:
    clean = sanitise(html)
    assert gone not in clean
    assert sorted(sanitise(clean)) == sorted(clean)


def test_inline_images_show_and_links_open_apart() -> None:
    shown = sanitise(
        '<a href="https://example.com">x</a><img src="cid:logo@x"><img src="CID:other@x">',
        {"logo@x": "data:image/png;base64,AAAA"},
    )
    assert 'rel="noopener noreferrer"' in shown
    assert 'target="_blank"' in shown
    assert 'src="data:image/png;base64,AAAA"' in shown
    assert 'src="cid:other@x"' in shown


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("<p>One</p><p>Two</p>", "One\n\nTwo", id="paragraphs"),
        pytest.param("<div>One</div><div>Two<br>Three</div>", "One\nTwo\nThree", id="lines"),
        pytest.param("a  \n b<b>c</b> <i>d</i>", "a bc d", id="white_space"),
        pytest.param("<ul><li>a<li>b<ul><li>c</ul></ul>", "- a\n- b\n\n  - c", id="list"),
        pytest.param("<ol><li>a<li>b</ol>", "1. a\n2. b", id="numbers"),
        pytest.param("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc", id="table"),
        pytest.param("<pre>a\n  b</pre>", "a\n  b", id="pre"),
        pytest.param("<blockquote>old<br>words</blockquote>new", "> old\n> words\n\nnew", id="quotation"),
        pytest.param("a&nbsp;&amp;&lt;b&gt;&#8364;", "a &<b>€", id="entities"),
        pytest.param("<style>p{}</style><script>1</script><title>t</title>x", "x", id="not_shown"),
        pytest.param('<div style="display: none">preview</div>x<p hidden>y', "x", id="hidden"),
        pytest.param('<a href="https://example.com/a">here</a>', "here <https://example.com/a>", id="link"),
        pytest.param('<a href="https://example.com/">example.com</a>', "example.com", id="link_that_says_itself"),
        pytest.param("<div>--&nbsp;<br>Ada</div>", "-- \nAda", id="signature_rule"),
        pytest.param("", "", id="empty"),
        pytest.param("no html at all", "no html at all", id="plain"),
    ],
)
def test_html_is_read_as_a_person_would(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    "quoted",
    [
        pytest.param('<div class="gmail_quote">OLD</div>', id="gmail"),
        pytest.param('<blockquote type="cite">OLD</blockquote>', id="apple"),
        pytest.param(
            '<div class="moz-cite-prefix">Ada wrote:</div><blockquote type="cite">OLD</blockquote>', id="thunderbird"
        ),
        pytest.param(
            '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">From: Ada</div><div>OLD</div>', id="outlook"
        ),
        pytest.param(
            '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3pt"><b>From:</b> A</div><p>OLD', id="word"
        ),
        pytest.param('<div class="yahoo_quoted">OLD</div>', id="yahoo"),
        pytest.param('<div class="protonmail_quote">OLD</div>', id="proton"),
        pytest.param('<hr id="zwchr"><div>OLD</div>', id="zimbra"),
    ],
)
def test_what_mail_programs_mark_as_quoted_is_parted(quoted: str) -> None:
    new, _, old = split_html(f"<html><body><div>NEW</div>{quoted}</body></html>")
    assert ("NEW" in new, "OLD" in new, "OLD" in old) == (True, False, True)


def test_answers_between_and_below_quotations_stay() -> None:
    new, _, old = split_html('<blockquote type="cite">Q1</blockquote>A1<blockquote type="cite">Q2</blockquote>A2')
    assert ("A1" in new, "A2" in new, "Q" in html_to_text(new), old.count("Q")) == (True, True, False, 2)


def test_visible_text_comes_from_the_html_marks_first() -> None:
    mail = read_mail(
        b"Content-Type: text/html; charset=utf-8\r\n\r\n<div>Thanks, that works.</div>"
        b'<div class="gmail_quote"><div class="gmail_attr">On Monday Ada said</div>'
        b"<blockquote>Try this.</blockquote></div>"
    )
    assert mail.visible_text.strip() == "Thanks, that works."
    assert "Try this." in mail.quoted_text
    assert "Try this." in mail.text


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div>" * 200_000, id="divs"),
        pytest.param("<b><div></b>" * 80_000, id="misnested"),
        pytest.param("<div><object></div></object>" * 35_000, id="scope_boundary"),
        pytest.param("<div><table></div></table>" * 35_000, id="table_boundary"),
        pytest.param("<section><svg></section></svg>" * 30_000, id="foreign_boundary"),
        pytest.param("".join(f"<font a={n}>" for n in range(390)) + "<p>x" * 100_000, id="formatting_reopened"),
        pytest.param("<a " + " ".join(f"a{n}=1" for n in range(100_000)) + ">x", id="attributes"),
        pytest.param("<table>" * 140_000, id="tables"),
        pytest.param("<" * 1_000_000, id="brackets"),
        pytest.param("<style>" * 140_000, id="styles"),
        pytest.param(
            '<div class="gmail_quote">' * 390 + '<blockquote type="cite">x</blockquote>' * 20_000, id="quotes"
        ),
    ],
)
def test_a_megabyte_of_tangled_html_costs_like_a_plain_one(html: str) -> None:
    assert _cost(html) < 6 * _plain()


@cache
def _plain() -> float:
    return _cost("<p>Hello <b>you</b> there</p>" * 35_000)


def _cost(html: str) -> float:
    with effort() as spent:
        html_to_text(html)
        split_html(html)
        sanitise(html)
    return spent.seconds


def test_sloppy_but_real_html_is_not_called_tangled() -> None:
    rows = "<tr><td><p>One<li>two<td>three<font size=2><b>x</font></b>"
    assert not too_tangled("<table>" + rows * 2_000)
