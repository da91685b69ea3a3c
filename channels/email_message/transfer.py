"""Content-Transfer-Encoding undone, however damaged (RFC 2045 6), and format=flowed unwrapped (RFC 3676)."""

from __future__ import annotations

import binascii
import re

from channels.email_message.headers import Defects

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_ALPHABET))
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/\s]+={0,2}\s*\Z")
_TRAILING_SPACE = re.compile(rb"[ \t]+(?=\r?\n)")


def undo(data: bytes, encoding: str, defects: Defects) -> bytes:
    """Decodes a part's bytes; an unknown encoding leaves them as they are (RFC 2045 6.4)."""
    encoding = encoding.strip().strip("\"';").lower()
    if encoding in ("quoted-printable", "quoted_printable", "qp"):
        return binascii.a2b_qp(_TRAILING_SPACE.sub(b"", data))
    if encoding in ("base64", "b64", "base-64"):
        return _base64(data, defects)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _uuencoded(data, defects)
    if encoding not in ("", "7bit", "8bit", "binary", "7-bit", "8-bit", "none"):
        defects.add("encoding_unknown")
    return data


def _base64(data: bytes, defects: Defects) -> bytes:
    head, pad, rest = data.partition(b"=")
    out = _base64_run(head, defects)
    # Mailing lists append a footer to an encoded body; only what is base64 again belongs to it.
    while pad and (rest := rest.lstrip(b"=\r\n \t")):
        if not _BASE64_LINE.match(rest.partition(b"=")[0] + b"=="[: rest.count(b"=")]) or len(rest.strip()) < 4:
            defects.add("base64_trailing")
            break
        head, pad, rest = rest.partition(b"=")
        out += _base64_run(head, defects)
    return out


def _base64_run(data: bytes, defects: Defects) -> bytes:
    if b"-" in data or b"_" in data:
        data = data.replace(b"-", b"+").replace(b"_", b"/")
    kept = data.translate(None, _NOT_BASE64)
    if len(kept) != len(data.translate(None, b" \t\r\n")):
        defects.add("base64_broken")
    if len(kept) % 4 == 1:
        defects.add("base64_broken")
        kept = kept[:-1]
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def _uuencoded(data: bytes, defects: Defects) -> bytes:
    out, inside = [], False
    for line in data.splitlines():
        if not inside:
            inside = line.startswith(b"begin ")
        elif line.strip() in (b"end", b"`", b""):
            break
        else:
            try:
                out.append(binascii.a2b_uu(line))
            except binascii.Error:
                # Some encoders pad with rubbish; the first letter says how many bytes the line holds.
                length = ((line[0] - 32) & 63) * 4 + 5
                try:
                    out.append(binascii.a2b_uu(line[: length // 3 + 1]))
                except binascii.Error:
                    defects.add("uuencode_broken")
    return b"".join(out) if inside else data


def unflow(text: str, delete_space: bool) -> str:
    """Joins the soft line breaks of a flowed text, per quote depth; `-- ` stays a line of its own (RFC 3676 4)."""
    out: list[str] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        body = line.lstrip(">")
        depth = len(line) - len(body)
        body = body.removeprefix(" ")
        flows = body.endswith(" ") and body != "-- "
        content = body[:-1] if flows and delete_space else body
        if open_depth == depth and body != "-- ":
            out[-1] += content
        else:
            out.append(f"{'>' * depth} {content}" if depth else content)
        open_depth = depth if flows else None
    return "\n".join(line if line in ("-- ", "> -- ") else line.rstrip(" ") for line in out)
