"""How an uploaded file is opened: recognised by its bytes, never by its name, then read as a stream of records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from channels.survey_upload import charset, delimited, workbook
from channels.survey_upload.delimited import Record
from channels.survey_upload.limits import Limits
from channels.survey_upload.zip_check import is_zip, vet
from hub.model.errors import Refused, TooLarge, Unreadable

_FORMATS = ("delimited", "xlsx")
_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "an old or password-protected Excel file"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"$FL2", "an SPSS file"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML file"),
    (b"{\\rtf", "a text document"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one must know to read the file again in the same way; `before` rows stand above the header."""

    format: str = "delimited"
    encoding: str = "utf-8-sig"
    bom: bool = False
    newline: str = "lf"
    delimiter: str = ","
    sheet: str = ""
    before: int = 0
    header_rows: int = 1

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Reading:
        """Raises Refused when the values are none of a reading."""
        try:
            reading = cls(**values)
            "".encode(reading.encoding)
            valid = reading.format in _FORMATS and len(reading.delimiter) == 1 and 0 <= reading.header_rows < 20
        except (TypeError, LookupError) as failure:
            raise Refused(f"The way to read this file is not valid: {failure}", field="reading") from failure
        if not valid:
            raise Refused(
                "The way to read this file is not valid.", field="reading", next_step="Propose the mapping again."
            )
        return reading


def recognise(file: Path, limits: Limits) -> Reading:
    """Returns how to read the file, without its header yet. Raises TooLarge, Refused or Unreadable."""
    size = file.stat().st_size
    if size > limits.file_bytes:
        raise TooLarge(
            f"The file has {size // 1_000_000:,} MB; at most {limits.file_bytes // 1_000_000:,} MB are read."
        )
    with file.open("rb") as stream:
        head = stream.read(512)
    if is_zip(head):
        vet(file, limits)
        return Reading(format="xlsx", encoding="utf-8", newline="", sheet=workbook.fullest_sheet(file))
    for magic, thing in _OTHERS:
        if head.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(magic.lower()):
            raise Unreadable(f"The file is {thing}.", next_step="Export the survey as CSV or .xlsx and upload that.")
    found = charset.detect(file)
    dialect = delimited.detect(file, found.codec)
    return Reading(encoding=found.codec, bom=found.bom, newline=dialect.newline, delimiter=dialect.delimiter)


def check(file: Path, reading: Reading, limits: Limits) -> None:
    """Raises TooLarge, Refused or Unreadable when a file must not be read in this way."""
    with file.open("rb") as stream:
        packed = is_zip(stream.read(4))
    if packed != (reading.format == "xlsx"):
        raise Refused("The file is not the one that the mapping was made for.", next_step="Propose the mapping again.")
    if packed:
        vet(file, limits)


def records(file: Path, reading: Reading, limits: Limits) -> Iterator[Record]:
    """Yields every record that is not blank, those of the header too, of a file recognised or checked before.

    Raises TooLarge or Unreadable.
    """
    if reading.format == "xlsx":
        yield from workbook.records(file, reading.sheet, limits)
    else:
        yield from delimited.records(file, reading.encoding, reading.delimiter, limits)
