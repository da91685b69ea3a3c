"""Starter: what a new hub begins with, in files like any other; each thing is offered once, then it is staff's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from hub.desk.configuration.applying import read, refusal
from hub.desk.configuration.files import Files, read_folder
from hub.desk.configuration.kind import Kind
from hub.desk.configuration.templates import FOLDER as TEMPLATES
from hub.model.errors import ConfigurationError
from hub.store.tables import InstallationRow
from hub.store.upsert import upsert

BY = "starter"
_ROW = "starter"
# What writes to customers by itself comes with a new hub only, never with a later version.
_FOR_NEW_HUBS = frozenset({"reminder"})


def starter_files(shipped: Callable[..., Path]) -> dict[str, str]:
    """Returns the files that come with the hub, as an export of them would look."""
    files = read_folder(shipped("config", "starter"))
    messages = read_folder(shipped("templates", "messages"))
    return {**files, **{f"{TEMPLATES}/{path}": text for path, text in messages.items()}}


def furnish(conn: Connection, kinds: Sequence[Kind], files: Files, now: datetime) -> int:
    """Stores what was never offered to this hub and is not here; returns how many things.

    What staff has changed, closed or removed stays as it is. Raises ConfigurationError for a file that cannot be read.
    """
    if is_furnished(conn, files):
        return 0
    before = _remembered(conn)
    reading = read(kinds, files)
    if reading.faults:
        raise ConfigurationError(refusal(reading.faults).message)
    here = {kind.name: kind.stored(conn).keys() for kind in kinds}
    is_new = not before and not any(here.values())
    offered = set(before.get("offered", ()))
    stored = 0
    for kind in kinds:
        for key, found in reading.things.get(kind.name, {}).items():
            name = f"{kind.name}/{key}"
            known = name in offered or key in here[kind.name]
            offered.add(name)
            if not known and (is_new or kind.name not in _FOR_NEW_HUBS):
                kind.save(conn, key, found.content, BY, now)
                stored += 1
    value = json.dumps({"digest": _digest(files), "offered": sorted(offered)})
    upsert(conn, InstallationRow, ("name",), [{"name": _ROW, "value": value}])
    return stored


def is_furnished(conn: Connection, files: Files) -> bool:
    """Whether all of these files were offered to this hub, as they are now."""
    return _remembered(conn).get("digest") == _digest(files)


def _digest(files: Files) -> str:
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def _remembered(conn: Connection) -> dict[str, Any]:
    value = conn.scalar(select(InstallationRow.value).where(InstallationRow.name == _ROW))
    found: dict[str, Any] = json.loads(value) if value else {}
    return found
