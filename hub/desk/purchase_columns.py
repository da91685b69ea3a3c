"""Columns of a purchase file, and its rows as purchases: rows of one external id are the lines of one purchase."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from hub.desk.sheet import Row, Sheet, folded, instant, read_table
from hub.desk.sheet_people import identities_of
from hub.model.errors import Refused
from hub.model.purchase import PAID, Line, Purchase, Told, check_purchase

MOST_ROWS = 100_000
_HEADINGS: Mapping[str, Sequence[str]] = {
    "external_id": ("external id", "id", "purchase id", "order id", "order", "order number", "invoice", "receipt",
                    "doklad", "faktura", "objednavka", "pedido", "nota", "заказ", "чек"),
    "source": ("source", "shop", "store", "till", "loja", "obchod", "магазин"),
    "email": ("email", "e mail", "mail", "email address", "correio", "почта", "эл почта"),
    "phone": ("phone", "mobile", "telephone", "tel", "phone number", "telefone", "telefon", "mobil", "телефон"),
    "customer": ("customer", "customer id", "cliente", "zakaznik", "клиент"),
    "name": ("name", "customer name", "full name", "buyer", "nome", "jmeno", "имя", "фио"),
    "bought_at": ("bought at", "bought", "date", "purchased at", "created at", "paid at", "day", "data",
                  "datum", "дата"),
    "time_zone": ("time zone", "timezone", "zone", "tz", "fuso horario", "casove pasmo", "часовои пояс"),
    "total": ("total", "order total", "grand total", "purchase total", "celkem", "valor total", "итого"),
    "currency": ("currency", "mena", "moeda", "валюта"),
    "state": ("state", "status", "financial status", "situacao", "stav", "состояние", "статус"),
    "note": ("note", "notes", "comment", "observacao", "poznamka", "примечание"),
    "product": ("product", "item", "product name", "item name", "lineitem name", "produto", "produkt",
                "zbozi", "товар"),
    "sku": ("sku", "product id", "article", "lineitem sku", "codigo", "kod", "артикул"),
    "category": ("category", "group", "categoria", "kategorie", "категория"),
    "quantity": ("quantity", "qty", "count", "lineitem quantity", "quantidade", "mnozstvi", "количество"),
    "amount": ("amount", "line amount", "line total", "sum", "valor", "castka", "сумма"),
    "price": ("price", "unit price", "lineitem price", "preco", "cena", "цена"),
    "cost": ("cost", "unit cost", "custo", "naklad", "себестоимость"),
    "code": ("code", "discount code", "coupon", "voucher", "promo code", "cupom", "kupon", "промокод", "купон"),
}  # fmt: skip
STATE_WORDS: Mapping[str, Sequence[str]] = {
    PAID: ("", "paid", "completed", "complete", "done", "pago", "zaplaceno", "оплачен", "оплачено"),
    "open": ("open", "pending", "unpaid", "new", "processing", "aberto", "nezaplaceno", "новыи"),
    "refunded": ("refunded", "returned", "devolvido", "vraceno", "возвращен"),
    "cancelled": ("cancelled", "canceled", "voided", "cancelado", "zruseno", "storno", "отменен"),
}
_MONEY = ("total", "amount", "price", "cost")
_DECIMALS = re.compile(r"[.,](?=\d{1,2}(?:\D*$))")
_GROUPING = re.compile(r"[\s'’_]")
# Where a comma cannot be told from grouping, these write a point before the decimals.
_POINT = frozenset(
    {"US", "GB", "IE", "AU", "NZ", "IN", "MX", "JP", "CN", "TH", "PH", "IL", "SG", "MY", "HK", "TW", "KR"}
)


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one purchase: what they say together, or why they cannot be (and where)."""

    external_id: str
    lines: tuple[int, ...]
    told: Told | None = None
    reason: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a file is read where it does not say: its clock, the country of its numbers, its shop and its currency."""

    time_zone: str
    region: str
    source: str
    currency: str


def read_sheet(content: bytes, *, region: str) -> Sheet:
    """Reads a CSV file. Raises Refused where it is none, or says not who, when and how much; TooLarge."""
    sheet = read_table(content, _HEADINGS, ("bought_at",), region=region, most_rows=MOST_ROWS)
    known = set(sheet.columns)
    if "external_id" not in known:
        raise Refused(
            "The file has no column that names each purchase.",
            field="external_id",
            next_step="Add one called external_id: by it the file can be read again without doubling anything.",
        )
    if not {"email", "phone", "customer"} & known:
        raise Refused("The file does not say who bought.", field="customer", next_step="Add email, phone or customer.")
    if "bought_at" not in known:
        raise Refused("The file does not say when.", field="bought_at", next_step="Add bought_at.")
    if not {"total", "amount", "price"} & known:
        raise Refused("The file does not say how much.", field="total", next_step="Add total, or amount of each line.")
    return sheet


def groups_of(sheet: Sheet, reading: Reading) -> list[Group]:
    """Returns the purchases of a file in the order of their first rows; what is wrong with one is in its group."""
    gathered: dict[tuple[str, str], list[tuple[int, Row]]] = {}
    for number, row in sheet.rows:
        # A row without an id is a purchase that cannot be, and never part of another.
        key = (row.get("source", ""), row["external_id"]) if row["external_id"] else ("", f"\0{number}")
        gathered.setdefault(key, []).append((number, row))
    comma = decimal_comma(sheet, reading.region)
    found = []
    for rows in gathered.values():
        external_id, numbers = rows[0][1]["external_id"], tuple(number for number, _ in rows)
        try:
            told = _told([row for _, row in rows], sheet, reading, comma=comma)
            found.append(Group(external_id, numbers, told))
        except Refused as error:
            found.append(Group(external_id, numbers, None, error.message, error.field))
    return found


def _told(rows: Sequence[Row], sheet: Sheet, reading: Reading, *, comma: bool) -> Told:
    first = {name: next((row[name] for row in rows if row.get(name)), "") for name in _HEADINGS}
    if not first["external_id"]:
        raise Refused("The row has no external id.", field="external_id")
    lines = tuple(line for row in rows if (line := _line(row, comma=comma)) is not None)
    amounts = [amount for row in rows if (amount := _amount_of(row, comma=comma)) is not None]
    total = money(first["total"], "total", comma=comma) if first["total"] else sum(amounts, Decimal(0))
    if not first["total"] and not amounts:
        raise Refused("The row does not say how much.", field="total")
    currency = first["currency"].upper() or reading.currency
    if not currency:
        raise Refused("The row does not say in which currency.", field="currency")
    place = first["time_zone"] or reading.time_zone
    purchase = Purchase(
        source=first["source"] or reading.source,
        external_id=first["external_id"],
        bought_at=instant(first["bought_at"], place, "bought_at", day_first=sheet.day_first, midnight=True),
        amount=total,
        currency=currency,
        state=_state_of(first["state"]),
        note=first["note"],
        lines=lines,
    )
    check_purchase(purchase)
    buyer = tuple(identities_of(first, reading.region))
    return Told(purchase=purchase, buyer=buyer, name=first["name"], code=first["code"])


def _line(row: Row, *, comma: bool) -> Line | None:
    name = row.get("product", "") or row.get("sku", "") or row.get("category", "")
    if not name:
        return None
    return Line(
        name=name,
        amount=_amount_of(row, comma=comma) or Decimal(0),
        quantity=_quantity(row, comma=comma),
        sku=row.get("sku", ""),
        category=row.get("category", ""),
        cost=money(row["cost"], "cost", comma=comma) if row.get("cost") else None,
    )


def _amount_of(row: Row, *, comma: bool) -> Decimal | None:
    if row.get("amount"):
        return money(row["amount"], "amount", comma=comma)
    if row.get("price"):
        return round(money(row["price"], "price", comma=comma) * _quantity(row, comma=comma), 4)
    return None


def _quantity(row: Row, *, comma: bool) -> Decimal:
    return money(row["quantity"], "quantity", comma=comma) if row.get("quantity") else Decimal(1)


def money(text: str, field: str, *, comma: bool) -> Decimal:
    """Returns an amount as people write it (1.234,50 or €1,234.50). Raises Refused. `comma`: before the decimals."""
    kept = "".join(re.findall(r"[\d.,+-]", _GROUPING.sub("", text)))
    kept = kept.replace(".", "").replace(",", ".") if comma else kept.replace(",", "")
    try:
        return Decimal(kept)
    except InvalidOperation:
        raise Refused(f"{text[:40]!r} is no number.", field=field) from None


def decimal_comma(sheet: Sheet, region: str, fields: Sequence[str] = _MONEY) -> bool:
    """Tells whether a comma stands before the decimals: as any amount of the file shows, else as the region writes."""
    for text in (row[name] for _, row in sheet.rows for name in fields if row.get(name)):
        marks = [each for each in text if each in ".,"]
        if len(set(marks)) > 1:
            return marks[-1] == ","
        if found := _DECIMALS.search(text):
            return found[0] == ","
    return region not in _POINT


def _state_of(text: str) -> str:
    word = folded(text)
    for state, words in STATE_WORDS.items():
        if word in {folded(known) for known in words}:
            return state
    raise Refused(f"{text[:40]!r} is no state of a purchase: {', '.join(STATE_WORDS)}.", field="state")
