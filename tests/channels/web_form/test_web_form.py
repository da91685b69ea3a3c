"""A submission as the adapter reads it: one contact, with what was answered and what was agreed to."""

from __future__ import annotations

from typing import Any

import pytest

from channels.base import Context, Raw, Request, Upload
from channels.web_form import WebForm
from hub.model.contact import Answer, InboundContact, Medium, Trust
from hub.model.errors import ConfigurationError, Unreadable
from hub.model.identity import Identity
from tests.builders import NOW

ID = "6f1a2b3c-0000-4000-8000-000000000001"
DEFINITION: dict[str, Any] = {
    "slug": "visit",
    "version": 3,
    "name": "Visits",
    "channel": "forms",
    "languages": ["en", "cs"],
    "title": {"en": "After your visit", "cs": "Po návštěvě"},
    "fields": [
        {"name": "who", "kind": "text", "part": "name", "label": "Name"},
        {"name": "email", "kind": "email", "part": "email", "label": "E-mail"},
        {"name": "phone", "kind": "phone", "part": "phone", "label": "Phone"},
        {"name": "words", "kind": "multiline", "part": "message", "label": "Your words"},
        {
            "name": "branch",
            "kind": "choice",
            "label": {"en": "Which branch?", "cs": "Která pobočka?"},
            "options": [{"value": "n", "label": {"en": "North", "cs": "Sever"}}, {"value": "s", "label": "South"}],
        },
        {"name": "score", "kind": "nps", "label": "Score"},
        {"name": "cv", "kind": "file", "label": "A file"},
        {"name": "news", "kind": "consent", "label": {"en": "Send me news", "cs": "Posílejte novinky"}},
    ],
}


def channel() -> WebForm:
    return WebForm("forms", {}, Context(public_url="https://hub.example.com", region="CZ"))


def request(*pairs: tuple[str, str], **more: Any) -> Request:
    return Request(
        **{
            "hook": "visit/3",
            "url": "https://hub.example.com/f/visit",
            "headers": {"User-Agent": "A browser"},
            "form": [("submission", ID), ("lang", "cs"), *pairs],
            "received_at": NOW,
            "remote": "203.0.113.7",
            "definition": DEFINITION,
            **more,
        }
    )


def contact(*pairs: tuple[str, str], **more: Any) -> InboundContact:
    (event,) = channel().parse(request(*pairs, **more))
    assert isinstance(event, InboundContact)
    return event


def test_a_submission_is_one_contact_named_by_its_uuid() -> None:
    found = contact(("who", "Ada"), ("email", "Ada@Example.com"), ("words", "Hello\r\nthere"))
    assert (found.medium, found.external_id, found.content_key) == (Medium.FORM, ID, f"form:{ID}")
    assert (found.trust, found.language, found.received_at) == (Trust.UNVERIFIED, "cs", NOW)
    assert (found.sender.identity, found.sender.display_name) == (Identity("mailto", "ada@example.com"), "Ada")
    assert found.text == found.visible_text == "Hello\nthere"
    assert found.subject == "After your visit"
    assert found.extra["form"] == "visit"


@pytest.mark.parametrize(
    ("pairs", "sender", "claims"),
    [
        ([("email", "ada@example.com"), ("phone", "601 123 456")], "mailto:ada@example.com", ["tel:+420601123456"]),
        ([("phone", "601 123 456")], "tel:+420601123456", []),
        ([("words", "Hello")], f"hub:form-{ID}", []),
    ],
    ids=["e-mail first", "phone", "nobody"],
)
def test_the_sender_is_who_was_typed_and_the_rest_only_a_claim(
    pairs: list[tuple[str, str]], sender: str, claims: list[str]
) -> None:
    found = contact(*pairs)
    assert str(found.sender.identity) == sender
    assert [str(claim.identity) for claim in found.claims] == claims


def test_staff_reads_questions_and_choices_in_the_forms_first_language() -> None:
    found = contact(("email", "ada@example.com"), ("branch", "n"), ("score", "3"), ("words", "Hello"))
    assert Answer("Which branch?", "North", "choice") in found.answers
    assert found.text == "Hello\nWhich branch? North\nScore: 3"
    assert found.extra["nps"] == "3"


def test_a_ticked_box_is_evidence_in_the_words_that_were_shown() -> None:
    (consent,) = contact(("email", "ada@example.com"), ("news", "on")).consents
    assert (consent.granted, consent.wording, consent.version) == (True, "Posílejte novinky", "visit/3")
    assert (consent.purpose, consent.scheme, consent.language) == ("promotional", "mailto", "cs")
    assert (consent.ip, consent.user_agent, consent.source) == ("203.0.113.7", "A browser", "form visit")


def test_an_empty_box_is_no_evidence() -> None:
    assert contact(("email", "ada@example.com")).consents == ()


def test_where_the_visitor_came_from_is_kept_on_one_line() -> None:
    found = contact(("utm_source", "mail\r\nX: 1"), ("utm_other", "x"), ("referrer", "https://example.com/"))
    assert found.extra["utm_source"] == "mail X: 1"
    assert found.extra["referrer"] == "https://example.com/"
    assert "utm_other" not in found.extra


def test_files_are_attachments_under_a_harmless_name() -> None:
    files = {
        "cv": Upload("../../.htaccess", "text/html\r\nX: 1", b"a"),
        "cv#1": Upload("x" * 4096 + ".pdf", "application/pdf", b"b"),
        "other": Upload("c", "text/plain", b"c"),
    }
    found = contact(("email", "ada@example.com"), uploads=files).attachments
    assert [attachment.content for attachment in found] == [b"a", b"b"]
    assert found[0].filename == "htaccess"
    assert "\n" not in found[0].content_type
    assert len(found[1].filename) <= 120
    assert found[1].filename.endswith(".pdf")


def test_the_same_request_gives_the_same_contact() -> None:
    assert contact(("email", "ada@example.com")) == contact(("email", "ada@example.com"))


@pytest.mark.parametrize(
    "source",
    [
        request(definition={}),
        request(definition={**DEFINITION, "fields": "none"}),
        request(form=[]),
        Raw(content=b"", key="k", received_at=NOW),
    ],
    ids=["no form", "no fields", "no uuid", "no request"],
)
def test_what_cannot_be_read_is_told(source: Request | Raw) -> None:
    with pytest.raises(Unreadable):
        channel().parse(source)


@pytest.mark.parametrize("hostile", ["\x00", "\ud800", "a\u2028b", "x" * 100_000])
def test_no_text_stops_it(hostile: str) -> None:
    found = contact(("email", "ada@example.com"), ("words", hostile), ("who", hostile))
    found.text.encode()
    assert "\x00" not in found.text


def test_a_setting_that_is_not_known_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="colour"):
        WebForm("forms", {"colour": "red"}, Context(public_url=""))
