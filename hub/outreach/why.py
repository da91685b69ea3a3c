"""Why: the story of a message, or of everything that was planned, sent and withheld for a customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.model.errors import NotFound, Refused
from hub.model.identity import Identity, email_identity, phone_identity
from hub.outreach import best
from hub.outreach.reasons import in_words
from hub.outreach.sequencing import told
from hub.outreach.sequencing.told import Way
from hub.store import acknowledging, outbox, reminders, runs
from hub.store.customers import find_identities
from hub.store.tables import CampaignRow, CustomerRow, DeliveryEventRow, IdentityRow, MessageRow, RunRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a message; `seen`: the values it was decided by."""

    at: datetime
    state: str
    reason: str
    words: str
    seen: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What the provider told later."""

    at: datetime
    status: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A message from plan to end. `id`s are decimal; `words`: where it stands, in a sentence; `when`: why it is due
    then, and by that channel, where the customer's habits decide.
    """

    message: int
    customer: int
    to: str
    channel: str
    origin: str
    purpose: str
    about: str
    about_id: int | None
    template: str
    rule: str
    campaign: str
    run: int | None
    state: str
    words: str
    delivery: str
    planned_at: datetime
    due_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    attempts: int
    reference: str
    interaction: int | None
    steps: Sequence[Step] = ()
    news: Sequence[News] = ()
    when: str = ""

    def as_json(self) -> dict[str, Any]:
        """Returns the story for machines; the interaction's id, of 64 bits, as text."""
        return {**asdict(self), "interaction": str(self.interaction) if self.interaction is not None else None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A reminder that was never planned."""

    at: datetime
    rule: str
    channel: str
    about: str
    about_id: int
    reason: str
    words: str
    seen: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A campaign's run in whose audience the customer was, but without a message."""

    at: datetime
    run: int
    campaign: str
    title: str
    channel: str
    reason: str
    words: str
    seen: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unacknowledged:
    """A mail that came in and was not acknowledged. `interaction`: decimal."""

    at: datetime
    interaction: str
    channel: str
    reason: str
    words: str
    seen: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerStory:
    """What was planned, sent and withheld for a customer, newest first, and where they stand in sequences."""

    customer: int
    name: str
    messages: Sequence[Story]
    skipped: Sequence[Skipped]
    passed_over: Sequence[PassedOver] = ()
    unacknowledged: Sequence[Unacknowledged] = ()
    ways: Sequence[Way] = ()

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "messages": [message.as_json() for message in self.messages]}


_ALL = (*MessageRow.__table__.c, IdentityRow.scheme, IdentityRow.value, CampaignRow.title.label("campaign"))
_MESSAGES = (
    select(*_ALL)
    .join(IdentityRow, IdentityRow.id == MessageRow.identity_id)
    .outerjoin(RunRow, RunRow.id == MessageRow.run_id)
    .outerjoin(CampaignRow, CampaignRow.id == RunRow.campaign_id)
)


def story(conn: Connection, message: int) -> Story:
    """Returns the story of a message with every step and all news. Raises NotFound."""
    row = conn.execute(_MESSAGES.where(MessageRow.id == message)).one_or_none()
    if row is None:
        raise NotFound(f"There is no message {message}.")
    steps = [
        Step(
            at=step["at"],
            state=step["state"],
            reason=step["reason"],
            words=in_words(step["state"], step["reason"], step["seen"]),
            seen=step["seen"] or {},
        )
        for step in outbox.steps_of(conn, message)
    ]
    said = conn.execute(
        select(DeliveryEventRow.at, DeliveryEventRow.status, DeliveryEventRow.code, DeliveryEventRow.reason)
        .where(DeliveryEventRow.message_id == message)
        .order_by(DeliveryEventRow.id)
    )
    return _story(dict(row._mapping), steps, [News(**news._mapping) for news in said])


