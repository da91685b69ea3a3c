"""HTML of a mail as a frame of its own shows it: runs nothing, loads nothing, shows only pictures that came with it.

An adapter cleans what it reads; this cleans again what is shown, so that no adapter has to be trusted with it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

import nh3
from markupsafe import escape

# security.md, Posture.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
# SVG is left out: it is a document of its own, with scripts and links.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"})
LARGEST_PICTURES = 10_000_000

_TAGS = frozenset({
    "a", "abbr", "address", "article", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite",
    "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure",
    "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main",
    "mark", "nav", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strike", "strong", "sub",
    "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
})  # fmt: skip
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {
        "align", "bgcolor", "border", "cellpadding", "cellspacing", "color", "dir", "height", "lang", "style", "title",
        "valign", "width",
    },
    "a": {"href"},
    "img": {"alt", "src"},
    "font": {"face", "size"},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}  # fmt: skip
# No property that loads (background-image, content, cursor) or leaves its box (position, z-index, transform).
_STYLES = frozenset({
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left",
    "border-radius", "border-right", "border-spacing", "border-style", "border-top", "border-width", "color",
    "direction", "display", "font", "font-family", "font-size", "font-style", "font-weight", "height",
    "letter-spacing", "line-height", "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right",
    "margin-top", "max-width", "min-width", "padding", "padding-bottom", "padding-left", "padding-right",
    "padding-top", "table-layout", "text-align", "text-decoration", "text-indent", "text-transform",
    "vertical-align", "white-space", "width", "word-break",
})  # fmt: skip
_DROPPED = frozenset({
    "script", "style", "title", "template", "noscript", "iframe", "object", "embed", "svg", "math", "textarea",
    "select", "noembed", "noframes", "xmp",
})  # fmt: skip
_LINKS = ("http://", "https://", "mailto:", "tel:")
_FRAME = (
    '<!doctype html><html><head><meta charset="utf-8"><meta name="color-scheme" content="light">'
    "<style>body{{margin:8px;background:#fff;color:#111;font:14px/1.45 system-ui,sans-serif;overflow-wrap:anywhere}}"
    "img{{max-width:100%;height:auto}}table{{max-width:100%}}pre{{white-space:pre-wrap}}.blocked{{color:#666}}</style>"
    "</head><body>{note}{body}</body></html>"
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that came with a mail: the Content-ID by which its HTML calls it, and its bytes."""

    content_id: str
    content_type: str
    content: bytes


def shown(html: str, pictures: Mapping[str, str]) -> tuple[str, int]:
    """Returns cleaned HTML and how many pictures from elsewhere were left out; `pictures`: data: URL by Content-ID."""
    blocked = 0

    def kept(tag: str, attribute: str, value: str) -> str | None:
        nonlocal blocked
        if attribute == "href":
            return value if value.strip().lower().startswith(_LINKS) else None
        if attribute == "src":
            picture = _picture(value, pictures)
            blocked += picture is None
            return picture
        if attribute == "style":
            # An escape could spell url( otherwise.
            return value if "url(" not in value.lower() and "\\" not in value else None
        return value

    clean = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes=_ATTRIBUTES,
        attribute_filter=kept,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        url_relative="deny",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=set(_STYLES),
        link_rel="noopener noreferrer nofollow",
    )
    return clean, blocked


def data_urls(pictures: list[Picture]) -> dict[str, str]:
    """Returns the data: URL of each picture by its Content-ID, up to a size that a browser shows at once."""
    urls: dict[str, str] = {}
    left = LARGEST_PICTURES
    for picture in pictures:
        left -= len(picture.content)
        if left < 0:
            break
        if picture.content_type in PICTURES:
            body = base64.b64encode(picture.content).decode()
            urls[picture.content_id.strip("<> ")] = f"data:{picture.content_type};base64,{body}"
    return urls


def frame(html: str, pictures: Mapping[str, str], note: str) -> str:
    """Returns the whole document of the frame; `note` is shown above where pictures were left out."""
    body, blocked = shown(html, pictures)
    return _FRAME.format(note=f'<p class="blocked">{escape(note)}</p>' if blocked and note else "", body=body)


def _picture(source: str, pictures: Mapping[str, str]) -> str | None:
    source = source.strip()
    return pictures.get(unquote(source[4:]).strip("<> ")) if source[:4].lower() == "cid:" else None
