"""What goes in and out of the API: ids as strings, times in UTC, pages of items, no field that is not known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from hub.model.birthday import read_birthday, write_birthday

T = TypeVar("T")

LARGEST_ID = (1 << 63) - 1
LONGEST_TEXT = 100_000
# Models are built at their first use (`defer_build`): building them all costs a second of every start.
_EXACT = (1 << 53) - 1


class Given(BaseModel):
    """What a caller sends: an unknown field is an error, so that nobody sets what is not theirs to set."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=LONGEST_TEXT, defer_build=True)

    def named(self) -> dict[str, Any]:
        """Returns the fields that the caller named, as a change wants them."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}


class Told(BaseModel):
    """What the hub answers: the declared fields of a row or a dataclass, and nothing else of it."""

    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
        from_attributes=True,
        defer_build=True,
        json_schema_extra={"additionalProperties": False},
    )


class Items(Told, Generic[T]):
    """A page of a list: `next` is the cursor of the following page, null on the last one."""

    items: list[T]
    next: str | None = None


def _decimal(value: object) -> object:
    """Lets only a number or plain digits pass, where pydantic would also read " 5", "5.0" and true."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 19:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("write an id as digits")


def _written(value: object) -> object:
    if isinstance(value, str) and not value.strip().lstrip("+-").isdecimal():
        return value
    if isinstance(value, datetime):
        return value
    raise ValueError("write a time as 2026-03-02T10:00:00Z")


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time needs its zone: write it as 2026-03-02T10:00:00Z")
    return value.astimezone(UTC)


def _iso(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _amount(value: Decimal) -> str:
    """Writes an amount without noughts that say nothing beyond the second place: 49.90, 0.0001."""
    text = f"{value:.4f}"
    return text[:-2] if text.endswith("00") else text.rstrip("0")


def _exact(value: Any) -> Any:
    """Writes integers that JavaScript cannot hold (beyond 2^53) as text, wherever they stand: ids are such."""
    if isinstance(value, dict):
        return {str(name): _exact(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(inner) for inner in value]
    return str(value) if isinstance(value, int) and abs(value) > _EXACT else value


Id = Annotated[
    int,
    BeforeValidator(_decimal),
    Field(ge=1, le=LARGEST_ID),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,18}$", "examples": ["42"]}),
]
Birthday = Annotated[
    date,
    BeforeValidator(lambda value: read_birthday(value) if isinstance(value, str) else value),
    PlainSerializer(write_birthday, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(\d{4}|-)-\d{2}-\d{2}$",
            "examples": ["1815-12-10", "--12-10"],
            "description": "Without a year (--12-10) where it is not known",
        }
    ),
]
Moment = Annotated[
    datetime,
    BeforeValidator(_written),
    AfterValidator(_utc),
    PlainSerializer(_iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-03-02T10:00:00Z"]}),
]
# Money and quantities as text, so that no digit is lost on the way.
Money = Annotated[
    Decimal,
    Field(max_digits=16, decimal_places=4, allow_inf_nan=False),
    PlainSerializer(_amount, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,4})?$", "examples": ["49.90"]}),
]
# An identity as its text: what a person reads and what a caller sends back.
Address = Annotated[
    str,
    BeforeValidator(str),
    WithJsonSchema({"type": "string", "examples": ["mailto:ada@example.com", "tel:+14155550123"]}),
]
Data = Annotated[dict[str, Any], PlainSerializer(_exact, return_type=dict[str, Any])]
Line = Annotated[str, Field(max_length=500)]
Limit = Annotated[int, Field(ge=1, le=200)]


class ById(Given):
    """An address that names one thing."""

    id: Id


class PageQuery(Given):
    """Where a list goes on (`next` of the page before) and how many items a page has."""

    before: Annotated[str, Field(max_length=60)] = ""
    limit: Limit = 50


class Done(Told):
    """What was done, where there is nothing else to tell."""

    done: bool = True
