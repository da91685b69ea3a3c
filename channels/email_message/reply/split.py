"""Parts the text of a mail: what its author newly wrote, what is quoted, signed, forwarded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from channels.email_message.reply.attribution import mark_attributions
from channels.email_message.reply.layout import Role, assign_roles, unmarked_quote
from channels.email_message.reply.lines import Kind, classify, is_quoted, to_lines, unquote
from channels.email_message.reply.markers import Embedded, Marker, find_embedded, marker_of, prompts_in


@dataclass(frozen=True, slots=True)
class Reply:
    """The parts of a mail's text, each with its lines as they were.

    `visible_text` is what the author newly wrote; where answers stand between quotes, the quotes stay too, with their
    marks (`own_text` is without them). An older mail under a block of headers is in `quoted_text`, a forwarded one in
    `forwarded_text`, from its first header on; Outlook writes the same block for both, so what only such a block
    announces is in both.
    """

    visible_text: str
    quoted_text: str
    signature: str
    forwarded_text: str

    @property
    def own_text(self) -> str:
        """The visible text without quoted lines."""
        return _trimmed(line for line in self.visible_text.split("\n") if not is_quoted(line))


def split_reply(text: str) -> Reply:
    """Parts the text of a mail, in time linear in its length; never raises.

    Nothing is hidden where nothing else is left: a mail that is all quote shows it, one forwarded without a word its
    body.
    """
    lines = to_lines(text)
    kinds = classify(lines)
    opening, embedded = _embedded_mails(lines, kinds)
    end = embedded.start if embedded else len(lines)
    mark_attributions(lines, kinds, end)
    stop = unmarked_quote(lines, kinds, end)
    roles = assign_roles(lines, kinds, stop)

    visible = _lines_of(lines, roles, Role.OWN, stop)
    signature = _lines_of(lines, roles, Role.SIGNED, stop)
    forwarded = _forwarded_in_quotes(lines, kinds, roles, stop)
    quoted = _trimmed(
        [*lines[stop:end]] if forwarded else [_lines_of(lines, roles, Role.QUOTED, stop), *lines[stop:end]]
    )
    answered = any(kinds[i] is Kind.QUOTE and role is Role.QUOTED for i, role in roles.items())
    if opening is not None and not (answered and visible):
        # Nothing of it is the author's, so all of it is the older mail.
        embedded, quoted = opening, ""
    if embedded is not None:
        older = _trimmed(lines[embedded.mail :])
        ambiguous = embedded.headed and embedded.marker is None
        forwarded = older if embedded.forwards or ambiguous else forwarded
        quoted = quoted if embedded.forwards else _trimmed([quoted, older])
    if not visible and not signature:
        visible = _trimmed(lines[i] for i in range(stop) if kinds[i] in (Kind.QUOTE, Kind.BLANK)) or _trimmed(lines)
    return Reply(visible, quoted, signature, forwarded)


def _embedded_mails(lines: Sequence[str], kinds: list[Kind]) -> tuple[Embedded | None, Embedded | None]:
    """The older mail that opens the text, and the older mail under the author's text.

    Headers with nothing above them belong to a mail that was forwarded without a word or is answered below: they are
    marked as its attribution, and what follows them is read on.
    """
    prompts = prompts_in("\n".join(lines))
    opening: Embedded | None = None
    start = 0
    while True:
        found = find_embedded(lines, kinds, prompts, start)
        if found is None or any(kinds[i] is Kind.TEXT for i in range(start, found.start)):
            return opening, found
        kinds[found.start : found.body] = [Kind.ATTRIBUTION] * (found.body - found.start)
        if found.marker is not Marker.ABOVE:
            opening = opening or found
        start = found.body


def _lines_of(lines: Sequence[str], roles: dict[int, Role], role: Role, stop: int) -> str:
    # A blank line goes with the line above it.
    chosen: list[str] = []
    here = False
    for i in range(stop):
        here = roles[i] is role if i in roles else here
        if here:
            chosen.append(lines[i])
    return _trimmed(chosen)


def _forwarded_in_quotes(lines: Sequence[str], kinds: Sequence[Kind], roles: dict[int, Role], stop: int) -> str:
    # Apple Mail quotes what it forwards, its own `Begin forwarded message:` included.
    first = next((i for i in range(stop) if kinds[i] is Kind.QUOTE and roles[i] is Role.QUOTED), None)
    if first is None:
        return ""
    while first < stop and not unquote(lines[first]).strip():
        first += 1
    if first == stop or marker_of(unquote(lines[first])) is not Marker.FORWARDED:
        return ""
    return _trimmed(unquote(line) for line in lines[first + 1 : stop])


def _trimmed(lines: Iterable[str]) -> str:
    kept = list(lines)
    first, last = 0, len(kept)
    while first < last and not kept[first].strip():
        first += 1
    while last > first and not kept[last - 1].strip():
        last -= 1
    return "\n".join(kept[first:last])
