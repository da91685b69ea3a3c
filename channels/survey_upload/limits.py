"""How large an upload may be: a larger one is refused before it is loaded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`inflated_bytes`, `parts` and `cells` bound a workbook, which is loaded whole; text is read as a stream.

    A worksheet of Excel has 16,384 columns.
    """

    file_bytes: int = 500_000_000
    inflated_bytes: int = 160_000_000
    parts: int = 5_000
    cells: int = 4_000_000
    text_bytes: int = 200_000_000
    columns: int = 16_384
    record_characters: int = 4_000_000
