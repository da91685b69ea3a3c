"""The kit of channels.web_form: submissions as the web room hands them in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from channels.base import Request
from tests.channels.contract import NOW, Kit, Lend

FORM: dict[str, Any] = {
    "slug": "contact",
    "name": "Contact",
    "channel": "website",
    "languages": ["en"],
    "title": {"en": "Write to us"},
    "fields": [
        {"name": "email", "type": "email", "label": {"en": "E-mail"}, "required": True, "part": "email"},
        {"name": "message", "type": "long_text", "label": {"en": "Message"}, "part": "message"},
    ],
}


@asynccontextmanager
async def kit(lend: Lend, folder: Path) -> AsyncIterator[Kit]:
    sent = Request(
        hook="submit",
        url="https://hub.example.com/f/contact",
        headers={},
        form=[("submission", "11111111"), ("email", "ada@example.com"), ("message", "Hello")],
        definition=FORM,
        received_at=NOW,
    )
    yield Kit(
        settings={},
        wrong={"any": {"folder": "x"}},
        malformed=[
            replace(sent, form=[]),
            replace(sent, form=[("submission", "")]),
            replace(sent, definition={}),
            replace(sent, definition={"fields": 1}),
            replace(sent, form=[("submission", "2"), ("email", "\x00\ud800"), ("message", "x" * 100_000)]),
        ],
    )
