"""Arrived contacts, sorted into what is new and what was here already, in another mailbox or by another way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from hub.capture.copies import Copies, Copy
from hub.capture.incoming import Incoming, StoredFile
from hub.model.contact import InboundContact, Medium
from hub.model.value import value
from hub.store import interactions
from hub.store.conversations import Conversation
from hub.store.tables import MessageRow


@value()
class Arrived:
    """One contact of one payload, with the files that were stored for it, and the id it is meant to get (0: any)."""

    incoming: Incoming
    contact: InboundContact
    files: tuple[StoredFile | None, ...]
    html: StoredFile | None
    interaction: int = 0


def sort_out(
    conn: Connection, arrived: Sequence[Arrived], by_ref: Mapping[str, Conversation]
) -> tuple[list[Arrived], dict[int, int], dict[int, int]]:
    """Returns what is new, and by its position what is here already (the interaction) or repeats a new one (its place).

    The same content, our own mail coming back, and a mail that a list has sent on with its footer are here already.
    """
    here = interactions.find_by_content(conn, (item.contact.content_key for item in arrived))
    ours = _our_own(conn, arrived)
    copies = Copies(conn, [item.contact for item in arrived], by_ref)
    fresh: list[Arrived] = []
    known: dict[int, int] = {}
    repeats: dict[int, int] = {}
    first: dict[str, int] = {}
    for at, item in enumerate(arrived):
        content = item.contact.content_key
        stored = here.get(content) or ours.get(item.contact.external_id)
        if stored is not None:
            known[at] = stored
        elif content in first:
            repeats[at] = first[content]
        else:
            copy = copies.look(item.contact, len(fresh))
            if copy is not None and copy.of is not None:
                (known if copy.stored else repeats)[at] = copy.of
                continue
            if content:
                first[content] = len(fresh)
            fresh.append(_beside(item, copy) if copy is not None else item)
    return fresh, known, repeats


def _beside(item: Arrived, copy: Copy) -> Arrived:
    """Flags a mail whose Message-ID another one has, with other words."""
    other = str(copy.beside) if copy.stored else "yes"
    return replace(item, contact=replace(item.contact, extra={**item.contact.extra, "same_message_id": other}))


def _our_own(conn: Connection, arrived: Sequence[Arrived]) -> dict[str, int]:
    """Returns our interactions whose Message-ID came back: an arrival, whatever its body (a list may add a footer)."""
    ids = sorted({item.contact.external_id for item in arrived if item.contact.medium is Medium.EMAIL})
    if not ids:
        return {}
    rows = conn.execute(
        select(MessageRow.rfc_message_id, MessageRow.interaction_id).where(
            MessageRow.rfc_message_id.in_(ids), MessageRow.interaction_id.is_not(None)
        )
    )
    return {row.rfc_message_id: row.interaction_id for row in rows if row.rfc_message_id}
