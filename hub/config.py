"""Settings: flag before environment before hub.toml before default; each unknown key is refused by name."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PrivateAttr, ValidationError
from pydantic.fields import FieldInfo

from hub.model.errors import ConfigurationError
from hub.sections import (
    BackupSettings,
    CallSettings,
    ChannelSettings,
    FrequencyCap,
    FrequencyCaps,
    HubSettings,
    Limits,
    Log,
    PasswordHash,
    Rates,
    Section,
)

__all__ = [
    "ROOT",
    "BackupSettings",
    "CallSettings",
    "ChannelSettings",
    "FrequencyCap",
    "FrequencyCaps",
    "HubSettings",
    "Limits",
    "Log",
    "PasswordHash",
    "Rates",
    "Settings",
    "load",
    "shipped",
    "variable",
]

ROOT = Path(__file__).resolve().parent
_OWN_KEYS = ("adapter", "mode", "sends_with")
_CHANNEL_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")


def _channels(sections: object) -> object:
    """Parts each channel's own keys from its adapter's, and checks names and `sends_with` across channels."""
    if not isinstance(sections, Mapping):
        return sections
    channels: dict[str, object] = {}
    for name, section in sections.items():
        if not _CHANNEL_NAME.match(name):
            raise ValueError(f"{name!r} is no name for a channel: use small letters, digits and _")
        if isinstance(section, ChannelSettings):
            channels[name] = section
            continue
        if not isinstance(section, Mapping):
            raise ValueError(f"{name} is no section: write [channels.{name}]")  # noqa: TRY004 (pydantic wants it)
        other = section.get("sends_with", "")
        if other and other not in sections:
            raise ValueError(f"{name} sends with {other!r}, which is no channel{_nearest(other, sections)}")
        own = {key: section[key] for key in _OWN_KEYS if key in section}
        free = {key: value for key, value in section.items() if key not in _OWN_KEYS}
        channels[name] = {"name": name, **own, "settings": free}
    return channels


def _nearest(word: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(word, names, 1, 0.6)
    return f'; did you mean "{close[0]}"?' if close else f"; known are {', '.join(names)}."


class Settings(BaseModel):
    """Everything that can be set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hub: HubSettings = HubSettings()
    password_hash: PasswordHash = PasswordHash()
    limits: Limits = Limits()
    backup: BackupSettings = BackupSettings()
    rates: Rates = Rates()
    calls: CallSettings = CallSettings()
    log: Log = Log()
    frequency_cap: FrequencyCaps = {}
    channels: Annotated[dict[str, ChannelSettings], BeforeValidator(_channels)] = {}
    _origin: Path | None = PrivateAttr(None)
    _written: Settings | None = PrivateAttr(None)
    _epoch: int = PrivateAttr(0)

    @property
    def origin(self) -> Path | None:
        """The file they were read from."""
        return self._origin

    @property
    def written(self) -> Settings:
        """The settings as they are written, with the names of secrets instead of their values."""
        return self._written or self

    @property
    def epoch(self) -> int:
        """Which epoch of the settings kept in the database was laid over them."""
        return self._epoch

    def of_epoch(self, epoch: int, written: Settings) -> Settings:
        """Returns these settings as made of what was written and of an epoch of the database."""
        made = self.model_copy()
        made._written, made._epoch = written, epoch
        return made

    @property
    def database_url(self) -> str:
        return self.hub.database_url or f"sqlite:///{self.hub.data / 'hub.sqlite3'}"

    @property
    def public_url(self) -> str:
        return (self.hub.public_url or f"http://{self.hub.host}:{self.hub.port}").rstrip("/")


def _together(written: Mapping[str, Any], environment: Mapping[str, str], flags: Mapping[str, Any]) -> dict[str, Any]:
    """Lays the flags over the environment over the file, setting by setting."""
    laid = dict(written)
    for given in (_set_in(environment), {"hub": flags}):
        for section, values in given.items():
            below = laid.get(section, {})
            # What is no section there is told, not covered up.
            laid[section] = {**below, **values} if isinstance(below, dict) else below
    return laid


