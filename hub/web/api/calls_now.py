"""Calls under way and their recording; recordings that callers hear instead of words or while they wait."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hub.desk import call_sounds as desk
from hub.store import call_sounds as store
from hub.web import call_sounds, calling
from hub.web.api.appointment_file import file_and_fields
from hub.web.api.call import Call
from hub.web.api.file_operation import FileOperation
from hub.web.api.operation import EDITORS, READERS, WORKERS, operation
from hub.web.api.values import ById, Done, Given, Id, Items, Moment, Told

SoundName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$", examples=["welcome_cs"])]


class CallUnderWay(Told):
    """A call in which somebody waits (`step`) or talks with staff (`taken_by`); `recording`: on, paused, or none."""

    interaction: Id
    channel: str
    call: str
    name: str
    number: str
    customer_id: Id | None
    since: Moment
    step: str
    taken_by: str
    recording: str


class RecordingGiven(Given):
    paused: bool


class CallSound(Told):
    """A recording; a step of a call flow names it under `sounds`, or as its `music`."""

    name: str
    title: str
    sha256: str
    size: int
    content_type: str
    added_at: Moment
    added_by: str


class BySoundName(Given):
    name: SoundName


@operation("GET", "/calls-under-way", roles=READERS, summary="Who waits for staff on the phone, and who talks")
async def list_calls_under_way(call: Call) -> Items[CallUnderWay]:
    found = await call.read(calling.under_way, call.now)
    return Items[CallUnderWay](items=[CallUnderWay.model_validate(each) for each in found])


@operation("PUT", "/calls-under-way/{id}/recording", roles=WORKERS, summary="Pause a recording, or go on with it")
async def change_recording(call: Call, path: ById, body: RecordingGiven) -> Done:
    await calling.record(call.services, int(path.id), call.by, pause=body.paused)
    return Done()


@operation("GET", "/call-sounds", roles=READERS, summary="Every recording for callers")
async def list_call_sounds(call: Call) -> Items[CallSound]:
    return Items[CallSound](items=[CallSound.model_validate(each) for each in await call.read(store.every)])


@operation("DELETE", "/call-sounds/{name}", roles=EDITORS, summary="Remove a recording that no call flow plays")
async def remove_call_sound(call: Call, path: BySoundName) -> Done:
    await call.write(desk.remove_sound, path.name, call.by)
    return Done()


async def keep_call_sound(call: Call) -> CallSound:
    """Keeps a recording, in place of the one of this name."""
    content, told = await file_and_fields(call)
    kept = await call_sounds.keep(call.services, told.get("name", ""), told.get("title", ""), content, call.by)
    return CallSound.model_validate(kept)


keeping = FileOperation(
    method="POST",
    path="/call-sounds",
    roles=EDITORS,
    summary="Keep a recording for callers: multipart/form-data with `file` (MP3, WAV), `name` and `title`",
    status=200,
    creates=False,
    run=keep_call_sound,
    inputs={},
    answer=CallSound,
)
