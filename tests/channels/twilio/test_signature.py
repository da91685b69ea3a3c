"""Which web requests count as Twilio's."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from channels.twilio_wire import check_signature, signature

TOKEN = "12345-of-the-tests"
FORM = (("From", "+14155550142"), ("Body", "Zítra v 10 ☎"), ("To", "+14155550100"))
URL = "https://hub.example.com/hooks/number/text?m=7&a=1"
CASES = Path(__file__).parents[3].parent / "shared" / "corpora" / "twilio_signature" / "cases.jsonl"


def check(url: str = URL, form: Any = FORM, body: bytes = b"", given: str | None = None, tokens: Any = (TOKEN,)) -> str:
    return check_signature(tokens=tokens, url=url, form=form, body=body, signature=given)


@pytest.mark.parametrize(
    ("signed_url", "seen_url"),
    [
        pytest.param(URL, URL, id="as it is"),
        pytest.param(URL.replace(".com", ".com:443"), URL, id="signed with the default port"),
        pytest.param(URL, URL.replace(".com", ".com:8443"), id="signed without the port"),
        pytest.param(URL.replace(".com", ".com:8443"), URL.replace(".com", ".com:8443"), id="signed with its port"),
        pytest.param("http://hub.example.com:80/x", "http://hub.example.com/x", id="http with port 80"),
        pytest.param(
            "https://ada:pw@hub.example.com/x", "https://ada:pw@hub.example.com:8443/x", id="with credentials"
        ),
        pytest.param("https://[2001:db8::1]/x", "https://[2001:db8::1]:8443/x", id="IPv6 host"),
        pytest.param(
            "https://h.example/x?a=&b=%20c+d&a=2", "https://h.example/x?a=&b=%20c+d&a=2", id="odd query verbatim"
        ),
        pytest.param(
            "https://h.example/x?n=It%27s+on", "https://h.example/x?n=It's+on", id="apostrophe escaped in a query"
        ),
        pytest.param("https://h.example/x?n=It's%20on", "https://h.example/x?n=It's+on", id="query rebuilt"),
        pytest.param("https://h.example/%C5%BE?q=%C5%BE", "https://h.example/ž?q=ž", id="letters escaped"),
        pytest.param("https://h.example", "https://h.example:443", id="no path"),
        pytest.param("https://h.example/x?", "https://h.example/x?", id="empty query kept"),
    ],
)
def test_port_and_spelling_of_the_query_do_not_matter(signed_url: str, seen_url: str) -> None:
    assert check(url=seen_url, given=signature(TOKEN, signed_url, FORM)) == ""


@pytest.mark.parametrize(
    "form",
    [
        pytest.param((), id="no fields"),
        pytest.param((("A", "2"), ("A", "1"), ("A", "2")), id="repeated field, each value once, sorted"),
        pytest.param((("Reason", "x"), ("ReasonEnded", "a")), id="one name begins another"),
        pytest.param((("b", "1"), ("B", "2"), ("a", "")), id="capitals before small letters, empty value"),
        pytest.param((("Body", "😀 žluťoučký"), ("ž", "1")), id="beyond ASCII"),
    ],
)
def test_forms_are_signed_as_the_official_library_does(form: tuple[tuple[str, str], ...]) -> None:
    theirs = RequestValidator(TOKEN).compute_signature(URL, MultiDict(form))
    assert signature(TOKEN, URL, form) == theirs
    assert check(form=form, given=theirs) == ""


def test_either_of_two_tokens_counts_during_rotation() -> None:
    given = signature("old", URL, FORM)
    assert check(given=given, tokens=("new", "old")) == ""
    assert check(given=given, tokens=("new",)) == "does not match"


BODY = b'{"a": 1}'
HASH = hashlib.sha256(BODY).hexdigest()


@pytest.mark.parametrize(
    ("query", "body", "reason"),
    [
        pytest.param(f"?bodySHA256={HASH}", BODY, "", id="hash of the body"),
        pytest.param(f"?x=1&bodySHA256={HASH.upper()}", BODY, "", id="capital hex"),
        pytest.param(f"?bodySHA256={HASH}", BODY + b" ", "the body does not match its bodySHA256", id="body changed"),
        pytest.param("?bodySHA256=", BODY, "the body is not covered by the signature (no bodySHA256)", id="empty hash"),
        pytest.param("?bodySHA256=%C3%A9", BODY, "the body does not match its bodySHA256", id="hash is no hex"),
        pytest.param("", BODY, "the body is not covered by the signature (no bodySHA256)", id="no hash"),
    ],
)
def test_json_body_counts_only_with_its_hash_in_the_signed_query(query: str, body: bytes, reason: str) -> None:
    url = "https://hub.example.com/hooks/number/text" + query
    for form in (None, ()):
        assert check(url=url, form=form, body=body, given=signature(TOKEN, url, ())) == reason


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        pytest.param({"given": None}, "no signature", id="none"),
        pytest.param({"given": ""}, "no signature", id="empty"),
        pytest.param({"given": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}, "does not match", id="forged"),
        pytest.param({"given": "é☎\udc80"}, "does not match", id="not ASCII"),
        pytest.param({"given": "\x00" * 100_000}, "does not match", id="long"),
        pytest.param({"url": URL.replace("hub.", "evil.")}, "does not match", id="another host"),
        pytest.param({"url": URL.replace("https", "http")}, "does not match", id="another scheme"),
        pytest.param({"url": URL + "&admin=1"}, "does not match", id="query parameter glued on"),
        pytest.param({"form": (*FORM, ("Admin", "1"))}, "does not match", id="form field glued on"),
        pytest.param({"form": FORM[:-1]}, "does not match", id="form field missing"),
        pytest.param({"form": ()}, "does not match", id="form gone"),
        pytest.param({"tokens": ()}, "no auth token is configured", id="no token"),
        pytest.param({"tokens": ("",)}, "no auth token is configured", id="empty token never signs"),
        pytest.param({"url": ""}, "the address cannot be read", id="no address"),
        pytest.param({"url": "https://[::1/x"}, "the address cannot be read", id="broken IPv6"),
        pytest.param({"url": "https://h.example:99999/x"}, "the address cannot be read", id="impossible port"),
        pytest.param({"url": "ftp://h.example/x"}, "the address cannot be read", id="no web address"),
        pytest.param({"url": URL + "&x=\udc80", "form": (("a", "\udc80"),)}, "does not match", id="lone surrogates"),
    ],
)
def test_what_does_not_match_is_refused_with_a_reason_and_never_raises(changed: dict[str, Any], reason: str) -> None:
    assert check(**{"given": signature(TOKEN, URL, FORM), **changed}) == reason


@pytest.mark.parametrize("length", [1, 32, 63, 64, 65, 200])
def test_it_is_hmac_whatever_the_length_of_the_token(length: int) -> None:
    token = "ž" * length
    expected = hmac.digest(token.encode(), f"{URL}BodyZítra v 10 ☎From+14155550142To+14155550100".encode(), "sha1")
    assert signature(token, URL, FORM) == base64.b64encode(expected).decode()


@pytest.mark.shared
@pytest.mark.skipif(not CASES.exists(), reason="the published cases are not beside this checkout")
def test_published_cases_of_the_official_libraries() -> None:
    rows = [json.loads(line) for line in CASES.read_text().splitlines()]
    wrong = [
        row["id"]
        for row in rows
        if (
            check(
                url=row["url"],
                form=[tuple(pair) for pair in row["form"] or ()],
                body=(row["json_body"] or "").encode(),
                given=row["signature"],
                tokens=[row["auth_token"]],
            )
            == ""
        )
        != row["expected"]["valid"]
    ]
    assert rows
    assert wrong == []
