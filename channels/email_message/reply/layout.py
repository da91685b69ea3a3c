"""Which lines of a mail are the author's own, which are quoted, which are a signature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from enum import Enum

from channels.email_message.reply.lines import ARMOUR, ATTRIBUTION, BLANK, QUOTE, TEXT, Kind, is_rule
from channels.email_message.reply.signature import (
    closing_start,
    is_footer_at,
    mobile_lines,
    signature_start,
    with_vague_lines,
)

# From this many lines on, text below a quote is an answer to it, which needs the quote to be understood.
_ANSWER = 7
# An opening quote without attribution is dropped from this length on; a shorter one was chosen to be answered.
_UNINTRODUCED = 3


class Role(Enum):
    OWN = "own"
    QUOTED = "quoted"
    SIGNED = "signed"


OWN, QUOTED, SIGNED = Role


@dataclass(slots=True)
class _Block:
    """Lines in a row that are all the author's or all quoted; blank lines are left out."""

    quoted: bool
    run: list[int]


def unmarked_quote(lines: Sequence[str], kinds: Sequence[Kind], stop: int) -> int:
    """Where the author's part ends: at an attribution under own text with no quote marks below it, or at `stop`."""
    if ATTRIBUTION not in kinds[:stop]:
        return stop
    written, attributed = False, -1
    for i, kind in enumerate(kinds[:stop]):
        if kind is ATTRIBUTION:
            attributed = i if attributed < 0 else attributed
        elif kind is QUOTE:
            attributed = -1
        elif kind is TEXT:
            if written and attributed >= 0:
                return attributed
            attributed = -1
            written = written or not is_rule(lines[i])
    return stop


def assign_roles(
    lines: Sequence[str], told: Sequence[str], kinds: Sequence[Kind], rules: Set[int], stop: int
) -> list[Role | None]:
    """Gives each line before `stop` its role; a blank line goes with the line above it, None before the first.

    `told`: the lines as phrases are compared; `rules`: the lines that are one.
    """
    roles: list[Role | None] = [None if kind is BLANK else QUOTED for kind in kinds[:stop]]
    blocks = _blocks(kinds, stop)
    own_lines = [i for block in blocks if not block.quoted for i in block.run]
    mobile = mobile_lines(lines, told, own_lines)
    text_before = False
    for block in blocks:
        if not block.quoted:
            _sign(lines, block, rules, mobile, roles, text_before=text_before)
            text_before = text_before or bool(block.run)
    blocks = _joined([block for block in blocks if block.run])
    _keep_context(kinds, blocks, roles)
    own = [block for block in blocks if not block.quoted]
    if own and SIGNED not in roles:
        closing = closing_start(lines, own[-1].run)
        if closing is not None:
            _give(roles, own[-1].run[closing:], SIGNED)
    _give(roles, (i for i, kind in enumerate(kinds[:stop]) if kind is ARMOUR), SIGNED)
    above: Role | None = None
    return [above := role or above for role in roles]


def _give(roles: list[Role | None], run: Iterable[int], role: Role) -> None:
    for i in run:
        roles[i] = role


def _blocks(kinds: Sequence[Kind], stop: int) -> list[_Block]:
    blocks: list[_Block] = []
    quoted: bool | None = None
    for i, kind in enumerate(kinds[:stop]):
        if kind is BLANK:
            continue
        if quoted is not (kind is not TEXT):
            quoted = kind is not TEXT
            run: list[int] = []
            blocks.append(_Block(quoted, run))
        run.append(i)
    return blocks


def _joined(blocks: Sequence[_Block]) -> list[_Block]:
    joined: list[_Block] = []
    for block in blocks:
        if joined and joined[-1].quoted is block.quoted:
            joined[-1].run.extend(block.run)
        else:
            joined.append(block)
    return joined


def _sign(
    lines: Sequence[str],
    block: _Block,
    rules: Set[int],
    mobile: Set[int],
    roles: list[Role | None],
    *,
    text_before: bool,
) -> None:
    """Takes signature and footer out of an own block; what stays is the author's."""
    devices = with_vague_lines(lines, block.run, mobile)
    rest = [i for i in block.run if i not in devices] if devices else block.run
    position = signature_start(lines, rest, rules, text_before=text_before)
    _give(roles, devices, SIGNED)
    if position is not None:
        # A mailing list's footer is nobody's signature.
        role = QUOTED if is_footer_at(lines, rest, position) else SIGNED
        _give(roles, rest[position:], role)
        rest = rest[:position]
    _give(roles, rest, OWN)
    block.run = rest


def _keep_context(kinds: Sequence[Kind], blocks: list[_Block], roles: list[Role | None]) -> None:
    """Keeps the quotes between answers; drops those under the text, over it, or around which it was merely written."""
    rest = blocks.pop() if blocks and blocks[-1].quoted else None
    if not blocks:
        return
    inner = [block for block in blocks[1:-1] if block.quoted]
    if not inner:
        opening = blocks[0]
        # Where the quotation goes on below, the text was written into it: an answer to what stands above.
        answered = rest is not None and _quotes(kinds, opening) and not _attributed(kinds, rest)
        if opening.quoted and (answered or (not _attributed(kinds, opening) and len(opening.run) < _UNINTRODUCED)):
            _give(roles, opening.run, OWN)
        return
    if (
        len(inner) == 1
        and not _quotes(kinds, blocks[0])
        and _attributed(kinds, inner[0])
        and len(blocks[-1].run) < _ANSWER
    ):
        return
    quotes = [block for block in blocks if block.quoted]
    for block in quotes:
        if not _quotes(kinds, block):
            continue
        keep_attribution = block is quotes[0]
        _give(roles, [i for i in block.run if kinds[i] is QUOTE or keep_attribution], OWN)


def _attributed(kinds: Sequence[Kind], block: _Block) -> bool:
    return any(kinds[i] is ATTRIBUTION for i in block.run)


def _quotes(kinds: Sequence[Kind], block: _Block) -> bool:
    return block.quoted and any(kinds[i] is QUOTE for i in block.run)
