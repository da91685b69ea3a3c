"""Call flows as files: `call_flows/NAME.toml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from hub.desk.call_flows import NAME
from hub.desk.configuration.definitions import InVersions, Versions
from hub.desk.configuration.kind import Content, Reference
from hub.model.call_flow_definition import call_flow_as_json, read_call_flow
from hub.store import call_flows as store
from hub.store.call_sounds import names_in


@dataclass(frozen=True, slots=True)
class CallFlows(InVersions):
    """What callers hear stays in all its languages."""

    name = "call_flow"
    folder = "call_flows"
    named = NAME
    naming = "A call flow is named by letters, digits, - and _."
    versions: ClassVar[Versions] = store

    def references(self, key: str, content: Content) -> Iterable[Reference]:
        return (Reference("call_sound", name, f"sounds ({name})") for name in sorted(names_in(content)))

    def defined(self, data: Mapping[str, Any]) -> Content:
        return call_flow_as_json(read_call_flow(data))
