"""Drafting: what somebody writes is kept as they write, with its files, until it is sent or dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, exists, select

from hub.desk.drafts import MOST_FILES, DraftFile, DraftKind, known_draft
from hub.desk.outgoing import dedupe_key
from hub.desk.recipients import entry_of
from hub.model.clean import clean_label
from hub.model.errors import NotFound, Refused, TooLarge
from hub.store import blobs, drafts, interactions, veil
from hub.store.audit import Actor
from hub.store.drafts import KeptDraft
from hub.store.tables import ConversationRow, MessageRow

_LARGEST_CONTENT = 400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a draft belongs: a conversation, or a customer and one of their addresses, or neither yet."""

    kind: DraftKind
    conversation_id: int | None = None
    customer_id: int | None = None
    identity_id: int | None = None
    about_id: int | None = None
    seen: int | None = None


def own(conn: Connection, draft_id: str, by: Actor, *, lock: bool = False) -> KeptDraft | None:
    """Returns a kept draft of who asks, None where there is none yet. Raises NotFound for somebody else's."""
    kept = drafts.get(conn, draft_id, lock=lock)
    if kept is not None and kept.staff_id != by.staff_id:
        raise NotFound("There is no such draft.")
    if kept is not None:
        veil.require_talk(conn, kept.conversation_id)
    return kept


def require(conn: Connection, draft_id: str, by: Actor) -> KeptDraft:
    """Returns a kept draft of who asks. Raises NotFound."""
    kept = own(conn, draft_id, by)
    if kept is None:
        raise NotFound("There is no such draft.")
    return kept


def keep(conn: Connection, draft_id: str, place: Place, content: Mapping[str, Any], by: Actor) -> bool:
    """Keeps what is written; returns False where this draft was sent already: a late save must not bring it back.

    Raises NotFound, Refused and TooLarge.
    """
    own(conn, known_draft(draft_id), by, lock=True)
    if conn.scalar(select(exists().where(MessageRow.dedupe_key == dedupe_key(draft_id)))):
        return False
    if sum(len(value) for value in content.values() if isinstance(value, str)) > _LARGEST_CONTENT:
        raise TooLarge("This is longer than a draft may be.", field="text", next_step="Shorten it, or attach a file.")
    if place.conversation_id is not None and not conn.scalar(
        select(exists().where(ConversationRow.id == place.conversation_id))
    ):
        raise NotFound(f"There is no conversation {place.conversation_id}.")
    values = {
        "staff_id": by.staff_id,
        "kind": place.kind.value,
        "conversation_id": place.conversation_id,
        "customer_id": place.customer_id,
        "identity_id": place.identity_id,
        "about_id": place.about_id,
        "seen": place.seen,
        "content": dict(content),
    }
    drafts.save(conn, draft_id, values, by.at)
    return True


def attach(conn: Connection, draft_id: str, files: Sequence[DraftFile], room: int, by: Actor) -> None:
    """Adds stored files to a kept draft. `room`: how many bytes of files it may have. Raises NotFound and TooLarge."""
    kept = own(conn, draft_id, by, lock=True)
    if kept is None:
        raise NotFound("There is no such draft.")
    there = files_of(kept)
    known = {(file.sha256, file.filename) for file in there}
    labelled = [replace(file, filename=clean_label(file.filename)) for file in files]
    fresh = [file for file in labelled if (file.sha256, file.filename) not in known]
    check_room((*there, *fresh), room)
    added = [
        {"sha256": file.sha256, "size": file.size, "filename": file.filename, "content_type": file.content_type}
        for file in fresh
    ]
    drafts.set_files(conn, draft_id, [*kept.files, *added], by.at)
    blobs.refer(conn, [(file.sha256, file.size) for file in fresh], by.at)


def check_room(files: Sequence[DraftFile], room: int) -> None:
    """Raises TooLarge for more files than a mail may carry, or larger ones."""
    if len(files) > MOST_FILES:
        raise TooLarge(f"A mail carries at most {MOST_FILES} files.", field="files", next_step="Pack them into one.")
    total = sum(file.size for file in files)
    if total > room:
        raise TooLarge(
            f"The files have {total / 1e6:.1f} MB together, and a mail of this channel holds {room / 1e6:.1f} MB.",
            field="files",
            next_step="Remove one, or send a link to it.",
        )


def detach(conn: Connection, draft_id: str, number: int, by: Actor) -> None:
    """Takes a file off a draft, by its place from 0. Raises NotFound."""
    kept = own(conn, draft_id, by, lock=True)
    if kept is None or not 0 <= number < len(kept.files):
        raise NotFound("There is no such file.")
    left = [file for at, file in enumerate(kept.files) if at != number]
    drafts.set_files(conn, draft_id, left, by.at)
    blobs.release(conn, [kept.files[number]["sha256"]])


def drop(conn: Connection, draft_id: str, by: Actor) -> KeptDraft | None:
    """Removes a draft with its files; returns what it was."""
    kept = own(conn, draft_id, by, lock=True)
    if kept is not None:
        drafts.remove(conn, draft_id)
        blobs.release(conn, [file["sha256"] for file in kept.files])
    return kept


def files_of(kept: KeptDraft | None) -> tuple[DraftFile, ...]:
    """Returns the files of a draft."""
    return tuple(
        DraftFile(
            sha256=file["sha256"],
            size=int(file["size"]),
            filename=file["filename"],
            content_type=file["content_type"],
        )
        for file in (kept.files if kept else ())
    )


def originals_of(
    conn: Connection, interaction_id: int, conversation_id: int | None, chosen: Sequence[int] | None
) -> tuple[DraftFile, ...]:
    """Returns the stored files of an entry to be forwarded, those chosen or all. Raises NotFound and Refused."""
    entry_of(conn, interaction_id, conversation_id)
    there = {file["id"]: file for file in interactions.attachments_of(conn, [interaction_id]).get(interaction_id, [])}
    if chosen is not None and set(chosen) - set(there):
        raise NotFound("There is no such file.")
    files = [file for number, file in there.items() if chosen is None or number in chosen]
    if chosen is not None and any(file["state"] != "stored" for file in files):
        raise Refused(
            "A file of the original has not been fetched yet.", field="originals", next_step="Untick it, or wait."
        )
    return tuple(
        DraftFile(
            sha256=file["sha256"],
            size=file["size"] or 0,
            filename=clean_label(file["filename"]),
            content_type=file["content_type"],
        )
        for file in files
        if file["state"] == "stored" and file["sha256"]
    )
