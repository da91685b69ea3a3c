"""Spellings: a mobile line that goes about in two spellings is one identity, and a WhatsApp number may be a known line.

Brazil's ninth digit, Mexico's 1, Argentina's 9 (hub/model/phone.py): whoever was met under one spelling is found under
the other, so that a STOP, a conversation and a customer never fall in two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from hub.model.contact import Party
from hub.model.identity import Identity
from hub.model.phone import other_spelling
from hub.store.customers import Held, find_identities, suggest

_LINES = frozenset({"tel", "whatsapp"})
_SAME_LINE = {"whatsapp": "tel", "tel": "whatsapp"}


def as_known(conn: Connection, parties: Sequence[Party]) -> list[Party]:
    """Returns the parties, those of a line known under its other spelling by that one."""
    others = {
        party.identity: Identity(party.identity.scheme, spelled)
        for party in parties
        if party.identity.scheme in _LINES and (spelled := other_spelling(party.identity.value))
    }
    if not others:
        return list(parties)
    held = find_identities(conn, {*others, *others.values()})
    met: dict[Identity, Identity] = {}
    known = []
    for party in parties:
        other = others.get(party.identity)
        if other is None or party.identity in held:
            known.append(party)
        elif other in held or other in met:
            known.append(replace(party, identity=other))
        else:
            met[party.identity] = other
            known.append(party)
    return known


def suggest_lines(conn: Connection, newcomers: Sequence[tuple[Identity, Held]], now: datetime) -> None:
    """Suggests that who is new by WhatsApp is who holds the same number by phone, or the other way round.

    Only staff joins them: a WhatsApp account may outlive its owner's number.
    """
    asked = [(one, held) for one, held in newcomers if one.scheme in _SAME_LINE]
    if not asked:
        return
    spellings = {
        identity: [Identity(_SAME_LINE[identity.scheme], value) for value in (identity.value, spelled) if value]
        for identity, _ in asked
        for spelled in [other_spelling(identity.value)]
    }
    found = find_identities(conn, (same for each in spellings.values() for same in each))
    suggest(
        conn,
        [
            (held.customer_id, same, f"the number of {identity}")
            for identity, held in asked
            for same in spellings[identity]
            if same in found and found[same].customer_id != held.customer_id
        ],
        now,
    )
