"""Survey files as they come over the web: streamed to disk, never held in memory, then handed to the uploads."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from aiohttp import web

from hub.capture.uploads import Received, Uploads
from hub.model.errors import Refused
from hub.web.body import parts
from hub.web.i18n import _
from hub.web.keys import STAFF
from hub.web.services import SERVICES, Services


def uploads_of(services: Services) -> Uploads:
    """Returns the uploads of this hub, to be steered; the work is done by the process that reads mailboxes."""
    return Uploads(
        database=services.database,
        blobs=services.blobs,
        capture=services.intake.capture,
        channels=services.channels,
        clock=services.clock,
        worker="",
        most_rows=services.settings.limits.survey_rows,
    )


async def receive(request: web.Request) -> Received:
    """Takes the `file` of a streamed form, with its fields `title` and `channel`.

    Raises Refused without a file, and what reading the form and looking at the file raise (413, 422).
    """
    told: dict[str, str] = {}
    name = ""
    with tempfile.TemporaryDirectory(prefix="hub-upload-") as folder:
        file = Path(folder) / "upload"
        async for part in parts(request):
            if part.filename is None:
                told[part.name] = await part.text()
            elif part.name == "file" and part.filename and not name:
                name = part.filename
                stream = await asyncio.to_thread(file.open, "wb")
                try:
                    async for chunk in part.chunks():
                        await asyncio.to_thread(stream.write, chunk)
                finally:
                    await asyncio.to_thread(stream.close)
        if not name:
            raise Refused(_("No file was sent."), field="file", next_step=_("Choose a file, then send it."))
        return await uploads_of(request.app[SERVICES]).receive(
            file,
            name,
            channel=told.get("channel", ""),
            title=told.get("title", ""),
            staff_id=request[STAFF].id or None,
        )
