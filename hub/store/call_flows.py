"""Call flows: every change is a new version; which flow a channel's calls follow is a fact of the installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, insert, select, update

from hub.model.call_flow import CallFlow
from hub.model.call_flow_definition import call_flow_as_json, read_call_flow
from hub.model.errors import NotFound, Refused
from hub.store.installation import facts, note_fact
from hub.store.tables import CallFlowRow, InstallationRow

_CHOICE = "call_flow:"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFlowVersion:
    """One version of a call flow as it is stored; `active`: it is the one that counts now."""

    id: int
    name: str
    version: int
    definition: Mapping[str, Any]
    active: bool
    created_at: datetime
    created_by: str

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

    @property
    def title(self) -> str:
        return str(self.definition.get("title") or self.name)


_ALL = tuple(getattr(CallFlowRow, name) for name in CallFlowVersion.__slots__)


def save(
    conn: Connection,
    name: str,
    definition: Mapping[str, Any],
    by: str,
    now: datetime,
    *,
    based_on: int | None = None,
) -> int:
    """Stores a new version, which calls follow from now on; returns its number.

    The same definition again makes no new version. `based_on`: the version that was edited, 0 for none: raises
    Refused when somebody else saved another meanwhile, and for a definition that cannot be read.
    """
    definition = call_flow_as_json(read_call_flow(definition))
    newest = conn.execute(
        select(*_ALL).where(CallFlowRow.name == name).order_by(CallFlowRow.version.desc()).limit(1)
    ).one_or_none()
    known = newest.version if newest else 0
    if based_on is not None and based_on != known:
        raise Refused(
            f"The call flow {name!r} exists already."
            if not based_on
            else f"Somebody else saved version {known} meanwhile.",
            field="name" if not based_on else "based_on",
            next_step="Choose another name." if not based_on else "Open it anew and make your change once more.",
        )
    if newest and newest.active and newest.definition == definition:
        return known
    conn.execute(update(CallFlowRow).where(CallFlowRow.name == name, CallFlowRow.active).values(active=False))
    row = {"name": name, "version": known + 1, "definition": definition, "created_at": now, "created_by": by}
    conn.execute(insert(CallFlowRow).values(**row))
    return known + 1


def current(conn: Connection, name: str) -> CallFlowVersion:
    """Returns the active version of a call flow. Raises NotFound."""
    row = conn.execute(select(*_ALL).where(CallFlowRow.name == name, CallFlowRow.active)).one_or_none()
    if row is None:
        raise NotFound(f"There is no call flow {name!r}.")
    return CallFlowVersion(**row._mapping)


def all_current(conn: Connection) -> list[CallFlowVersion]:
    """Returns the active version of every call flow, by name."""
    rows = conn.execute(select(*_ALL).where(CallFlowRow.active).order_by(CallFlowRow.name))
    return [CallFlowVersion(**row._mapping) for row in rows]


def versions(conn: Connection, name: str) -> list[CallFlowVersion]:
    """Returns every version of a call flow, newest first. Raises NotFound."""
    rows = conn.execute(select(*_ALL).where(CallFlowRow.name == name).order_by(CallFlowRow.version.desc())).all()
    if not rows:
        raise NotFound(f"There is no call flow {name!r}.")
    return [CallFlowVersion(**row._mapping) for row in rows]


def retire(conn: Connection, name: str) -> None:
    """Takes a call flow off; its versions stay. Raises NotFound, and Refused while a channel was told to follow it."""
    current(conn, name)
    if users := chosen_for(conn, name):
        raise Refused(
            f"The calls of {', '.join(users)} follow this flow.", next_step="Let them follow another flow first."
        )
    conn.execute(update(CallFlowRow).where(CallFlowRow.name == name, CallFlowRow.active).values(active=False))


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
    row = conn.execute(
        select(*_ALL)
        .where(CallFlowRow.name.in_([channel, chosen]), CallFlowRow.active)
        .order_by(case((CallFlowRow.name == chosen, 0), else_=1))
        .limit(1)
    ).one_or_none()
    return CallFlowVersion(**row._mapping) if row else None
