"""Whether HTML can be given to a tree parser: lexbor and html5ever take quadratic time on deep or crossed nesting."""

from __future__ import annotations

import re

SIZE = 4 * 1024 * 1024
DEPTH = 400
COPIES = 400_000
ATTRIBUTES = 1_000

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_VOID = frozenset(
    {
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
        "wbr",
    }
)  # fmt: skip
# Their end tags may be left out, and a next one closes them: they nest only with another element between.
_IMPLIED = frozenset(
    {
        "p", "li", "dt", "dd", "option", "optgroup", "tr", "td", "th", "tbody", "thead", "tfoot", "rb", "rt", "rp",
        "html", "head", "body", "colgroup",
    }
)  # fmt: skip
# Left open, these are opened again in every following block (HTML standard 13.2.4.3).
_FORMATTING = frozenset(
    {
        "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
    }
)  # fmt: skip
# An end tag does not reach past these: it is ignored, and what it meant stays open (HTML standard 13.2.4.2).
_BOUNDARIES = frozenset({"applet", "marquee", "math", "object", "select", "svg", "table", "template"})
_LOOK_BACK = 40


def too_tangled(html: str) -> bool:
    """Says whether a tree parser might need long for this; linear, and rather too careful where tags cross."""
    if html.count("<") < DEPTH and len(html) < 64 * 1024:
        return False
    if len(html) > SIZE or _has_attribute_flood(html):
        return True
    stack: list[str] = []
    formatting: dict[str, int] = {}
    open_formatting = copies = 0
    for closing, name in _TAG.findall(html):
        name = name.lower()
        if name in _FORMATTING:
            count = formatting.get(name, 0)
            if not closing:
                formatting[name], open_formatting = count + 1, open_formatting + 1
            elif count:
                formatting[name], open_formatting = count - 1, open_formatting - 1
        elif name in _IMPLIED:
            copies += open_formatting
        elif name in _VOID:
            continue
        elif not closing:
            stack.append(name)
            copies += open_formatting
        else:
            del stack[_reached(stack, name) :]
        if len(stack) > DEPTH or open_formatting > DEPTH or copies > COPIES:
            return True
    return False


def _reached(stack: list[str], name: str) -> int:
    """Returns where in the open elements an end tag's own one stands; their number where it reaches none."""
    for at in range(len(stack) - 1, max(-1, len(stack) - 1 - _LOOK_BACK), -1):
        if stack[at] == name:
            return at
        if stack[at] in _BOUNDARIES:
            break
    return len(stack)


def _has_attribute_flood(html: str) -> bool:
    """A tag with thousands of attributes: both parsers compare each new one with all before it."""
    return any(
        piece.count("=") + piece.count(" ") > 2 * ATTRIBUTES for piece in html.split(">") if len(piece) > 4 * ATTRIBUTES
    )