def of_customer(
    conn: Connection, customer: int, *, before: int | None = None, limit: int = 50, steps: bool = True
) -> CustomerStory:
    """Returns what a customer was to get and why not, newest first. Raises NotFound.

    `before`: only messages with a smaller id (keyset paging); `steps`: with the last step of each message.
    """
    name = conn.scalar(select(CustomerRow.display_name).where(CustomerRow.id == customer))
    if name is None:
        raise NotFound(f"There is no customer {customer}.")
    statement = _MESSAGES.where(IdentityRow.customer_id == customer)
    if before is not None:
        statement = statement.where(MessageRow.id < before)
    rows = conn.execute(statement.order_by(MessageRow.id.desc()).limit(limit)).all()
    last = outbox.last_steps(conn, [row.id for row in rows]) if steps else {}
    return CustomerStory(
        customer=customer,
        name=name,
        messages=[_story(dict(row._mapping), _last(last.get(row.id)), ()) for row in rows],
        skipped=[_skipped(row) for row in reminders.skips_of(conn, customer, limit)],
        passed_over=[_passed_over(row) for row in runs.skips_of(conn, customer, limit)],
        unacknowledged=[_unacknowledged(row) for row in acknowledging.skips_of(conn, customer, limit)],
        ways=told.of_customer(conn, customer, limit),
    )


def find_customer(conn: Connection, text: str, region: str | None = None) -> int:
    """Returns the customer of a number, an identity, a mail address or a phone number. Raises NotFound and Refused."""
    if text.isdecimal() and len(text) < 10:
        return int(text)
    identity = _identity(text, region)
    holder = find_identities(conn, [identity]).get(identity)
    if holder is None:
        raise NotFound(f"Nobody holds {identity}.")
    return holder.customer_id


def _identity(text: str, region: str | None) -> Identity:
    found = email_identity(text) if "@" in text and ":" not in text else phone_identity(text, region)
    if found is not None:
        return found
    if ":" not in text:
        raise Refused(
            f"{text!r} is no customer.", next_step="Give a number, an e-mail address, a phone number or an identity."
        )
    return Identity.from_text(text)


def _story(row: Mapping[str, Any], steps: Sequence[Step], news: Sequence[News]) -> Story:
    return Story(
        message=row["id"],
        customer=row["customer_id"],
        to=f"{row['scheme']}:{row['value']}",
        channel=row["channel"],
        origin=row["origin"],
        purpose=row["purpose"],
        about=row["about"],
        about_id=row["about_id"],
        template=row["template"],
        rule=row["content"].get("rule_name", ""),
        campaign=row["campaign"] or "",
        run=row["run_id"],
        state=row["state"],
        words=in_words(row["state"], row["reason"], steps[-1].seen if steps else None),
        delivery=row["delivery"],
        planned_at=row["planned_at"],
        due_at=row["due_at"],
        expires_at=row["expires_at"],
        sent_at=row["sent_at"],
        attempts=row["attempt"],
        reference=row["reference"],
        interaction=row["interaction_id"],
        steps=steps,
        news=news,
        when=best.told(row["content"].get(best.KEPT, {}), row["scheme"]),
    )


def _last(step: Mapping[str, Any] | None) -> list[Step]:
    if step is None:
        return []
    words = in_words(step["state"], step["reason"], step["seen"])
    return [Step(at=step["at"], state=step["state"], reason=step["reason"], words=words, seen=step["seen"] or {})]


def _skipped(row: Mapping[str, Any]) -> Skipped:
    return Skipped(
        at=row["at"],
        rule=row["rule"],
        channel=row["channel"],
        about=row["about"],
        about_id=row["about_id"],
        reason=row["reason"],
        words=in_words("", row["reason"], row["seen"]),
        seen=row["seen"],
    )


def _passed_over(row: Mapping[str, Any]) -> PassedOver:
    return PassedOver(
        at=row["at"],
        run=row["run_id"],
        campaign=row["name"],
        title=row["title"],
        channel=row["definition"].get("channel", ""),
        reason=row["reason"],
        words=in_words("", row["reason"], row["seen"]),
        seen=row["seen"],
    )


def _unacknowledged(row: Mapping[str, Any]) -> Unacknowledged:
    return Unacknowledged(
        at=row["at"],
        interaction=str(row["interaction_id"]),
        channel=row["channel"],
        reason=row["reason"],
        words=in_words("", row["reason"], row["seen"]),
        seen=row["seen"],
    )
