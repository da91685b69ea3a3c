"""Mails written in blocks: HTML that mail programs show alike, its plain text, and what is refused, by its line."""

from __future__ import annotations

import re

import pytest

from hub.model.errors import Refused
from hub.model.letters import html_of, text_of
from hub.model.wording import pictures_in, snippets_in, spelled
from hub.outreach.rendering import render
from hub.outreach.templates import check_snippet, check_words, sample_values

WHOLE = """# Winter offer

Hello **{{ customer.name }}**, our *winter offer* is here & <now>.
See [our page](https://example.com/a?b=1&c={{ campaign.code }}).

{% if customer.country == "GB" %}
We deliver to you.
{% endif %}

- Warm socks
- Hats

1. Choose
2. Book

[Book {{ "now" }}](https://example.com/book){button}

![Our shop](shop.png 300)

---

::: columns
### Left
One
::: next
Two
::: end

::: footer
{{ business.name }}
[Why did I get this]({{ unsubscribe_url }})
::: end
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("# Hi", r'<h1 class="ink" style="[^"]*font-size:26px', id="heading with its look on it"),
        pytest.param("## Hi", r'<h2 class="ink"', id="smaller heading"),
        pytest.param("a\nb", r">a<br>b</p>", id="a line stays a line"),
        pytest.param("**a** and *b*", r"<strong>a</strong> and <em>b</em>", id="bold and stressed"),
        pytest.param("2 * 3 * 4", r">2 \* 3 \* 4<", id="a star between numbers is none"),
        pytest.param("<b>&", r">&lt;b&gt;&amp;<", id="words are words"),
        pytest.param("- a\n- b", r"<ul [^>]*><li[^>]*>a</li><li[^>]*>b</li></ul>", id="list"),
        pytest.param("1. a\n2) b", r"<ol [^>]*><li[^>]*>a</li><li[^>]*>b</li></ol>", id="numbered list"),
        pytest.param("---", r"border-top:1px solid", id="divider"),
        pytest.param("[a](mailto:x@example.com)", r'<a class="link" href="mailto:x@example.com"', id="link"),
        pytest.param(
            "[Go](https://e.example/?a=1&b=2){button}",
            r'<td align="center" bgcolor="#0b5cad"[^>]*><a href="https://e.example/\?a=1&amp;b=2"',
            id="a button is a cell with a colour",
        ),
        pytest.param(
            "![A shop](shop.png)", r'src="cid:shop.png" alt="A shop" width="536"', id="picture of the template"
        ),
        pytest.param(
            "![A](https://e.example/a.png 120)", r'src="https://e.example/a.png" alt="A" width="120"', id="width"
        ),
        pytest.param("::: columns\na\n::: next\nb\n::: end", r'(<td class="column" width="50%".*){2}', id="columns"),
        pytest.param("::: footer\nx\n::: end", r'<p class="soft" style="[^"]*font-size:13px', id="footer"),
        pytest.param(
            "{% if language %}\nx\n{% endif %}", r"\n{% if language %}\n<tr>.*</tr>\n{% endif %}\n", id="condition"
        ),
        pytest.param(
            '[a](https://e.example/{{ campaign.code|default("x", true) }})',
            r'href="https://e\.example/\{\{ campaign\.code\|default\("x", true\) \}\}"',
            id="a field in a link keeps its quotes",
        ),
    ],
)
def test_each_block_becomes_what_mail_programs_know(source: str, expected: str) -> None:
    assert re.search(expected, html_of(source), re.DOTALL)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param("a\n\n::: columns\nx", "no ::: end", id="a beginning without an end"),
        pytest.param("x\n::: end", "Line 2", id="an end without a beginning"),
        pytest.param("::: boxes\nx\n::: end", "Line 1", id="a block nobody knows"),
        pytest.param("::: columns\nx\n::: end", "2 or 3 columns", id="one column"),
        pytest.param("::: columns\n::: footer\nx\n::: end\n::: end", "Line 2", id="a footer in a column"),
        pytest.param("\n![](a.png)", "Line 2: the picture has no words", id="a picture without words"),
        pytest.param("[x](javascript:alert)", "leads nowhere", id="a link that runs something"),
        pytest.param("[x]({{ customer.facts.page }})", "leads nowhere", id="a link that a customer wrote"),
        pytest.param("[x](javascript:a){button}", "Line 1", id="a button that runs something"),
        pytest.param("![x](b.png)", "no picture 'b.png'", id="a picture that is not there"),
    ],
)
def test_what_cannot_be_is_refused_by_its_line(source: str, said: str) -> None:
    with pytest.raises(Refused, match=said) as refused:
        html_of(source, {"a.png": "1@files"})
    assert refused.value.field == "blocks"


def test_a_letter_is_tables_of_600_pixels_with_its_look_on_each_element_and_a_dark_one() -> None:
    page = html_of(WHOLE)
    assert 'width="600"' in page
    assert "max-width:600px" in page
    assert "@media (prefers-color-scheme: dark)" in page
    assert "@media (max-width: 620px)" in page
    assert not re.search(r"<(div|script|link|svg)\b", page)
    assert all('role="presentation"' in table for table in re.findall(r"<table[^>]*>", page))
    assert all("alt=" in picture for picture in re.findall(r"<img[^>]*>", page))
    assert all("style=" in each for each in re.findall(r"<(?:p|h\d|ul|ol|li|img|a)\b[^>]*>", page))


def test_a_letter_is_rendered_like_any_other_face_and_what_a_customer_wrote_stays_words() -> None:
    faces = spelled({"subject": "Hi", "blocks": WHOLE.replace("shop.png", "https://example.com/shop.png")})
    check_words({"subject": "Hi", "blocks": WHOLE}, "promotional")
    check_words(faces, "promotional")
    values = sample_values("en")
    values["customer"]["name"] = "<b>Ada</b>"
    values["campaign"] = {"code": "WINTER"}
    mail = render(faces, "email", values)
    assert "&lt;b&gt;Ada&lt;/b&gt;" in mail.html
    assert "We deliver to you." in mail.html
    assert 'href="https://example.com/a?b=1&amp;c=WINTER"' in mail.html
    assert mail.text.startswith("Winter offer\n====")
    assert "Hello <b>Ada</b>, our winter offer is here & <now>." in mail.text
    assert "Book now: https://example.com/book" in mail.text
    assert "[Our shop]" in mail.text
    assert f"Why did I get this ({values['unsubscribe_url']})" in mail.text
    values["customer"]["country"] = "CZ"
    assert "We deliver" not in render(faces, "email", values).html


def test_a_text_of_one_s_own_comes_before_the_one_that_is_made() -> None:
    assert spelled({"blocks": "# Hi", "text": "mine"})["text"] == "mine"
    assert text_of("a **b**") == "a b\n"


def test_a_snippet_stands_in_every_face_and_one_that_is_not_there_is_refused() -> None:
    faces = {"sms": "Open: [[hours]]", "html": "<p>[[hours]]</p>"}
    assert snippets_in(faces) == ["hours"]
    assert pictures_in({"blocks": WHOLE + "![x](https://e.example/a.png)"}) == ["shop.png"]
    said = spelled(faces, {"hours": 'Mon & Tue {{ x|default("a") }}\nnoon'})
    assert said["sms"] == 'Open: Mon & Tue {{ x|default("a") }}\nnoon'
    assert said["html"] == '<p>Mon &amp; Tue {{ x|default("a") }}<br>\nnoon</p>'
    with pytest.raises(Refused, match="no snippet 'hours'"):
        spelled(faces, {})
    with pytest.raises(Refused, match="both"):
        spelled({"blocks": "a", "html": "b"})


@pytest.mark.parametrize("text", ["", "[[other]]", "{% if x %}", "{{ ''.__class__ }}", "::: columns"])
def test_a_snippet_that_could_break_a_template_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        check_snippet(text)


@pytest.mark.security_row(10)
@pytest.mark.parametrize(
    "field",
    ["{{ ''.__class__ }}", "{{ customer|attr('name') }}", "{% for x in range(9) %}{% endfor %}", "{{ config }}"],
)
def test_a_mail_in_blocks_can_do_no_more_than_any_other_face(field: str) -> None:
    with pytest.raises(Refused, match="blocks, line 3") as refused:
        check_words({"subject": "Hi", "blocks": f"# Hi\n\n{field}"}, "promotional")
    assert refused.value.field == "blocks"


@pytest.mark.parametrize(
    ("left_out", "is_word"),
    [
        pytest.param(r"<!--\[if mso\]>.*?<!\[endif\]-->", False, id="most programs"),
        pytest.param(r"<!--\[if mso\]>|<!\[endif\]-->", True, id="Outlook on Windows"),
    ],
)
def test_each_mail_program_sees_tables_that_close(left_out: str, is_word: bool) -> None:
    page = re.sub(left_out, "", html_of(WHOLE))
    for tag in ("table", "tr", "td", "a", "style"):
        assert len(re.findall(rf"<{tag}\b", page)) == page.count(f"</{tag}>")
    assert ('<table role="presentation" width="600"' in page) is is_word, "it knows no max-width"
    assert "mso-padding-alt:12px 24px" in page
