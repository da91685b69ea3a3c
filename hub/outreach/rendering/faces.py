"""Faces: one message as mail (subject, HTML, text), as a text and as speech."""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from jinja2 import TemplateError

from hub.model.errors import Refused, TooLarge
from hub.model.value import value
from hub.outreach.rendering.environment import compiled
from hub.outreach.rendering.with_texts import addresses, content_sid, variables

# The name of each face is that of its file without the last ending: email.subject.txt, email.html, email.txt, ...
FACES = {
    "subject": "email.subject.txt",
    # What the HTML and the text are made from, where staff writes in blocks (hub.model.letters).
    "blocks": "email.blocks.txt",
    "html": "email.html",
    "text": "email.txt",
    "sms": "sms.txt",
    # The wording that WhatsApp approved for what the text says (hub.outreach.rendering.approved).
    "content_sid": "whatsapp.content.txt",
    "content_variables": "whatsapp.variables.txt",
    # Pictures and files that go with the text: the address of each on a line.
    "media": "sms.media.txt",
    "voice": "voice.txt",
    # Words that say yes or no to this reminder besides the usual ones (hub.model.reminder_answers).
    "confirmed": "answer.confirmed.txt",
    "declined": "answer.declined.txt",
}
LARGEST_OUTPUT = 256 * 1024
_SHOWN = re.compile(r"(?i)<(?:br|hr|/p|/div|/h[1-6]|/tr|/li|/ul|/ol|/table|/blockquote)\b[^>]*>")
_CELL = re.compile(r"(?i)</t[dh]\s*>")
_ITEM = re.compile(r"(?i)<li\b[^>]*>")
_PICTURE = re.compile(r"""(?is)<img\b[^>]*?\balt\s*=\s*(?:"([^"]*)"|'([^']*)')[^>]*>""")
_HIDDEN = re.compile(r"(?is)<(style|script|head|title)\b.*?</\1\s*>|<!--.*?-->")
_LINK = re.compile(r"""(?is)<a\b[^>]*?\bhref\s*=\s*(?:"([^"]+)"|'([^']+)')[^>]*>(.*?)</a\s*>""")
_REACHED = re.compile(r"(?i)(?:mailto|tel|sms):([^?]*)")
_TAG = re.compile(r"<[^>]*>")


@value()
class Rendered:
    """A message as one recipient gets it in one medium.

    `approved`: the provider's name of a wording that WhatsApp approved, filled with `variables`; `media`: addresses of
    files that go with a text.
    """

    subject: str = ""
    text: str = ""
    html: str = ""
    approved: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    media: tuple[str, ...] = ()


def render(faces: Mapping[str, str], medium: str, values: Mapping[str, Any]) -> Rendered:
    """Fills in the faces of a medium. Raises Refused where there is no such face, or a value is missing."""
    if medium == "email":
        page = _face(faces, "html", values) if faces.get("html") else ""
        text = _face(faces, "text", values) if faces.get("text") else text_of(page)
        # A value must not start another header line.
        subject = " ".join(_face(faces, "subject", values).split())
        return Rendered(subject=subject, text=text, html=page)
    if medium == "call":
        return Rendered(text=_face(faces, "voice", values).strip())
    media = addresses(_face(faces, "media", values)) if faces.get("media") else ()
    text = _face(faces, "sms", values).strip()
    if medium != "whatsapp" or not faces.get("content_sid"):
        return Rendered(text=text, media=media[:1] if medium == "whatsapp" else media)
    named = _face(faces, "content_variables", values) if faces.get("content_variables") else ""
    return Rendered(text=text, approved=content_sid(faces["content_sid"]), variables=variables(named))


def _face(faces: Mapping[str, str], name: str, values: Mapping[str, Any]) -> str:
    source = faces.get(name)
    if not source:
        raise Refused(f"The template has no {FACES[name]}.", field=name, next_step="Write it, or use another channel.")
    try:
        return _bounded(compiled(source, html=name == "html").generate(values), name)
    except (
        TemplateError,
        ArithmeticError,
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        RecursionError,
    ) as error:
        raise Refused(f"{name}: {error}.", field=name) from error


def _bounded(pieces: Any, name: str) -> str:
    written: list[str] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > LARGEST_OUTPUT:
            raise TooLarge(f"{name}: the message is longer than {LARGEST_OUTPUT // 1024} KB.", field=name)
        written.append(piece)
    return "".join(written)


def text_of(page: str) -> str:
    """Returns a simple text for mail programs that show no HTML; links keep their addresses, pictures their words."""
    text = _PICTURE.sub(lambda picture: picture[1] or picture[2] or "", _HIDDEN.sub(" ", page))
    text = re.sub(r"\s+", " ", _LINK.sub(_with_address, text))
    text = _SHOWN.sub("\n", _ITEM.sub("- ", _CELL.sub(" ", text)))
    lines = [" ".join(line.split()) for line in html_entities.unescape(_TAG.sub("", text)).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n" if text.strip() else ""


def _with_address(link: re.Match[str]) -> str:
    address, words = link[1] or link[2], " ".join(_TAG.sub("", link[3]).split())
    reached = _REACHED.match(address)
    shown = reached[1] if reached else address
    if not words:
        return shown
    return words if shown in words or address.startswith("#") else f"{words} ({shown})"
