"""Leaving and coming back: what somebody chooses behind the link in a message, address by address, with evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from hub.model.errors import NotFound, Refused
from hub.model.outbound import Purpose
from hub.store import consents, jobs, outbox, rests
from hub.store.tables import CustomerRow, IdentityRow, MessageRow, TemplateRow

# Answers are not here: who writes to us gets one.
PURPOSES = (Purpose.PROMOTIONAL, Purpose.REMINDER)
# So many weeks may be chosen to be left alone for.
REST_WEEKS = (2, 4, 8, 12, 26)
_SCHEMES = ("mailto", "tel", "whatsapp")
# What the person's own choice on the page ends. A carrier that heard STOP goes on blocking until it hears START.
_ENDED = {"mailto": ("withdrawn", "stop", "unsure"), "tel": ("withdrawn",), "whatsapp": ("withdrawn",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One purpose at one address. `own`: the link came to this address, so it may be switched on too.

    `because`: what keeps it off although it was agreed to, a reason of a suppression.
    """

    identity_id: int
    scheme: str
    address: str
    purpose: str
    on: bool
    own: bool
    because: str = ""
    agreed_at: datetime | None = None
    wording: str = ""

    @property
    def name(self) -> str:
        """Names the choice in a form."""
        return f"{self.identity_id}.{self.purpose}"

    @property
    def may_change(self) -> bool:
        """Says whether the page may switch it; on needs proof of the address, which only its own link is."""
        return self.on or (self.own and not self.because)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How a choice was made, as consent keeps it."""

    wording: str
    language: str
    source: str
    ip: str
    user_agent: str
    at: datetime

    def of(self, identity_id: int, purpose: str, granted: bool) -> dict[str, Any]:
        """Returns it as the row of one choice."""
        return {
            **asdict(self),
            "identity_id": identity_id,
            "purpose": purpose,
            "granted": granted,
            "interaction_id": None,
        }


def language_of(conn: Connection, message_id: int) -> str:
    """Returns the language in which a message was written, else its customer's; empty where neither is known."""
    row = conn.execute(
        select(TemplateRow.language, CustomerRow.language.label("own"))
        .select_from(MessageRow)
        .join(CustomerRow, CustomerRow.id == MessageRow.customer_id)
        .outerjoin(TemplateRow, TemplateRow.id == MessageRow.template_id)
        .where(MessageRow.id == message_id)
    ).one_or_none()
    return (row.language or row.own or "") if row else ""


def choices(conn: Connection, identity_id: int) -> list[Choice]:
    """Returns what is held now for every address of whoever holds this one, the own address first. Raises NotFound."""
    customer = holder_of(conn, identity_id)
    rows = conn.execute(
        select(IdentityRow.id, IdentityRow.scheme, IdentityRow.value)
        .where(
            IdentityRow.customer_id == customer,
            IdentityRow.closed_at.is_(None),
            IdentityRow.scheme.in_(_SCHEMES),
        )
        .order_by(IdentityRow.id)
    ).all()
    agreed = consents.in_force(conn, [row.id for row in rows])
    silences = consents.suppressions(conn, [f"{row.scheme}:{row.value}" for row in rows])
    found = [
        _choice(row, purpose.value, agreed.get((row.id, purpose.value)), silences, identity_id)
        for row in rows
        for purpose in PURPOSES
    ]
    return sorted(found, key=lambda choice: not choice.own)


def _choice(
    row: Any,
    purpose: str,
    consent: Mapping[str, Any] | None,
    silences: Mapping[str, Sequence[Mapping[str, Any]]],
    own: int,
) -> Choice:
    against = [one for one in silences.get(f"{row.scheme}:{row.value}", ()) if one["purpose"] in ("", purpose)]
    agreed = consent is not None and consent["granted"]
    ended = _ENDED[row.scheme]
    final = next((one["reason"] for one in against if one["reason"] not in ended), "")
    return Choice(
        identity_id=row.id,
        scheme=row.scheme,
        address=row.value,
        purpose=purpose,
        on=not against and (agreed or purpose != Purpose.PROMOTIONAL),
        own=row.id == own,
        because=final,
        agreed_at=consent["at"] if consent and agreed else None,
        wording=consent["wording"] if consent and agreed else "",
    )


