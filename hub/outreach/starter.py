"""Starter: the templates and reminders of a new hub, loaded from files where there are none."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from hub.model.errors import ConfigurationError, HubError
from hub.outreach.rendering import FACES
from hub.outreach.templates import check_words
from hub.store import reminders, templates

_MINUTES = {"min": 1, "h": 60, "d": 1440}
_SPAN = re.compile(r"(\d{1,6}) ?(min|h|d)\Z")


def apply(conn: Connection, shipped: Callable[..., Path], now: datetime) -> None:
    """Loads the templates that are missing, and the reminders when there is none at all.

    What staff has changed or switched off stays as it is. Raises ConfigurationError naming a file that cannot be read.
    """
    here = {(row["name"], row["language"]) for row in templates.listed(conn)}
    for folder in sorted(path for path in shipped("templates", "messages").iterdir() if path.is_dir()):
        _load_templates(conn, folder, here, now)
    if not reminders.rules(conn):
        _load_rules(conn, shipped("config", "starter", "reminders.toml"), now)


def _load_templates(conn: Connection, folder: Path, here: set[tuple[str, str]], now: datetime) -> None:
    languages = sorted(path for path in folder.iterdir() if path.is_dir() and (folder.name, path.name) not in here)
    if not languages:
        return
    purpose = _toml(folder / "meta.toml").get("purpose", "")
    for language in languages:
        faces = {
            name: (language / file).read_text("utf-8") for name, file in FACES.items() if (language / file).is_file()
        }
        try:
            check_words(faces, purpose)
        except HubError as error:
            raise ConfigurationError(f"{language}: {error.message}") from error
        templates.save(
            conn, name=folder.name, language=language.name, purpose=purpose, faces=faces, now=now, by="starter"
        )


def _load_rules(conn: Connection, file: Path, now: datetime) -> None:
    for rule in _toml(file).get("reminder", []):
        try:
            reminders.add_rule(
                conn,
                name=rule["name"],
                about=rule["about"],
                minutes_before=_minutes(rule["before"]),
                lead_minutes=_minutes(rule["lead"]),
                channel=rule["channel"],
                template=rule["template"],
                now=now,
            )
        except KeyError as error:
            raise ConfigurationError(f"{file}: a reminder lacks {error}.") from error
        except HubError as error:
            raise ConfigurationError(f"{file}: {error.message}") from error


def _minutes(span: str) -> int:
    found = _SPAN.match(span)
    if not found:
        raise ConfigurationError(f"{span!r} is no span of time: write it as 30 min, 2 h or 1 d.")
    return int(found[1]) * _MINUTES[found[2]]


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}.") from error
