"""A letter as simple HTML, made of its text: paragraphs, links, the older mail set off, so that it looks like mail."""

from __future__ import annotations

import re
from html import escape

# Trailing punctuation belongs to the sentence, not to the address.
_LINK = re.compile(
    r"https?://[^\s<>\"]{1,2000}[^\s<>\".,;:!?)\]}'’”]|[^\s<>@,;:()\"]{1,64}@[A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,24}"
)
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_QUOTE = re.compile(r"> ?")
_DEEPEST = 20
_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:15px;line-height:1.45"
_CITE = '<blockquote type="cite" style="margin:0 0 0 .8ex;border-left:2px solid #ccc;padding-left:1ex;color:#555">'


def letter_html(text: str, below: str = "") -> str:
    """Returns a whole HTML document; `below`: the older mail, with `> ` before quoted lines. Both are plain text."""
    body, separator, signature = f"\n{text}".rpartition("\n-- \n")
    parts = [_paragraphs(body.strip("\n") if separator else text)]
    if separator:
        parts.append(f'<div style="color:#555">-- <br>{_paragraphs(signature)}</div>')
    if below:
        parts.append(f"<div>{_levels(below.split(chr(10)))}</div>")
    return (
        f'<!doctype html><html><head><meta charset="utf-8"></head><body style="{_FONT}">{"".join(parts)}</body></html>'
    )


def _levels(lines: list[str], depth: int = 0) -> str:
    """Returns lines as paragraphs, each run of quoted ones as a blockquote of its own."""
    written: list[str] = []
    at = 0
    while at < len(lines):
        run = at
        marked = lines[at].startswith(">") and depth < _DEEPEST
        while run < len(lines) and (lines[run].startswith(">") and depth < _DEEPEST) == marked:
            run += 1
        part = lines[at:run]
        if marked:
            inner = _levels([_QUOTE.sub("", line, count=1) for line in part], depth + 1)
            written.append(f"{_CITE}{inner}</blockquote>")
        else:
            written.append(_paragraphs("\n".join(part).strip("\n")))
        at = run
    return "".join(written)


def _paragraphs(text: str) -> str:
    blocks = [block.strip("\n") for block in _PARAGRAPH.split(text)]
    return "".join(f"<p>{_linked(block)}</p>" for block in blocks if block.strip())


def _linked(block: str) -> str:
    """Returns escaped text whose addresses are links and whose line ends stay."""
    written, at = [], 0
    for link in _LINK.finditer(block):
        written.append(escape(block[at : link.start()]))
        target = link[0] if link[0].startswith("http") else f"mailto:{link[0]}"
        written.append(f'<a href="{escape(target)}">{escape(link[0])}</a>')
        at = link.end()
    written.append(escape(block[at:]))
    return "".join(written).replace("\n", "<br>")