def choose(
    conn: Connection, identity_id: int, wanted: Mapping[str, bool], evidence: Evidence, key: bytes
) -> list[Choice]:
    """Keeps what was chosen, by the name of each choice, and returns those that changed. `key` is `Keys.consent`.

    Only what is on may be switched off at other addresses than the own one. Raises NotFound and Refused.
    """
    changed = []
    for choice in choices(conn, identity_id):
        if choice.name not in wanted or wanted[choice.name] == choice.on:
            continue
        if not choice.may_change:
            raise Refused("This cannot be switched on here.", field=choice.name)
        _switch(conn, choice, wanted[choice.name], evidence, key)
        changed.append(choice)
    return changed


def come_back(conn: Connection, identity_id: int, purpose: str, evidence: Evidence, key: bytes) -> bool:
    """Takes back that somebody left, with evidence; returns False where something else keeps it off.

    Doing it twice changes nothing. Raises NotFound.
    """
    own = next((each for each in choices(conn, identity_id) if each.own and each.purpose == purpose), None)
    if own is None or own.on:
        return own is not None
    if not own.may_change:
        return False
    _switch(conn, own, True, evidence, key)
    return True


def pause(conn: Connection, identity_id: int, weeks: int, evidence: Evidence) -> datetime:
    """Keeps promotions away from an address for some weeks, 0 ends it; returns until when.

    What was agreed to stays agreed to; what waits and would come within these weeks waits on or becomes too late.
    Raises Refused and NotFound.
    """
    if weeks not in (0, *REST_WEEKS):
        raise Refused(f"Choose {', '.join(map(str, REST_WEEKS))} weeks.", field="weeks")
    holder_of(conn, identity_id)
    until = evidence.at + timedelta(weeks=weeks)
    rests.rest(conn, identity_id, until, evidence.source, evidence.at)
    _tell(conn, identity_id, "consent.paused", {"until": until.isoformat()}, evidence.at)
    return until


def speak(conn: Connection, identity_id: int, language: str, evidence: Evidence) -> None:
    """Writes to the holder of an address in this language from now on. Raises NotFound."""
    customer = holder_of(conn, identity_id)
    conn.execute(update(CustomerRow).where(CustomerRow.id == customer).values(language=language))
    _tell(conn, identity_id, "customer.language_chosen", {"language": language}, evidence.at)


def holder_of(conn: Connection, identity_id: int) -> int:
    """Returns who holds an address now. Raises NotFound."""
    customer: int | None = conn.scalar(
        select(IdentityRow.customer_id).where(IdentityRow.id == identity_id, IdentityRow.closed_at.is_(None))
    )
    if customer is None:
        raise NotFound("This address belongs to nobody any more.")
    return customer


def _tell(conn: Connection, identity_id: int, kind: str, data: Mapping[str, Any], at: datetime) -> None:
    event = {
        "kind": kind,
        "customer_id": holder_of(conn, identity_id),
        "interaction_id": None,
        "data": {"identity": identity_id, **data},
        "at": at,
    }
    jobs.emit(conn, [event])


def _switch(conn: Connection, choice: Choice, on: bool, evidence: Evidence, key: bytes) -> None:
    address = f"{choice.scheme}:{choice.address}"
    consents.record(conn, [evidence.of(choice.identity_id, choice.purpose, on)], key)
    if on:
        ended = _ENDED[choice.scheme]
        consents.lift(conn, address, ended, evidence.at, "the customer", purpose=choice.purpose)
    else:
        consents.suppress(conn, address, "withdrawn", evidence.at, purpose=choice.purpose, detail=evidence.source)
        outbox.cancel_waiting(conn, choice.identity_id, evidence.at, "consent_withdrawn", purposes=(choice.purpose,))
