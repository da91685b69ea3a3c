"""What is kept of a contact beside its text, for the pages to show."""

from __future__ import annotations

from typing import Any

from hub.model.contact import InboundContact, Medium, Party


def detail_of(contact: InboundContact, html: str = "") -> dict[str, Any]:
    """Returns what the pages show beside the text; empty values are left out, most texts need none of it.

    `html`: the digest under which its HTML is stored.
    """
    mail = contact.medium is Medium.EMAIL
    detail = {
        "quoted": contact.quoted_text,
        "signature": contact.signature,
        "html": html,
        "answers": [[answer.question, answer.value, answer.kind] for answer in contact.answers],
        "from": _named(contact.sender) if mail else None,
        "to": [_named(party) for party in contact.recipients] if mail else [],
        "cc": [_named(party) for party in contact.participants],
        "in_reply_to": contact.in_reply_to,
        "references": list(contact.references),
        "source": contact.source,
        "language": contact.language,
        "defects": list(contact.defects),
        "invitations": len(contact.invitations),
        **contact.extra,
    }
    return {name: value for name, value in detail.items() if value}


def _named(party: Party) -> dict[str, str]:
    return {"name": party.display_name, "identity": str(party.identity)}
