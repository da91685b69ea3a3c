"""What of an HTML mail is quoted and what is a signature, by the marks that mail programs leave in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

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
    "div[name=quoted-content]", "div.hs_reply", "div[name=messageReplySection]", "div[id^=yahoo_quoted_]",
    "div.sh-quoted-content", "div.spark_quote", "blockquote.spark_quote", "div.intercom_quote", "div.oc_quote",
    "div.ox-quote", "blockquote.webmail-quote",
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
# What programs mark as a signature; below Apple's (AppleMailSignature) people go on writing, so it is none of these.
_SIGNATURES = (
    "div.gmail_signature", "div#ms-outlook-mobile-signature", "div#x_ms-outlook-mobile-signature", "div#Signature",
    "div#x_Signature", "div#divtagdefaultwrapper_signature", "div.moz-signature", "pre.moz-signature",
    "div.protonmail_signature_block", "div#composer_signature", "div.ymail_android_signature",
    "div.ymail_ios_signature", "div.front-signature", "div.bloop_sign", "div.mb_signature", "div.zohomail_signature",
    "div#bloop_customfont_signature", "div.sh-signature",
)  # fmt: skip
_WORD = re.compile("[A-Za-z]{3,}")


def _with_words(selectors: Iterable[str]) -> list[tuple[str, str]]:
    """Each selector with the longest word of it, in lower case, that an element it matches must have."""
    return [(selector, max(_WORD.findall(selector), key=len).lower()) for selector in selectors]


_MARKS = _with_words(_CONTAINERS)
_REST = _with_words(_FROM_HERE)
_SIGNED = _with_words(_SIGNATURES)
_HINTS = (
    "quote", "cite", "RplyFwdMsg", "appendonsend", "stopSpelling", "zwchr", "OLK_SRC", "OutlookMessageHeader",
    "orig-msg", "border-top:", "QUOTED_TEXT", "reference-message", "bloop", "zmail_extra", "isForwardContent",
    "isReplyContent", "moz-forward", "ignature", "bloop_sign", "hs_reply", "messageReplySection", "yahoo_quoted_",
)  # fmt: skip
_MATCHES = 500


class HtmlParts(NamedTuple):
    """The HTML of a mail in parts: what was newly written, its marked signatures, what it quotes ("" where none)."""

    new: str
    signature: str
    quoted: str


def split_html(html: str) -> HtmlParts:
    """Parts HTML by the marks of mail programs; without any all of it is new.

    Quotations between a person's answers are taken out one by one; what Outlook's header block opens goes to the end.
    """
    if not any(hint in html for hint in _HINTS) or too_tangled(html):
        return HtmlParts(html, "", "")
    containers, rest, signatures = _possible(_MARKS, html), _possible(_REST, html), _possible(_SIGNED, html)
    if not containers and not rest and not signatures:
        return HtmlParts(html, "", "")
    document = LexborHTMLParser(html)
    if document.root is None:
        return HtmlParts(html, "", "")
    quoted = _taken_out(_quotations(document, containers, rest))
    signed = _taken_out(_outermost(document, signatures))
    return HtmlParts(document.html or "", signed, quoted) if quoted or signed else HtmlParts(html, "", "")


def _taken_out(nodes: Iterable[LexborNode]) -> str:
    removed = list(nodes)
    html = "".join([node.html or "" for node in removed])
    for node in removed:
        node.decompose()
    return html


def _quotations(document: LexborHTMLParser, containers: Sequence[str], rest: Sequence[str]) -> Iterator[LexborNode]:
    openers = {node.mem_id for node in document.css(", ".join(rest))} if rest else set()
    for node in _outermost(document, [*containers, *rest]):
        if node.mem_id in openers:
            yield node
            yield from _following(node)
            return
        yield from _without_answers(node)


def _outermost(document: LexborHTMLParser, selectors: Sequence[str]) -> Iterator[LexborNode]:
    taken: set[int] = set()
    for node in document.css(", ".join(selectors))[:_MATCHES] if selectors else ():
        if not _inside(node, taken):
            taken.add(node.mem_id)
            yield node


def _without_answers(container: LexborNode) -> list[LexborNode]:
    """What a container quotes: where a person answered between its quotations, those and what stands over them."""
    parts = list(_children(container)) if container.tag == "div" else []
    quotations = [i for i, part in enumerate(parts) if part.tag == "blockquote"]
    if not quotations or not any((part.text() or "").strip() for part in parts[quotations[0] + 1 :]):
        return [container]
    return [part for i, part in enumerate(parts) if i < quotations[0] or i in quotations]


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.first_child
    while child is not None:
        yield child
        child = child.next


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
