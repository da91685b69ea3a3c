"""Address headers as they really come (RFC 5322 3.4 and what mail programs make of it); linear in their length."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from channels.email_message.headers import Defects, decode_header, unfold, visible
from channels.email_message.limits import COMMENT_DEPTH
from channels.email_message.mail import Mailbox
from hub.model.errors import Unreadable

MAILBOXES = 2_000
LONGEST = 512  # RFC 5321 4.5.3.1 allows 254
_REMEMBERED = 200
_TOKEN = re.compile(
    r'=\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=|"(?:[^"\\]|\\.)*"|\[[^\[\]\s]*\]|\\.|[(),:;<>]|\s+|[^\s"(),:;<>\[\\]+|.',
    re.DOTALL,
)
_AROUND_DOT = re.compile(r"\s{0,50}([@.])\s{0,50}")
_IN_COMMENT = re.compile(r"\((?:[^()\\]|\\.){0,200}\)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_WHOLE_INSIDE = re.compile(r'"?([^<>]*?)"?\s*<([^<>@\s]+@[^<>@\s]+)>\Z')
_ADDR_SPEC = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+\Z")


def mailboxes(values: Sequence[str], defects: Defects, *, charset: str = "") -> tuple[Mailbox, ...]:
    """Reads the mailboxes of all headers of one name; group names are dropped, their members kept.

    Raises Unreadable where comments nest deeper than COMMENT_DEPTH: no mail program writes that.
    """
    found: list[Mailbox] = []
    for value in values:
        if len(value) <= _REMEMBERED:
            few, wrong = _few(value, charset)
            found += few
            defects |= wrong
        else:
            _Reader(defects, found).read(visible(unfold(value), charset))
    if len(found) > MAILBOXES:
        defects.add("too_many_addresses")
    return tuple(found[:MAILBOXES])


@lru_cache(maxsize=2048)
def _few(value: str, charset: str) -> tuple[tuple[Mailbox, ...], frozenset[str]]:
    """Reads a short value, which may say the same as another mail's: most are to us."""
    defects: Defects = set()
    found: list[Mailbox] = []
    _Reader(defects, found).read(visible(unfold(value), charset))
    return tuple(found), frozenset(defects)


class _Reader:
    """One pass over the tokens of one header value; a mailbox ends at a comma, a semicolon or a second `<`."""

    def __init__(self, defects: Defects, found: list[Mailbox]) -> None:
        self.defects, self.found = defects, found
        self.in_group = False
        self.reset()

    def reset(self) -> None:
        self.words: list[str] = []
        self.comment: list[str] = []
        self.angle: list[str] | None = None
        self.address: str | None = None
        self.names_host = False

    def read(self, value: str) -> None:
        depth = 0
        for piece in _TOKEN.findall(value):
            if piece == "(" and self.angle is None:
                if depth:
                    self.comment.append(piece)
                depth += 1
                if depth > COMMENT_DEPTH:
                    raise Unreadable(
                        f"An address header of this mail opens more than {COMMENT_DEPTH} comments, which only mails"
                        " built to stop a reader do. Its raw bytes are kept: look at them, or delete it."
                    )
            elif depth:
                depth -= piece == ")"
                self.comment.append(piece if depth else "")
            elif self.angle is not None:
                self._in_angle(piece)
            else:
                self._outside(piece)
        self._finish()

    def _in_angle(self, piece: str) -> None:
        assert self.angle is not None
        inside = "".join(self.angle).strip() if piece in (",", ">", ";") else ""
        if piece == ">" or (piece in (",", ";") and not inside.startswith("@")):
            self.address, self.angle = inside, None
            if piece != ">":
                self.defects.add("address_broken")
                self._finish()
        elif piece != "<":
            self.angle.append(piece)

    def _outside(self, piece: str) -> None:
        if piece == ";" and not (self.in_group or self.address is not None or self.names_host):
            self.words.append(piece)  # part of a name: `Ada &amp; Bob <ada@example.com>`
        elif piece in (",", ";"):
            self.in_group = self.in_group and piece == ","
            self._finish()
        elif piece == "<":
            if self.address is not None:
                self._finish()
            self.angle = []
        elif piece == ":":
            self.words, self.comment, self.in_group = [], [], True  # a group's name, or "mailto"
        elif piece != ">" and (piece != ")"):
            self.words.append(piece)
            self.names_host = self.names_host or "@" in piece

    def _finish(self) -> None:
        if self.angle is not None:
            self.address = "".join(self.angle)
            self.defects.add("address_broken")
        words, comment = "".join(self.words).strip(), "".join(self.comment).strip()
        address, name = self.address, words
        if address is None and words:
            address, name = _bare(words)
        if address is not None or name:
            self._add(address or "", name or comment)
        self.reset()

    def _add(self, address: str, name: str) -> None:
        display_name = decode_header(_unquoted_words(name), self.defects)
        addr_spec = decode_header(_addr_spec(address), self.defects)
        if len(addr_spec) > LONGEST:
            self.defects.add("address_broken")
            addr_spec = ""
        if not addr_spec and (whole := _WHOLE_INSIDE.match(display_name)):
            # Some programs put the whole mailbox into one encoded word.
            display_name, addr_spec = whole[1].strip(), whole[2]
        elif not addr_spec and _ADDR_SPEC.match(display_name):
            display_name, addr_spec = "", display_name
        if addr_spec or display_name:
            self.found.append(Mailbox(" ".join(display_name.split()), addr_spec))


