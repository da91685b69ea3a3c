"""Letters: the simple source of a mail, in blocks, becomes HTML that mail programs show alike, and its plain text.

Mail programs know tables and styles on the element itself, and little else (caniemail.com), so that is what is written:
rows of one table of 600 px. Whatever stands in {{ }} and {% %} stays as it is and is filled in later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape

from hub.model.errors import Refused
from hub.model.letter_blocks import Block, read_blocks
from hub.model.letter_look import (
    BUTTON,
    COLUMN,
    COLUMNS,
    DIVIDER,
    HEADING,
    IMAGE,
    LINK,
    LIST,
    PAGE,
    PARAGRAPH,
    ROW,
    SMALL,
    WIDEST,
)

# What a template fills in is carried through the marking-up as one character each (Unicode 23.5, private use).
_FIELD = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_FIRST, _MOST = 0xE200, 0x1600
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_STRESSED = re.compile(r"(?<![*\w])\*(?=\S)([^*]+?)(?<=\S)\*(?![*\w])")
_LINKED = re.compile(r"\[([^\[\]]+)\]\(([^()\s]+)\)")
_GOES_TO = re.compile(
    r"(?:https?://|mailto:|tel:"
    r"|\{\{ *(?:unsubscribe_url|(?:business|cart|task)\.url|appointment\.answer_url|campaign\.))",
    re.IGNORECASE,
)
_PICTURES = re.compile(r"https?://", re.IGNORECASE)
_COLUMNS_AT_MOST = 3


class _Fields:
    """What a template fills in, put aside while the words around it are marked up."""

    def __init__(self, source: str) -> None:
        if any(_FIRST <= ord(character) < _FIRST + _MOST for character in source):
            raise Refused("The mail holds characters that no mail program shows.", field="blocks")
        self._kept: list[str] = []
        self.marked = _FIELD.sub(self._keep, source)
        self.controls = frozenset(chr(_FIRST + at) for at, field in enumerate(self._kept) if not field.startswith("{{"))

    def _keep(self, found: re.Match[str]) -> str:
        if len(self._kept) >= _MOST:
            raise Refused("The mail fills in too many fields.", field="blocks")
        self._kept.append(found[0])
        return chr(_FIRST + len(self._kept) - 1)

    def restored(self, text: str) -> str:
        return re.sub(f"[{chr(_FIRST)}-{chr(_FIRST + _MOST - 1)}]", lambda one: self._kept[ord(one[0]) - _FIRST], text)


def html_of(source: str, pictures: Mapping[str, str] | None = None) -> str:
    """Returns the HTML of a mail's blocks, its fields still to be filled in. `pictures`: Content-ID by file name.

    Raises Refused, naming the line, for a block without an end, a picture without words or a link that leads nowhere.
    """
    fields = _Fields(source)
    writer = _Html(fields, pictures)
    rows = "\n".join(writer.row(block) for block in read_blocks(fields.marked, fields.controls))
    return PAGE.replace("ROWS", fields.restored(rows))


def text_of(source: str) -> str:
    """Returns the plain text of a mail's blocks, for programs that show no HTML; a link keeps its address."""
    fields = _Fields(source)
    parts = [_text(block) for block in read_blocks(fields.marked, fields.controls)]
    text = ""
    for part, control in parts:
        # A condition takes its own line away with it (trim_blocks); the empty line belongs to what it shows.
        text += f"{part}\n" if control else f"{part}\n\n"
    return fields.restored(re.sub(r"\n{3,}", "\n\n", text)).strip() + "\n"


