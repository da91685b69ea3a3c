"""Capture: the one way in. A batch of payloads becomes history in one transaction, in input order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from channels.base import Captured
from hub.capture.answering import answered
from hub.capture.append import CaptureKeys, append_contacts
from hub.capture.arrived import Arrived
from hub.capture.calls import append_calls
from hub.capture.carts_told import keep_carts
from hub.capture.incoming import Incoming
from hub.capture.opt_out import asked_for
from hub.model.contact import InboundContact, Party
from hub.model.event import CallEvent, CartTold, ConsentChange, StatusUpdate
from hub.model.opt_words import OptKind
from hub.store import blobs, consents, interactions, leases
from hub.store.customers import hold_identities
from hub.store.deliveries import apply_updates
from hub.store.ids import interaction_id


class Capture:
    """Captures batches. `consent_key` keys the chain of consent evidence, `mail_key` proves Message-IDs of ours."""

    def __init__(self, consent_key: bytes, mail_key: bytes = b"") -> None:
        self._keys = CaptureKeys(consent_key, mail_key)

    def __call__(self, conn: Connection, batch: Sequence[Incoming]) -> list[Captured]:
        """Deduplicates, resolves, threads and appends a whole batch; returns one result a payload.

        A payload with several events gives the result of its first contact. Raises LeaseLost when the mailbox is read
        by another process now; any other error concerns one payload, which the caller finds by trying them one by one.
        """
        for lease in {item.lease for item in batch if item.lease}:
            leases.fence(conn, lease)
        now = max(item.received_at for item in batch)
        meant = _meant(batch)
        fresh = self._claim(conn, batch, meant)
        results = self._events(conn, [item for item in batch if id(item) in fresh], meant, now)
        self._link(conn, batch, meant, results)
        repeated = [item for item in batch if id(item) not in results]
        known = interactions.arrived(conn, ((item.channel, item.key) for item in repeated))
        return [results.get(id(item)) or _repeated(conn, item, known.get((item.channel, item.key))) for item in batch]

    def _claim(self, conn: Connection, batch: Sequence[Incoming], meant: Mapping[int, int]) -> set[int]:
        """Stores the arrivals that are new and returns which payloads go on; the unique key makes each once."""
        first = {(item.channel, item.key): item for item in reversed(batch) if not item.again}
        rows = [_arrival(item, meant.get(id(item))) for item in reversed(first.values())]
        new = interactions.claim_arrivals(conn, rows)
        blobs.refer(
            conn,
            [(item.raw_file.sha256, item.raw_file.size) for key, item in first.items() if key in new and item.raw_file],
            max(item.received_at for item in batch),
        )
        return {id(first[key]) for key in new} | {id(item) for item in batch if item.again}

    def _events(
        self, conn: Connection, fresh: Sequence[Incoming], meant: Mapping[int, int], now: datetime
    ) -> dict[int, Captured]:
        results: dict[int, Captured] = {}
        contacts: list[Arrived] = []
        calls: list[tuple[Incoming, CallEvent]] = []
        news: list[tuple[Incoming, StatusUpdate]] = []
        changes: list[tuple[Incoming, ConsentChange]] = []
        told: list[CartTold] = []
        for item in fresh:
            if item.failure:
                results[id(item)] = Captured(key=item.key, failure=item.failure)
            interaction = meant.get(id(item), 0)
            for event, files in zip(item.events, item.files, strict=True):
                match event:
                    case InboundContact():
                        contacts.append(Arrived(item, event, files[:-1], files[-1], interaction))
                        interaction = 0
                    case CallEvent():
                        calls.append((item, event))
                    case StatusUpdate():
                        news.append((item, event))
                    case ConsentChange():
                        changes.append((item, event))
                    case CartTold():
                        told.append(event)
        if contacts:
            for arrived, captured in zip(contacts, append_contacts(conn, contacts, now, self._keys), strict=True):
                results.setdefault(id(arrived.incoming), captured)
        for (item, _), captured in zip(calls, append_calls(conn, calls, now, self._keys.consent), strict=True):
            results.setdefault(id(item), captured)
        apply_updates(conn, [update for _, update in news])
        self._change_consents(conn, [change for _, change in changes])
        keep_carts(conn, told, now)
        for item in fresh:
            results.setdefault(id(item), Captured(key=item.key))
        return results

    def _change_consents(self, conn: Connection, changes: Sequence[ConsentChange]) -> None:
        for change in changes:
            party = Party(change.identity)
            held = hold_identities(conn, [party], change.occurred_at)[change.identity]
            row: dict[str, Any] = {
                "identity_id": held.identity_id,
                "purpose": change.purpose,
                "granted": change.granted,
                "wording": change.wording,
                "source": change.source,
                "at": change.occurred_at,
                "interaction_id": None,
            }
            consents.record(conn, [row], self._keys.consent)
            if not change.granted:
                consents.suppress(conn, str(change.identity), "withdrawn", change.occurred_at, purpose=change.purpose)

    def _link(
        self, conn: Connection, batch: Sequence[Incoming], meant: Mapping[int, int], results: Mapping[int, Captured]
    ) -> None:
        """Corrects the arrivals that became another interaction than was meant, and finishes those read anew."""
        links = []
        for item in batch:
            captured = results.get(id(item))
            if captured and captured.interaction is not None:
                if captured.interaction == meant.get(id(item)):
                    continue
                links.append((item.channel, item.key, captured.interaction))
            elif captured and item.again and item.failure:
                interactions.quarantine(conn, item.channel, item.key, item.failure)
        interactions.link_arrivals(conn, links)


def _meant(batch: Sequence[Incoming]) -> dict[int, int]:
    """Returns the id that the first contact of each payload is meant to get, so that its arrival is written once.

    An arrival that becomes another interaction (the same content, our own mail) is corrected; an update of all of them
    took 7% of the time of a text.
    """
    return {
        id(item): interaction_id(contact.occurred_at)
        for item in batch
        if not item.again
        and (contact := next((each for each in item.events if isinstance(each, InboundContact)), None)) is not None
    }


def _repeated(conn: Connection, item: Incoming, interaction: int | None) -> Captured:
    """Returns the result of a payload that was here already: the same delivery gets the same answer."""
    asked = [asked_for(event) for event in item.events if isinstance(event, InboundContact)][:1]
    if asked and asked[0].kind is OptKind.START and interaction is not None and answered(conn, interaction):
        asked = []
    return Captured(
        key=item.key,
        interaction=interaction,
        duplicate=True,
        opt=asked[0].kind.value if asked and asked[0].kind else "",
        language=asked[0].language if asked else "",
    )


def _arrival(item: Incoming, interaction: int | None) -> dict[str, Any]:
    return {
        "channel": item.channel,
        "key": item.key,
        "state": item.state,
        "reason": item.failure,
        "interaction_id": interaction,
        "raw": item.raw,
        "raw_blob": item.raw_file.sha256 if item.raw_file else None,
        "content_type": item.content_type,
        "note": dict(item.note) or None,
        "received_at": item.received_at,
    }
