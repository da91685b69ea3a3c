"""The frame of the `hub` command: results on standard output, errors as sentences on standard error, exit codes.

Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 not found, 4 not allowed, 6 problems found (also an
unreachable server), 130 interrupted, 141 the reader of our output went away.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from hub.model.errors import HubError

FAILED = 1
USAGE = 2
PROBLEMS_FOUND = 6
INTERRUPTED = 130
# What a shell shows for a program that SIGPIPE ended (128 + 13).
READER_GONE = 141

_JSON: ContextVar[bool] = ContextVar("json", default=False)


def wants_json() -> bool:
    """Tells whether `--json` was given: answer with `emit` instead of `say`."""
    return _JSON.get()


def emit(record: Mapping[str, Any]) -> None:
    """Writes one result as a line of JSON on standard output."""
    try:
        line = json.dumps(record, ensure_ascii=False, default=str)
        line.encode()
    except UnicodeEncodeError:
        # A file name in no encoding: its bytes stay recoverable as escapes.
        line = json.dumps(record, default=str)
    say(line)


def say(line: str) -> None:
    """Writes one line of the result on standard output; ends the program quietly when nobody reads on."""
    with _reader():
        print(line, flush=True)  # noqa: T201


def note(line: str) -> None:
    """Writes one line for the person who waits (progress, hints) on standard error."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def _reader() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        # Python flushes standard output once more at exit; that must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(READER_GONE) from None


def report(code: str, message: str, next_step: str = "") -> None:
    """Writes an error on standard error: sentences, or with `--json` one object {code, message, next}."""
    if wants_json():
        note(json.dumps({"code": code, "message": message, "next": next_step}, ensure_ascii=False))
    else:
        note(" ".join(_sentence(part) for part in (message, next_step) if part))


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", ":", ")")) or "\n" in text else f"{text}."


class HubGroup(TyperGroup):
    """The root command: takes `--json` anywhere, and turns every error into words and an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> NoReturn:
        words, as_json = _without_json(sys.argv[1:] if args is None else args)
        token = _JSON.set(as_json)
        try:
            sys.exit(self._run(words, prog_name, complete_var, **extra))
        finally:
            _JSON.reset(token)

    def _run(self, words: list[str], prog_name: str | None, complete_var: str | None, **extra: Any) -> int:
        try:
            code = super().main(words, prog_name or "hub", complete_var, standalone_mode=False, **extra)
        except typer.TyperException as error:
            return _usage(error)
        except HubError as error:
            report(error.code, error.message, error.next_step)
            return error.exit_code
        except (KeyboardInterrupt, typer.Abort):
            return INTERRUPTED
        except OSError as error:
            what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
            report("system", what)
            return FAILED
        except Exception as error:  # noqa: BLE001 - the last place that can say it in words; the trace goes with it
            if not wants_json():
                traceback.print_exc()
            report("bug", f"This is a fault in the hub: {type(error).__name__}: {error}", "Please report it.")
            return FAILED
        return code if isinstance(code, int) else 0


def _without_json(args: Sequence[str]) -> tuple[list[str], bool]:
    """Takes `--json` out of the arguments, wherever it stands before a `--`."""
    end = list(args).index("--") if "--" in args else len(args)
    return [word for at, word in enumerate(args) if at >= end or word != "--json"], "--json" in args[:end]


def _usage(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "hub"
    report("usage", error.format_message(), f"See '{path} --help'.")
    return error.exit_code
