"""Blocks of a letter: headings, paragraphs, lists, buttons, pictures, columns, a footer, read from plain lines.

A block ends at an empty line. `# Heading`, `- item`, `1. item`, `---`, `![words](picture.png)`,
`[words](https://...){button}`; `::: columns`, `::: next` and `::: footer` stand on lines of their own until `::: end`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hub.model.errors import Refused

Kind = Literal["paragraph", "heading", "list", "divider", "button", "image", "columns", "footer", "control"]
_HEADING = re.compile(r"(#{1,3})\s+(\S.*)\Z")
_ITEM = re.compile(r"(?:([-*])|\d{1,3}[.)])\s+(\S.*)\Z")
_DIVIDER = re.compile(r"-{3,}\Z")
_BUTTON = re.compile(r"\[([^\[\]]+)\]\(([^()\s]+)\)\{button\}\Z")
_IMAGE = re.compile(r"!\[([^\[\]]*)\]\(([^()\s]+)(?:\s+(\d{1,3}))?\)\Z")
_FENCE = re.compile(r":::\s*(\w+)\Z")
_LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block. `level`: of a heading; 1 for a list with numbers; the width of a picture, 0 for all there is.

    `target`: where a button leads, what a picture is. `inner`: of a footer; `columns`: of columns.
    """

    kind: Kind
    line: int
    text: str = ""
    lines: tuple[str, ...] = ()
    target: str = ""
    level: int = 0
    inner: tuple[Block, ...] = ()
    columns: tuple[tuple[Block, ...], ...] = ()


def read_blocks(source: str, controls: frozenset[str] = frozenset()) -> list[Block]:
    """Returns the blocks of a source. `controls`: the characters that stand for conditions, which are no words.

    Raises Refused naming the line of what has no end, or an end without a beginning.
    """
    lines = source.replace("\r\n", "\n").split("\n")
    if len(lines) > _LONGEST:
        raise Refused(f"A mail has at most {_LONGEST} lines.", field="blocks")
    reader = _Reader(lines, controls)
    blocks = reader.until(())
    if reader.at < len(lines):
        raise _fence_refused(reader.at + 1, lines[reader.at])
    return blocks


class _Reader:
    def __init__(self, lines: Sequence[str], controls: frozenset[str]) -> None:
        self._lines, self._controls = lines, controls
        self.at = 0

    def until(self, ends: tuple[str, ...]) -> list[Block]:
        """Reads blocks up to a line that is one of these fences, or one it does not open."""
        blocks: list[Block] = []
        while self.at < len(self._lines):
            line = self._lines[self.at].strip()
            fence = _FENCE.match(line)
            if fence and fence[1] in ("next", "end"):
                return blocks
            if not line:
                self.at += 1
            elif fence:
                blocks.append(self._fenced(fence[1], nested=bool(ends)))
            else:
                blocks.append(self._plain(line))
        if ends:
            raise Refused("Something begins with ::: and has no ::: end.", field="blocks")
        return blocks

    def _fenced(self, name: str, *, nested: bool) -> Block:
        begins = self.at + 1
        if name not in ("columns", "footer") or nested:
            raise _fence_refused(begins, self._lines[self.at])
        self.at += 1
        parts = [tuple(self.until(("next", "end")))]
        while self._fence() == "next":
            self.at += 1
            parts.append(tuple(self.until(("next", "end"))))
        self.at += 1
        if name == "columns":
            return Block(kind="columns", line=begins, columns=tuple(parts))
        return Block(kind="footer", line=begins, inner=tuple(block for part in parts for block in part))

    def _fence(self) -> str:
        found = _FENCE.match(self._lines[self.at].strip())
        return found[1] if found else ""

    def _plain(self, line: str) -> Block:
        number = self.at + 1
        if found := _HEADING.match(line):
            self.at += 1
            return Block(kind="heading", line=number, text=found[2], level=len(found[1]))
        if _DIVIDER.match(line):
            self.at += 1
            return Block(kind="divider", line=number)
        if found := _BUTTON.match(line):
            self.at += 1
            return Block(kind="button", line=number, text=found[1], target=found[2])
        if found := _IMAGE.match(line):
            self.at += 1
            return Block(kind="image", line=number, text=found[1], target=found[2], level=int(found[3] or 0))
        if self._is_control(line):
            self.at += 1
            return Block(kind="control", line=number, text=line)
        if _ITEM.match(line):
            return self._items(number)
        return Block(kind="paragraph", line=number, lines=tuple(self._paragraph()))

    def _is_control(self, line: str) -> bool:
        return set(line) <= self._controls

    def _items(self, number: int) -> Block:
        lines: list[str] = []
        first = _ITEM.match(self._lines[self.at].strip())
        bullets = bool(first and first[1])
        while self.at < len(self._lines):
            found = _ITEM.match(self._lines[self.at].strip())
            if not found or bool(found[1]) != bullets:
                break
            lines.append(found[2])
            self.at += 1
        return Block(kind="list", line=number, lines=tuple(lines), level=0 if bullets else 1)

    def _paragraph(self) -> list[str]:
        lines: list[str] = []
        while self.at < len(self._lines):
            line = self._lines[self.at].strip()
            others = (_HEADING, _DIVIDER, _BUTTON, _IMAGE, _FENCE, _ITEM)
            if not line or (lines and (self._is_control(line) or any(each.match(line) for each in others))):
                break
            lines.append(line)
            self.at += 1
        return lines


def _fence_refused(line: int, said: str) -> Refused:
    return Refused(
        f"Line {line}: {said.strip()} stands where it cannot.",
        field="blocks",
        next_step="::: columns and ::: footer begin something, ::: next begins the next column, ::: end ends it.",
    )
