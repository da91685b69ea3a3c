"""Campaigns: every change is a new version; a launched one has its segment and templates pinned as they were seen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select, update

from hub.model.campaign import LAUNCHED, CampaignState, Definition, read_definition
from hub.model.errors import NotFound, Refused
from hub.model.outbound import Purpose
from hub.store import segments, templates, unpromoted
from hub.store.tables import CampaignRow, CampaignVersionRow

_ALL = CampaignRow.__table__.c
# What stands in the stored definition beside what was written: the rows that were looked at before the launch.
PINNED = "pinned"
VARIANTS = "variants"


def listed(conn: Connection) -> list[dict[str, Any]]:
    """Returns every campaign, the last changed first."""
    rows = conn.execute(select(*_ALL).order_by(CampaignRow.changed_at.desc(), CampaignRow.id.desc()))
    return [dict(row._mapping) for row in rows]


def names(conn: Connection) -> set[str]:
    """Returns the name of every campaign."""
    return set(conn.scalars(select(CampaignRow.name)))


def by_id(conn: Connection, campaign_id: int, *, lock: bool = False) -> dict[str, Any]:
    """Returns a campaign; `lock` keeps other processes off until the commit. Raises NotFound."""
    statement = select(*_ALL).where(CampaignRow.id == campaign_id)
    row = conn.execute(statement.with_for_update() if lock else statement).one_or_none()
    if row is None:
        raise NotFound(f"There is no campaign {campaign_id}.")
    return dict(row._mapping)


def by_name(conn: Connection, name: str) -> dict[str, Any] | None:
    """Returns a campaign by its name, or None."""
    row = conn.execute(select(*_ALL).where(CampaignRow.name == name)).one_or_none()
    return dict(row._mapping) if row else None


def definition_of(row: Mapping[str, Any]) -> Definition:
    """Returns what a campaign or one of its runs is to do. Raises Refused for what cannot be read any more."""
    return read_definition({name: value for name, value in row["definition"].items() if name != PINNED})


def versions(conn: Connection, campaign_id: int) -> list[dict[str, Any]]:
    """Returns every version of a campaign, newest first."""
    rows = conn.execute(
        select(CampaignVersionRow.__table__)
        .where(CampaignVersionRow.campaign_id == campaign_id)
        .order_by(CampaignVersionRow.version.desc())
    )
    return [dict(row._mapping) for row in rows]


def add(conn: Connection, *, name: str, title: str, definition: Definition, now: datetime, by: str) -> int:
    """Adds a draft and returns its id. Raises Refused when the name is taken."""
    if by_name(conn, name) is not None:
        raise Refused(f"There is a campaign {name!r} already.", field="name")
    row = {
        "name": name,
        "title": title,
        "state": CampaignState.DRAFT.value,
        "version": 1,
        "definition": definition.as_json(),
        "created_at": now,
        "changed_at": now,
    }
    made: int = conn.execute(insert(CampaignRow).values(**row).returning(CampaignRow.id)).scalar_one()
    _keep_version(conn, made, 1, title, definition, now, by)
    return made


def rewrite(
    conn: Connection, campaign: Mapping[str, Any], *, title: str, definition: Definition, now: datetime, by: str
) -> None:
    """Makes a new version of a campaign, a draft again: what was looked at before is not what it says now."""
    version = campaign["version"] + 1
    conn.execute(
        update(CampaignRow)
        .where(CampaignRow.id == campaign["id"])
        .values(
            title=title,
            state=CampaignState.DRAFT.value,
            version=version,
            definition=definition.as_json(),
            next_run_at=None,
            plan_hash="",
            approved_hash="",
            changed_at=now,
        )
    )
    _keep_version(conn, campaign["id"], version, title, definition, now, by)


def _keep_version(
    conn: Connection, campaign_id: int, version: int, title: str, definition: Definition, now: datetime, by: str
) -> None:
    row = {
        "campaign_id": campaign_id,
        "version": version,
        "title": title,
        "definition": definition.as_json(),
        "created_at": now,
        "created_by": by,
    }
    conn.execute(insert(CampaignVersionRow).values(**row))


def change(conn: Connection, campaign_id: int, **values: Any) -> None:
    """Changes columns of a campaign."""
    conn.execute(update(CampaignRow).where(CampaignRow.id == campaign_id).values(**values))


def note_plan(conn: Connection, campaign_id: int, version: int, plan_hash: str) -> bool:
    """Keeps the hash of a flight plan, unless the campaign was changed meanwhile; returns whether it did."""
    same = (CampaignRow.id == campaign_id) & (CampaignRow.version == version)
    return conn.execute(update(CampaignRow).where(same).values(plan_hash=plan_hash)).rowcount == 1


def pins(conn: Connection, definition: Definition) -> dict[str, Any]:
    """Returns the rows that a launch pins: the segment's version and that of each language of the template.

    Raises Refused naming the field.
    """
    try:
        segment = segments.current(conn, definition.segment)
    except NotFound as error:
        raise Refused(error.message, field="segment") from error
    unpromoted.check_campaign(conn, segment.segment, definition.variables)
    pinned = {"segment_id": segment.id, "templates": _pinned(conn, definition.template, "template")}
    if definition.variants:
        named = definition.variants.items()
        pinned[VARIANTS] = {arm: _pinned(conn, template, "variants") for arm, template in named}
    return pinned


def _pinned(conn: Connection, template: str, field: str) -> dict[str, int]:
    versions = templates.active(conn, template)
    if not versions:
        raise Refused(f"There is no template {template!r}.", field=field)
    if any(row["purpose"] != Purpose.PROMOTIONAL for row in versions.values()):
        raise Refused(
            f"The template {template!r} is not for promotions.",
            field=field,
            next_step="Choose another, or change what this one is for.",
        )
    return {language: row["id"] for language, row in sorted(versions.items())}


def fingerprint(definition: Definition, pinned: Mapping[str, Any]) -> str:
    """Returns what a flight plan is bound to: the definition and everything it names, as it was seen."""
    written = orjson.dumps([definition.as_json(), dict(pinned)], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(written).hexdigest()


def due(conn: Connection, now: datetime) -> list[dict[str, Any]]:
    """Returns launched campaigns whose next run is due."""
    rows = conn.execute(
        select(*_ALL)
        .where(CampaignRow.state.in_(sorted(LAUNCHED)), CampaignRow.next_run_at <= now)
        .order_by(CampaignRow.next_run_at, CampaignRow.id)
    )
    return [dict(row._mapping) for row in rows]


def claim_run(conn: Connection, campaign: Mapping[str, Any], next_run_at: datetime | None, state: str) -> bool:
    """Takes the due run of a campaign by compare-and-set; returns whether this process is the one."""
    ours = (
        (CampaignRow.id == campaign["id"])
        & (CampaignRow.next_run_at == campaign["next_run_at"])
        & CampaignRow.state.in_(sorted(LAUNCHED))
    )
    return conn.execute(update(CampaignRow).where(ours).values(next_run_at=next_run_at, state=state)).rowcount == 1


def titles(conn: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Returns the titles of campaigns."""
    rows = conn.execute(select(CampaignRow.id, CampaignRow.title).where(CampaignRow.id.in_(sorted(set(ids)))))
    return {row.id: row.title for row in rows}
