"""Recordings that callers hear, taken in: the page's way and the API's are one."""

from __future__ import annotations

import asyncio

from hub.desk import call_sounds as desk
from hub.model.sound import sound_type
from hub.store.audit import Actor
from hub.store.call_sounds import Sound
from hub.web.services import Services


async def keep(services: Services, name: str, title: str, content: bytes, by: Actor) -> Sound:
    """Keeps a recording, in place of the one of this name. Raises Refused naming the field, and TooLarge."""
    name, title = name.strip(), " ".join(title.split())
    desk.check_name(name)
    kind = await asyncio.to_thread(sound_type, content)
    sha256 = await asyncio.to_thread(services.blobs.put, content)
    sound = Sound(
        name=name, title=title, sha256=sha256, size=len(content), content_type=kind, added_at=by.at, added_by=by.name
    )
    await services.database.write(lambda conn, kept: desk.keep_sound(conn, kept, by), sound)
    return sound
