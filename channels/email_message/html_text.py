"""HTML as a person would read it aloud: blocks, lists, tables and links as plain lines."""

from __future__ import annotations

import re
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from channels.email_message.charset import clean_text
from channels.email_message.html_shape import too_tangled

LINK_SHOWN = 120
QUOTE_DEPTH = 20
_BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "dir", "div",
        "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
        "header", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary",
        "table", "tbody", "tfoot", "thead", "tr", "ul",
    }
)  # fmt: skip
_SPACED = frozenset(
    {
        "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "pre", "table", "figure", "hr",
    }
)  # fmt: skip
_TOLD = _BLOCKS | {"br", "td", "th", "img"}
_DROPPED = frozenset(
    {
        "head", "style", "script", "title", "template", "noscript", "noframes", "object", "embed", "svg", "math",
        "select", "option", "textarea", "button", "audio", "video", "iframe", "datalist", "map", "canvas", "applet",
    }
)  # fmt: skip
# Nothing is hidden without one of these words, unless a number stands for a letter of it.
_HIDES = re.compile(r"hid|display|&#", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
# All white space but a single space, which may stay.
_SPACE = re.compile(r"[ \t\n\r\f\u200b]{2,}|[\t\n\r\f\u200b]")
_TAG = re.compile(r"<[^<>]*>?")
_DROPPED_SOURCE = re.compile(r"<(style|script|head|title)\b(?:(?!</\1).)*", re.IGNORECASE | re.DOTALL)


def html_to_text(html: str) -> str:
    """Returns the text of HTML, hidden elements, styles and scripts left out; linear in its length.

    Quotations get `> ` before each line, list items `- ` or their number, cells of a row stand on one line.
    What is nested beyond reason loses its layout, never its words.
    """
    if too_tangled(html):
        return _without_tags(html)
    root = LexborHTMLParser(html).root
    writer = _Writer()
    if root is not None:
        _walk(root, writer, hides=bool(_HIDES.search(html)))
    return writer.text()


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.blank_due = False
        self.quote = 0

    def words(self, text: str, preformatted: bool) -> None:
        if preformatted:
            first, *rest = text.split("\n")
            self.line.append(first)
            for line in rest:
                self.end_line(force=True)
                self.line.append(line)
            return
        text = _SPACE.sub(" ", text)
        if text and not (text == " " and (not self.line or self.line[-1].endswith(" "))):
            self.line.append(text.lstrip(" ") if not self.line or self.line[-1].endswith(" ") else text)

    def end_line(self, *, force: bool = False) -> None:
        text = "".join(self.line).rstrip(" \t")
        self.line = []
        if not text and not force:
            return
        prefix = "> " * min(self.quote, QUOTE_DEPTH) if self.quote > 0 else ""
        if self.blank_due and self.lines and self.lines[-1].strip("> "):
            self.lines.append(prefix.rstrip())
        self.blank_due = False
        self.lines.append((prefix + text).rstrip(" ") if text != "--" else prefix + "-- ")

    def text(self) -> str:
        self.end_line()
        return clean_text("\n".join(self.lines).replace("\xa0", " ")).strip("\n")


def _walk(root: LexborNode, writer: _Writer, *, hides: bool) -> None:
    hiding = {node.mem_id for node in root.css("[hidden], [style]") if _is_hidden(node)} if hides else set()
    counters: list[int] = []
    above: list[tuple[str, LexborNode]] = []
    preformatted = 0
    node: LexborNode | None = root
    while node is not None:
        tag = node.tag or ""
        child = None
        if tag == "-text":
            writer.words(node.text_content or "", preformatted > 0)
        elif tag[:1] != "-" and tag not in _DROPPED and not (hiding and node.mem_id in hiding):
            preformatted += tag == "pre"
            if tag in _TOLD:
                _open(tag, node, writer, counters)
            above.append((tag, node))
            child = node.first_child
            if child is None:
                preformatted -= tag == "pre"
                _close(*above.pop(), writer, counters)
        following = child if child is not None else node.next if above else None
        while following is None and above:
            tag, node = above.pop()
            preformatted -= tag == "pre"
            _close(tag, node, writer, counters)
            following = node.next if above else None
        node = following


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    return "hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or ""))


def _open(tag: str, node: LexborNode, writer: _Writer, counters: list[int]) -> None:
    if tag == "br":
        writer.end_line(force=True)
    elif tag in _BLOCKS:
        writer.end_line()
        writer.blank_due |= tag in _SPACED
        if tag == "blockquote":
            writer.quote += 1
        elif tag in ("ul", "ol"):
            counters.append(1 if tag == "ol" else 0)
        elif tag == "li":
            number = counters[-1] if counters else 0
            writer.line.append("  " * max(0, len(counters) - 1) + (f"{number}. " if number else "- "))
            if number:
                counters[-1] += 1
    elif tag in ("td", "th") and writer.line:
        writer.words(" ", False)
    elif tag == "img":
        alt = node.attributes.get("alt") or ""
        if 0 < len(alt) <= 8 and not alt.isascii():  # an emoji drawn as an image
            writer.words(alt, False)


def _close(tag: str, node: LexborNode, writer: _Writer, counters: list[int]) -> None:
    if tag in _BLOCKS:
        writer.end_line()
        writer.blank_due |= tag in _SPACED
        if tag == "blockquote":
            writer.quote -= 1
        elif tag in ("ul", "ol") and counters:
            counters.pop()
    elif tag == "a":
        href = (node.attributes.get("href") or "").strip()
        shown = "".join(writer.line)
        bare = href.split("://", 1)[-1].removeprefix("mailto:").rstrip("/")
        if (
            href.lower().startswith(("http://", "https://"))
            and len(href) <= LINK_SHOWN
            and bare not in shown
            and shown.strip()
        ):
            writer.words(f" <{href}>", False)


def _without_tags(html: str) -> str:
    text = unescape(_TAG.sub(" ", _DROPPED_SOURCE.sub(" ", html)))
    return clean_text("\n".join(" ".join(line.split()) for line in text.split("\n") if line.strip()))