def joined_names(found: Sequence[Mailbox]) -> tuple[Mailbox, ...]:
    """Joins names without address to the mailbox after them: `Byron, Ada <ada@example.com>` lacks its quotes."""
    joined: list[Mailbox] = []
    names: list[str] = []
    for box in found:
        if box.addr_spec:
            joined.append(Mailbox(", ".join(filter(None, (*names, box.display_name))), box.addr_spec))
            names = []
        else:
            names.append(box.display_name)
    return (*joined, *(Mailbox(name, "") for name in names))


def _bare(words: str) -> tuple[str | None, str]:
    """Splits words without angle brackets into the address among them and the rest: `Ada ada@example.com`."""
    if "@" not in words or "=?" in words:
        return None, words
    joined = _AROUND_DOT.sub(r"\1", words)
    if joined.count("@") == 1 and not any(letter.isspace() for letter in joined):
        return joined, ""
    spaced = re.sub(r"\s{0,50}@\s{0,50}", "@", words)
    if spaced.startswith('"'):
        closing = spaced.find('"@')
        if closing > 0 and " " not in spaced[closing:]:
            return spaced, ""
    pieces = spaced.split()
    for index, piece in enumerate(pieces):
        if "@" in piece.strip("@"):
            return piece, " ".join(pieces[:index] + pieces[index + 1 :])
    return None, words


def _unquoted_words(name: str) -> str:
    """Undoes quoted strings and quoted pairs; encoded words inside quotes are left to be decoded, as programs do."""
    if '"' not in name and "\\" not in name:
        return name
    out = [
        _ESCAPE.sub(r"\1", piece[1:-1]) if len(piece) > 1 and piece[0] == '"' == piece[-1] else piece.removeprefix("\\")
        for piece in _TOKEN.findall(name)
        if piece != '"'
    ]
    return "".join(out)


def _addr_spec(address: str) -> str:
    for _ in range(3 if "(" in address and '"' not in address else 0):
        address = _IN_COMMENT.sub("", address)
    address = _AROUND_DOT.sub(r"\1", address.strip())
    if address[:1] == "[" and address[-1:] == "]" and "@" in address:
        address = address[1:-1]
    if address.startswith("@") and ":" in address:
        address = address.rpartition(":")[2]  # a source route, RFC 5322 4.4
    if address[:7].lower() == "mailto:":
        address = address[7:]
    if address.startswith("'") and address.endswith("'"):
        address = address[1:-1]
    return address.strip().rstrip(".,;")
