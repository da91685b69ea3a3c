"""What the author of a mail newly wrote, from its text and its HTML."""

from __future__ import annotations

from dataclasses import replace

from channels.email_message.html_quotes import HtmlParts, split_html
from channels.email_message.html_text import html_to_text
from channels.email_message.limits import SPLIT
from channels.email_message.reply import Reply, may_be_forwarded, split_reply, unquoted

# Where a mail was forwarded, its first lines say so.
_HEAD = 60


def newly_written(text: str, html: str) -> Reply:
    """Parts what was newly written from what is quoted, signed, forwarded: by the marks in HTML first, then by text.

    Where the HTML's new part says nothing (answers inside the quotation, a bare forward), the whole text decides.
    """
    parts = split_html(html) if html else HtmlParts("", "", "")
    if parts.quoted or parts.signature:
        reply = split_reply(html_to_text(parts.new)[:SPLIT])
        if reply.visible_text.strip():
            return _with_marked(reply, html_to_text(parts.signature), html_to_text(parts.quoted))
    # Nobody typed a megabyte: it is a log or a table, and all of it is the message.
    return split_reply(text) if len(text) <= SPLIT else Reply(text, "", "", "")


def _with_marked(reply: Reply, signature: str, quoted: str) -> Reply:
    return replace(
        reply,
        quoted_text="\n".join(part for part in (reply.quoted_text, quoted) if part),
        signature="\n".join(part for part in (reply.signature, signature) if part),
        forwarded_text=reply.forwarded_text or _forwarded(quoted),
    )


def _forwarded(quoted: str) -> str:
    older = unquoted(quoted)
    head = "\n".join(older.split("\n", _HEAD)[:_HEAD])
    if not may_be_forwarded(head) or not split_reply(head).forwarded_text:
        return ""
    return split_reply(older[:SPLIT]).forwarded_text
