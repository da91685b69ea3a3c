"""Files as text by path: read from a folder or a zip, written to one. Nothing here knows what they mean.

A sound is text here as well, in base64; in a folder or a zip it is the sound.
"""

from __future__ import annotations

import base64
import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from hub.model.errors import Refused, TooLarge

Files = Mapping[str, str]
LARGEST = 25_000_000
SOUNDS = (".mp3", ".wav")
# Hold music and the announcements of a large house; one sound alone is bounded where it is read.
MOST_SOUND = 200_000_000
_MOST = 10_000
# The earliest time that a zip can say: the same content makes the same archive.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def read_folder(folder: Path) -> dict[str, str]:
    """Returns every file below a folder by its path from there; hidden files are not looked at.

    Line ends become \\n. Raises Refused for a folder that is none or a file that is no UTF-8 text, and TooLarge.
    """
    if not folder.is_dir():
        raise Refused(f"{folder} is no folder.", next_step="Name the folder that hub export has written.")
    return _texts((path, (folder / path).read_bytes()) for path in paths(folder))


def paths(folder: Path) -> Iterator[str]:
    """Yields the path of every file below a folder, from there, hidden ones and notes for readers left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not _is_passed_over(name):
                yield (Path(place) / name).relative_to(folder).as_posix()


def _is_passed_over(name: str) -> bool:
    """Tells hidden files, editors' copies and notes for readers from what the hub is to read."""
    return name.startswith(".") or name.endswith("~") or name.lower().startswith("readme")


def write_folder(folder: Path, files: Files) -> list[str]:
    """Writes the files whose content differs, each whole or not at all; returns their paths."""
    written = []
    for path, text in files.items():
        file, content = folder / path, _bytes(path, text)
        if file.is_file() and file.read_bytes() == content:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_name(f".{file.name}.new")
        aside.write_bytes(content)
        aside.replace(file)
        written.append(path)
    return written


def read_zip(content: bytes) -> dict[str, str]:
    """Returns the files of a zip by path; what it holds is never written anywhere. Raises Refused and TooLarge."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [each for each in archive.infolist() if not each.is_dir()]
            return _texts(_members(archive, members))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        # RuntimeError: it asks for a password. NotImplementedError: packed in a way that Python does not know.
        raise Refused(f"This is no zip archive that can be read: {error}.", field="file") from error


def _members(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> Iterator[tuple[str, bytes]]:
    # What an archive says of its sizes may be a lie, so what is unpacked is counted as well.
    left = {False: LARGEST, True: MOST_SOUND}
    for member in members[: _MOST + 1]:
        if any(_is_passed_over(part) for part in PurePosixPath(member.filename).parts):
            continue
        sound = _is_sound(member.filename)
        with archive.open(member) as stream:
            content = stream.read(left[sound] + 1)
        left[sound] -= len(content)
        if left[sound] < 0:
            raise _too_large()
        yield member.filename, content


def write_zip(files: Files) -> bytes:
    """Returns a zip of the files; the same files make the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, _NO_TIME), _bytes(path, text), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _texts(found: Iterator[tuple[str, bytes]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    size = {False: 0, True: 0}
    for path, content in found:
        size[_is_sound(path)] += len(content)
        if size[False] > LARGEST or size[True] > MOST_SOUND or len(texts) >= _MOST:
            raise _too_large()
        if _is_sound(path):
            texts[path] = base64.b64encode(content).decode()
            continue
        try:
            texts[path] = plain_lines(content.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise Refused(f"{path} is no text in UTF-8 (byte {error.start + 1}).", field=path) from error
    return texts


def _bytes(path: str, text: str) -> bytes:
    return base64.b64decode(text) if _is_sound(path) else text.encode()


def _is_sound(path: str) -> bool:
    return path.endswith(SOUNDS)


def plain_lines(text: str) -> str:
    """Returns a text whose lines end in \\n alone, as a browser's or another system's do not."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _too_large() -> TooLarge:
    return TooLarge(f"These are more than {LARGEST // 1_000_000} MB or {_MOST:,} files; no configuration is so large.")
