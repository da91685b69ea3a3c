"""An older mail below a reply is told from the reply, whatever language and program introduce it."""

from __future__ import annotations

import pytest

from channels.email_message.reply import split_reply
from tests.channels.reply.cases_attribution import ATTRIBUTIONS
from tests.channels.reply.cases_headers import FORWARD_MARKERS, HEADERS, ORIGINAL_MARKERS

OWN = "Hello Ada,\n\nTuesday at 10 suits me: I'll be there."
HEADERS_EN = "From: Ada Byron <ada@example.com>\nDate: Fri, Mar 6, 2026 at 10:19 AM\nSubject: Your visit\nTo: Bob"
BODY = "Dear Bob,\n\nwould Tuesday suit you?\n\nAda"
QUOTED = "\n".join(f"> {line}".rstrip() for line in BODY.split("\n"))


def rows(table: list[tuple[str, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("line", [row[1] for row in table], ids=[row[0] for row in table])


@rows(ATTRIBUTIONS)
def test_quote_below_an_attribution_is_not_visible(line: str) -> None:
    reply = split_reply(f"{OWN}\n\n{line}\n\n{QUOTED}\n")
    assert reply.visible_text == OWN
    assert reply.quoted_text == f"{line}\n\n{QUOTED}"
    assert (reply.signature, reply.forwarded_text) == ("", "")


@rows(ATTRIBUTIONS)
def test_text_without_quote_marks_below_an_attribution_is_not_visible(line: str) -> None:
    reply = split_reply(f"{OWN}\n\n{line}\n\n{BODY}\n")
    assert reply.visible_text == OWN
    assert reply.quoted_text == f"{line}\n\n{BODY}"


@rows([row for row in ATTRIBUTIONS if "10" in row[1] and row[1].endswith(":") and "gmail" in row[0]])
def test_attribution_with_a_moment_needs_no_blank_line_above(line: str) -> None:
    assert split_reply(f"{OWN}\n{line}\n{BODY}\n").visible_text == OWN


def test_answers_between_quoted_lines_below_headers_are_visible() -> None:
    headers = "-----Original Message-----\nFrom: Ada Byron <ada@example.com>\nTo: Bob\nSubject: Your visit"
    reply = split_reply(f"Hi,\n\n{headers}\n\n> Would Tuesday suit you?\n\nYes.\n\n> Shall I call?\n\nPlease do.\n")
    assert reply.own_text.split() == ["Hi,", *(f"{headers}\n\nYes.\n\nPlease do.").split()]


def test_moment_or_address_over_a_quote_is_an_attribution_in_any_language() -> None:
    for line in (
        "Gralde 06.03.2026 10:19 Ada:",
        "Ada Byron <ada@example.com> gralde:",
        "Ada Byron\n<ada@example.com> writes:",
    ):
        assert split_reply(f"{OWN}\n\n{line}\n{QUOTED}\n").visible_text == OWN


@rows(ATTRIBUTIONS)
def test_answer_below_the_whole_quote_is_visible(line: str) -> None:
    reply = split_reply(f"{line}\n{QUOTED}\n\n{OWN}\n")
    assert reply.visible_text == OWN
    assert reply.quoted_text == f"{line}\n{QUOTED}"


@rows(ATTRIBUTIONS)
def test_attribution_within_the_quote_is_not_visible(line: str) -> None:
    quoted = "\n".join(f"> {part}" for part in line.split("\n")) + "\n>\n" + QUOTED
    reply = split_reply(f"{OWN}\n\n{quoted}\n")
    assert reply.visible_text == OWN
    assert reply.quoted_text == quoted


@pytest.mark.parametrize("rule", ["", "________________________________\n", " ------------------------------\n\n"])
@rows(HEADERS)
def test_mail_below_a_header_block_is_not_visible(line: str, rule: str) -> None:
    reply = split_reply(f"{OWN}\n\n{rule}{line}\n\n{BODY}\n")
    headers = line.removeprefix("Original Message\n")
    assert reply.visible_text == OWN
    assert reply.quoted_text.endswith(f"{headers}\n\n{BODY}")


@rows(HEADERS)
def test_bare_header_block_may_be_a_forward(line: str) -> None:
    headers = line.removeprefix("Original Message\n")
    assert split_reply(f"{OWN}\n\n{line}\n\n{BODY}\n").forwarded_text == f"{headers}\n\n{BODY}"


@rows(ORIGINAL_MARKERS)
def test_mail_below_an_original_marker_is_quoted(line: str) -> None:
    reply = split_reply(f"{OWN}\n\n{line}\n{HEADERS_EN}\n\n{BODY}\n")
    assert reply.visible_text == OWN
    assert reply.quoted_text == f"{HEADERS_EN}\n\n{BODY}"
    assert reply.forwarded_text == ""


@rows(ORIGINAL_MARKERS)
def test_original_marker_needs_no_headers(line: str) -> None:
    reply = split_reply(f"{OWN}\n{line}\n\n{BODY}\n")
    assert (reply.visible_text, reply.quoted_text) == (OWN, BODY)


@rows(FORWARD_MARKERS)
def test_mail_below_a_forward_marker_is_forwarded(line: str) -> None:
    reply = split_reply(f"{OWN}\n\n{line}\n{HEADERS_EN}\n\n{BODY}\n")
    assert reply.visible_text == OWN
    assert reply.forwarded_text == f"{HEADERS_EN}\n\n{BODY}"
    assert reply.quoted_text == ""


@rows(FORWARD_MARKERS)
def test_forward_without_a_word_shows_the_body(line: str) -> None:
    reply = split_reply(f"{line}\n{HEADERS_EN}\n\nWould Tuesday suit you?\n")
    assert reply.visible_text == "Would Tuesday suit you?"
    assert reply.forwarded_text == f"{HEADERS_EN}\n\nWould Tuesday suit you?"


def test_forward_quoted_by_apple_mail_is_forwarded() -> None:
    quoted = "\n".join(f"> {part}" for part in f"Begin forwarded message:\n\n{HEADERS_EN}\n\n{BODY}".split("\n"))
    reply = split_reply(f"{OWN}\n\n{quoted}\n")
    assert (reply.visible_text, reply.forwarded_text) == (OWN, f"{HEADERS_EN}\n\n{BODY}")


@pytest.mark.parametrize("subject", ["Fwd: Your visit", "FW: Your visit", "WG: Termin", "TR: Visite", "RV: Visita"])
def test_subject_of_a_header_block_tells_a_forward(subject: str) -> None:
    headers = HEADERS_EN.replace("Your visit", subject)
    reply = split_reply(f"{OWN}\n\n{headers}\n\n{BODY}")
    assert (reply.visible_text, reply.quoted_text, reply.forwarded_text) == (OWN, "", f"{headers}\n\n{BODY}")


@pytest.mark.parametrize(
    "line",
    [
        "##- Please type your reply above this line -##",
        "--- Please reply above this line ---",
        "== Reply above this line ==",
        "-- Bitte antworten Sie oberhalb dieser Zeile --",
        "--- Répondez au-dessus de cette ligne ---",
        "##- Por favor, escriba su respuesta por encima de esta línea -##",
        "--- Responda acima desta linha ---",
        "--- Пожалуйста, пишите выше этой строки ---",
        "--- Odpovídejte nad tímto řádkem ---",
    ],
    ids=["zendesk", "plain", "equals", "de", "fr", "es", "pt", "ru", "cs"],
)
def test_reply_is_what_stands_above_the_line(line: str) -> None:
    reply = split_reply(f"{OWN}\n\n{line}\n\n{BODY}\n")
    assert (reply.visible_text, reply.quoted_text) == (OWN, BODY)
