"""What a row of an imported file says about being written to: a yes with its evidence, a no, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from hub.desk.sheet import folded
from hub.model.bases import Basis
from hub.model.clean import clean_text
from hub.model.errors import Refused
from hub.model.identity import Identity
from hub.model.outbound import Purpose
from hub.store import consents, customers, outbox
from hub.store.tables import IdentityRow

_YES = frozenset({"1", "yes", "true", "y", "x", "sim", "s", "ano", "a", "да", "agreed", "opt in", "subscribed"})
_NO = frozenset({"0", "no", "false", "n", "nao", "ne", "нет", "declined", "opt out", "unsubscribed"})
_SCHEMES = {"offers_by_mail": "mailto", "offers_by_text": "tel"}
# Who brought the file stands in the audit log.
_SOURCE = "an imported file"
_PROMOTIONAL = Purpose.PROMOTIONAL.value
_HELD = select(IdentityRow.id, IdentityRow.scheme, IdentityRow.value, IdentityRow.confirmed_at).where(
    IdentityRow.customer_id == bindparam("customer"),
    IdentityRow.closed_at.is_(None),
    IdentityRow.scheme.in_(bindparam("schemes", expanding=True)),
    IdentityRow.value.in_(bindparam("values", expanding=True)),
)
_CONFIRM = update(IdentityRow).where(IdentityRow.id == bindparam("identity")).values(confirmed_at=bindparam("now"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person said about offers by one scheme; `at` None: nobody wrote down when."""

    scheme: str
    granted: bool
    at: datetime | None
    wording: str


def said_in(row: Mapping[str, str], now: datetime, day: Callable[[str], date | None]) -> Sequence[Said]:
    """Returns what a row says about offers. Raises Refused for a yes that lacks its evidence, which is no consent."""
    agreed, how = day("agreed_on"), clean_text(row.get("agreed_how", "")).strip()[:2_000]
    at = datetime.combine(agreed, time(), UTC) if agreed else None
    if at is not None and at > now:
        raise Refused(f"{row['agreed_on'][:40]!r} is in the future.", field="agreed_on")
    found: list[Said] = []
    for column, scheme in _SCHEMES.items():
        if not (word := folded(row.get(column, ""))):
            continue
        if word not in _YES | _NO:
            raise Refused(f"{row[column][:40]!r} is neither yes nor no.", field=column)
        if word in _YES and (at is None or not how):
            raise Refused(
                "They agreed to offers, but the row does not say when and how.",
                field="agreed_how" if at else "agreed_on",
                next_step="Fill in agreed_on and agreed_how: without evidence it is no consent.",
            )
        found.append(Said(scheme=scheme, granted=word in _YES, at=at, wording=how or "A no in an imported file."))
    return found


def note_said(
    conn: Connection, customer: int, named: Sequence[Identity], said: Sequence[Said], now: datetime, key: bytes
) -> bool:
    """Appends what a person said, for the addresses that the row names; returns whether anything was new.

    Whatever the hub knows that is as new wins: who said STOP since is not signed up by an old file. A no without a date
    counts where nothing is known.
    """
    if not said:
        return False
    told = {one.scheme: one for one in said}
    values = [one.value for one in named if one.scheme in told]
    held = conn.execute(_HELD, {"customer": customer, "schemes": list(told), "values": values}).all()
    newest = consents.in_force(conn, [row.id for row in held])
    known = {row.id: newest.get((row.id, _PROMOTIONAL)) for row in held}
    fresh = [row for row in held if _is_news(told[row.scheme], known[row.id])]
    consents.record(conn, [_evidence(row.id, told[row.scheme], now) for row in fresh], key)
    for row in fresh:
        if told[row.scheme].granted:
            _allow(conn, customer, row, now, lift=known[row.id] is not None)
        else:
            consents.suppress(conn, f"{row.scheme}:{row.value}", "withdrawn", now, purpose=_PROMOTIONAL)
            outbox.cancel_waiting(conn, row.id, now, "consent_withdrawn", purposes=(_PROMOTIONAL,))
    return bool(fresh)


def _evidence(identity_id: int, said: Said, now: datetime) -> dict[str, Any]:
    return {
        "identity_id": identity_id,
        "basis": Basis.CONSENT,
        "purpose": _PROMOTIONAL,
        "granted": said.granted,
        "wording": said.wording,
        "source": _SOURCE,
        "at": said.at or now,
        "interaction_id": None,
    }


def _is_news(said: Said, known: Mapping[str, Any] | None) -> bool:
    if known is None:
        return True
    return said.at is not None and said.at > known["at"] and said.granted != known["granted"]


def _allow(conn: Connection, customer: int, row: Any, now: datetime, *, lift: bool) -> None:
    """Confirms an address; `lift`: they had said no before, by evidence that is older than this yes."""
    for one in (f"{row.scheme}:{row.value}", customers.standing_for(customer)) if lift else ():
        consents.lift(conn, one, ("withdrawn",), now, _SOURCE, purpose=_PROMOTIONAL)
    if row.confirmed_at is None:
        conn.execute(_CONFIRM, {"identity": row.id, "now": now})
