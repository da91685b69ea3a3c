"""Past mails read once more by how a form's mails are read now: to try it, and to mend whose they are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from channels.base import Parses, Raw
from hub.capture.form_mails import as_submission, from_address
from hub.capture.refiling import refile
from hub.model.contact import InboundContact
from hub.model.errors import HubError
from hub.model.mail_form import MailForm
from hub.store import interactions, veil
from hub.store.blobs import Blobs
from hub.store.session import Database
from hub.store.tables import ArrivalRow, InteractionRow

log = logging.getLogger(__name__)

TRIED = 20
_SCANNED = 2_000
_SCANS = 50
_CHUNK = 100
_LATEST = (1 << 63) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a form's reading makes of one mail: the submission, or None where it finds nobody to answer to."""

    interaction: int
    occurred_at: datetime
    sender: str
    subject: str
    submission: InboundContact | None


@dataclass(frozen=True, slots=True)
class Applied:
    """How many past mails became submissions, and how many name nobody. `before`: where to go on, None at the end."""

    read: int = 0
    unread: int = 0
    before: int | None = None


@dataclass(frozen=True, slots=True)
class PastMails:
    """The mails that came in so far, as they arrived. `readers`: the channels by name."""

    database: Database
    blobs: Blobs
    readers: Mapping[str, object]

    async def read(self, interaction: int) -> InboundContact | None:
        """Returns a mail as it reads today; None where it is no mail, or its raw is gone."""
        return (await self.read_all([interaction])).get(interaction)

    async def read_all(self, ids: Sequence[int]) -> dict[int, InboundContact]:
        """Returns mails as they read today, by their ids; those that cannot be read are left out."""
        arrivals = await self.database.read(_arrivals, ids)
        return await asyncio.to_thread(self._parsed, arrivals)

    async def try_on(self, form: MailForm, most: int = TRIED) -> list[Tried]:
        """Returns what a form's reading makes of its last mails, newest first."""
        rows, before = await self.database.read(_fitting, (form, None))
        while before is not None and len(rows) < most:
            further, before = await self.database.read(_fitting, (form, before))
            rows += further
        rows = rows[:most]
        contacts = await self.read_all([row["id"] for row in rows])
        tried = []
        for row in rows:
            contact = contacts.get(row["id"])
            read = as_submission([form], contact) if contact is not None else None
            tried.append(
                Tried(
                    interaction=row["id"],
                    occurred_at=row["occurred_at"],
                    sender=from_address(contact) if contact is not None else "",
                    subject=row["subject"],
                    submission=read if read is not None and read.extra.get("mail_form") is not None else None,
                )
            )
        return tried

    async def apply(self, form: MailForm, now: datetime, before: int | None = None) -> Applied:
        """Makes submissions of a form's past mails, newest first; what it reads already, or cannot read, stays."""
        done = Applied(before=before)
        for _ in range(_SCANS):
            rows, following = await self.database.read(_fitting, (form, done.before))
            waiting = [row for row in rows if row["medium"] == "email"]
            read = unread = 0
            for start in range(0, len(waiting), _CHUNK):
                chunk = waiting[start : start + _CHUNK]
                contacts = await self.read_all([row["id"] for row in chunk])
                better = [
                    (row, found)
                    for row in chunk
                    if (contact := contacts.get(row["id"])) is not None
                    and "mail_form" in (found := as_submission([form], contact)).extra
                ]
                await self.database.write(lambda conn, mended: refile(conn, mended, now), better, bulk=True)
                read, unread = read + len(better), unread + len(chunk) - len(better)
            done = Applied(done.read + read, done.unread + unread, following)
            if following is None:
                break
        return done

    def _parsed(self, arrivals: Sequence[Mapping[str, Any]]) -> dict[int, InboundContact]:
        found: dict[int, InboundContact] = {}
        for row in arrivals:
            reader = self.readers.get(row["channel"])
            if row["interaction_id"] in found or not isinstance(reader, Parses):
                continue
            try:
                content = row["raw"] if row["raw"] is not None else self.blobs.read(row["raw_blob"] or "")
                note = {name: str(value) for name, value in (row["note"] or {}).items()}
                raw = Raw(
                    content=content, key=row["key"], received_at=row["received_at"], note=note,
                    content_type=row["content_type"],
                )  # fmt: skip
                events = reader.parse(raw)
            except HubError as error:
                log.debug("interaction %s cannot be read again: %s", row["interaction_id"], error.message)
                continue
            contact = next((event for event in events if isinstance(event, InboundContact)), None)
            if contact is not None:
                found[row["interaction_id"]] = contact
        return found


def _fitting(conn: Connection, asked: tuple[MailForm, int | None]) -> tuple[list[dict[str, Any]], int | None]:
    """Returns the mails among the newest before an id that may be a form's, and the id to go on before."""
    form, before = asked
    scanned = list(
        conn.scalars(
            select(InteractionRow.id)
            .where(InteractionRow.id < (_LATEST if before is None else before))
            .order_by(InteractionRow.id.desc())
            .limit(_SCANNED)
        )
    )
    if not scanned:
        return [], None
    rows = conn.execute(
        select(InteractionRow.id, InteractionRow.medium, InteractionRow.subject, InteractionRow.detail).where(
            InteractionRow.id >= scanned[-1],
            InteractionRow.id <= scanned[0],
            InteractionRow.medium.in_(("email", "form")),
            InteractionRow.direction == "in",
        )
    )
    ids = [row.id for row in rows if _may_fit(form, row)]
    return veil.findable(conn, interactions.by_ids(conn, ids)), scanned[-1] if len(scanned) == _SCANNED else None


def _may_fit(form: MailForm, row: Any) -> bool:
    detail = row.detail or {}
    if row.medium == "form":
        return bool(detail.get("mail_form") == form.name and form.name)
    return form.fits(sender_of(detail), row.subject)


def _arrivals(conn: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    shown = [row["id"] for row in veil.findable(conn, interactions.by_ids(conn, ids))]
    rows = conn.execute(
        select(ArrivalRow.__table__)
        .where(ArrivalRow.interaction_id.in_(shown), ArrivalRow.content_type == "message/rfc822")
        .order_by(ArrivalRow.id)
    )
    return [dict(row._mapping) for row in rows]


def sender_of(detail: Mapping[str, object]) -> str:
    """Returns the address in From of a stored mail, also where Reply-To named its author."""
    sender = detail.get("from") or ""
    return str(sender.get("identity", "")).partition(":")[2] if isinstance(sender, Mapping) else str(sender)
