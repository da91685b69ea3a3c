"""The visible text of a reply: what a mail's author newly wrote, apart from quotes, signatures and forwarded mails."""

from __future__ import annotations

from channels.email_message.reply.lines import unquoted
from channels.email_message.reply.split import Reply, may_be_forwarded, split_reply

__all__ = ["Reply", "may_be_forwarded", "split_reply", "unquoted"]
