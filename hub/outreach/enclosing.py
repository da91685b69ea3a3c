"""Enclosing: the files that go with a message, as it leaves."""

from __future__ import annotations

from dataclasses import replace

from hub.model.contact import Attachment
from hub.model.errors import HubError
from hub.outreach.prepare import Prepared
from hub.store.blobs import Blobs


def with_files(prepared: Prepared, blobs: Blobs) -> Prepared:
    """Returns the message with its attachments and its template's, a mail with their bytes. Blocks: for a thread."""
    mail = prepared.to.scheme == "mailto"
    rows = [*(prepared.message["content"].get("attachments") or ()), *prepared.enclosed]
    try:
        files = tuple(
            Attachment(
                filename=str(row.get("filename", "")),
                content_type=str(row.get("content_type") or "application/octet-stream"),
                content=blobs.read(row["sha256"]) if mail else None,
                content_id=str(row.get("content_id", "")),
                inline=bool(row.get("inline")),
            )
            for row in rows
        )
    except HubError as error:
        return replace(prepared, failure=error.message)
    # Those that a text's provider fetches from us come in the order in which the message keeps them.
    return replace(prepared, files=(*prepared.files, *files) if mail else (*files, *prepared.files))
