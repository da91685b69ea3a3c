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
from hub.model.errors import Unreadable

_COMMAND = re.compile(r"\s*@customer\b", re.IGNORECASE)
_FIELD = re.compile(r"[*_>\s]{0,6}([^\W\d_][^:\n*]{0,24}?)\s?[*_]{0,2}[::][*_]{0,2}[ \t]*(\S[^\n]{0,998})")
_LABELS = {
    "from": "from", "de": "from", "von": "from", "da": "from", "van": "from", "od": "from", "от": "from",
    "от кого": "from", "від": "from", "från": "from", "fra": "from", "lähettäjä": "from", "kimden": "from",
    "差出人": "from", "发件人": "from", "subject": "subject", "objet": "subject", "betreff": "subject",
    "asunto": "subject", "assunto": "subject", "oggetto": "subject", "onderwerp": "subject",
    "předmět": "subject", "predmet": "subject", "temat": "subject", "тема": "subject", "ämne": "subject",
    "emne": "subject", "aihe": "subject", "konu": "subject", "件名": "subject", "主题": "subject", "date": "date",
    "sent": "date", "datum": "date", "gesendet": "date", "envoyé": "date", "fecha": "date", "enviado": "date",
    "data": "date", "inviato": "date", "verzonden": "date", "odesláno": "date", "дата": "date",
    "отправлено": "date",
}  # fmt: skip
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
        field = _FIELD.match(line)
        if field and (name := _LABELS.get(field[1].strip().lower())):
            found.setdefault(name, field[2].strip())
        if field or not line.strip():
            end = index + 1
        elif found and end:
            break
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
        date=read_date(found.get("date", "")),
        text=body,
        plain=body,
        html="",
        visible_text=reply.visible_text,
        quoted_text=reply.quoted_text,
        signature=reply.signature,
    )
