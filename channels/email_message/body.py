"""Which parts are the body and which are attachments (RFC 8621 4.1.4, the algorithm of JMAP)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from channels.email_message.charset import clean_text, decode
from channels.email_message.headers import Defects, decode_header
from channels.email_message.html_text import html_to_text
from channels.email_message.limits import header_end
from channels.email_message.mail import Part
from channels.email_message.params import file_label
from channels.email_message.structure import Leaf, Multipart
from channels.email_message.transfer import unflow
from channels.email_message.uuencoded import split_uuencoded

_BODIES = ("text/plain", "text/html")
_MARKED_UP = ("text/enriched", "text/richtext")
_MEDIA = ("image/", "audio/", "video/")
_ENRICHED = re.compile(r"<<|<param>[^<]{0,500}</param>|</?[A-Za-z0-9-]{1,60}>", re.IGNORECASE)
_LINE_ENDS = re.compile(r"\n+")
_META_CHARSET_REACH = 1024
_SUBJECT = re.compile(rb"(?im)^subject[ \t]*:[ \t]*([^\r\n]{0,900}(?:\r?\n[ \t][^\r\n]{0,900}){0,9})")


@dataclass
class Bodies:
    """The parts of a mail sorted: text to read, HTML to show, files to keep."""

    texts: list[Leaf] = field(default_factory=list)
    htmls: list[Leaf] = field(default_factory=list)
    files: list[tuple[Leaf, bool]] = field(default_factory=list)


def sort_parts(root: Leaf | Multipart) -> Bodies:
    """Sorts the parts of a mail into texts, HTML and attachments, as RFC 2046 section 5.1 means them."""
    bodies = _sorted(root)
    for number, leaf in enumerate(bodies.texts):
        text, within = split_uuencoded(leaf)
        if within:
            bodies.texts[number] = text
            bodies.htmls = [text if html is leaf else html for html in bodies.htmls]
            bodies.files.extend((file, False) for file in within)
    return bodies


def _sorted(root: Leaf | Multipart) -> Bodies:
    bodies = Bodies()
    if isinstance(root, Leaf) and root.content_type.startswith("text/") and root.disposition[0] != "attachment":
        # A mail that is one text of any kind is read as text, whatever its subtype.
        (bodies.htmls if root.content_type == "text/html" else bodies.texts).append(root)
        if root.content_type == "text/html":
            bodies.texts.append(root)
        elif root.content_type not in (*_BODIES, *_MARKED_UP):
            bodies.files.append((root, False))
        return bodies
    if isinstance(root, Leaf) and root.content_type.startswith("multipart/"):
        # A multipart in which no part was found: what a person would read is all of it.
        bodies.texts.extend([root] if root.message.sent_bytes().strip() else [])
        return bodies
    top = root if isinstance(root, Multipart) else Multipart("mixed", (root,))
    _sort(top, bodies, bodies.texts, bodies.htmls, in_alternative=top.subtype == "alternative")
    if not bodies.texts and not bodies.htmls:
        _promote(bodies)
    return bodies


def _promote(bodies: Bodies) -> None:
    """Takes the first unnamed text among the files as the body: a multipart/related may begin with its image."""
    for number, (leaf, _) in enumerate(bodies.files):
        if leaf.content_type in _BODIES and leaf.disposition[0] != "attachment" and not leaf.sent_name:
            del bodies.files[number]
            bodies.texts.append(leaf)
            bodies.htmls.extend([leaf] if leaf.content_type == "text/html" else [])
            return


def _sort(
    parent: Multipart, bodies: Bodies, texts: list[Leaf] | None, htmls: list[Leaf] | None, *, in_alternative: bool
) -> None:
    texts_before, htmls_before = len(texts or ()), len(htmls or ())
    for index, part in enumerate(parent.children):
        if isinstance(part, Multipart):
            inner = in_alternative or part.subtype == "alternative"
            _sort(part, bodies, texts, htmls, in_alternative=inner)
            continue
        kind = part.content_type
        if not _is_inline_body(part, parent.subtype, index):
            bodies.files.append((part, _is_shown(part, parent.subtype)))
        elif kind in _BODIES and parent.subtype == "alternative":
            wanted = texts if kind == "text/plain" else htmls
            if wanted is not None:
                wanted.append(part)
        elif kind in _BODIES:
            if in_alternative:
                texts, htmls = (texts, None) if kind == "text/plain" else (None, htmls)
            if texts is not None:
                texts.append(part)
            if htmls is not None:
                htmls.append(part)
        else:
            bodies.files.append((part, _is_shown(part, parent.subtype)))
    if parent.subtype == "alternative" and bodies.texts is texts and bodies.htmls is htmls and texts is not None:
        assert htmls is not None
        if len(texts) == texts_before and len(htmls) != htmls_before:
            texts.extend(htmls[htmls_before:])
        elif len(htmls) == htmls_before and len(texts) != texts_before:
            htmls.extend(texts[texts_before:])


def _is_inline_body(part: Leaf, parent_subtype: str, index: int) -> bool:
    kind = part.content_type
    if part.disposition[0] == "attachment" or not (kind in _BODIES or kind.startswith(_MEDIA)):
        return False
    return index == 0 or (parent_subtype != "related" and (kind.startswith(_MEDIA) or not part.sent_name))


def _is_shown(part: Leaf, parent_subtype: str) -> bool:
    return part.disposition[0] != "attachment" and bool(part.first("content-id") or parent_subtype == "related")


def body_text(leaf: Leaf, defects: Defects) -> str:
    """Returns a body part as its text (or HTML source), decoded by the charset ladder."""
    data = leaf.content(defects)
    found = leaf.type_parameters[1]
    label = found.get("charset", "")
    if not label and leaf.content_type == "text/html":
        label = _meta_charset(data[:_META_CHARSET_REACH])
    text, defect = decode(data, label)
    if defect:
        defects.add(defect)
    if leaf.content_type == "text/plain" and found.get("format", "").strip().lower() == "flowed":
        text = unflow(text, found.get("delsp", "").strip().lower() == "yes")
    return text


def readable(leaf: Leaf, source: str) -> str:
    """Returns the words of a text part without its markup (HTML, or text/enriched of RFC 1896)."""
    if leaf.content_type in _MARKED_UP:
        return _enriched(source)
    return html_to_text(source) if leaf.content_type == "text/html" else source


def _enriched(source: str) -> str:
    """Drops the commands of text/enriched (RFC 1896): `<bold>`, `<param>...</param>`; `<<` is a literal `<`."""
    kept = _ENRICHED.sub(lambda found: "<" if found[0] == "<<" else "", source)
    # A single line end is a space there, n of them n - 1.
    return _LINE_ENDS.sub(lambda found: "\n" * (len(found[0]) - 1) or " ", kept).strip()


def attachment(leaf: Leaf, inline: bool, defects: Defects) -> Part:
    """Returns a part as an attachment with its bytes and a label that is safe to show."""
    content = leaf.content(defects)
    content_id = clean_text(leaf.first("content-id")).strip().strip("<>").strip()
    return Part(
        filename=file_label(leaf.sent_name or _own_name(leaf, content), defects),
        content_type=leaf.content_type[:200],
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        content_id=" ".join(content_id.encode("ascii", "ignore").decode().split())[:300],
        inline=inline,
    )


def _own_name(leaf: Leaf, content: bytes) -> str:
    """A name for what came without one: an attached mail's subject, Outlook's winmail.dat (MS-OXTNEF)."""
    if leaf.content_type == "application/ms-tnef":
        return "winmail.dat"
    if leaf.content_type != "message/rfc822":
        return ""
    subject = _SUBJECT.search(content[: header_end(content)])
    text = subject[1].decode("utf-8", "surrogateescape") if subject else ""
    name = decode_header(text, set()).replace("/", "-").replace("\\", "-").strip()
    return f"{name[:100]}.eml" if name else ""


def _meta_charset(head: bytes) -> str:
    _, found, rest = head.lower().partition(b"charset=")
    label = rest.lstrip(b"\"' ")[:40].decode("ascii", "ignore") if found else ""
    return label.split('"')[0].split("'")[0].split(">")[0].split(";")[0].split("/")[0].strip()
