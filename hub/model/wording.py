"""Wording: what staff wrote for a template becomes the faces that messages are rendered from.

`[[opening_hours]]` stands for a snippet, a piece that several templates share; a mail written in blocks becomes HTML
and plain text. Fields in {{ }} stay, to be filled in for each customer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from hub.model.errors import Refused
from hub.model.letters import html_of, text_of

BLOCKS = "blocks"
SNIPPET = re.compile(r"\[\[([a-z][a-z0-9_]{0,59})\]\]")
_PICTURE = re.compile(r"!\[[^\[\]]*\]\((?!https?:)([^()\s]+)[^()]*\)", re.IGNORECASE)
# A face as HTML takes the words of a snippet as words.
_MARKED_UP = "html"
_FIELD = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})", re.DOTALL)


def snippets_in(faces: Mapping[str, str]) -> list[str]:
    """Returns the names of the snippets that faces show, each once."""
    return list(dict.fromkeys(name for source in faces.values() for name in SNIPPET.findall(source)))


def spelled(
    faces: Mapping[str, str], texts: Mapping[str, str] | None = None, pictures: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Returns the faces to render from. `texts`: of snippets by name; `pictures`: Content-ID by file name.

    Without them snippets and pictures stay as they are named. Raises Refused for a snippet or picture that is not
    there, and for blocks that cannot be read.
    """
    if faces.get(BLOCKS, "").strip() and faces.get("html", "").strip():
        raise Refused(
            "The mail is written both in blocks and as HTML.",
            field="html",
            next_step="Keep one of them, empty the other.",
        )
    said = {face: _with_snippets(face, source, texts) for face, source in faces.items()}
    blocks = said.pop(BLOCKS, "")
    if not blocks.strip():
        return said
    made = {"html": html_of(blocks, pictures)}
    if not said.get("text", "").strip():
        made["text"] = text_of(blocks)
    return {**said, **made}


def pictures_in(faces: Mapping[str, str]) -> list[str]:
    """Returns the file names of the pictures that a mail in blocks shows, each once."""
    return list(dict.fromkeys(_PICTURE.findall(faces.get(BLOCKS, ""))))


def pictures_of(source: str, names: Mapping[str, str]) -> frozenset[str]:
    """Returns which of the files, by name, a mail's HTML shows in its text; `names`: their Content-IDs."""
    return frozenset(name for name, content_id in names.items() if f"cid:{content_id}" in source)


def _with_snippets(face: str, source: str, texts: Mapping[str, str] | None) -> str:
    if texts is None:
        return source

    def put(found: re.Match[str]) -> str:
        if found[1] not in texts:
            raise Refused(
                f"There is no snippet {found[1]!r}.",
                field=face,
                next_step="Write it first, under Templates, Snippets; or correct the name.",
            )
        return _escaped(texts[found[1]]) if face == _MARKED_UP else texts[found[1]].strip("\n")

    return SNIPPET.sub(put, source)


def _escaped(text: str) -> str:
    """Returns a text as HTML, its fields untouched: quotes within them are not words."""
    pieces = _FIELD.split(text.strip("\n"))
    return "".join(piece if at % 2 else escape(piece).replace("\n", "<br>\n") for at, piece in enumerate(pieces))
