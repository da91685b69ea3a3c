"""Reads one e-mail: bytes in, a `Mail` out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email import message_from_bytes
from email.message import Message
from typing import Any

from channels.email_message.addresses import joined_names, mailboxes
from channels.email_message.automatic import is_auto_reply
from channels.email_message.body import Bodies, attachment, body_text, readable, sort_parts
from channels.email_message.bounce import BounceReport, read_bounce
from channels.email_message.bounce.signs import HeaderSigns
from channels.email_message.dates import read_date
from channels.email_message.headers import Defects, decode_header, fields, one_line, unfold, visible
from channels.email_message.html_text import html_to_text
from channels.email_message.limits import DEPTH, Shape, look, refuse_hopeless
from channels.email_message.mail import Mail, Mailbox
from channels.email_message.mending import prepared
from channels.email_message.structure import parse, tree
from channels.email_message.unanswerable import by_headers
from channels.email_message.visible import newly_written
from hub.model.contact import Kind

_IN_BRACKETS = re.compile(r"<([^<>\s]{1,998})>")
_REFERENCES = 200
Header = Mapping[str, Sequence[str]]


def read_mail(raw: bytes, shape: Shape | None = None) -> Mail:
    """Reads any bytes as an e-mail. Raises Unreadable only for what is built to stop a reader (limits.py).

    `shape`: what `look` found, where it was asked before.
    """
    shape = shape or look(raw)
    refuse_hopeless(shape)
    defects: Defects = set()
    mended = prepared(raw, defects)
    message = parse(mended)
    if message.defects:
        defects.update(_code(kind) for kind in {type(defect) for defect in message.defects})
    header = fields(message)
    root = tree(message, defects)
    bodies = sort_parts(root)
    sources = {
        id(leaf): body_text(leaf, defects) for leaf in {id(leaf): leaf for leaf in bodies.texts + bodies.htmls}.values()
    }
    plain = "\n".join(sources[id(leaf)] for leaf in bodies.texts if leaf.content_type != "text/html")
    html = "\n".join(sources[id(leaf)] for leaf in bodies.htmls if leaf.content_type == "text/html")
    text = "\n".join(readable(leaf, sources[id(leaf)]) for leaf in bodies.texts)
    if not text.strip() and html:
        text = html_to_text(html)  # an empty plain part beside a full HTML one
    reply = newly_written(text, html)
    attachments = tuple(attachment(leaf, inline, defects) for leaf, inline in bodies.files)
    charset = _charset_hint(bodies)
    subject = decode_header(_first(header, "subject"), defects, charset=charset)
    author = header.get("from", ())[:1] or header.get("sender", ())[:1]
    from_ = joined_names(mailboxes(author, defects, charset=charset))
    if len(header.get("from", ())) > 1:
        defects.add("duplicate_from")
    bounces = _bounces(mended, shape, message, defects)
    return Mail(
        message_id=_id(_first(header, "message-id") or _first(header, "message-id:"), defects),
        in_reply_to=_answered(_first(header, "in-reply-to"), defects),
        references=_references(header, defects),
        from_=from_,
        to=_mailboxes(header, "to", defects, charset),
        cc=_mailboxes(header, "cc", defects, charset),
        reply_to=_mailboxes(header, "reply-to", defects, charset),
        return_path=_addr_spec(mailboxes(header.get("return-path", ())[:1], defects)),
        delivered_to=tuple(
            box.addr_spec
            for name in ("delivered-to", "x-original-to", "envelope-to")
            for box in mailboxes(header.get(name, ())[:10], defects)
            if box.addr_spec
        ),
        subject=subject,
        date=read_date(visible(unfold(_first(header, "date")))),
        text=text,
        plain=plain,
        html=html,
        visible_text=reply.visible_text,
        quoted_text=reply.quoted_text or reply.forwarded_text,
        signature=reply.signature,
        forwarded_text=reply.forwarded_text,
        attachments=attachments,
        kind=_kind(bounces, header, subject),
        bounces=bounces,
        authentication_results=tuple(unfold(value) for value in header.get("authentication-results", ())[:20]),
        auto_submitted=one_line(_first(header, "auto-submitted").lower(), defects)[:100],
        precedence=one_line(_first(header, "precedence").lower(), defects)[:100],
        list_id=decode_header(_first(header, "list-id"), defects)[:300],
        unanswerable=by_headers(header),
        language=_language(header),
        # Last: what stands above adds to them.
        defects=tuple(sorted(defects)),
        hostile_headers="header_injection" in defects,
    )


def _kind(bounces: BounceReport | None, header: Header, subject: str) -> Kind:
    if bounces is not None:
        return Kind.FEEDBACK if bounces.kind == "feedback" else Kind.BOUNCE
    from_list = "list-id" in header or "list-post" in header or "list-unsubscribe" in header
    return Kind.AUTO_REPLY if is_auto_reply(header, subject, from_list=from_list) else Kind.MESSAGE


def _bounces(raw: bytes, shape: Shape, message: Message[Any, Any], defects: Defects) -> BounceReport | None:
    """Asks the bounce reader, with the parts of attached mails parsed too, where anything hints at a report."""
    # Not every mail is parsed twice: a report has the headers of one, or carries message/* parts.
    if shape.multiparts > DEPTH or not (HeaderSigns(message).weight or b"message/" in raw or b"report" in raw):
        return None
    try:
        return read_bounce(message_from_bytes(raw), raw)
    except RecursionError:
        defects.add("too_deep")
        return None


def _first(header: Header, name: str) -> str:
    values = header.get(name)
    return values[0] if values else ""


def _mailboxes(header: Header, name: str, defects: Defects, charset: str) -> tuple[Mailbox, ...]:
    return mailboxes(header.get(name, ())[:50], defects, charset=charset)


def _addr_spec(found: Sequence[Mailbox]) -> str:
    return found[0].addr_spec if found else ""


def _id(value: str, defects: Defects) -> str:
    found = _IN_BRACKETS.search(unfold(value))
    return one_line(found[1] if found else decode_header(value, defects).strip("<> "), defects)[:998]


def _answered(value: str, defects: Defects) -> str:
    """The id of In-Reply-To; old programs write prose before it, with addresses in brackets (RFC 822 phrase)."""
    value = unfold(value)
    found = _IN_BRACKETS.findall(value)
    if not found:
        return _id(value, defects) if "@" in value and " " not in value else ""
    return one_line(found[0] if value.startswith("<") else found[-1], defects)


def _references(header: Header, defects: Defects) -> tuple[str, ...]:
    value = unfold(" ".join(header.get("references", ())))
    found = _IN_BRACKETS.findall(value) or [word.strip("<>,") for word in value.split() if "@" in word]
    ids = list(dict.fromkeys(one_line(word, defects)[:998] for word in found))
    return tuple(ids if len(ids) <= _REFERENCES else ids[:1] + ids[1 - _REFERENCES :])


def _charset_hint(bodies: Bodies) -> str:
    return next((charset for leaf in bodies.texts if (charset := leaf.type_parameters[1].get("charset", ""))), "")


def _language(header: Header) -> str:
    value = _first(header, "content-language").partition(",")[0].strip()
    return value if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value) else ""


def _code(kind: type[object]) -> str:
    """The standard library's defect as a code: `StartBoundaryNotFoundDefect` -> `start_boundary_not_found`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__.removesuffix("Defect")).lower()
