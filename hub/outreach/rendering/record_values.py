"""Values of records: an offer's code, a purchase, an inquiry, a cart and a task as templates may show them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from babel.numbers import format_currency

from hub.model.local_time import zone
from hub.model.offer import last_day, title_in
from hub.outreach.rendering.allowed import RECORDS
from hub.outreach.rendering.filters import locale, plain_spaces

_LONGEST = 300


def record_values(records: Mapping[str, Mapping[str, Any]], language: str, time_zone: str) -> dict[str, Any]:
    """Returns every record by its name; a field of which nothing is known is empty. Days are days, for |date.

    `records`: rows of those that there are; `time_zone`: the business's clock.
    """
    told: dict[str, dict[str, Any]] = {name: dict.fromkeys(fields, "") for name, fields in RECORDS.items()}
    written = {
        "offer": _offer, "purchase": _purchase, "inquiry": _inquiry, "task": _task, "advice": _advice, "cart": _cart,
    }  # fmt: skip
    for name, row in records.items():
        if row:
            told[name] |= written[name](row, language, time_zone)
    return told


def _offer(row: Mapping[str, Any], language: str, time_zone: str) -> dict[str, Any]:
    ends = row["expires_at"]
    return {
        "title": _text(title_in(row, language)),
        "code": row["code"],
        "discount": worth(row, language),
        "until": last_day(ends, time_zone) if ends else "",
        "category": _text(row["category"]),
    }


def worth(row: Mapping[str, Any], language: str) -> str:
    """Returns what an offer or a code is worth: 10%, or its price."""
    if row["percent"] is not None:
        return f"{row['percent'].normalize():f}%"
    return "" if row["price"] is None else _money(row["price"], row["currency"], language)


def _purchase(row: Mapping[str, Any], language: str, time_zone: str) -> dict[str, Any]:
    return {
        "what": _text(row["what"]),
        "category": _text(row["category"]),
        "date": row["bought_at"].astimezone(zone(time_zone)).date(),
        "amount": _money(row["amount"], row["currency"], language),
    }


def _inquiry(row: Mapping[str, Any], _language: str, time_zone: str) -> dict[str, Any]:
    return {"subject": _text(row["subject"]), "date": row["opened_at"].astimezone(zone(time_zone)).date()}


def _cart(row: Mapping[str, Any], language: str, _time_zone: str) -> dict[str, Any]:
    lines = [
        {
            "name": _text(line["name"]),
            "quantity": f"{Decimal(line['quantity']).normalize():f}",
            "amount": _money(Decimal(line["amount"]), row["currency"], language),
        }
        for line in row["lines"]
    ]
    return {
        "what": lines[0]["name"] if lines else "",
        "lines": lines,
        "amount": _money(row["amount"], row["currency"], language),
        "url": row["url"],
    }


def _task(row: Mapping[str, Any], _language: str, time_zone: str) -> dict[str, Any]:
    return {
        "title": _text(row["title"]),
        "customer": _text(row["customer"]),
        "phone": _text(row["phone"]),
        "due": row["due_at"].astimezone(zone(time_zone)),
        "url": row["url"],
    }


def _advice(row: Mapping[str, Any], _language: str, _time_zone: str) -> dict[str, str]:
    return {name: _text(row.get(name, "")) for name in RECORDS["advice"]}


def _money(amount: Decimal, currency: str, language: str) -> str:
    return plain_spaces(format_currency(amount, currency, locale=locale(language)))


def _text(value: Any) -> str:
    return str(value or "")[:_LONGEST]


SAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "offer": {
        "title": "Spring offer", "code": "SPRING-7KQ2M-XHPTA", "percent": Decimal(10), "price": None, "currency": "",
        "expires_at": datetime.fromisoformat("2026-12-31T23:00:00+00:00"), "category": "Tea",
    },
    "purchase": {
        "what": "Green tea", "category": "Tea", "bought_at": datetime.fromisoformat("2026-03-02T10:00:00+00:00"),
        "amount": Decimal("12.50"), "currency": "EUR",
    },
    "inquiry": {"subject": "Appointment request", "opened_at": datetime.fromisoformat("2026-03-02T10:00:00+00:00")},
    "cart": {
        "lines": [
            {"name": "Green tea", "sku": "", "quantity": "2", "amount": "12.50"},
            {"name": "Teapot", "sku": "", "quantity": "1", "amount": "29"},
        ],
        "amount": Decimal("41.50"), "currency": "EUR", "url": "https://shop.example.com/cart",
    },
    "task": {
        "title": "Call back", "customer": "Ada Lovelace", "phone": "+14155550101", "url": "https://hub.example.com/",
        "due_at": datetime.fromisoformat("2026-03-02T10:00:00+00:00"),
    },
    "advice": {"next": "Teapot", "because": "Green tea", "successor": "Boiler 2", "worn": "Boiler"},
}  # fmt: skip
