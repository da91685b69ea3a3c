"""Skeletons: what all messages of a run have in common, rendered once; what differs is put into its gaps.

A template that shows a customer's values as they are, with no condition, loop or filter on them, says the same to all
but for these words: a run of 100,000 renders it once and joins strings. Any other template, and any value that would be
written differently (an empty one, a number, one with a line break), is rendered in full; the result is the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import TemplateError, nodes
from markupsafe import escape

from hub.model.errors import HubError
from hub.outreach.rendering.environment import environment
from hub.outreach.rendering.faces import LARGEST_OUTPUT, Rendered, render

Path = tuple[str, ...]
Pieces = tuple[str | int, ...]
_URL: Path = ("unsubscribe_url",)
# What differs from one message of a run to the next.
_VARYING = frozenset({"customer", "offer", "advice", "unsubscribe_url"})
# Private use (Unicode 23.5): no white space, no letters, nothing that HTML or a fold would change.
_MARK = re.compile("\ue000([\ue100-\ue1ff])\ue001")
_MOST = 0x100
# Text that is taken from HTML has its entities resolved: one that begins before a gap might end in it.
_OPEN_ENTITY = re.compile("&[#\\w]*\ue000")


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A rendered message in pieces, each the words of all or the number of a gap.

    `values`: of the message that it was made of; they are those of all, but for what differs.
    """

    values: Mapping[str, Any]
    gaps: tuple[Path, ...]
    subject: Pieces
    text: Pieces
    html: Pieces

    def words(self, values: Mapping[str, Any]) -> list[str] | None:
        """Returns what goes into each gap of the message with these values; None where it must be rendered in full."""
        found = [_value(values, path) for path in self.gaps]
        return (
            found if all(isinstance(word, str) and word and " ".join(word.split()) == word for word in found) else None
        )

    def fill(self, values: Mapping[str, Any]) -> Rendered | None:
        """Returns the message with these values; None where they must be rendered in full."""
        words = self.words(values)
        if words is None:
            return None
        escaped = [str(escape(word)) for word in words] if self.html else words
        return Rendered(_joined(self.subject, words), self.text_with(words), _joined(self.html, escaped))

    def text_with(self, words: Sequence[str]) -> str:
        """Returns the text alone, with these words in its gaps."""
        return _joined(self.text, words)


def skeleton_of(
    faces: Mapping[str, str], medium: str, values: Mapping[str, Any], finish: Callable[[Rendered, str], Rendered]
) -> Skeleton | None:
    """Returns what these faces say to everybody; None where it depends on more than the words in its gaps.

    `values`: of any message, `finish`: what is done to each once it is rendered, with its link to leave.
    """
    names = ("subject", "html", "text") if medium == "email" else ("sms",)
    if medium != "email" and (faces.get("media") or faces.get("content_sid")):
        return None
    gaps = [_URL]
    for name in names:
        found = _gaps(faces.get(name) or "", html=name == "html")
        if found is None:
            return None
        gaps += found
    paths = tuple(dict.fromkeys(gaps))
    if len(paths) > _MOST:
        return None
    marked: dict[str, Any] = {**values, "customer": {}, "offer": {}, "advice": {}}
    for number, path in enumerate(paths):
        inner = marked
        for step in path[:-1]:
            inner = inner.setdefault(step, {})
        inner[path[-1]] = f"\ue000{chr(0xE100 + number)}\ue001"
    try:
        rendered = finish(render(faces, medium, marked), marked["unsubscribe_url"])
    except HubError:
        return None  # each message tells for itself what is wrong
    if _OPEN_ENTITY.search(rendered.html) or len(rendered.html) + len(rendered.text) > LARGEST_OUTPUT // 2:
        return None
    return Skeleton(values, paths, _pieces(rendered.subject), _pieces(rendered.text), _pieces(rendered.html))


@lru_cache(maxsize=512)
def _gaps(source: str, *, html: bool) -> tuple[Path, ...] | None:
    """Returns the varying values that a face shows as they are; None where it does anything else with them."""
    if "\ue000" in source:
        return None
    try:
        tree = environment(html=html).parse(source)
    except (TemplateError, RecursionError):
        return None
    found: list[Path] = []
    return tuple(found) if _collect(tree, found) else None


def _collect(node: nodes.Node, found: list[Path]) -> bool:
    if isinstance(node, nodes.Template | nodes.If | nodes.For):
        return all(_collect(child, found) for child in node.iter_child_nodes())
    if not isinstance(node, nodes.Output):
        return not _varies(node)
    for shown in node.nodes:
        if not _varies(shown):
            continue
        path = _path(shown)
        if path is None:
            return False
        found.append(path)
    return True


def _varies(node: nodes.Node) -> bool:
    return any(name.name in _VARYING for name in (*node.find_all(nodes.Name), node) if isinstance(name, nodes.Name))


def _path(node: nodes.Node) -> Path | None:
    """Returns `customer.facts.size` as its steps; None for anything but such a path to one value."""
    steps: list[str] = []
    while isinstance(node, nodes.Getattr):
        steps.append(node.attr)
        node = node.node
    if not isinstance(node, nodes.Name) or (node.name != _URL[0]) != bool(steps):
        return None
    return (node.name, *reversed(steps))


def _value(values: Mapping[str, Any], path: Path) -> Any:
    found: Any = values
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _pieces(rendered: str) -> Pieces:
    return tuple(ord(piece) - 0xE100 if at % 2 else piece for at, piece in enumerate(_MARK.split(rendered)))


def _joined(pieces: Pieces, words: Sequence[str]) -> str:
    return "".join([piece if isinstance(piece, str) else words[piece] for piece in pieces])
