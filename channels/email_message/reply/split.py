"""Parts the text of a mail: what its author newly wrote, what is quoted, signed, forwarded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from channels.email_message.reply.attribution import mark_attributions
from channels.email_message.reply.headers import Headers
from channels.email_message.reply.layout import OWN, QUOTED, SIGNED, Role, assign_roles, unmarked_quote
from channels.email_message.reply.lines import (
    ATTRIBUTION,
    BLANK,
    QUOTE,
    TEXT,
    Kind,
    classify,
    find_rules,
    folded,
    is_blank,
    is_quoted,
    told,
    unquote,
    with_newlines,
)
from channels.email_message.reply.markers import Embedded, Marker, find_embedded, marker_of, openings, prompts_in

# Nobody writes so many lines; of a longer text those between its head and its end go where the line above them goes.
_HEAD, _END = 2_000, 500


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


@dataclass(frozen=True, slots=True)
class _Survey:
    """What a look at each line tells: the lines as they were and as phrases are compared, and the older mails."""

    lines: list[str]
    told_text: str
    told_lines: list[str]
    kinds: list[Kind]
    rules: frozenset[int]
    opening: Embedded | None
    embedded: Embedded | None

    @classmethod
    def of(cls, text: str) -> _Survey:
        lines = _looked_at(text)
        kinds = classify(text, lines)
        texts = [i for i, kind in enumerate(kinds) if kind is TEXT]
        rules = find_rules(lines, texts)
        told_text = told(text)
        told_lines = _looked_at(told_text)
        # The prompts of ticketing systems are looked for as they were sent.
        prompts = prompts_in(told_text if text.isascii() else folded(text))
        found = _embedded_mails(lines, kinds, openings(told_lines, texts, rules, prompts), prompts)
        return cls(lines, told_text, told_lines, kinds, rules, *found)


def may_be_forwarded(text: str) -> bool:
    """Whether `split_reply` might find a forwarded mail in the text: a third of the time, and rather too often yes."""
    seen = _Survey.of(with_newlines(text))
    return bool(seen.opening or seen.embedded) or any(
        kind is QUOTE and marker_of(unquote(line)) is Marker.FORWARDED
        for line, kind in zip(seen.lines, seen.kinds, strict=True)
    )


def split_reply(text: str) -> Reply:
    """Parts the text of a mail, in time linear in its length; never raises.

    Nothing is hidden where nothing else is left: a mail that is all quote shows it, one forwarded without a word its
    body.
    """
    text = with_newlines(text)
    seen = _Survey.of(text)
    lines, kinds, opening, embedded = seen.lines, seen.kinds, seen.opening, seen.embedded
    end = embedded.start if embedded else len(lines)
    mark_attributions(lines, seen.told_text, seen.told_lines, kinds, seen.rules, end)
    stop = unmarked_quote(lines, kinds, end)
    roles = assign_roles(lines, seen.told_lines, kinds, seen.rules, stop)

    visible = _lines_of(lines, roles, OWN)
    signature = _lines_of(lines, roles, SIGNED)
    forwarded = _forwarded_in_quotes(lines, kinds, roles, stop)
    quoted = _trimmed([*lines[stop:end]] if forwarded else [_lines_of(lines, roles, QUOTED), *lines[stop:end]])
    answered = (QUOTE, QUOTED) in zip(kinds, roles, strict=False)
    if opening is not None and not (answered and visible):
        # Nothing of it is the author's, so all of it is the older mail.
        embedded, quoted = opening, ""
    if embedded is not None:
        older = _trimmed(lines[embedded.mail :])
        ambiguous = embedded.headed and embedded.marker is None
        forwarded = older if embedded.forwards or ambiguous else forwarded
        quoted = quoted if embedded.forwards else _trimmed([quoted, older])
    if not visible and not signature:
        visible = (
            _trimmed(lines[i] for i in range(stop) if kinds[i] in (QUOTE, BLANK)) or _trimmed(lines) or text.strip()
        )
    return Reply(visible, quoted, signature, forwarded)


def _looked_at(text: str) -> list[str]:
    lines = text.split("\n")
    if len(lines) > _HEAD + _END:
        lines[_HEAD:-_END] = ["\n".join(lines[_HEAD:-_END])]
    return lines


def _embedded_mails(
    lines: Sequence[str], kinds: list[Kind], candidates: Iterable[int], prompts: Sequence[str]
) -> tuple[Embedded | None, Embedded | None]:
    """The older mail that opens the text, and the older mail under the author's text.

    Headers with nothing above them belong to a mail that was forwarded without a word or is answered below: they are
    marked as its attribution, and what follows them is read on. So are headers over quoted lines, as Outlook Express
    wrote them: between those lines stand answers.
    """
    candidates = iter(candidates)
    headers = Headers(lines)
    opening: Embedded | None = None
    start = 0
    while True:
        # The candidates go on where the last search ended; lines marked since then are no text any more.
        found = find_embedded(lines, kinds, candidates, headers, prompts)
        if found is None:
            return opening, None
        if TEXT in kinds[start : found.start]:
            if not _quoted_below(kinds, found):
                return opening, found
            kinds[found.start : found.body] = [ATTRIBUTION] * (found.body - found.start)
            start = found.body
            continue
        kinds[found.start : found.body] = [ATTRIBUTION] * (found.body - found.start)
        if found.marker is not Marker.ABOVE:
            opening = opening or found
        start = found.body


def _quoted_below(kinds: Sequence[Kind], found: Embedded) -> bool:
    if found.forwards or found.marker is not Marker.ORIGINAL:
        return False
    return next((kind for kind in kinds[found.body : found.body + 4] if kind is not BLANK), None) is QUOTE


def _lines_of(lines: Sequence[str], roles: Sequence[Role | None], role: Role) -> str:
    return _trimmed([line for line, its in zip(lines, roles, strict=False) if its is role])


def _forwarded_in_quotes(lines: Sequence[str], kinds: Sequence[Kind], roles: Sequence[Role | None], stop: int) -> str:
    # Apple Mail quotes what it forwards, its own `Begin forwarded message:` included.
    quotes = (i for i, (kind, role) in enumerate(zip(kinds, roles, strict=False)) if kind is QUOTE and role is QUOTED)
    first = next(quotes, None)
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
    while first < last and is_blank(kept[first]):
        first += 1
    while last > first and is_blank(kept[last - 1]):
        last -= 1
    return "\n".join(kept[first:last]).removeprefix("\ufeff")
