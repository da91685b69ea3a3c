"""Mails that staff forwards into the hub on behalf of a customer: who wrote the original, and what."""

from __future__ import annotations

import re
from dataclasses import replace

from channels.email_message.addresses import mailboxes
from channels.email_message.dates import read_date
from channels.email_message.guard import read_mail_guarded
from channels.email_message.headers import Defects
from channels.email_message.mail import Mail
from channels.email_message.reply import split_reply
from channels.email_message.reply.headers import header_field
from hub.model.errors import Unreadable

_COMMAND = re.compile(r"\s*@customer\b", re.IGNORECASE)
_HEAD_LINES = 14


def forwarded_mail(mail: Mail) -> Mail | None:
    """Returns the original of a forwarded mail, or None where it is none that the hub was told to log.

    One attached mail and nothing else speaks for itself; text that was forwarded inline needs `@customer` at its top.
    """
    attached = [part for part in mail.attachments if part.content_type == "message/rfc822"]
    told = bool(_COMMAND.match(mail.text))
    if len(attached) == 1 and (told or len(mail.attachments) == 1):
        try:
            return read_mail_guarded(attached[0].content)
        except Unreadable:
            return None  # the forward itself is logged instead
    return _inline(mail) if told else None


def _inline(mail: Mail) -> Mail | None:
    text = split_reply(mail.text).forwarded_text
    found: dict[str, str] = {}
    lines = text.split("\n")
    end = 0
    for index, line in enumerate(lines[:_HEAD_LINES]):
        field = header_field(line)
        wrapped = "from" in found and "@" in line and line.lstrip().startswith(("<", "["))
        if field:
            found.setdefault(field[0], field[1])
        elif wrapped:
            found["from"] += f" {line.strip()}"
        elif line.strip():
            if found:
                break
            continue
        end = index + 1
    author = mailboxes([found.get("from", "").replace("mailto:", "").replace("[", "<").replace("]", ">")], Defects())
    if not author or "@" not in author[0].addr_spec:
        return None
    body = "\n".join(lines[end:]).strip()
    reply = split_reply(body)
    return replace(
        mail,
        message_id="",
        in_reply_to="",
        references=(),
        from_=author[:1],
        reply_to=(),
        subject=found.get("subject", mail.subject),
        date=read_date(found.get("date") or found.get("sent", "")),
        text=body,
        plain=body,
        html="",
        visible_text=reply.visible_text,
        quoted_text=reply.quoted_text,
        signature=reply.signature,
    )
