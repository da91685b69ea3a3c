"""Which lines of a mail are the author's own, which are quoted, which are a signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from channels.email_message.reply.lines import Kind, is_rule
from channels.email_message.reply.signature import closing_start, is_footer_at, mobile_lines, signature_start

# From this many lines on, text below a quote is an answer to it, which needs the quote to be understood.
_ANSWER = 7
# An opening quote without attribution is dropped from this length on; a shorter one was chosen to be answered.
_UNINTRODUCED = 3


class Role(Enum):
    OWN = "own"
    QUOTED = "quoted"
    SIGNED = "signed"


@dataclass(slots=True)
class _Block:
    """Lines in a row that are all the author's or all quoted; blank lines are left out."""

    quoted: bool
    run: list[int]


def unmarked_quote(lines: Sequence[str], kinds: Sequence[Kind], stop: int) -> int:
    """Where the author's part ends: at an attribution under own text with no quote marks below it, or at `stop`."""
    written, attributed = False, -1
    for i in range(stop):
        match kinds[i]:
            case Kind.ATTRIBUTION:
                attributed = i if attributed < 0 else attributed
            case Kind.QUOTE:
                attributed = -1
            case Kind.TEXT:
                if written and attributed >= 0:
                    return attributed
                attributed = -1
                written = written or not is_rule(lines[i])
            case Kind.BLANK:
                pass
    return stop


def assign_roles(lines: Sequence[str], kinds: Sequence[Kind], stop: int) -> dict[int, Role]:
    """Gives each line before `stop` that is not blank its role."""
    roles = {i: Role.QUOTED for i in range(stop) if kinds[i] is not Kind.BLANK}
    blocks = _blocks(kinds, stop)
    text_before = False
    for block in blocks:
        if not block.quoted:
            _sign(lines, block, roles, text_before=text_before)
            text_before = text_before or bool(block.run)
    blocks = _joined([block for block in blocks if block.run])
    _keep_context(kinds, blocks, roles)
    own = [block for block in blocks if not block.quoted]
    if own and Role.SIGNED not in roles.values():
        closing = closing_start(lines, own[-1].run)
        if closing is not None:
            roles.update(dict.fromkeys(own[-1].run[closing:], Role.SIGNED))
    return roles


def _blocks(kinds: Sequence[Kind], stop: int) -> list[_Block]:
    return _joined([_Block(kinds[i] is not Kind.TEXT, [i]) for i in range(stop) if kinds[i] is not Kind.BLANK])


def _joined(blocks: Sequence[_Block]) -> list[_Block]:
    joined: list[_Block] = []
    for block in blocks:
        if joined and joined[-1].quoted is block.quoted:
            joined[-1].run.extend(block.run)
        else:
            joined.append(block)
    return joined


def _sign(lines: Sequence[str], block: _Block, roles: dict[int, Role], *, text_before: bool) -> None:
    """Takes signature and footer out of an own block; what stays is the author's."""
    mobile = mobile_lines(lines, block.run)
    rest = [i for i in block.run if i not in mobile]
    position = signature_start(lines, rest, text_before=text_before)
    signed = rest if position is None else rest[:position]
    roles.update(dict.fromkeys(signed, Role.OWN))
    roles.update(dict.fromkeys(mobile, Role.SIGNED))
    if position is not None:
        # A mailing list's footer is nobody's signature.
        role = Role.QUOTED if is_footer_at(lines, rest, position) else Role.SIGNED
        roles.update(dict.fromkeys(rest[position:], role))
    block.run = signed


def _keep_context(kinds: Sequence[Kind], blocks: list[_Block], roles: dict[int, Role]) -> None:
    """Keeps the quotes between answers; drops those under the text, over it, or around which it was merely written."""
    while blocks and blocks[-1].quoted:
        blocks.pop()
    if not blocks:
        return
    inner = [block for block in blocks[1:-1] if block.quoted]
    if not inner:
        opening = blocks[0]
        if opening.quoted and not _attributed(kinds, opening) and len(opening.run) < _UNINTRODUCED:
            roles.update(dict.fromkeys(opening.run, Role.OWN))
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
        kept = [i for i in block.run if kinds[i] is Kind.QUOTE or keep_attribution]
        roles.update(dict.fromkeys(kept, Role.OWN))


def _attributed(kinds: Sequence[Kind], block: _Block) -> bool:
    return any(kinds[i] is Kind.ATTRIBUTION for i in block.run)


def _quotes(kinds: Sequence[Kind], block: _Block) -> bool:
    return block.quoted and any(kinds[i] is Kind.QUOTE for i in block.run)
