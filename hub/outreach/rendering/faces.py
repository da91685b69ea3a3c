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
_SHOWN = re.compile(r"(?i)<(br|/p|/div|/h[1-6]|/tr|/li)\b[^>]*>")
_HIDDEN = re.compile(r"(?is)<(style|script|head|title)\b.*?</\1\s*>|<!--.*?-->")
_LINK = re.compile(r"""(?is)<a\b[^>]*?\bhref\s*=\s*["']([^"']+)["'][^>]*>(.*?)</a\s*>""")
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
    """Returns a simple text for mail programs that show no HTML; a link keeps its address."""
    text = _HIDDEN.sub(" ", page)
    text = _LINK.sub(lambda link: f"{link[2]} ({link[1]})" if link[1] not in link[2] else link[2], text)
    text = re.sub(r"\s+", " ", text)
    text = html_entities.unescape(_TAG.sub("", _SHOWN.sub("\n", text)))
    lines = [line.strip() for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n" if text.strip() else ""