class _Html:
    def __init__(self, fields: _Fields, pictures: Mapping[str, str] | None) -> None:
        self._fields, self._pictures = fields, pictures

    def row(self, block: Block) -> str:
        """Returns one row of the table, or a condition between rows as it is."""
        if block.kind == "control":
            return block.text
        if block.kind == "footer":
            return ROW.format(inside="".join(self.inside(each, SMALL) for each in block.inner))
        if block.kind == "columns":
            return ROW.format(inside=self._columns(block))
        return ROW.format(inside=self.inside(block))

    def inside(self, block: Block, look: str = "") -> str:
        """Returns a block as it stands within a cell. `look`: another look of its paragraphs."""
        match block.kind:
            case "control":
                return block.text
            case "heading":
                style = HEADING[min(block.level, 3) - 1]
                return f'<h{block.level} class="ink" style="{style}">{self._words(block.text)}</h{block.level}>'
            case "divider":
                return DIVIDER
            case "button":
                return BUTTON.format(url=self._url(block), words=self._words(block.text))
            case "image":
                return self._image(block)
            case "list":
                items = "".join(f'<li style="margin:0 0 4px 0">{self._words(line)}</li>' for line in block.lines)
                tag = "ol" if block.level else "ul"
                return f'<{tag} class="ink" style="{LIST}">{items}</{tag}>'
            case "columns" | "footer":
                raise Refused(f"Line {block.line}: columns and a footer stand by themselves.", field="blocks")
        style, kind = (look, "soft") if look else (PARAGRAPH, "ink")
        return f'<p class="{kind}" style="{style}">{"<br>".join(map(self._words, block.lines))}</p>'

    def _columns(self, block: Block) -> str:
        if not 2 <= len(block.columns) <= _COLUMNS_AT_MOST:
            raise Refused(f"Line {block.line}: there are 2 or {_COLUMNS_AT_MOST} columns.", field="blocks")
        width = 100 // len(block.columns)
        cells = "".join(
            COLUMN.format(width=width, inside="".join(self.inside(each) for each in column)) for column in block.columns
        )
        return COLUMNS.format(cells=cells)

    def _image(self, block: Block) -> str:
        if not block.text.strip():
            raise Refused(
                f"Line {block.line}: the picture has no words for those who do not see it.",
                field="blocks",
                next_step="Write what it shows between the square brackets.",
            )
        address = block.target
        if not _PICTURES.match(self._fields.restored(address)):
            if self._pictures is not None and address not in self._pictures:
                known = ", ".join(self._pictures) or "none yet"
                raise Refused(
                    f"Line {block.line}: there is no picture {address!r} with this template.",
                    field="blocks",
                    next_step=f"Add it to the template's files; there are: {known}.",
                )
            address = f"cid:{(self._pictures or {}).get(address, address)}"
        width = min(block.level or WIDEST, WIDEST)
        return IMAGE.format(source=escape(address), words=escape(block.text), width=width)

    def _url(self, block: Block) -> str:
        checked_link(self._fields.restored(block.target), block.line)
        return escape(block.target)

    def _words(self, text: str) -> str:
        return _marked_up(text, lambda words, url: LINK.format(url=escape(self._link(url)), words=words))

    def _link(self, url: str) -> str:
        checked_link(self._fields.restored(url), 0)
        return url


def checked_link(url: str, line: int) -> None:
    """Raises Refused for a link that no mail program follows; `line` 0: of a line that is not known."""
    if not _GOES_TO.match(url):
        where = f"Line {line}: " if line else ""
        raise Refused(
            f"{where}the link {url!r} leads nowhere.",
            field="blocks",
            next_step="Begin it with https://, mailto: or tel:, or with {{ unsubscribe_url }} or {{ business.url }}.",
        )


def _marked_up(text: str, link: Callable[[str, str], str]) -> str:
    pieces: list[str] = []
    at = 0
    for found in _LINKED.finditer(text):
        pieces += [_stressed(text[at : found.start()]), link(_stressed(found[1]), found[2])]
        at = found.end()
    return "".join([*pieces, _stressed(text[at:])])


def _stressed(text: str) -> str:
    marked = _STRONG.sub(r"<strong>\1</strong>", escape(text, quote=False))
    return _STRESSED.sub(r"<em>\1</em>", marked)


def _text(block: Block) -> tuple[str, bool]:
    """Returns a block as plain text, and whether it is a condition between blocks."""
    match block.kind:
        case "control":
            return block.text, True
        case "heading":
            return f"{_plain(block.text)}\n{'=' * 20 if block.level == 1 else '-' * 20}", False
        case "divider":
            return "-" * 20, False
        case "button":
            return f"{_plain(block.text)}: {block.target}", False
        case "image":
            return f"[{block.text}]", False
        case "list":
            marks = [f"{number}." for number in range(1, len(block.lines) + 1)] if block.level else []
            return "\n".join(
                f"{mark} {_plain(line)}"
                for mark, line in zip(marks or "-" * len(block.lines), block.lines, strict=True)
            ), False
        case "columns":
            return "\n\n".join(_text(each)[0] for column in block.columns for each in column), False
        case "footer":
            return "-- \n" + "\n\n".join(_text(each)[0] for each in block.inner), False
    return "\n".join(map(_plain, block.lines)), False


def _plain(text: str) -> str:
    linked = _LINKED.sub(lambda one: one[2] if one[1] == one[2] else f"{one[1]} ({one[2]})", text)
    return _STRESSED.sub(r"\1", _STRONG.sub(r"\1", linked))
