"""Kinds of messages by which countries differ in what they call a promotion (config/rulebook.toml)."""

from __future__ import annotations

KINDS = ("offer", "newsletter", "greeting", "review_request", "consent_request")
