"""What of an HTML mail is quoted, by the marks that mail programs leave in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from channels.email_message.html_shape import too_tangled

# Elements that hold a quotation and nothing else.
_CONTAINERS = (
    "div.gmail_quote", "blockquote.gmail_quote", "div.gmail_quote_container", "div.gmail_attr",
    "blockquote[type=cite]", "blockquote[cite]", "div.moz-cite-prefix", "div.moz-forward-container",
    "div.yahoo_quoted", "div.yahoo-quoted-begin", "div.protonmail_quote", "blockquote.protonmail_quote",
    "div.tutanota_quote", "blockquote.tutanota_quote", "div.zmail_extra",
    "div.ymail_android_signature + div.yahoo_quoted", "div[data-marker=__QUOTED_TEXT__]",
    "div.quote[data-quote]", "div.front-blockquote", "blockquote.front-blockquote",
    "div.WordSection1 div.gmail_quote", "div.aolmail_gmail_quote", "div.aol_quote", "div.mail_android_quote",
    "div.mail-quote-collapse", "div.freshdesk_quote", "div.mb_quote", "div#mailcontent blockquote",
    "div.bloop_original_html", "div.ms-outlook-mobile-reference-message",
    "div#mail-editor-reference-message-container", "div.x_gmail_quote", "div.hushmail_quote",
    "div[name=quoted-content]", "div.ox-quote", "blockquote.webmail-quote",
)  # fmt: skip
# Elements after which everything to the end is the older mail.
_FROM_HERE = (
    "div#divRplyFwdMsg", "div#x_divRplyFwdMsg", "div#appendonsend", "div#x_appendonsend", "hr#stopSpelling",
    "hr#zwchr", "div#OLK_SRC_BODY_SECTION", "span#OLK_SRC_BODY_SECTION", "div.OutlookMessageHeader",
    "div#orig-msg", "div#isForwardContent", "div#isReplyContent",
    "div[style*='border-top:solid #E1E1E1 1.0pt']", "div[style*='border-top: solid #E1E1E1 1.0pt']",
    "div[style*='border-top:solid #B5C4DF 1.0pt']", "div[style*='border-top: 1pt solid rgb(225, 225, 225)']",
    "div[style*='border-top:solid windowtext 1.0pt']",
)  # fmt: skip
_WORD = re.compile("[A-Za-z]{3,}")


def _with_words(selectors: Iterable[str]) -> list[tuple[str, str]]:
    """Each selector with the longest word of it, in lower case, that an element it matches must have."""
    return [(selector, max(_WORD.findall(selector), key=len).lower()) for selector in selectors]


_MARKS = _with_words(_CONTAINERS)
_REST = _with_words(_FROM_HERE)
_HINTS = (
    "quote", "cite", "RplyFwdMsg", "appendonsend", "stopSpelling", "zwchr", "OLK_SRC", "OutlookMessageHeader",
    "orig-msg", "border-top:", "QUOTED_TEXT", "reference-message", "bloop", "zmail_extra", "isForwardContent",
    "isReplyContent", "moz-forward",
)  # fmt: skip
_MATCHES = 500


def split_html(html: str) -> tuple[str, str]:
    """Returns HTML without what it quotes, and the quoted HTML ("" where no mark is found).

    Quotations between a person's answers are taken out one by one; what Outlook's header block opens goes to the end.
    """
    if not any(hint in html for hint in _HINTS) or too_tangled(html):
        return html, ""
    containers, rest = _possible(_MARKS, html), _possible(_REST, html)
    if not containers and not rest:
        return html, ""
    document = LexborHTMLParser(html)
    if document.root is None:
        return html, ""
    openers = {node.mem_id for node in document.css(", ".join(rest))} if rest else set()
    taken: set[int] = set()
    removed: list[LexborNode] = []
    for node in document.css(", ".join(containers + rest))[:_MATCHES]:
        if _inside(node, taken):
            continue
        found = [node]
        if node.mem_id in openers:
            found += _following(node)
        taken.update(part.mem_id for part in found)
        removed += found
        if len(found) > 1 or node.mem_id in openers:
            break
    quoted = [node.html or "" for node in removed]
    for node in removed:
        node.decompose()
    return (document.html or "", "".join(quoted)) if quoted else (html, "")


def _possible(selectors: Sequence[tuple[str, str]], html: str) -> list[str]:
    # Lexbor compares every element with every selector it is given. An attribute may hide letters as numbers.
    lowered = html.lower()
    hidden = "&#" in lowered
    return [selector for selector, word in selectors if hidden or word in lowered]


def _inside(node: LexborNode, taken: set[int]) -> bool:
    current: LexborNode | None = node
    while current is not None:
        if current.mem_id in taken:
            return True
        current = current.parent
    return False


def _following(node: LexborNode) -> list[LexborNode]:
    """Everything after a node in the document: its later siblings and those of each of its ancestors."""
    found: list[LexborNode] = []
    current: LexborNode | None = node
    while current is not None and current.tag not in ("body", "html"):
        sibling = current.next
        while sibling is not None:
            found.append(sibling)
            sibling = sibling.next
        current = current.parent
    return found
