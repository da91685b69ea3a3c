"""The lines of a form's mail, from its text or its HTML, each told whether it is set like a label."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from hub.model.clean import clean_text
from hub.model.fold import fold

_LONGEST_TEXT = 200_000
_LONGEST_HTML = 500_000
_MOST_LINES = 4_000
_DECORATION = " \t\u00a0*_-=~#>|:?\uff1a\uff1f\u2022[]"
_DECORATED = re.compile(
    r"\s*(?:[-=_*#~]{2,40}\s*[^\n*_=#~]{1,120}?\s*[-=_*#~]{2,40}|[*_]{1,2}[^\n*_]{1,120}[*_]{1,2}|\#{1,4}\s[^\n#]{1,120})"
    r"\s*:?\s*\Z"
)
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "br", "caption", "div", "dl", "dt", "dd", "figure", "footer", "form",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "tbody",
    "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_BOLD = frozenset({"b", "strong", "th", "dt", "h1", "h2", "h3", "h4", "h5", "h6"})
_HIDDEN = frozenset({"script", "style", "head", "title"})


@dataclass(slots=True)
class Line:
    """One line. `label`: it is set like one (bold, a heading cell, between dashes)."""

    text: str
    label: bool = False


def text_lines(text: str) -> list[Line]:
    """Returns the lines of a plain text."""
    return [
        Line(line, bool(line.strip()) and _DECORATED.match(line) is not None)
        for line in clean_text(text[:_LONGEST_TEXT]).split("\n")[:_MOST_LINES]
    ]


def html_lines(html: str) -> list[Line]:
    """Returns the lines that a page would show; of a table row's cells the first is a label where others follow."""
    reader = _Reader()
    reader.feed(clean_text(html[:_LONGEST_HTML]))
    reader.close()
    reader.end_line()
    return reader.lines[:_MOST_LINES]


def bare(text: str) -> str:
    """Returns a label without what surrounds it, folded, for comparing."""
    return fold(" ".join(text.split()).strip(_DECORATION))


class _Reader(HTMLParser):
    """Makes lines of HTML: blocks end them, bold words at their beginning are labels."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[Line] = []
        self.bold = self.hidden = self.pre = 0
        self.parts: list[tuple[str, bool]] = []
        self.cells: list[list[Line]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.end_line()
        if tag == "tr":
            self.cells = []
        elif tag in ("td", "th") and self.cells is not None:
            self.cells.append([])
        self.bold += tag in _BOLD
        self.hidden += tag in _HIDDEN
        self.pre += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.end_line()
        if tag == "tr":
            self._end_row()
        self.bold = max(0, self.bold - (tag in _BOLD))
        self.hidden = max(0, self.hidden - (tag in _HIDDEN))
        self.pre = max(0, self.pre - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        if self.hidden:
            return
        pieces = data.split("\n") if self.pre else [re.sub(r"\s+", " ", data)]
        for at, piece in enumerate(pieces):
            if at:
                self.end_line()
            self.parts.append((piece, self.bold > 0))

    def end_line(self) -> None:
        """Ends a line; bold words at its beginning become one of their own, a label."""
        parts, self.parts = self.parts, []
        while parts and not parts[0][0].strip():
            del parts[0]
        lead = 0
        while lead < len(parts) and (parts[lead][1] or (lead and not parts[lead][0].strip())):
            lead += 1
        label = "".join(text for text, _ in parts[:lead]).strip()
        rest = "".join(text for text, _ in parts[lead:]).strip()
        if label:
            self._add(Line(label, True))
        if rest:
            self._add(Line(rest))

    def close(self) -> None:
        super().close()
        self.end_line()
        self._end_row()

    def _add(self, line: Line) -> None:
        if self.cells:
            self.cells[-1].append(line)
        else:
            self.lines.append(line)

    def _end_row(self) -> None:
        cells, self.cells = self.cells, None
        filled = [cell for cell in cells or () if cell]
        if len(filled) > 1 and len(filled[0]) == 1:
            filled[0][0].label = True
            # A value that happens to be bold is no label.
            filled[1:] = [[Line(line.text) for line in cell] for cell in filled[1:]]
        for cell in filled:
            self.lines += cell
