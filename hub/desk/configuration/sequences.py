"""Sequences as files: `sequences/NAME.toml`. What comes from a file is off until a person switches it on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Connection

from hub.desk.configuration.definitions import InVersions, Versions
from hub.desk.configuration.kind import CHANNEL, Content, Reference
from hub.desk.sequences import NAME
from hub.model.sequence_definition import read_sequence, sequence_as_json
from hub.store import sequences as store


@dataclass(frozen=True, slots=True)
class Sequences(InVersions):
    """Who is on the way goes on by the version that let them in."""

    name = "sequence"
    folder = "sequences"
    named = NAME
    naming = "A sequence is named by small letters, digits and _, beginning with a letter."
    versions: ClassVar[Versions] = store

    def defined(self, data: Mapping[str, Any]) -> Content:
        return sequence_as_json(read_sequence(data))

    def why_fixed(self, conn: Connection, key: str) -> str:
        if store.switch(conn, key).state == store.OFF:
            return ""
        return "It is on: switch it off first, or name the new one otherwise."

    def references(self, key: str, content: Content) -> Iterable[Reference]:
        names = read_sequence(content).names
        kinds = {"template": "template", "segment": "segment", "form": "form", "channel": CHANNEL}
        return [Reference(kinds[kind], name, kind) for kind, wanted in names.items() for name in sorted(wanted)]
