"""Audience: who belongs to a segment. Conditions become one SQL statement, every word of theirs a bound value."""

from hub.store.audience.ask import Preview, belongs, count, explain, members, preview, sample

__all__ = ["Preview", "belongs", "count", "explain", "members", "preview", "sample"]
