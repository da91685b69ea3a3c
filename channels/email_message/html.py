"""HTML of a mail made safe to show (nh3), readable (lexbor) and parted from what it quotes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from html import escape
from urllib.parse import unquote

import nh3

from channels.email_message.html_quotes import split_html
from channels.email_message.html_shape import too_tangled
from channels.email_message.html_text import html_to_text

__all__ = ["html_to_text", "sanitise", "split_html"]

_TAGS = frozenset(
    {
        "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption",
        "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em",
        "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img",
        "ins", "kbd", "li", "main", "mark", "nav", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span",
        "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr",
        "tt", "u", "ul", "var", "wbr",
    }
)  # fmt: skip
_ATTRIBUTES = {
    "*": {
        "align", "bgcolor", "border", "cellpadding", "cellspacing", "color", "dir", "height", "lang", "style",
        "title", "valign", "width",
    },
    "a": {"href", "name"},
    "img": {"alt", "src"},
    "font": {"face", "size"},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}  # fmt: skip
# No property that can load anything (url()) or leave its box (position, z-index, transform).
_STYLES = frozenset(
    {
        "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left",
        "border-radius", "border-right", "border-spacing", "border-style", "border-top", "border-width", "color",
        "direction", "display", "font", "font-family", "font-size", "font-style", "font-weight", "height",
        "letter-spacing", "line-height", "list-style-type", "margin", "margin-bottom", "margin-left",
        "margin-right", "margin-top", "max-width", "min-width", "padding", "padding-bottom", "padding-left",
        "padding-right", "padding-top", "table-layout", "text-align", "text-decoration", "text-indent",
        "text-transform", "vertical-align", "white-space", "width", "word-break", "word-wrap",
    }
)  # fmt: skip
_DROPPED = frozenset(
    {
        "script", "style", "title", "template", "noscript", "iframe", "object", "embed", "svg", "math", "textarea",
        "select",
    }
)  # fmt: skip
_LINKS = ("http://", "https://", "mailto:", "tel:")
_PICTURES = tuple(f"data:image/{kind};base64," for kind in ("png", "jpeg", "jpg", "gif", "webp", "bmp"))


def sanitise(html: str, inline_images: Mapping[str, str] | None = None) -> str:
    """Returns HTML that runs nothing and loads nothing: no script, no remote image, no style that reaches out.

    `inline_images`: data: URL by Content-ID; an image whose `cid:` is in it shows that, others keep their `cid:`, which
    loads nowhere. Links open apart and tell nobody (noopener noreferrer). HTML nested beyond reason comes as text.
    """
    if too_tangled(html):
        return f"<pre>{escape(html_to_text(html))}</pre>"
    return (_cleaner(inline_images) if inline_images else _without_images()).clean(html)


@cache
def _without_images() -> nh3.Cleaner:
    return _cleaner({})


def _cleaner(images: Mapping[str, str]) -> nh3.Cleaner:
    def kept(tag: str, attribute: str, value: str) -> str | None:
        if attribute == "href":
            return value if value.strip().lower().startswith(_LINKS) else None
        if attribute == "src":
            return _picture(value.strip(), images)
        if attribute == "style":
            return value if "url(" not in value.lower() and "\\" not in value else None
        return value

    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes=_ATTRIBUTES,
        attribute_filter=kept,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=set(_STYLES),
    )


def _picture(source: str, images: Mapping[str, str]) -> str | None:
    if source[:4].lower() == "cid:":
        content_id = unquote(source[4:]).strip("<>")
        return images.get(content_id, f"cid:{content_id}")
    return source if source.lower().startswith(_PICTURES) else None
