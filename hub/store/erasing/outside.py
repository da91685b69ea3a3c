"""The list of erasures that lies beside the database: a restored backup brings no erased customer back.

It holds what the table holds: numbers, times, keyed digests, and nothing by which anybody can be named without the key.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

_NAME = "erasures.jsonl"


def read(data: Path) -> list[dict[str, Any]]:
    """Returns the erasures that the data folder knows of; a line that a kill cut short counts for nothing."""
    file = data / _NAME
    if not file.exists():
        return []
    found = []
    for line in file.read_bytes().splitlines():
        try:
            found.append(orjson.loads(line))
        except orjson.JSONDecodeError:
            continue
    return [line for line in found if isinstance(line, dict) and {"key", "digests"} <= line.keys()]


def append(data: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Adds erasures to the list; they are on the disk when this returns."""
    if not lines:
        return
    descriptor = os.open(data / _NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        # A line of its own even after one that a kill has cut short.
        os.write(descriptor, b"".join(b"\n" + orjson.dumps(dict(line)) for line in lines) + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
