"""A shop's call flow, for the tests."""

from __future__ import annotations

from typing import Any

SHOP: dict[str, Any] = {
    "title": "The shop",
    "languages": ["en", "cs"],
    "time_zone": "Europe/Prague",
    "voices": {"en": "Polly.Joanna-Neural"},
    "start": "hours",
    "steps": {
        "hours": {
            "kind": "hours",
            "week": {"mon": ["09:00-12:00", "13:00-17:30"], "sat": ["09:00-24:00"]},
            "days": {"12-24": ["09:00-12:00"], "2026-04-03": []},
            "open": "welcome",
            "closed": "closed",
        },
        "welcome": {"kind": "say", "words": {"en": "Hello & welcome", "cs": "Dobrý den"}, "next": "message"},
        "closed": {"kind": "say", "words": {"en": "We are closed"}, "next": "message"},
        "message": {"kind": "voicemail", "max_seconds": 90, "transcribe": True, "announced": False, "next": "end"},
        "end": {"kind": "hangup"},
    },
}
