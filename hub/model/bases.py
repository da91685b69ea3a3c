"""What a message to a customer may rest on: consent, a contract, having bought before, or a legal duty."""

from __future__ import annotations

from enum import StrEnum

from hub.model.errors import Refused
from hub.model.outbound import Purpose


class Basis(StrEnum):
    """One basis of a purpose (GDPR article 6(1); `existing_customer`: Directive 2002/58/EC, article 13(2))."""

    CONSENT = "consent"
    CONTRACT = "contract"
    EXISTING_CUSTOMER = "existing_customer"
    LEGAL_DUTY = "legal_duty"


def check_basis(basis: str, purpose: str) -> Basis:
    """Returns the basis. Raises Refused where there is none of this name, or none for such a purpose.

    A promotion rests on consent, or on having bought; only a promotion can rest on the latter.
    """
    if basis not in set(Basis):
        raise Refused(f"{basis[:40]!r} is no basis.", field="basis", next_step=f"Choose one of {', '.join(Basis)}.")
    known = Basis(basis)
    promotional = purpose == Purpose.PROMOTIONAL
    if known is Basis.EXISTING_CUSTOMER and not promotional:
        raise Refused("That somebody bought before is a basis for promotions only.", field="basis")
    if promotional and known in (Basis.CONTRACT, Basis.LEGAL_DUTY):
        raise Refused(
            "No contract and no legal duty asks for promotions.",
            field="basis",
            next_step="Choose consent, or existing_customer for who bought and was told.",
        )
    return known
