"""Call flows: every change is a new version; which flow a channel's calls follow is a fact of the installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, select

from hub.model.call_flow import CallFlow
from hub.model.call_flow_definition import call_flow_as_json, read_call_flow
from hub.model.errors import Refused
from hub.store.installation import facts, note_fact
from hub.store.tables import CallFlowRow, InstallationRow
from hub.store.versions import Definition, NamedVersions

_CHOICE = "call_flow:"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFlowVersion(Definition):
    """One version of a call flow as it is stored."""

    @property
    def flow(self) -> CallFlow:
        """The definition, read. Raises Refused where this hub does not know one of its steps (any more)."""
        return read_call_flow(self.definition)

    @property
    def told(self) -> Mapping[str, Any]:
        """The definition in its own order; as it is stored where a later version of the hub has written it."""
        try:
            return call_flow_as_json(self.flow)
        except Refused:
            return self.definition


_KEPT = NamedVersions(CallFlowRow, CallFlowVersion, "call flow")
current, all_current, versions = _KEPT.current, _KEPT.all_current, _KEPT.versions


def save(
    conn: Connection, name: str, definition: Mapping[str, Any], by: str, now: datetime, *, based_on: int | None = None
) -> int:
    """Stores a new version, which calls follow from now on. Raises Refused also for what cannot be read."""
    content = {"definition": call_flow_as_json(read_call_flow(definition))}
    return _KEPT.save(conn, name, content, by, now, based_on=based_on)


def retire(conn: Connection, name: str) -> None:
    """Takes a call flow off; its versions stay. Raises NotFound, and Refused while a channel was told to follow it."""
    current(conn, name)
    if users := chosen_for(conn, name):
        raise Refused(
            f"The calls of {', '.join(users)} follow this flow.", next_step="Let them follow another flow first."
        )
    _KEPT.retire(conn, name)


def choose(conn: Connection, channel: str, name: str) -> None:
    """Lets a channel's calls follow a flow; an empty name: that of the channel's own name, if any. Raises NotFound."""
    if name:
        current(conn, name)
    note_fact(conn, f"{_CHOICE}{channel}", name)


def choices(conn: Connection) -> dict[str, str]:
    """Returns which flow was chosen for each channel that has a choice."""
    return {name.removeprefix(_CHOICE): flow for name, flow in facts(conn, _CHOICE).items()}


def chosen_for(conn: Connection, name: str) -> list[str]:
    """Returns the channels that were told to follow a flow."""
    return sorted(channel for channel, flow in choices(conn).items() if flow == name)


def followed(conn: Connection, channel: str) -> CallFlowVersion | None:
    """Returns the flow that a channel's calls follow: the chosen one, else that of its name; None: the settings'."""
    chosen = select(InstallationRow.value).where(InstallationRow.name == f"{_CHOICE}{channel}").scalar_subquery()
    of_line = _KEPT.select.where(CallFlowRow.name.in_([channel, chosen]), CallFlowRow.active)
    return _KEPT.first(conn, of_line.order_by(case((CallFlowRow.name == chosen, 0), else_=1)))