def _set_in(environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Reads HUB_PORT for `[hub] port`, HUB_LOG_LEVEL for `[log] level`; an empty variable is not set."""
    found: dict[str, dict[str, str]] = {}
    for name, field in Settings.model_fields.items():
        section = field.annotation
        keys = section.model_fields if isinstance(section, type) and issubclass(section, Section) else {}
        if values := {key: value for key in keys if (value := environment.get(variable(name, key)))}:
            found[name] = values
    return found


def variable(section: str, key: str) -> str:
    """Returns the environment variable of a setting."""
    return f"HUB_{key}".upper() if section == "hub" else f"HUB_{section}_{key}".upper()


def load(
    flags: Mapping[str, Any] | None = None,
    *,
    file: Path | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """Returns the settings of this run. `flags`: settings of `[hub]` as the command line gives them, None = not given.

    Raises ConfigurationError with one sentence that names the key, where it was set and the nearest valid key.
    """
    given = {key: value for key, value in (flags or {}).items() if value is not None}
    data = Path(given.get("data") or environment.get("HUB_DATA") or HubSettings().data)
    path = _settings_file(file, data, environment)
    try:
        written = tomllib.loads(path.read_text("utf-8"))
        settings = Settings.model_validate(_together(written, environment, given))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is no valid TOML: {error}.", next_step="Correct that line.") from error
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise _plainly(error, path, given, environment) from error
    settings._origin = path
    return settings


def shipped(*parts: str) -> Path:
    """Returns a file that comes with the hub, e.g. `shipped("config", "hub.toml")`: in a checkout or in the wheel."""
    wheel = ROOT / "_shipped"
    return (wheel if wheel.is_dir() else ROOT.parent).joinpath(*parts)


def _settings_file(file: Path | None, data: Path, environment: Mapping[str, str]) -> Path:
    if chosen := file or environment.get("HUB_CONFIG"):
        return Path(chosen)
    places = (data / "hub.toml", Path("config/hub.toml"))
    return next((place for place in places if place.is_file()), shipped("config", "hub.toml"))


def _plainly(
    error: ValidationError, path: Path, flags: Mapping[str, Any], environment: Mapping[str, str]
) -> ConfigurationError:
    """Says the first thing that is wrong in one sentence."""
    first = error.errors(include_url=False)[0]
    *sections, key = (str(part) for part in first["loc"])
    section, known = ".".join(sections), _fields(sections)
    if first["type"] == "extra_forbidden":
        unknown = f'[{section}] has no setting "{key}"' if section else f"there is no section [{key}]"
        return ConfigurationError(f"{path}: {unknown}{_nearest(key, known)}", next_step="Correct or remove it.")
    if first["type"] == "missing":
        return ConfigurationError(f'{path}: [{section}] needs "{key}".', next_step="Add it.")
    reason = first["msg"].removeprefix("Value error, ").replace("Input should be", "must be").rstrip(".?")
    if first["type"] == "string_pattern_mismatch":
        reason = f"must be {known[key].description}"
    if section == "hub" and key in flags:
        return ConfigurationError(f"--{key.replace('_', '-')} {flags[key]}: {reason}.")
    if environment.get(variable(section, key)):
        return ConfigurationError(f"{variable(section, key)}={environment[variable(section, key)]}: {reason}.")
    named = f"[{section}] {key} = {json.dumps(first['input'], default=str)}" if section else f"[{key}]"
    return ConfigurationError(f"{path}: {named}: {reason}.")


def _fields(sections: list[str]) -> Mapping[str, FieldInfo]:
    """Returns what may stand in a section."""
    fields: Mapping[str, FieldInfo] = Settings.model_fields
    other = FrequencyCap if sections[:1] == ["frequency_cap"] else ChannelSettings
    for name in sections:
        inner = fields[name].annotation if name in fields else other
        fields = inner.model_fields if isinstance(inner, type) and issubclass(inner, BaseModel) else {}
    return fields
