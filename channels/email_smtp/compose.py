"""Builds the MIME message of one Outgoing, by hand: the standard library's EmailMessage takes ten times as long."""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256

from channels.email_smtp.header import addr_spec, field_name, mailbox, mailboxes, parameter, structured, unstructured
from hub.model.contact import Attachment, Party
from hub.model.errors import Refused
from hub.model.outbound import Outgoing

# Fields that this module writes itself, or that would tell one recipient of another.
OWN_FIELDS = {
    *("from", "to", "cc", "bcc", "sender", "reply-to", "return-path", "subject", "date"),
    *("message-id", "in-reply-to", "references", "mime-version"),
    *("content-type", "content-transfer-encoding", "content-disposition", "content-id"),
}
STRUCTURED_FIELDS = ("list-", "auto-submitted", "precedence", "feedback-id", "x-auto-response-suppress")
MAX_REFERENCES = 20
MAX_7BIT_LINE = 990  # RFC 5322 2.1.1 allows 998; some servers count less
_PRINTABLE = bytes([*b"\t\r\n", *range(0x20, 0x7F)])
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,64}/[A-Za-z0-9!#$&^_.+-]{1,64}\Z")
_MESSAGE_ID = re.compile(r"[^\s<>]{1,900}\Z")


def build_mail(message: Outgoing, from_address: str, from_name: str, now: datetime, reply_to: str = "") -> bytes:
    """Returns the whole mail with CRLF line ends, 7-bit but for addresses beyond ASCII (RFC 6532).

    The same message gives the same bytes but for its Date. `message_id` and the like come without angle brackets.
    Raises Refused where a value bound for a header holds a line break, or an attachment has not been fetched.
    """
    fields = [
        mailbox("From", addr_spec(from_address, "From"), from_name),
        *_recipients(message),
        unstructured("Subject", message.subject),
        structured("Date", _date(int(now.timestamp()))),
    ]
    if message.message_id:
        fields.append(structured("Message-ID", _angled(message.message_id, "Message-ID")))
    if message.in_reply_to:
        fields.append(structured("In-Reply-To", _angled(message.in_reply_to, "In-Reply-To")))
    if message.references:
        fields.append(structured("References", " ".join(_angled(each, "References") for each in _bounded(message))))
    answer_to = message.reply_to or reply_to
    if answer_to:
        fields.append(mailbox("Reply-To", addr_spec(answer_to, "Reply-To")))
    for name, value in message.headers.items():
        if field_name(name).lower() in OWN_FIELDS:
            raise Refused(f"The header {name} is written by the hub itself.", field="headers")
        write = structured if name.lower().startswith(STRUCTURED_FIELDS) else unstructured
        fields.append(write(name, value))
    fields.append(b"MIME-Version: 1.0\r\n")
    return b"".join(fields) + _content(message)


def _recipients(message: Outgoing) -> list[bytes]:
    """Returns To and Cc: all who got it, save those of whom the others are not told (RFC 5322 section 3.6.3)."""
    if not message.everybody:
        return [mailbox("To", addr_spec(message.to.value, "To"), message.to_name)]
    fields = [mailboxes("To", _people("To", message.everybody))]
    if message.cc:
        fields.append(mailboxes("Cc", _people("Cc", message.cc)))
    return fields


def _people(field: str, parties: Sequence[Party]) -> list[tuple[str, str]]:
    return [(addr_spec(party.identity.value, field), party.display_name) for party in parties]


@lru_cache(maxsize=16)
def _date(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))


def _angled(message_id: str, field: str) -> str:
    bare = message_id.strip().removeprefix("<").removesuffix(">")
    if not _MESSAGE_ID.match(bare):
        raise Refused(f"{message_id!r} is no message id for {field}.", field=field)
    return f"<{bare}>"


def _bounded(message: Outgoing) -> Sequence[str]:
    """Returns the first and the newest references of a long thread (RFC 5322 3.6.4 sets no limit; readers do)."""
    references = message.references
    return references if len(references) <= MAX_REFERENCES else (references[0], *references[1 - MAX_REFERENCES :])


def _content(message: Outgoing) -> bytes:
    seed = f"{message.id}\0{message.message_id}\0{message.text}\0{message.html}".encode("utf-8", "replace")
    boundary = sha256(seed).hexdigest()[:24]
    inline = [each for each in message.attachments if each.inline and each.content_id and message.html]
    attached = [each for each in message.attachments if each not in inline]
    body = _text_part("html", message.html) if message.html else _text_part("plain", message.text)
    if inline:
        body = _multipart("related", f"r{boundary}", [body, *map(_attachment_part, inline)])
    if message.html and message.text:
        body = _multipart("alternative", f"a{boundary}", [_text_part("plain", message.text), body])
    if attached:
        body = _multipart("mixed", f"m{boundary}", [body, *map(_attachment_part, attached)])
    return body


def _multipart(kind: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    line = f"--{boundary}".encode()
    head = f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(line + b"\r\n" + part for part in parts) + line + b"--\r\n"


def _text_part(subtype: str, text: str) -> bytes:
    content = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").encode("utf-8", "replace")
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    encoding, encoded = _encode_text(content)
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + encoded


def _encode_text(content: bytes) -> tuple[str, bytes]:
    if _is_7bit(content):
        return "7bit", content
    quoted = b2a_qp(content, istext=True)
    if len(quoted) > len(content) * 4 // 3:
        return "base64", _base64_lines(content)
    return "quoted-printable", quoted


def _is_7bit(content: bytes) -> bool:
    """`content` has CRLF line ends."""
    return not content.translate(None, _PRINTABLE) and max(map(len, content.split(b"\r\n"))) <= MAX_7BIT_LINE


def _attachment_part(attachment: Attachment) -> bytes:
    if attachment.content is None:
        raise Refused(
            f'The attachment "{attachment.filename}" has not been fetched yet.',
            field="attachments",
            next_step="Send again once it is here.",
        )
    media_type = attachment.content_type.partition(";")[0].strip().lower()
    if not _MEDIA_TYPE.match(media_type) or media_type.startswith("multipart/"):
        media_type = "application/octet-stream"
    encoding, encoded = "base64", b""
    if media_type.startswith("message/"):
        # RFC 2046 5.2.1: a message part may not be encoded; where it needs that, it travels as plain bytes.
        content = attachment.content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").rstrip(b"\r\n") + b"\r\n"
        if _is_7bit(content):
            encoding, encoded = "7bit", content
        else:
            media_type = "application/octet-stream"
    disposition = "inline" if attachment.inline and attachment.content_id else "attachment"
    name = parameter("filename", attachment.filename) if attachment.filename else ""
    head = structured("Content-Type", media_type) + f"Content-Transfer-Encoding: {encoding}\r\n".encode()
    head += structured("Content-Disposition", disposition + name)
    if attachment.content_id:
        head += structured("Content-ID", _angled(attachment.content_id, "Content-ID"))
    return head + b"\r\n" + (encoded or _base64_lines(attachment.content))


def _base64_lines(content: bytes) -> bytes:
    encoded = b64encode(content)
    return b"".join(encoded[at : at + 76] + b"\r\n" for at in range(0, len(encoded), 76)) or b"\r\n"
