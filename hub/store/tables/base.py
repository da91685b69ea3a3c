"""What every table shares: naming, ids, times and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware UTC time, stored as milliseconds since 1970: the same number, order and arithmetic on both engines."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else milliseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(milliseconds=value)


# The rows of a batch have most of their times in common.
@lru_cache(maxsize=1_024)
def milliseconds(moment: datetime) -> int:
    """Returns a time as it is stored. Raises TypeError for a naive one."""
    return (moment - EPOCH) // _MILLISECOND


def moment(stored: int) -> datetime:
    """Returns a time from how it is stored."""
    return EPOCH + timedelta(milliseconds=stored)


class Exact(TypeDecorator[Decimal]):
    """A decimal number of up to four places, stored as ten-thousandths: exact, and summed alike on both engines."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int((value * 10_000).to_integral_value(ROUND_HALF_EVEN))

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-4)


# SQLite makes a rowid only for INTEGER PRIMARY KEY, not for BIGINT.
BigId = BigInteger().with_variant(Integer, "sqlite")
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_TYPES = {
    "int": BigId,
    "str": String,
    "bool": Boolean,
    "bytes": LargeBinary,
    "date": Date,
    "datetime": Moment,
    "Decimal": Exact,
    "dict[str, Any]": Json,
    "list[Any]": Json,
}
T = TypeVar("T")


class Mapped(Generic[T]):
    """Tells the type of a column: `name: Mapped[str]` is a `Column[str]` of the class, and a `str` of what it finds."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, found: None, row: Any) -> Column[T]: ...
        @overload
        def __get__(self, found: object, row: Any) -> T: ...
        def __get__(self, found: object, row: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class _Told:
    """What a class says of a column beside its name and type."""

    parts: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def column(self, name: str, annotation: str) -> Column[Any]:
        kind, _, optional = annotation.removeprefix("Mapped[").removesuffix("]").partition(" | ")
        own_type = self.parts and not isinstance(self.parts[0], SchemaItem)
        parts = self.parts if own_type else (_TYPES[kind], *self.parts)
        return Column(name, *parts, nullable=bool(optional), **self.options)


def mapped_column(*parts: Any, **options: Any) -> Any:
    """Says more of a column than its name and type: SQLAlchemy's Column takes the rest, a type of its own first."""
    return _Told(parts, options)


class _Declared(type):
    """Makes a Core table of a class that lists its columns, and an attribute of the class of each column.

    Such a class is written like one of SQLAlchemy's ORM, which is not used: mapping a hundred took a tenth of a start.
    """

    __tablename__: str
    __table__: Table

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> _Declared:
        if "__tablename__" in body:
            told: dict[str, _Told] = {each: body.get(each, _Told()) for each in body["__annotations__"]}
            columns = [said.column(each, body["__annotations__"][each]) for each, said in told.items()]
            table = Table(body["__tablename__"], METADATA, *columns, *body.get("__table_args__", ()))
            body |= {"__table__": table, **dict(zip(told, columns, strict=True))}
        made = super().__new__(cls, name, bases, body)
        if "__tablename__" in body:
            _ROWS.append(cast("type[Base]", made))
        return made

    def __clause_element__(cls) -> Table:
        """Stands for the table wherever SQLAlchemy takes one."""
        return cls.__table__


class Base(metaclass=_Declared):
    """A table as a class: `name: Mapped[str]` is a column, one of `Mapped[str | None]` may be empty."""

    metadata = METADATA


_ROWS: list[type[Base]] = []
R = TypeVar("R", bound=Base)


def every_row() -> Sequence[type[Base]]:
    """Returns the class of each table."""
    return tuple(_ROWS)


def aliased(row: type[R]) -> type[R]:
    """Returns a table once more, for a question that looks at it twice."""
    again = row.__table__.alias()
    return cast(type[R], _Declared(row.__name__, (Base,), {"__table__": again, **again.c}))
