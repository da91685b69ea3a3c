"""Recordings that callers hear, as files: `call_sounds/NAME.toml` with title and digest, beside it NAME.mp3 or .wav."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import Connection

from hub.desk.call_sounds import check_name, check_title, check_unused
from hub.desk.configuration.files import SOUNDS, Files
from hub.desk.configuration.in_toml import InToml
from hub.desk.configuration.kind import Content, Fault, Found, Reading, toml_files
from hub.model.errors import HubError, NotFound, Refused
from hub.model.sound import MP3, sound_type
from hub.store import call_sounds as store
from hub.store.blobs import Blobs
from hub.store.call_sounds import Sound


@dataclass(frozen=True, slots=True)
class CallSounds(InToml):
    """What a sound is goes by its bytes: their digest is compared, and nothing is stored twice. `blobs`: their home."""

    name = "call_sound"
    folder = "call_sounds"

    blobs: Blobs | None = None
    _heard: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    def owns(self, path: str) -> bool:
        pure = PurePosixPath(path)
        return pure.parent.as_posix() == self.folder and pure.suffix in (".toml", *SOUNDS)

    def checked(self, key: str, data: Mapping[str, Any]) -> Content:
        check_name(key)
        data = self.titled(key, data)
        if unknown := sorted(set(data) - {"title", "sha256"}):
            raise Refused(f"A recording knows no {unknown[0]!r}.", field=unknown[0])
        check_title(data["title"])
        return {"title": data["title"], "sha256": str(data.get("sha256", "")).lower()}

    def read(self, files: Files, into: Reading) -> None:
        sounds = {path for path in files if self.owns(path) and PurePosixPath(path).suffix in SOUNDS}
        for path, key, data in toml_files(files, self.folder, into):
            mine = sorted(each for each in sounds if PurePosixPath(each).stem == key)
            sounds -= set(mine)
            try:
                content = self.checked(key, data)
                if len(mine) != 1:
                    wanted = " or ".join(f"{key}{ending}" for ending in SOUNDS)
                    raise Refused(f"Beside it belongs one sound: {wanted}.")
                into.add(self, key, Found(path, {**content, **self._known(files[mine[0]], content["sha256"])}))
            except HubError as error:
                into.refuse(path, error)
        for path in sorted(sounds):
            message = "This sound has no file that says what it is."
            step = f'Write {PurePosixPath(path).stem}.toml beside it, with title = "...".'
            into.faults.append(Fault(file=path, message=message, next_step=step))

    def _known(self, written: str, told: str) -> dict[str, Any]:
        """Returns what the bytes themselves say, and keeps them to be stored. Raises Refused and TooLarge."""
        try:
            content = base64.b64decode(written, validate=True)
        except binascii.Error as error:
            raise Refused("The sound is not written as base64.") from error
        kind, sha256 = sound_type(content), hashlib.sha256(content).hexdigest()
        if told not in ("", sha256):
            raise Refused(
                "The sound has another digest than is written here: it was changed or did not come whole.",
                field="sha256",
                next_step="Take the file anew, or take the line away if the sound was changed on purpose.",
            )
        self._heard[sha256] = content
        return {"sha256": sha256, "size": len(content), "content_type": kind}

    def write(self, things: Mapping[str, Content]) -> dict[str, str]:
        told = {key: {name: thing[name] for name in ("title", "sha256")} for key, thing in things.items()}
        files = InToml.write(self, told)
        for key, thing in things.items():
            ending = ".mp3" if thing["content_type"] == MP3 else ".wav"
            content = self._home.read(thing["sha256"])
            files[f"{self.folder}/{key}{ending}"] = base64.b64encode(content).decode()
        return files

    def stored(self, conn: Connection) -> dict[str, Content]:
        return {
            each.name: {name: getattr(each, name) for name in ("title", "sha256", "size", "content_type")}
            for each in store.every(conn)
        }

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        if self._home.put(self._heard[content["sha256"]]) != content["sha256"]:
            raise Refused("The sound was not stored as it came.")
        store.keep(conn, Sound(name=key, added_at=now, added_by=by, **content))

    def retire(self, conn: Connection, key: str, by: str, now: datetime) -> bool:
        try:
            check_unused(conn, key)
            store.remove(conn, key)
        except NotFound:
            return False
        return True

    @property
    def _home(self) -> Blobs:
        if self.blobs is None:
            raise Refused("Sounds are kept by a hub that has a place for them.")
        return self.blobs
