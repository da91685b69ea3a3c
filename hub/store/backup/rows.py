"""Rows as lines: a JSON array each, exact on both engines, and a digest of a table that no order changes."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from hub.store.backup.shapes import Shape

_MODULUS = 1 << 256
# What JSONB writes in another way than it was given: exponents, and minus zero, which numeric does not know.
_OTHERWISE = re.compile(rb"\d[eE][+-]?\d|-0(\.0+)?(?![\d.])")
Line = tuple[bytes, bytes]


@dataclass(slots=True)
class Tally:
    """How many rows, and the sum of their SHA-256 digests: two engines that give them in another order still agree."""

    rows: int = 0
    total: int = 0

    def add(self, said: bytes) -> None:
        """Counts a row, given as its canonical line."""
        self.rows += 1
        self.total += int.from_bytes(hashlib.sha256(said).digest(), "big")

    @property
    def digest(self) -> str:
        return f"{self.total % _MODULUS:064x}"


def writer(shape: Shape) -> Callable[[Sequence[Any]], Line]:
    """Returns what makes of a stored row its line in the archive and the canonical one that its digest is taken of.

    They differ in JSON alone: the archive keeps it as it was written, the digest is over sorted keys.
    """
    bools = [at for at, column in enumerate(shape.columns) if column.kind == "bool"]
    binary = [at for at, column in enumerate(shape.columns) if column.kind == "bytes"]
    json = [at for at, column in enumerate(shape.columns) if column.kind == "json"]

    # orjson writes PostgreSQL's days as SQLite keeps them: 2026-03-02.
    def write(row: Sequence[Any]) -> Line:
        values = list(row)
        for at in bools:
            values[at] = None if values[at] is None else bool(values[at])
        for at in binary:
            values[at] = None if values[at] is None else base64.b64encode(values[at]).decode()
        held = [at for at in json if values[at] is not None]
        if not held:
            line = orjson.dumps(values)
            return line, line
        canonical = values.copy()
        for at in held:
            canonical[at] = orjson.Fragment(_canonical(values[at]))
            values[at] = orjson.Fragment(values[at])
        return orjson.dumps(values), orjson.dumps(canonical)

    return write


def reader(shape: Shape) -> Callable[[bytes], tuple[Any, ...]]:
    """Returns what makes of a line the row as the driver takes it. Raises ValueError for what is no such line."""
    binary = [at for at, column in enumerate(shape.columns) if column.kind == "bytes"]
    json = [at for at, column in enumerate(shape.columns) if column.kind == "json"]

    def read(line: bytes) -> tuple[Any, ...]:
        values = orjson.loads(line)
        if not isinstance(values, list) or len(values) != len(shape.columns):
            raise ValueError(f"a row of {shape.name} has not its {len(shape.columns)} columns")
        for at in binary:
            values[at] = None if values[at] is None else base64.b64decode(values[at], validate=True)
        for at in json:
            values[at] = None if values[at] is None else orjson.dumps(values[at]).decode()
        return tuple(values)

    return read


def _canonical(text: str) -> bytes:
    said = orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS)
    if _OTHERWISE.search(said):  # perhaps only within a text; then what follows changes nothing
        return orjson.dumps(_plain(orjson.loads(said)), option=orjson.OPT_SORT_KEYS)
    return said


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case float() if value.is_integer() and abs(value) >= 1e16:
            # As its shortest digits say, not its exact binary value: JSONB keeps those digits.
            whole = int(Decimal(repr(value)))
            return whole if -(1 << 63) <= whole < 1 << 64 else str(whole)
        case float() if value == 0:
            return 0.0
    return value
