"""What one mail may cost to read, and a look at its bytes before anything parses them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub.model.errors import Unreadable

PARTS = 200
DEPTH = 20  # what stands deeper is kept as one attached file
DEEPEST = 100
HEADER_BLOCK = 256 * 1024
HEADER_VALUE = 64 * 1024
ENCODED_WORDS = 64
COMMENT_DEPTH = 100
# Reading takes about 1.2 ms per kilobyte of plain text at worst, all of it under the interpreter's lock.
IN_PLACE = 128 * 1024
SPLIT = 1024 * 1024
# Beyond these the standard library's parser itself takes seconds or recurses: measured 17 s for 200,000 parts.
HOPELESS_PARTS = 20_000
HOPELESS_MULTIPARTS = 400

_BOUNDARY = re.compile(rb'\s{0,20}=\s{0,20}"?([^";\r\n]{1,200})')


@dataclass(frozen=True, slots=True)
class Shape:
    """How a mail looks from outside: where its header ends, how many multiparts it declares and delimiters it holds."""

    size: int
    header_size: int
    multiparts: int
    delimiters: int
    open_comments: int
    encoded_words: int

    @property
    def ordinary(self) -> bool:
        """Whether it can be read in place: nothing about it suggests more than some milliseconds."""
        return (
            self.size <= IN_PLACE
            and self.header_size <= 64 * 1024
            and self.multiparts <= DEPTH
            and self.delimiters <= PARTS
            and self.open_comments <= COMMENT_DEPTH
            and self.encoded_words <= 512
        )


def header_end(raw: bytes) -> int:
    """Returns where the first blank line begins, or the whole length where there is none."""
    end = len(raw)
    for blank in (b"\n\r\n", b"\n\n", b"\r\r"):
        at = raw.find(blank, 0, end + 1)
        end = at if at >= 0 else end
    return end


def look(raw: bytes) -> Shape:
    """Surveys a mail in a few passes over its bytes; linear in its size."""
    end = header_end(raw)
    multiparts = 0
    boundaries: set[bytes] = set()
    lowered = raw.lower()
    at = lowered.find(b"boundary")
    while at >= 0:
        found = _BOUNDARY.match(raw, at + len(b"boundary"))
        if found:
            multiparts += 1
            if len(boundaries) < DEPTH:
                boundaries.add(found[1].strip())
        at = lowered.find(b"boundary", at + 1)
    delimiters = sum(raw.count(b"\n--" + boundary) for boundary in boundaries)
    comments = raw.count(b"(", 0, end) - raw.count(b")", 0, end)
    return Shape(len(raw), end, multiparts, delimiters, comments, raw.count(b"=?", 0, end))


def refuse_hopeless(shape: Shape) -> None:
    """Raises Unreadable for a mail whose structure alone would stop the reader."""
    if shape.multiparts > HOPELESS_MULTIPARTS:
        raise Unreadable(
            f"This mail declares {shape.multiparts} nested or sequential multiparts; at most {HOPELESS_MULTIPARTS} are"
            " read. Its raw bytes are kept: look at them, or ask the sender for a simpler mail."
        )
    if shape.delimiters > HOPELESS_PARTS:
        raise Unreadable(
            f"This mail has about {shape.delimiters} parts; at most {HOPELESS_PARTS} are looked at. Its raw bytes are"
            " kept: look at them, or ask the sender for a simpler mail."
        )
