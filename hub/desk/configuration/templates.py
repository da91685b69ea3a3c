"""Templates as files: `templates/NAME/meta.toml` with purpose and kind, and a folder a language with a file a face."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import Connection

from hub.desk.configuration.files import Files, plain_lines
from hub.desk.configuration.kind import Content, Fault, Found, Kind, Reading, Reference, toml
from hub.desk.configuration.toml_text import write_toml
from hub.model import wording
from hub.model.errors import HubError
from hub.model.kinds import KINDS
from hub.store import templates as store

FOLDER = "templates"
META = "meta.toml"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
# What a meta.toml may say; all but the purpose and the kind is for those who read it.
_SAID = frozenset({"purpose", "kind", "about", "variables", "note"})
# Checks the faces of one language before they are stored: (faces, purpose, language); raises Refused.
Check = Callable[[Mapping[str, str], str, str], None]


@dataclass(frozen=True, slots=True)
class Templates(Kind):
    """`faces`: the file name of each face; `check`: what the way out accepts. A key is NAME/LANGUAGE."""

    name = "template"

    faces: Mapping[str, str]
    check: Check

    def owns(self, path: str) -> bool:
        parts = PurePosixPath(path).parts
        if len(parts) == 3:
            return parts[0] == FOLDER and parts[2] == META
        return len(parts) == 4 and parts[0] == FOLDER and parts[3] in self.faces.values()

    def read(self, files: Files, into: Reading) -> None:
        owned = sorted(path for path in files if self.owns(path))
        languages = sorted({str(PurePosixPath(path).parent) for path in owned if PurePosixPath(path).name != META})
        metas = {PurePosixPath(path).parts[1]: self._meta(files, path, into) for path in owned if path.endswith(META)}
        for folder in languages:
            _, name, language = PurePosixPath(folder).parts
            if not _NAME.match(name) or not _LANGUAGE.match(language):
                into.faults.append(
                    Fault(
                        file=folder,
                        message="A template's folder is named in small letters, digits and _, and its languages as pt.",
                    )
                )
            elif name not in metas:
                into.faults.append(
                    Fault(
                        file=f"{FOLDER}/{name}/{META}",
                        message="The file is missing.",
                        next_step='Write it, with purpose = "reminder", "service" or "promotional".',
                    )
                )
            elif (meta := metas[name]) is not None:
                self._read(files, folder, meta, into)
        told = {PurePosixPath(folder).parts[1] for folder in languages}
        for name in sorted(metas.keys() - told):
            into.faults.append(Fault(file=f"{FOLDER}/{name}/{META}", message="The template has no face at all."))

    def _meta(self, files: Files, path: str, into: Reading) -> Mapping[str, Any] | None:
        data = toml(files, path, into)
        if data is None:
            return None
        if unknown := sorted(set(data) - _SAID):
            known = ", ".join(sorted(_SAID))
            into.faults.append(
                Fault(file=path, where=unknown[0], message=f"This is not known here; known are {known}.")
            )
            return None
        if (kind := data.get("kind", "")) not in ("", *KINDS):
            into.faults.append(Fault(file=path, where="kind", message=f"{kind!r} is none of {', '.join(KINDS)}."))
            return None
        return data

    def _read(self, files: Files, folder: str, meta: Mapping[str, Any], into: Reading) -> None:
        _, name, language = PurePosixPath(folder).parts
        purposes = meta.get("purpose", "")
        purpose = str(purposes.get(language, "") if isinstance(purposes, Mapping) else purposes)
        faces = {face: files[f"{folder}/{file}"] for face, file in self.faces.items() if files.get(f"{folder}/{file}")}
        try:
            self.check(faces, purpose, language)
        except HubError as error:
            face = str(getattr(error, "field", ""))
            file = f"{folder}/{self.faces[face]}" if face in self.faces else f"{FOLDER}/{name}/{META}"
            into.refuse(file, error, where="" if face in self.faces else face)
        else:
            into.add(self, f"{name}/{language}", Found(folder, {"purpose": purpose, **_kind(meta), **faces}))

    def write(self, things: Mapping[str, Content]) -> dict[str, str]:
        files: dict[str, str] = {}
        purposes: dict[str, dict[str, str]] = {}
        for key, content in things.items():
            name, _, language = key.partition("/")
            purposes.setdefault(name, {})[language] = content["purpose"]
            meta = f"{FOLDER}/{name}/{META}"
            one = set(purposes[name].values())
            said = content["purpose"] if len(one) == 1 else purposes[name]
            files[meta] = write_toml({"purpose": said, **_kind(content)})
            for face, file in self.faces.items():
                if face in content:
                    files[f"{FOLDER}/{key}/{file}"] = content[face]
        return files

    def stored(self, conn: Connection) -> dict[str, Content]:
        return {f"{row['name']}/{row['language']}": self._content(row) for row in store.listed(conn)}

    def _content(self, row: Mapping[str, Any]) -> Content:
        said = store.written(row)
        kept = {face: plain_lines(str(said[face])) for face in self.faces if said.get(face)}
        return {"purpose": row["purpose"], **_kind(row), **kept}

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        name, _, language = key.partition("/")
        faces = {face: text for face, text in content.items() if face in self.faces}
        said = {"name": name, "language": language, "purpose": content["purpose"]}
        # Pictures travel with a backup, not with words; the page of the template asks for them.
        store.save(conn, **said, faces=faces, now=now, by=by, kind=str(content.get("kind", "")), without_pictures=True)

    def retire(self, conn: Connection, key: str, by: str, now: datetime) -> bool:
        name, _, language = key.partition("/")
        return store.retire(conn, name, language)

    def references(self, key: str, content: Content) -> Iterable[Reference]:
        faces = {face: content[face] for face in self.faces if content.get(face)}
        return [Reference("snippet", name, "[[ ]]") for name in wording.snippets_in(faces)]

    def known_as(self, key: str) -> str:
        return key.partition("/")[0]


def _kind(said: Mapping[str, Any]) -> dict[str, str]:
    return {"kind": said["kind"]} if said.get("kind") else {}
