"""Approved wordings for WhatsApp, as far as a text needs them (https://www.twilio.com/docs/content)."""

from __future__ import annotations

import json


def approved(content: str, variables: str) -> str:
    """Returns what an approved wording comes to: no wording is kept here, so its name and what fills its places."""
    try:
        filled = json.loads(variables or "{}")
    except ValueError:
        filled = {}
    said = ", ".join(f"{name}: {value}" for name, value in filled.items()) if isinstance(filled, dict) else ""
    return f"[{content}] {said}".strip()
