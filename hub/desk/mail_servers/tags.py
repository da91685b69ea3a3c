"""Records of tags, `v=DKIM1; k=rsa; p=…`: how DKIM keys and DMARC policies are written (RFC 6376 section 3.2)."""

from __future__ import annotations

from collections.abc import Mapping


def tags(record: str) -> Mapping[str, str]:
    """Returns the tags of a record by their names in small letters; white space in a value says nothing."""
    pairs = [piece.partition("=") for piece in record.split(";")]
    return {name.strip().lower(): "".join(value.split()) for name, equals, value in pairs if equals}


def first_tag(record: str) -> tuple[str, str]:
    """Returns the name and the value of the first tag, which tells what the record is."""
    name, _, value = record.partition(";")[0].partition("=")
    return name.strip().lower(), value.strip()
