"""What files a text may carry: their kinds, their number and their size, by its provider's own limits.

Sources: https://www.twilio.com/docs/messaging/guides/accepted-mime-types (MMS: 10 files; 5 MB of pictures that Twilio
itself resizes, 500 KB of anything else) and https://www.twilio.com/docs/whatsapp/guidance-whatsapp-media-messages (one
file a message, at most 16 MB).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hub.model.errors import Refused, TooLarge

MOST_FILES = 10
LARGEST_PICTURES = 5_000_000
LARGEST_OTHER = 500_000
LARGEST_WHATSAPP = 16_000_000

_RESIZED = frozenset({"image/jpeg", "image/jpg", "image/png", "image/gif"})
_MMS = _RESIZED | frozenset({
    "audio/basic", "audio/l24", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/vnd.wave", "audio/3gpp", "audio/3gpp2",
    "audio/ac3", "audio/webm", "audio/amr-nb", "audio/amr", "video/mpeg", "video/mp4", "video/quicktime", "video/webm",
    "video/3gpp", "video/3gpp2", "image/bmp", "image/tiff", "text/vcard", "text/x-vcard", "text/csv", "text/rtf",
    "text/calendar", "application/pdf", "application/vcard",
})  # fmt: skip
_OFFICE = "application/vnd.openxmlformats-officedocument."
_WHATSAPP = frozenset({
    "image/jpeg", "image/jpg", "image/png", "image/webp", "audio/ogg", "audio/amr", "audio/3gpp", "audio/aac",
    "audio/mpeg", "video/mp4", "application/pdf", "application/msword", "application/vnd.ms-powerpoint",
    "application/vnd.ms-excel", f"{_OFFICE}wordprocessingml.document", f"{_OFFICE}presentationml.presentation",
    f"{_OFFICE}spreadsheetml.sheet", "text/vcard",
})  # fmt: skip


class File(Protocol):
    """A file by its name, type and size."""

    @property
    def filename(self) -> str: ...

    @property
    def content_type(self) -> str: ...

    @property
    def size(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Room:
    """What one text to an address of a scheme may carry: files, and bytes of them."""

    files: int
    size: int


def room_of(scheme: str) -> Room:
    """Returns how many files, and how many bytes of them, a text to this scheme carries at most."""
    return Room(1, LARGEST_WHATSAPP) if scheme == "whatsapp" else Room(MOST_FILES, LARGEST_PICTURES)


def check_files(files: Sequence[File], scheme: str) -> None:
    """Raises Refused or TooLarge, naming the file, for what a text to this scheme cannot carry."""
    room = room_of(scheme)
    if len(files) > room.files:
        many = "one file" if room.files == 1 else f"{room.files} files"
        raise Refused(f"One such text carries at most {many}.", field="files", next_step="Send the others in another.")
    known = _WHATSAPP if scheme == "whatsapp" else _MMS
    for file in files:
        kind = file.content_type.partition(";")[0].strip().lower()
        if kind not in known:
            raise Refused(
                f"{file.filename} cannot go with a text: phones do not take {kind or 'this kind of file'}.",
                field="files",
                next_step="Send a picture (JPEG, PNG) or a PDF, or send the file by mail.",
            )
        if scheme != "whatsapp" and kind not in _RESIZED and file.size > LARGEST_OTHER:
            raise TooLarge(
                f"{file.filename} has {_mb(file.size)}; with a text only pictures (JPEG, PNG, GIF) may have more than "
                f"{_mb(LARGEST_OTHER)}.",
                field="files",
                next_step="Make it smaller, or send it by mail.",
            )
    total = sum(file.size for file in files)
    if total > room.size:
        raise TooLarge(
            f"The files have {_mb(total)} together, and a text carries {_mb(room.size)}.",
            field="files",
            next_step="Send fewer or smaller ones, or send them by mail.",
        )


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
