"""Reach: whether an address may be written to, for customers who are reached by the best of several channels.

The gates decide when a message is sent; by then it is too late to go another way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.outreach.gates import Consent, Seen, Suppression, no_consent, suppressed
from hub.outreach.house import House, Lane
from hub.store.recipients import Against, Said, newest_words, speaks_against
from hub.store.tables.base import moment


@dataclass(frozen=True, slots=True)
class Reach:
    """What customers of a page agreed to, and what speaks against their addresses."""

    agreed: Mapping[tuple[int, str], Said]
    against: Mapping[str, Sequence[Against]]

    @classmethod
    def of(cls, conn: Connection, held: Mapping[int, Sequence[Mapping[str, Any]]], house: House) -> Reach:
        """Loads it for these addresses by customer; rows as `reminders.addresses` reads them."""
        those = [one for each in held.values() for one in each]
        return cls(
            agreed=newest_words(conn, [one["id"] for one in those]),
            against=speaks_against(conn, [_written(one) for one in those], house.keys),
        )

    def may(self, address: Mapping[str, Any], lane: Lane, purpose: str, now: datetime) -> bool:
        """Says whether a channel may write to an address for a purpose, as far as its owner has a say in it."""
        written = _written(address)
        seen = as_its_owner_says(
            written,
            lane,
            purpose,
            now,
            confirmed=address["confirmed_at"] is not None,
            said=self.agreed.get((address["id"], purpose)),
            against=self.against.get(written, ()),
        )
        return suppressed(seen) is None and no_consent(seen) is None


def as_its_owner_says(
    address: str,
    lane: Lane,
    purpose: str,
    now: datetime,
    *,
    confirmed: bool,
    said: Said | None,
    against: Iterable[Against],
) -> Seen:
    """Returns an address as the gates see it that ask what its owner wants: `suppressed` and `no_consent`."""
    return Seen(
        now=now,
        purpose=purpose,
        channel=lane.name,
        expires_at=now,
        address=address,
        address_confirmed=confirmed,
        heard_by=lane.heard_by or frozenset({lane.name}),
        suppressions=suppressions(against),
        consent=consent(said),
    )


def suppressions(rows: Iterable[Against]) -> tuple[Suppression, ...]:
    """Returns what speaks against an address, as gates see it."""
    return tuple(
        Suppression(purpose=row.purpose, channel=row.channel, reason=row.reason, since=moment(row.at)) for row in rows
    )


def consent(said: Said | None) -> Consent | None:
    """Returns the newest word of an address, as gates see it."""
    return Consent(granted=said.granted, at=moment(said.at), source=said.source, basis=said.basis) if said else None


def _written(address: Mapping[str, Any]) -> str:
    return f"{address['scheme']}:{address['value']}"
