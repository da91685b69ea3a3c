"""Folder names on the wire: modified UTF-7 (RFC 3501 section 5.1.3), quoted (section 9)."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode

_NOT_PRINTABLE_ASCII = re.compile(r"[^\x20-\x7e]+")
_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")


def quoted(text: str) -> str:
    """Returns a quoted string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def encode_folder(name: str) -> str:
    """Returns a folder's name in modified UTF-7: `Entwürfe` is `Entw&APw-rfe`, `&` is `&-`."""

    def shift(run: re.Match[str]) -> str:
        return "&" + b64encode(run[0].encode("utf-16-be"), b"+,").decode("ascii").rstrip("=") + "-"

    return _NOT_PRINTABLE_ASCII.sub(shift, name.replace("&", "&-"))


def decode_folder(name: str) -> str:
    """Returns the folder's name for people; what is no valid modified UTF-7 stays as it is."""

    def unshift(run: re.Match[str]) -> str:
        if not run[1]:
            return "&"
        try:
            return b64decode(run[1] + "=" * (-len(run[1]) % 4), b"+,").decode("utf-16-be")
        except ValueError:
            return run[0]

    return _SHIFTED.sub(unshift, name)
