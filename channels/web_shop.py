"""A shop as a channel: it tells each cart, every change of it and that it was bought, signed with a shared secret.

Shopify and WooCommerce sign so (base64 of the HMAC-SHA256 of the raw body, in a header of theirs); where the parts of a
cart stand in what they send is said by the settings, as a path of names: `id = "token"`, `amount = "total_price"`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from channels.base import Captured, Context, Raw, Reply, Request, Settings
from hub.model.cart import BOUGHT, EMPTIED, OPEN, STATES, Cart, CartLine, check_cart
from hub.model.clean import clean_header
from hub.model.errors import ConfigurationError, NotAuthentic, Refused, Unreadable
from hub.model.event import CartTold, ChannelEvent
from hub.model.identity import Identity, email_identity, phone_identity
from hub.model.problem import Problem

_HEADER = "X-Hub-Signature"
_LEAST_SECRET = 16
_LONGEST_NAME = 300
# Where each part of a cart stands unless the settings say otherwise; `bought_at`: something there means it was bought.
PATHS: Mapping[str, str] = {
    "id": "id",
    "state": "state",
    "bought_at": "bought_at",
    "touched_at": "touched_at",
    "amount": "amount",
    "currency": "currency",
    "url": "url",
    "email": "customer.email",
    "phone": "customer.phone",
    "name": "customer.name",
    "customer_id": "customer.id",
    "lines": "lines",
}
LINE_PATHS: Mapping[str, str] = {"name": "name", "sku": "sku", "quantity": "quantity", "amount": "amount"}
_KNOWN = {"secrets", "signature_header", "cart", "line"}


class WebShop:
    """Channel, Receives, Parses: `/hooks/<channel>/cart` takes a cart as JSON."""

    hooks: Sequence[str] = ("cart",)

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        if unknown := sorted(set(settings) - _KNOWN):
            raise ConfigurationError(f"{name}: a shop has no setting {unknown[0]!r}.", next_step="Remove it.")
        self.name = name
        self._secrets = _secrets(name, settings)
        self._header = str(settings.get("signature_header", _HEADER)).lower()
        self._paths = _paths(name, settings, "cart", PATHS)
        self._line = _paths(name, settings, "line", LINE_PATHS)
        self._region = context.region

    async def open(self) -> None:
        """Has nothing to connect to."""

    async def close(self) -> None:
        """Has nothing to let go of."""

    async def check(self) -> Sequence[Problem]:
        return ()

    def verify(self, request: Request) -> None:
        """Raises NotAuthentic unless the body is signed with one of the secrets."""
        given = next((value for name, value in request.headers.items() if name.lower() == self._header), "").strip()
        given = given.removeprefix("sha256=")
        for secret in self._secrets:
            digest = hmac.new(secret.encode(), request.body, hashlib.sha256)
            for expected in (base64.b64encode(digest.digest()).decode(), digest.hexdigest()):
                if hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
                    return
        raise NotAuthentic(f"{self.name}: the signature of a cart is missing or does not match.")

    def key(self, request: Request) -> str:
        """Returns the digest of the body: the same word twice is one."""
        return hashlib.sha256(request.body).hexdigest()

    def reply(self, request: Request, captured: Sequence[Captured]) -> Reply:
        """Answers nothing: shops want any 2xx."""
        return Reply()

    def parse(self, source: Raw | Request) -> Sequence[ChannelEvent]:
        """Turns what a shop told into a cart; of nobody who can be named it is none. Raises Unreadable."""
        body = source.body if isinstance(source, Request) else source.content
        try:
            # Money is no binary fraction: 0.1 stays 0.1.
            told = json.loads(body, parse_float=Decimal, parse_int=Decimal)
        except (ValueError, RecursionError) as error:
            raise Unreadable("The shop sent no JSON.") from error
        identities = self._identities(told)
        if not identities:
            return ()
        try:
            cart = self._cart(told, source.received_at)
            check_cart(cart)
        except Refused as refused:
            raise Unreadable(f"The cart cannot be read: {refused.message}") from refused
        name = clean_header(_text(told, self._paths["name"]))[:_LONGEST_NAME]
        return [CartTold(channel=self.name, identities=tuple(identities), name=name, cart=cart)]

    def _identities(self, told: Any) -> list[Identity]:
        number = _text(told, self._paths["customer_id"])
        found = (
            Identity("ext", f"{self.name}/{number[:_LONGEST_NAME]}") if number else None,
            email_identity(_text(told, self._paths["email"])),
            phone_identity(_text(told, self._paths["phone"]), self._region),
        )
        return [identity for identity in found if identity is not None]

    def _cart(self, told: Any, received_at: datetime) -> Cart:
        lines = _at(told, self._paths["lines"])
        state = _text(told, self._paths["state"]).lower() or OPEN
        if _text(told, self._paths["bought_at"]):
            state = BOUGHT
        elif state not in STATES:
            raise Refused(f"{state[:40]!r} is no state of a cart: {', '.join(STATES)}.", field="state")
        elif state == OPEN and isinstance(lines, list) and not lines:
            state = EMPTIED
        return Cart(
            source=self.name,
            external_id=_text(told, self._paths["id"]),
            touched_at=_moment(_text(told, self._paths["touched_at"]), received_at),
            amount=_number(told, self._paths["amount"], Decimal(0)),
            currency=_text(told, self._paths["currency"]).upper(),
            state=state,
            url=_text(told, self._paths["url"]),
            lines=tuple(self._read_line(each) for each in lines if isinstance(each, dict))
            if isinstance(lines, list)
            else (),
        )

    def _read_line(self, told: Mapping[str, Any]) -> CartLine:
        return CartLine(
            name=clean_header(_text(told, self._line["name"]))[:_LONGEST_NAME],
            sku=clean_header(_text(told, self._line["sku"]))[:_LONGEST_NAME],
            quantity=_number(told, self._line["quantity"], Decimal(1)),
            amount=_number(told, self._line["amount"], Decimal(0)),
        )


def _secrets(name: str, settings: Settings) -> tuple[str, ...]:
    given = settings.get("secrets", "")
    listed = given if isinstance(given, list | tuple) else str(given or "").split(",")
    found = [str(one).strip() for one in listed if str(one).strip()]
    if not found or any(len(one) < _LEAST_SECRET for one in found):
        raise ConfigurationError(
            f"{name}: a shop needs `secrets`, each of {_LEAST_SECRET} characters at least.",
            next_step="Set the secret that the shop signs with; two, with a comma between them, while it is changed.",
        )
    return tuple(found)


def _paths(name: str, settings: Settings, section: str, known: Mapping[str, str]) -> dict[str, str]:
    given = settings.get(section, {})
    if not isinstance(given, Mapping) or not set(given) <= set(known):
        raise ConfigurationError(
            f"{name}: `{section}` says where parts stand.", next_step=f"Name some of {', '.join(known)}."
        )
    return {**known, **{part: str(path) for part, path in given.items()}}


def _at(told: Any, path: str) -> Any:
    """Returns what stands at a path of names; None where nothing does, or the path is empty."""
    for name in path.split(".") if path else ():
        told = told.get(name) if isinstance(told, Mapping) else None
    return told if path else None


def _text(told: Any, path: str) -> str:
    found = _at(told, path)
    if isinstance(found, Decimal):
        return f"{found:f}"
    return found.strip() if isinstance(found, str) else ""


def _number(told: Any, path: str, otherwise: Decimal) -> Decimal:
    written = _text(told, path)
    try:
        return Decimal(written) if written else otherwise
    except InvalidOperation:
        raise Refused(f"{written[:40]!r} is no number.", field=path) from None


def _moment(written: str, otherwise: datetime) -> datetime:
    """Returns a time in milliseconds, as it is stored."""
    try:
        found = datetime.fromisoformat(written) if written else otherwise
    except ValueError:
        raise Refused(f"{written[:40]!r} is no time.", field="touched_at") from None
    found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    return found.replace(microsecond=found.microsecond // 1000 * 1000)
