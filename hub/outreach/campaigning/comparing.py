"""Comparing: what came of each variant of a run and of those who got nothing, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, func, literal, select, type_coerce

from hub.model.arms import HOLDOUT, OWN, Interval, difference, wilson, winner
from hub.model.outbound import Purpose
from hub.model.purchase import PAID
from hub.outreach.campaigning import clicked
from hub.store import campaigns, runs
from hub.store.tables import (
    ConsentRow,
    ConversationRow,
    InteractionRow,
    LinkClickRow,
    MessageRow,
    PurchaseRow,
    RunSkipRow,
)

MEASURES = ("buyers", "replies", "clicks", "opt_outs")
# Who stops less often is better off: that winner is not one to follow, so it is compared and not crowned.
_CROWNED = ("buyers", "replies", "clicks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How many of an arm did something, the rate, its interval, and by how much it differs from the holdout's."""

    hits: int
    rate: float
    interval: Interval
    than_holdout: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One arm of a run. `people`: everybody in it, whether or not their message arrived, as for the holdout."""

    name: str
    template: str
    people: int
    measures: Mapping[str, Measured]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The arms of a run within so many days; `winners`: by measure, the variant that beats every other."""

    days: int
    arms: Sequence[Arm]
    winners: Mapping[str, str]


def compare(conn: Connection, run_id: int, *, days: int) -> Comparison | None:
    """Returns the arms of a run, None where it has but one and no holdout. Raises NotFound.

    Counted from when each was planned, in every arm alike; of an arm all are counted, so that a channel which fails
    for some does not look like a better message (intention to treat). Replies of who got nothing are unknown.
    """
    run = runs.by_id(conn, run_id)
    definition, pinned = campaigns.definition_of(run), run["definition"].get(campaigns.PINNED, {})
    if not (definition.variants or definition.holdout):
        return None
    of_template: dict[int, str] = dict.fromkeys(pinned["templates"].values(), OWN)
    of_template |= {
        row: arm for arm, versions in pinned.get(campaigns.VARIANTS, {}).items() for row in versions.values()
    }
    people = _by_arm(conn, select(MessageRow.template_id, func.count()).where(MessageRow.run_id == run_id), of_template)
    counts = {
        "buyers": _by_arm(conn, _buyers(run_id, days), of_template),
        "replies": _by_arm(conn, _replies(run_id, days), of_template),
        "opt_outs": _by_arm(conn, _opt_outs(run_id, days), of_template),
    }
    if definition.count_clicks or clicked.any_counted(conn, run_id):
        counts["clicks"] = _by_arm(conn, _clicks(run_id, days), of_template)
    held = conn.execute(_held_out(run_id)).scalar_one()
    bought = conn.execute(_held_out_buyers(run_id, days)).scalar_one()
    names = {OWN: definition.template, **definition.variants}
    arms = [
        Arm(
            name=arm,
            template=template,
            people=people.get(arm, 0),
            measures={
                name: _measured(
                    counts[name].get(arm, 0), people.get(arm, 0), (bought, held) if name == "buyers" else None
                )
                for name in MEASURES
                if name in counts
            },
        )
        for arm, template in names.items()
    ]
    if definition.holdout:
        arms.append(Arm(name=HOLDOUT, template="", people=held, measures={"buyers": _measured(bought, held, None)}))
    winners = {
        name: winner([(arm.name, arm.measures[name].hits, arm.people) for arm in arms if name in arm.measures])
        for name in _CROWNED
        if name in counts
    }
    return Comparison(days=days, arms=arms, winners={name: arm for name, arm in winners.items() if arm})


def _measured(hits: int, people: int, holdout: tuple[int, int] | None) -> Measured:
    compared = holdout is not None and holdout[1] > 0 and people > 0
    return Measured(
        hits=hits,
        rate=hits / people if people else 0.0,
        interval=wilson(hits, people),
        than_holdout=difference(hits, people, *holdout) if compared and holdout is not None else None,
    )


def _by_arm(conn: Connection, statement: Select[*tuple[Any, ...]], of_template: Mapping[int, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for template, many in conn.execute(statement.group_by(MessageRow.template_id)):
        arm = of_template.get(template, OWN)
        found[arm] = found.get(arm, 0) + many
    return found


def _within(since: Any, moment: Any, days: int) -> Any:
    start, at = type_coerce(since, BigInteger), type_coerce(moment, BigInteger)
    return (at > start) & (at <= start + literal(int(timedelta(days=days).total_seconds() * 1000), BigInteger))


def _buyers(run_id: int, days: int) -> Select[*tuple[Any, ...]]:
    return (
        select(MessageRow.template_id, func.count(MessageRow.customer_id.distinct()))
        .join(PurchaseRow, PurchaseRow.customer_id == MessageRow.customer_id)
        .where(
            MessageRow.run_id == run_id,
            PurchaseRow.state == PAID,
            _within(MessageRow.planned_at, PurchaseRow.bought_at, days),
        )
    )


def _replies(run_id: int, days: int) -> Select[*tuple[Any, ...]]:
    return (
        select(MessageRow.template_id, func.count(MessageRow.id.distinct()))
        .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
        .join(InteractionRow, InteractionRow.conversation_id == ConversationRow.id)
        .where(
            MessageRow.run_id == run_id,
            InteractionRow.direction == "in",
            InteractionRow.kind == "message",
            _within(MessageRow.planned_at, InteractionRow.received_at, days),
        )
    )


def _clicks(run_id: int, days: int) -> Select[*tuple[Any, ...]]:
    return (
        select(MessageRow.template_id, func.count(MessageRow.id.distinct()))
        .join(LinkClickRow, LinkClickRow.message_id == MessageRow.id)
        .where(MessageRow.run_id == run_id, _within(MessageRow.planned_at, LinkClickRow.clicked_at, days))
    )


def _opt_outs(run_id: int, days: int) -> Select[*tuple[Any, ...]]:
    return (
        select(MessageRow.template_id, func.count(MessageRow.id.distinct()))
        .join(ConsentRow, ConsentRow.identity_id == MessageRow.identity_id)
        .where(
            MessageRow.run_id == run_id,
            ConsentRow.purpose == Purpose.PROMOTIONAL.value,
            ConsentRow.granted.is_(False),
            _within(MessageRow.planned_at, ConsentRow.at, days),
        )
    )


def _held_out(run_id: int) -> Select[Any]:
    return select(func.count()).where(RunSkipRow.run_id == run_id, RunSkipRow.reason == HOLDOUT)


def _held_out_buyers(run_id: int, days: int) -> Select[Any]:
    return (
        select(func.count(RunSkipRow.customer_id.distinct()))
        .join(PurchaseRow, PurchaseRow.customer_id == RunSkipRow.customer_id)
        .where(
            RunSkipRow.run_id == run_id,
            RunSkipRow.reason == HOLDOUT,
            PurchaseRow.state == PAID,
            _within(RunSkipRow.at, PurchaseRow.bought_at, days),
        )
    )
