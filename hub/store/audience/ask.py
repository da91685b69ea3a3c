"""Questions about a segment: how many, who, and why somebody belongs or does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from hub.model.errors import NotFound
from hub.model.segment import Segment, Sentence
from hub.model.segment.about_habits import BestChannel, BestHour
from hub.model.segment.about_history import Bought, Reached, Scored, Spoke
from hub.model.segment.about_records import Advised, Earned, Offered, Valued
from hub.model.segment.sentence import N_
from hub.store import veil
from hub.store.audience.compile import condition
from hub.store.audience.scope import Scope
from hub.store.limits import Limit
from hub.store.question import ids_of
from hub.store.tables import CustomerLimitRow, CustomerRow

# A page of so many costs less by look-ups than by gathering whole sets for each page.
_FEW = 5_000
_BY_WHAT_THEY_DID = (Bought, Spoke, Reached, Scored, Offered, Earned, Valued, Advised, BestHour, BestChannel)
_OBJECTED = select(CustomerLimitRow.customer_id).where(
    CustomerLimitRow.kind == Limit.PROFILING.value, CustomerLimitRow.lifted_at.is_(None)
)
_NOT_MERGED = CustomerRow.merged_into.is_(None)
# To start helpers, or to compile a question, takes PostgreSQL longer than to count 100,000 customers as it is: 25 ms
# alone, 33 with helpers, 58 where the processors are busy. Of millions it still takes helpers. And whoever is not IN a
# set that is too large for its memory is sought in all of that set: minutes instead of a third of a second.
_BY_SETS = select(
    func.set_config("parallel_setup_cost", "10000", True),
    func.set_config("jit", "off", True),
    func.set_config("work_mem", "64MB", True),
)


@dataclass(frozen=True, slots=True)
class Preview:
    """How many belong, and some of them."""

    count: int
    customers: list[int]


def members(conn: Connection, segment: Segment, now: datetime, *, after: int = 0, limit: int) -> list[int]:
    """Returns who belongs, by ascending id after `after`, at most `limit`; nobody who was merged into another."""
    veil.require_sight(conn, segment)
    scope = Scope(now, conn.dialect.name, each=True) if limit <= _FEW else _by_sets(conn, now)
    statement = select(CustomerRow.id).where(CustomerRow.id > after, _belongs(segment, scope))
    return ids_of(conn, statement.order_by(CustomerRow.id).limit(limit))


def count(conn: Connection, segment: Segment, now: datetime) -> int:
    """Returns how many belong."""
    scope = _by_sets(conn, now)
    return conn.execute(select(func.count()).select_from(CustomerRow).where(_belongs(segment, scope))).scalar_one()


def sample(conn: Connection, segment: Segment, now: datetime, n: int) -> list[int]:
    """Returns up to `n` who belong, from all over; the same ones as long as nothing changes."""
    return preview(conn, segment, now, n).customers


def preview(conn: Connection, segment: Segment, now: datetime, n: int) -> Preview:
    """Returns how many belong and a sample of `n`, in one statement; NotAllowed for whom it is not (hub.store.veil)."""
    veil.require_sight(conn, segment)
    scope = _by_sets(conn, now)
    belong = select(CustomerRow.id).where(_belongs(segment, scope)).cte("belong").prefix_with("MATERIALIZED")
    total = select(func.count()).select_from(belong).scalar_subquery()
    rows = conn.execute(select(belong.c.id, total).order_by(_spread(belong.c.id)).limit(n)).all()
    veil.note_shown(conn, segment, [row.id for row in rows])
    return Preview(rows[0][1] if rows else 0, [row.id for row in rows])


def belongs(conn: Connection, segment: Segment, now: datetime, customer_id: int) -> bool:
    """Says whether one customer belongs."""
    veil.require_sight(conn, segment)
    scope = Scope(now, conn.dialect.name, each=True)
    statement = select(CustomerRow.id).where(CustomerRow.id == customer_id, _belongs(segment, scope))
    return conn.scalar(statement) is not None


def explain(conn: Connection, segment: Segment, now: datetime, customer_id: int) -> list[tuple[Sentence, bool]]:
    """Returns what each row says and whether it is so for a customer; raises NotFound.

    A row whose opposite the segment asks for says "not", and is true where the opposite is. What keeps somebody out
    whatever the rows say comes last: that they are one with another customer, or objected to being chosen so.
    """
    veil.require_sight(conn, segment)
    veil.note_shown(conn, segment, [customer_id])
    scope = Scope(now, conn.dialect.name, each=True)
    rows = list(segment.rows())
    asked = [condition(row, scope).label(f"row_{at}") for at, (row, _opposite) in enumerate(rows)]
    kept_out = [CustomerRow.merged_into.is_not(None), CustomerRow.id.in_(_OBJECTED)]
    found = conn.execute(select(*kept_out, *asked).where(CustomerRow.id == customer_id)).one_or_none()
    if found is None:
        raise NotFound(f"There is no customer {customer_id}.")
    told = []
    for (row, opposite), holds in zip(rows, found[2:], strict=True):
        said = row.say()
        told.append(
            (
                Sentence((N_("not: %(sentence)s", sentence=said.phrases[0]), *said.phrases[1:])) if opposite else said,
                bool(holds) is not opposite,
            )
        )
    if found[0]:
        told.append((Sentence((N_("was not merged into another customer"),)), False))
    if found[1] and _goes_by_what_they_did(segment):
        told.append((Sentence((N_("did not object to being chosen by what they did"),)), False))
    return told


def _by_sets(conn: Connection, now: datetime) -> Scope:
    """Returns the scope of a question about everybody, which is asked next."""
    if conn.dialect.name == "postgresql":
        conn.execute(_BY_SETS)
    return Scope(now, conn.dialect.name, each=False)


def _belongs(segment: Segment, scope: Scope) -> ColumnElement[bool]:
    """Who objected to profiling (GDPR article 21) is chosen by nothing that they did, whatever else is asked."""
    found = _NOT_MERGED & condition(segment.root, scope)
    return found & CustomerRow.id.not_in(_OBJECTED) if _goes_by_what_they_did(segment) else found


def _goes_by_what_they_did(segment: Segment) -> bool:
    return any(isinstance(row, _BY_WHAT_THEY_DID) for row, _opposite in segment.rows())


def _spread(number: ColumnElement[int]) -> ColumnElement[int]:
    """Orders customers so that the first ones are from all over, and always the same (Knuth's multiplicative hash)."""
    return (number * 2_654_435_761) % 4_294_967_296
