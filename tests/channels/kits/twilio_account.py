"""What the kits of texts and calls share: one account, its signature, and what cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from channels.base import Raw, Request
from channels.twilio_wire import signature
from tests.channels.contract import MISSING, NAME, NOW

SID = "AC" + "0" * 32
TOKEN = "token-of-the-contract"
OURS, PHONE = "+14155550100", "+14155550142"
Form = Sequence[tuple[str, str]]


def signed(hook: str, form: Form) -> Request:
    """Returns a request as Twilio makes it."""
    url = f"https://hub.example.com/hooks/{NAME}/{hook}"
    return Request(
        hook=hook,
        url=url,
        headers={
            "X-Twilio-Signature": signature(TOKEN, url, form),
            "Content-Type": "application/x-www-form-urlencoded",
        },
        form=form,
        body=urlencode(form, errors="replace").encode(),
        received_at=NOW,
    )


def junk(hook: str, form: Form) -> list[Request | Raw]:
    """Returns authentic requests that say nothing or nonsense, and entries of a list that are none."""
    forms: list[Form] = [
        [("nothing", "known")],
        [(name, "") for name, _ in form],
        [(name, "\x00\ud800\r\nX: y") for name, _ in form],
        [(name, "9" * 5_000) for name, _ in form],
        [*form[1:], ("NumMedia", "many"), ("MediaUrl0", "javascript:x")],
    ]
    lists = [b"", b"[]", b'{"message": 1}', b'{"hook": [], "fields": {"a": 1}}', b"\xff"]
    raws = [Raw(content=each, key=f"{hook}/raw{n}", received_at=NOW) for n, each in enumerate(lists)]
    return [*(signed(hook, each) for each in forms), *raws]


def wrong_accounts() -> Mapping[str, Mapping[str, Any]]:
    """Returns the settings that no account has."""
    return {
        "no account": {"account_sid": MISSING},
        "account": {"account_sid": "AC123"},
        "no token": {"auth_tokens": MISSING},
        "empty tokens": {"auth_tokens": ["", " "]},
        "token in the clear": {"base_url": "http://twilio.example.com"},
        "no address": {"base_url": "ftp://x"},
    }
