"""What the author of a mail newly wrote, from its text and its HTML."""

from __future__ import annotations

import re
from dataclasses import replace

from channels.email_message.html_quotes import HtmlParts, split_html
from channels.email_message.html_text import html_to_text
from channels.email_message.limits import SPLIT
from channels.email_message.reply import Reply, may_be_forwarded, split_reply, unquoted

# Quoted lines in a row, and the one below them.
_SEVERAL = 2
_QUOTED_LINES = re.compile(r"(?m)(?:^[ \t]{0,3}>.*\n?)+")
# Where a mail was forwarded, its first lines say so.
_HEAD = 60


def newly_written(text: str, html: str) -> Reply:
    """Parts what was newly written from what is quoted, signed, forwarded: by the marks in HTML first, then by text.

    Where the HTML's new part says nothing (answers inside the quotation, a bare forward), the whole text decides; and
    where both find the same words between quotations, so that each answer stays with what it answers.
    """
    parts = split_html(html) if html else HtmlParts("", "", "")
    if parts.quoted or parts.signature:
        reply = split_reply(html_to_text(parts.new)[:SPLIT])
        if reply.visible_text.strip():
            quoted = html_to_text(parts.quoted)
            return _between_quotes(text, reply, quoted) or _with_marked(reply, html_to_text(parts.signature), quoted)
    # Nobody typed a megabyte: it is a log or a table, and all of it is the message.
    return split_reply(text) if len(text) <= SPLIT else Reply(text, "", "", "")


def _between_quotes(text: str, reply: Reply, quoted: str) -> Reply | None:
    """Returns the reply with the quotations between its answers, where the text shows the same answers between them."""
    if len(text) > SPLIT or len(_QUOTED_LINES.findall(text)) < _SEVERAL:
        return None
    whole = split_reply(text)
    if whole.visible_text == whole.own_text:
        return None
    attributions = {line.strip(" >") for line in quoted.split("\n")}
    own = " ".join(line for line in whole.own_text.split("\n") if line.strip() not in attributions)
    return whole if own.split() == reply.visible_text.split() else None


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
