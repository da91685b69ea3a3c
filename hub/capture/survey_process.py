"""A process that reads a survey for the hub (`python -m hub.capture.survey_process`); the hub's side of it and its own.

The hub's own thread would take the interpreter from what answers texts, 60 us a row. It is started as a fresh
interpreter (never forked: the hub has threads). Whatever becomes of it is no trouble: the hub reads on by itself.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from channels.base import Reads
from hub.capture.survey_rows import Page, pages

# A row is at most a few MB; what a workbook unpacks to was bounded before (channels/survey_upload/zip_check.py).
_MEMORY = 2 * 1024**3
# It is not urgent: somebody may be waiting for a page on the same processor.
_NICENESS = 5
_LENGTH = struct.Struct("!I")
_ROOT = Path(__file__).resolve().parents[2]


class Stopped(Exception):
    """It could not be started for this reader, or ended before the file did."""


def read_apart(reader: Reads, file: Path, mapping: Mapping[str, Any], start: int) -> Iterator[Page]:
    """Yields the pages of a file from row `start` on. Raises Stopped; what was yielded before is right."""
    try:
        asked = pickle.dumps((reader, file, dict(mapping), start), pickle.HIGHEST_PROTOCOL)
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, sys.path)])},
        )
    except (OSError, pickle.PicklingError, TypeError, AttributeError) as error:
        raise Stopped(str(error)) from error
    with process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            with process.stdin as told:
                told.write(asked)
            yield from _pages(process.stdout)
        except (OSError, EOFError) as error:
            raise Stopped(f"its process ended ({error})") from error
        finally:
            process.kill()


def _pages(answers: IO[bytes]) -> Iterator[Page]:
    while length := _LENGTH.unpack(_read(answers, _LENGTH.size))[0]:
        yield pickle.loads(_read(answers, length))  # noqa: S301  # our own process


def _read(answers: IO[bytes], size: int) -> bytes:
    found = answers.read(size)
    if len(found) < size:
        raise EOFError
    return found


def main() -> None:
    """Reads what it was told and writes its pages, each after its length; nothing of length 0 ends them."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(_NICENESS)
    reader, file, mapping, start = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the hub that started it
    into = sys.stdout.buffer
    with contextlib.suppress(BrokenPipeError):
        for page in pages(reader.rows(file, mapping, start)):
            # Tuples of its own kind, so that reading them costs the hub little.
            packed = pickle.dumps(page, pickle.HIGHEST_PROTOCOL)
            into.write(_LENGTH.pack(len(packed)) + packed)
            into.flush()
        into.write(_LENGTH.pack(0))
        into.flush()


if __name__ == "__main__":
    main()
