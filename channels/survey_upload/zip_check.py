"""What a workbook may do to us, checked before it is loaded: bombs of several sorts, document types, entities.

The parts are inflated here piece by piece and counted, because the sizes in a zip directory are only claims.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from channels.survey_upload.limits import Limits
from channels.survey_upload.sheet_check import SheetSize, StringUse
from hub.model.errors import Refused, TooLarge, Unreadable

_PIECE = 1 << 18
_LARGE = 8_000_000
_SWELLING = 200
_END_OF_DIRECTORY = struct.Struct("<4s4H2LH")
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_DECLARATION = re.compile(rb"<\x00?!\x00?(?:D\x00?O\x00?C\x00?T|E\x00?N\x00?T\x00?I)", re.IGNORECASE)
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_AGAIN = "Open the file in Excel or LibreOffice, save it again without a password, and upload that."


def is_zip(head: bytes) -> bool:
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def vet(file: Path, limits: Limits) -> None:
    """Raises TooLarge for a bomb, Refused for a document type or entity, Unreadable for what is no whole workbook."""
    parts = _directory(file, limits)
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise Unreadable("The file is no Excel workbook (.xlsx).", next_step="Upload the export as CSV, TSV or XLSX.")
    claimed = sum(part.file_size for part in parts)
    if claimed > limits.inflated_bytes or any(map(_swells, parts)):
        raise _bomb(claimed, limits)
    strings = StringUse()
    with file.open("rb") as stream:
        for part in parts:
            sheet = SheetSize()
            for piece in _tags(_inflated(stream, part)):
                if _DECLARATION.search(piece):
                    raise Refused("The workbook declares a document type or entity.", next_step=_AGAIN)
                sheet.look(piece)
                strings.look(piece)
            _check_cells(sheet.cells, limits)
        # Each cell gets its own copy of a shared string: one long text used a million times is a bomb too.
        if strings.at_most > limits.text_bytes:
            for part in parts:
                for piece in _tags(_inflated(stream, part)):
                    strings.weigh(piece)
            if strings.weight > limits.text_bytes:
                raise TooLarge("The texts of the workbook are too large.", next_step="Upload the survey as CSV.")


def _swells(part: zipfile.ZipInfo) -> bool:
    """True for a large part that packs as no sheet does: those of survey tools shrink 10 to 30 times."""
    return part.file_size > _LARGE and part.file_size > _SWELLING * part.compress_size


def _check_cells(cells: int, limits: Limits) -> None:
    if cells > limits.cells:
        raise TooLarge(
            f"A sheet spans {cells:,} cells; at most {limits.cells:,} are read.",
            next_step="Delete what stands far below or beside the answers, or upload the survey as CSV.",
        )


def _bomb(inflated: int, limits: Limits) -> TooLarge:
    return TooLarge(
        f"The workbook unpacks to {inflated / 1e6:,.0f} MB; at most {limits.inflated_bytes / 1e6:,.0f} MB are read.",
        next_step="Upload the survey as CSV, which has no such limit.",
    )


def _directory(file: Path, limits: Limits) -> list[zipfile.ZipInfo]:
    """Reads the zip directory, which must stand whole at the very end: two readers must not see two archives."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        stream.seek(max(0, size - _END_OF_DIRECTORY.size))
        tail = stream.read()
    if len(tail) < _END_OF_DIRECTORY.size or not tail.startswith(b"PK\x05\x06"):
        raise Unreadable("The workbook is cut off or damaged.", next_step=_AGAIN)
    _, _, _, _, count, length, offset, _ = _END_OF_DIRECTORY.unpack(tail)
    if offset + length + _END_OF_DIRECTORY.size != size:
        raise Refused("The directory of the workbook is not where it should be.", next_step=_AGAIN)
    if count > limits.parts:
        raise TooLarge(f"The workbook has {count:,} parts; at most {limits.parts:,} are read.", next_step=_AGAIN)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError) as failure:
        raise Unreadable("The workbook is damaged.", next_step=_AGAIN) from failure
    if any(part.flag_bits & 1 or part.compress_type not in _METHODS for part in parts):
        raise Refused("The workbook is encrypted or packed in an unusual way.", next_step=_AGAIN)
    return parts


def _inflated(stream: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yields the bytes of one part; raises Refused as soon as they are more than the directory claims."""
    stream.seek(part.header_offset)
    header = stream.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
        raise Unreadable("The workbook is damaged.", next_step=_AGAIN)
    *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    stream.seek(name_length + extra_length, 1)
    packed, left, pending = part.compress_size, part.file_size, b""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if part.compress_type == zipfile.ZIP_DEFLATED else None
    while packed or pending:
        if not pending:
            pending = stream.read(min(packed, _PIECE))
            packed = packed - len(pending) if pending else 0
        try:
            piece = inflater.decompress(pending, _PIECE) if inflater else pending
        except zlib.error as failure:
            raise Unreadable("The workbook is damaged.", next_step=_AGAIN) from failure
        pending = inflater.unconsumed_tail if inflater else b""
        left -= len(piece)
        if left < 0:
            raise Refused("A part of the workbook is larger than its directory claims.", next_step=_AGAIN)
        yield piece


def _tags(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Cuts pieces before their last tag, so that no tag is split; a tag longer than a piece is handed on as it is."""
    carried = b""
    for piece in pieces:
        whole = carried + piece
        cut = whole.rfind(b"<")
        if cut <= 0 or len(whole) - cut > _PIECE:
            cut = len(whole)
        carried = whole[cut:]
        yield whole[:cut]
    yield carried
