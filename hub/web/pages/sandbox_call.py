"""A call to the hub, played step by step: what is said, keys to press, a voicemail to leave, hanging up."""

from __future__ import annotations

import io
import wave

from aiohttp import web

from hub.model.errors import Refused
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import text_of
from hub.web.pages.sandbox import PLAYERS, back, check_numbers, door_of, fields_of, files_of, played
from hub.web.sandbox_door import File

# What Twilio itself records (https://www.twilio.com/docs/voice/api/recording).
_SOUNDS = frozenset({"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/mpeg", "audio/mp3"})
_LONGEST = 3600


@allow(*PLAYERS)
async def call(request: web.Request) -> web.StreamResponse:
    """Calls one of the hub's numbers."""
    door, form = door_of(request), await fields_of(request)
    person, number = played(request, form), text_of(form, "number")
    check_numbers(person, number, door.calls)
    return back(request, person, "", "call", call=await door.call(person.phone, number))


@allow(*PLAYERS, body="files")
async def act(request: web.Request) -> web.StreamResponse:
    """Presses keys, speaks, stays silent or hangs up; picks up a phone that rings, or does not."""
    door, form, under_way = door_of(request), await fields_of(request), request.match_info["call"]
    person = played(request, form)
    match text_of(form, "act"):
        case "press":
            line = await door.press(under_way, _keys(text_of(form, "keys")))
        case "speak" | "speak_on" as how:
            sound = _sound((await files_of(request)).get("sound", []))
            seconds = _seconds(text_of(form, "seconds"), sound)
            line = await door.speak(under_way, seconds, text_of(form, "words")[:500], sound, stays=how == "speak_on")
        case "pick_up":
            line = await door.pick_up(under_way)
        case "decline":
            await door.decline(under_way)
            return back(request, person, _("The phone rings no more."), "phone")
        case "wait":
            line = await door.wait(under_way)
        case _other:
            line = await door.hang_up(under_way)
    return back(request, person, "", "call", call=line)


def _keys(written: str) -> str:
    keys = "".join(written.split())
    if not keys or len(keys) > 64 or not set(keys) <= set("0123456789*#"):
        raise Refused(_("A phone has the keys 0 to 9, * and #."), field="keys")
    return keys


def _sound(files: list[File]) -> File | None:
    if not files:
        return None
    if files[0].content_type not in _SOUNDS:
        raise Refused(_("A voicemail is a WAV or MP3 file."), field="sound")
    return files[0]


def _seconds(written: str, sound: File | None) -> int:
    """Returns how long somebody speaks: as long as the sound says itself, else as written."""
    if sound is not None:
        try:
            with wave.open(io.BytesIO(sound.content)) as opened:
                length: float = opened.getnframes() / opened.getframerate()
            return min(_LONGEST, max(1, round(length)))
        except (wave.Error, EOFError, ZeroDivisionError):
            written = written or "5"  # an MP3: its length is what was written
    if not written.isdecimal() or not 1 <= int(written[:6]) <= _LONGEST:
        raise Refused(_("Somebody speaks for 1 to 3600 seconds."), field="seconds")
    return int(written)


def routes() -> list[web.RouteDef]:
    return [web.post("/sandbox/call", call), web.post(r"/sandbox/call/{call:\w{1,60}}", act)]
