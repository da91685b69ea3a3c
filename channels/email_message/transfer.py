"""Content-Transfer-Encoding undone, however damaged (RFC 2045 6), and format=flowed unwrapped (RFC 3676)."""

from __future__ import annotations

import binascii
import re

from channels.email_message.headers import Defects

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_ALPHABET))
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/\s]+")
_PADDED = re.compile(rb"=[=\s]*")
# Words and spaces, with the marks of a sentence: base64 has neither spaces within its lines nor such marks.
_SENTENCE = re.compile(rb"\s*(?=[^\r\n]*[.,:;!?'\x80-\xff])(?:[^\s]{1,30}[ \t]+){3}[^\r\n]*(?:\r?\n|\Z)")
_SAMPLE = 1000
_TRAILING_SPACE = re.compile(rb"[ \t]+(?=\r?\n)")


def undo(data: bytes, encoding: str, defects: Defects) -> bytes:
    """Decodes a part's bytes; an unknown encoding leaves them as they are (RFC 2045 6.4)."""
    encoding = encoding.partition("(")[0].strip().strip("\"';").lower()
    if encoding in ("quoted-printable", "quoted_printable", "qp"):
        return binascii.a2b_qp(_TRAILING_SPACE.sub(b"", data))
    if encoding in ("base64", "b64", "base-64"):
        if _SENTENCE.match(data[:_SAMPLE]):
            defects.add("base64_broken")
            return data  # plain text under a label that does not fit
        return _base64(data, defects)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _uuencoded(data, defects)
    if encoding not in ("", "7bit", "8bit", "binary", "7-bit", "8-bit", "none"):
        defects.add("encoding_unknown")
    return data


def _base64(data: bytes, defects: Defects) -> bytes:
    runs: list[bytes] = []
    for run in _PADDED.split(data):
        # Mailing lists append a footer to an encoded body; only what is base64 again belongs to it.
        if runs and run.strip() and (len(run.strip()) < 4 or not _BASE64_RUN.fullmatch(run)):
            defects.add("base64_trailing")
            break
        runs.append(_base64_run(run, defects) if run else b"")
    return b"".join(runs)


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
    out: list[list[str]] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        body = line.lstrip(">")
        depth = len(line) - len(body)
        body = body.removeprefix(" ")
        flows = body.endswith(" ") and body != "-- "
        content = body[:-1] if flows and delete_space else body
        if open_depth == depth and body != "-- ":
            out[-1].append(content)
        else:
            out.append([f"{'>' * depth} {content}" if depth else content])
        open_depth = depth if flows else None
    lines = ("".join(pieces) for pieces in out)
    return "\n".join(line if line in ("-- ", "> -- ") else line.rstrip(" ") for line in lines)
