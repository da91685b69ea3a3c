"""What every table shares: naming, ids, times and JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, Integer, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
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


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy reads it from the class, as a plain dict
        int: BigId,
        str: String,
        datetime: Moment,
        Decimal: Exact,
        dict[str, Any]: Json,
        list[Any]: Json,
    }
