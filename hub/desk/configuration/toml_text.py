"""Writing TOML for people: the order of the data, words of several languages below each other, lists that can be read.

The standard library reads TOML and does not write it (PEP 680). What is written here reads back as the same data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
# TOML 1.0: control characters other than tab stand escaped; so does the delimiter, and DEL.
_ESCAPED = re.compile(r'[\x00-\x08\x0a-\x1f\x7f"\\]')
_ESCAPED_IN_LINES = re.compile(r'[\x00-\x08\x0b-\x1f\x7f\\]|"""|"\Z')
_SHORT = {"\b": "\\b", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_WIDTH = 118
_INDENT = 4


def write_toml(data: Mapping[str, Any]) -> str:
    """Returns the data as TOML: plain values first, then tables in their order; an entry of None is left out.

    Raises TypeError for what TOML cannot say.
    """
    return "\n".join(_table(data, ())).strip("\n") + "\n"


def _table(data: Mapping[str, Any], path: tuple[str, ...]) -> Iterable[str]:
    given = {name: value for name, value in data.items() if value is not None}
    own_tables = {name for name, value in given.items() if _is_table(value) or _is_long(value)}
    for name, value in given.items():
        if name not in own_tables:
            yield f"{_key(name)} = {_value(value, len(_key(name)) + 3)}"
    for name in given:
        if name in own_tables:
            yield from _own(given[name], (*path, name))


def _own(value: Any, path: tuple[str, ...]) -> Iterable[str]:
    heading = ".".join(map(_key, path))
    if isinstance(value, Mapping):
        yield from ("", f"[{heading}]", *_entries(value, path))
        return
    for each in value:
        yield from ("", f"[[{heading}]]", *_entries(each, path))


def _entries(data: Mapping[str, Any], path: tuple[str, ...]) -> Iterable[str]:
    """Yields what stands under a heading; words by language as `label.en = ...` below each other."""
    later: dict[str, Any] = {}
    for name, value in data.items():
        if value is None:
            continue
        if _is_table(value) and _is_flat(value):
            inline = f"{_key(name)} = {_value(value)}"
            if len(inline) <= _WIDTH and "\n" not in inline:
                yield inline
            else:
                yield from (f"{_key(name)}.{_key(inner)} = {_value(each)}" for inner, each in value.items())
        elif _is_table(value) or _is_long(value):
            later[name] = value
        else:
            yield f"{_key(name)} = {_value(value, len(_key(name)) + 3)}"
    for name, value in later.items():
        yield from _own(value, (*path, name))


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value)


def _is_long(value: Any) -> bool:
    """Tells whether a list holds tables that want a heading each: one of them is too long for a line."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value or not all(map(_is_table, value)):
        return False
    return any(len(_line(each)) > _WIDTH - _INDENT for each in value)


def _is_flat(value: Mapping[str, Any]) -> bool:
    """Tells whether a table holds plain values or lists of such, so that it may stand on one line."""
    return all(
        not isinstance(each, Mapping)
        and (isinstance(each, str) or not isinstance(each, Sequence) or not any(map(_is_table, each)))
        and each is not None
        for each in value.values()
    )


def _key(name: str) -> str:
    return name if _BARE.match(name) else _text(name)


def _value(value: Any, taken: int = 0) -> str:
    """Returns a value; a list too long for its line has an item a line. `taken`: characters before it."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() | Decimal():
            written = str(value).lower()
            return written if re.search(r"[.en]", written) else f"{written}.0"
        case datetime() | date() | time():
            return value.isoformat()
        case str():
            return _lines(value) if "\n" in value.rstrip("\n") else _text(value)
        case Mapping():
            entries = ", ".join(f"{_key(name)} = {_line(each)}" for name, each in value.items() if each is not None)
            return f"{{ {entries} }}" if entries else "{}"
        case list() | tuple():
            items = [_line(each) for each in value]
            whole = f"[{', '.join(items)}]"
            return whole if taken + len(whole) <= _WIDTH else "[\n" + "".join(f"  {item},\n" for item in items) + "]"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _line(value: Any) -> str:
    """Returns a value on one line, as an inline table must be (TOML 1.0)."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_line, value))}]"
    return _value(value)


def _text(text: str) -> str:
    return '"' + _ESCAPED.sub(_escape, text) + '"'


def _lines(text: str) -> str:
    # The first line break after the quotes is not part of the text.
    return '"""\n' + _ESCAPED_IN_LINES.sub(_escape, text) + '"""'


def _escape(found: re.Match[str]) -> str:
    written = found[0]
    return "".join(_SHORT.get(char) or f"\\u{ord(char):04X}" for char in written)
