"""The key of a backup that is restored: the one that is there, the one sealed in it, or a new one where it is lost."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from hub.model.errors import ConfigurationError
from hub.secrets import create_hub_key, hub_key
from hub.store.backup import archive as archives
from hub.store.backup.sealing import key_check, unseal_files

_BESIDE = "hub.key.restoring"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKey:
    """The key to go on with. `is_new`: it is not the backup's. `files` came sealed with the backup."""

    folder: Path
    master: bytes = field(repr=False)
    is_new: bool = False
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def lay_beside(self) -> None:
        """Writes a sealed key beside the present one; from here on a start finds the one that the database wants."""
        if "hub.key" in self.files:
            _write(self.folder / _BESIDE, self.files["hub.key"])

    def put_in_place(self, now: datetime) -> None:
        """Makes the sealed key the folder's, the other one kept aside, and adds the settings that are not there."""
        file = self.folder / "hub.key"
        if "hub.key" in self.files:
            if file.exists():
                file.replace(self.folder / f"hub.key.before-{now:%Y%m%dT%H%M%S}")
            (self.folder / _BESIDE).replace(file)
        for name in ("secrets.env", "hub.toml"):
            if name in self.files and not (self.folder / name).exists():
                _write(self.folder / name, self.files[name])


def find_key(
    folder: Path, archive: Path, passphrase: str, environment: Mapping[str, str], *, lost: bool = False
) -> FoundKey:
    """Returns the key to restore a backup with: the folder's, one laid beside it, or the one sealed in the backup.

    `lost`: go on with another key where the backup's is nowhere. Raises ConfigurationError saying which key is missing,
    and Refused for a passphrase that does not open it.
    """
    with archives.opened(archive) as read:
        wanted, sealed, made_at = str(read.about.get("key_check", "")), read.sealed_key, read.about.get("made_at", "")
    present = hub_key(folder, environment) if environment.get("HUB_KEY") or (folder / "hub.key").exists() else None
    if present is not None and key_check(present) == wanted:
        return FoundKey(folder=folder, master=present)
    beside = folder / _BESIDE
    if beside.exists() and key_check(given := hub_key(folder, {"HUB_KEY": beside.read_text()})) == wanted:
        return FoundKey(folder=folder, master=given, files={"hub.key": beside.read_bytes()})
    if sealed and passphrase:
        files = unseal_files(sealed, passphrase)
        if environment.get("HUB_KEY"):
            raise ConfigurationError(
                "HUB_KEY is another key than the one in this backup.", next_step="Unset HUB_KEY, then restore again."
            )
        master = hub_key(folder, {"HUB_KEY": files["hub.key"].decode()})
        return FoundKey(folder=folder, master=master, files=files)
    if lost:
        create_hub_key(folder)
        return FoundKey(folder=folder, master=hub_key(folder, environment), is_new=True)
    there = "there is none here" if present is None else f"the one here has {key_check(present)}"
    how = "Give its passphrase (--passphrase-file), or put" if sealed else "Put"
    raise ConfigurationError(
        f"This backup, made {made_at}, belongs to the key with the check value {wanted or 'unknown'}; {there}.",
        next_step=f"{how} that key back as hub.key in {folder} or as HUB_KEY;"
        " if it is lost for good, add --without-key: stored secrets are lost with it.",
    )


def lay_given(folder: Path, key: str) -> None:
    """Lays a key that somebody typed in beside the folder's own. Raises ConfigurationError for what is no key."""
    hub_key(folder, {"HUB_KEY": key})
    _write(folder / _BESIDE, key.strip().encode() + b"\n")


def _write(file: Path, content: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
