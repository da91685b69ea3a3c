"""Secrets: `secret:NAME` in the settings is a value of the environment or of a private file; the hub's own key."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hub.config import ChannelSettings, Settings
from hub.model.errors import ConfigurationError

Lookup = Callable[[str], str | None]
MARK = "secret:"
KEY_BYTES = 32
_NEW_KEY = "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"


def secret_lookup(data: Path, environment: Mapping[str, str] = os.environ) -> Lookup:
    """Returns how a secret is found: HUB_SECRET_NAME or NAME in the environment, then the credential
    HUB_SECRET_NAME that systemd has loaded (LoadCredential=), then `secrets.env` in the data folder.

    Raises ConfigurationError when that file is open to others than its owner or a line of it is not NAME=value.
    """
    file = data / "secrets.env"
    kept = _read_env(file) if file.exists() else {}

    def lookup(name: str) -> str | None:
        said = environment.get(f"HUB_SECRET_{name}") or environment.get(name)
        return said or _credential(f"HUB_SECRET_{name}", environment) or kept.get(name) or None

    return lookup


def resolve(settings: Settings, lookup: Lookup) -> Settings:
    """Returns the settings with every `secret:NAME` replaced by its value.

    Raises ConfigurationError naming a secret that is missing. A channel in the sandbox needs none: there a missing
    secret is empty, since the stand-ins bring their own.
    """
    hub = settings.hub
    hub = hub.model_copy(update={"database_url": _found(hub.database_url, "[hub] database_url", lookup)})
    channels = {name: _resolved(channel, lookup) for name, channel in settings.channels.items()}
    passphrase = _found(settings.backup.passphrase, "[backup] passphrase", lookup)
    backup = settings.backup.model_copy(update={"passphrase": passphrase})
    found = settings.model_copy(update={"hub": hub, "backup": backup, "channels": channels})
    return found.of_epoch(settings.epoch, settings.written)


def missing_secrets(channel: ChannelSettings, lookup: Lookup) -> list[str]:
    """Returns the names of the secrets that a channel, as it is written, would need and that nobody has set."""
    return [name for name in dict.fromkeys(_names(channel.settings)) if not lookup(name)]


def resolved_channel(channel: ChannelSettings, lookup: Lookup) -> ChannelSettings:
    """Returns one channel with its secrets. Raises ConfigurationError as `resolve` does."""
    return _resolved(channel, lookup)


def secret_values(settings: Settings, lookup: Lookup) -> frozenset[str]:
    """Returns the values that the settings name as secrets, for the log to hide."""
    own = [settings.hub.database_url, settings.backup.passphrase]
    named = [*own, *(channel.settings for channel in settings.channels.values())]
    return frozenset(value for name in _names(named) if (value := lookup(name)))


def hub_key(data: Path, environment: Mapping[str, str] = os.environ) -> bytes:
    """Returns the hub's own key, 32 bytes, from HUB_KEY or `hub.key` in the data folder.

    Raises ConfigurationError when there is none, or it is too short, guessable, or open to others than its owner.
    """
    if text := environment.get("HUB_KEY") or _credential("HUB_SECRET_HUB_KEY", environment):
        return _key(text, "HUB_KEY")
    file = data / "hub.key"
    if not file.exists():
        raise ConfigurationError(f"The hub has no key: neither HUB_KEY nor {file} is there.", next_step="Run: hub init")
    return _key(_read_private(file), str(file))


def create_hub_key(data: Path) -> Path:
    """Writes a new random key to `hub.key` in the data folder, readable by its owner alone; keeps one that exists."""
    file = data / "hub.key"
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secrets.token_urlsafe(KEY_BYTES) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    return file


def _resolved(channel: ChannelSettings, lookup: Lookup) -> ChannelSettings:
    live = channel.mode == "live"

    def replaced(value: Any, where: str) -> Any:
        match value:
            case str():
                return _found(value, where, lookup, needed=live)
            case dict():
                return {key: replaced(inner, f"{where}.{key}") for key, inner in value.items()}
            case list():
                return [replaced(inner, where) for inner in value]
        return value

    where = f"[channels.{channel.name}]"
    own = {key: replaced(value, f"{where} {key}") for key, value in channel.settings.items()}
    return channel.model_copy(update={"settings": own})


def _found(value: str, where: str, lookup: Lookup, *, needed: bool = True) -> str:
    if not value.startswith(MARK):
        return value
    name = value.removeprefix(MARK)
    secret = lookup(name)
    if secret is None and needed:
        raise ConfigurationError(
            f"The secret {name}, named by {where}, is missing.",
            next_step=f"Set HUB_SECRET_{name}, or write {name}=... into secrets.env in the data folder.",
        )
    return secret or ""


def _names(value: Any) -> list[str]:
    match value:
        case str():
            return [value.removeprefix(MARK)] if value.startswith(MARK) else []
        case dict():
            return [name for inner in value.values() for name in _names(inner)]
        case list():
            return [name for inner in value for name in _names(inner)]
    return []


def _read_env(file: Path) -> dict[str, str]:
    found = {}
    for number, line in enumerate(_read_private(file).splitlines(), 1):
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise ConfigurationError(f"{file}, line {number}, is not NAME=value.", next_step="Correct that line.")
        value = value.strip()
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        found[name.strip()] = value[1:-1] if quoted else value
    return found


def _credential(name: str, environment: Mapping[str, str]) -> str:
    """Returns what systemd keeps for this service under a name (systemd.exec(5), CREDENTIALS), or an empty string."""
    folder = environment.get("CREDENTIALS_DIRECTORY", "")
    if not folder or not name.isidentifier():
        return ""
    file = Path(folder) / name
    try:
        return file.read_text("utf-8").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The credential {file} cannot be read: {error}.") from error


def _read_private(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as stream:
            mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
            if mode & 0o077:
                raise ConfigurationError(
                    f"{file} holds secrets and is open to others (mode {mode:o}).", next_step=f"Run: chmod 600 {file}"
                )
            return stream.read()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}.") from error


def _key(text: str, where: str) -> bytes:
    text = text.strip()
    try:
        key = base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < KEY_BYTES:
        raise ConfigurationError(f"{where} is no key: it must be {KEY_BYTES} random bytes, base64.", next_step=_NEW_KEY)
    # Of 32 random bytes about 30 differ; a phrase, a repetition or an example key stays far below, or repeats itself.
    if len(set(key)) < KEY_BYTES // 2 or _is_written_by_hand(text):
        raise ConfigurationError(f"{where} can be guessed: it is an example or a repetition.", next_step=_NEW_KEY)
    return key[:KEY_BYTES]


def _is_written_by_hand(text: str) -> bool:
    plain = text.lower().replace("-", "").replace("_", "")
    return any(word in plain for word in ("change", "example", "default", "password", "secret", "insecure", "abcdefgh"))
