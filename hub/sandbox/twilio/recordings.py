"""Recordings as the API shows them: listed, played, paused while their call is under way, removed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from hub.sandbox.twilio import audio
from hub.sandbox.twilio.account import Account
from hub.sandbox.twilio.listing import page, within
from hub.sandbox.twilio.refusals import problem
from hub.sandbox.twilio.state import Recording, new_sid

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Recordings:
    """The routes of one account's recordings, below its own address."""

    def __init__(self, account: Account, clock: Callable[[], datetime], base_url: Callable[[], str]) -> None:
        self._account = account
        self._clock = clock
        self._base_url = base_url

    def table(self) -> list[tuple[str, str, Handler]]:
        """Returns the routes as (method, path, handler)."""
        return [
            ("POST", "/Calls/{sid:CA\\w+}/Recordings.json", self._begin_recording),
            ("POST", "/Calls/{sid:CA\\w+}/Recordings/{recording:[\\w.]+}.json", self._update_recording),
            ("GET", "/Recordings.json", self._list_recordings),
            ("GET", "/Recordings/{sid:RE\\w+}.json", self._show_recording),
            ("DELETE", "/Recordings/{sid:RE\\w+}.json", self._remove_recording),
            ("GET", "/Recordings/{sid:RE\\w+}{ending:(?:\\.wav|\\.mp3)?}", self._recording_content),
        ]

    async def _list_recordings(self, request: web.Request) -> web.Response:
        query = request.query
        rows = [
            each
            for each in self._account.recordings.values()
            if query.get("CallSid", each.call_sid) == each.call_sid and within(query, "DateCreated", each.made_at)
        ]
        account, base_url = self._account, self._base_url()

        def face(each: Recording) -> dict[str, Any]:
            return each.face(account.sid, base_url)

        return web.json_response(page(rows, query, request.path, "recordings", face, account.largest_page))

    async def _begin_recording(self, request: web.Request) -> web.Response:
        """Records a call under way from now on (https://www.twilio.com/docs/voice/api/recording)."""
        call, given = self._account.calls[request.match_info["sid"]], await request.post()
        if call.ended_at is not None or call.status != "in-progress":
            return problem(21220)
        made = Recording(
            sid=new_sid("RE"), call_sid=call.sid, seconds=0, made_at=self._clock(), status="in-progress",
            source="StartCallRecordingAPI", said="A talk.", callback=str(given.get("RecordingStatusCallback", "")),
        )  # fmt: skip
        call.recording, call.recording_status = made, "in-progress"
        self._account.recordings[made.sid] = made
        return web.json_response(self._of_call(made), status=201)

    async def _update_recording(self, request: web.Request) -> web.Response:
        """Pauses a recording under way or goes on with it (https://www.twilio.com/docs/voice/api/recording)."""
        call, given = self._account.calls[request.match_info["sid"]], await request.post()
        status = str(given.get("Status", ""))
        if call.recording_status not in {"in-progress", "paused"} or status not in {"in-progress", "paused", "stopped"}:
            return problem(21220)
        call.recording_status = status
        made = Recording(sid=new_sid("RE"), call_sid=call.sid, seconds=0, made_at=self._clock(), status=status)
        return web.json_response(self._of_call(made))

    def _of_call(self, recording: Recording) -> dict[str, Any]:
        face = recording.face(self._account.sid, self._base_url())
        kept = {name: value for name, value in face.items() if name not in {"media_url", "subresource_uris"}}
        return {**kept, "track": "both"}

    async def _remove_recording(self, request: web.Request) -> web.Response:
        del self._account.recordings[request.match_info["sid"]]
        return web.Response(status=204)

    async def _show_recording(self, request: web.Request) -> web.Response:
        recording = self._account.recordings[request.match_info["sid"]]
        return web.json_response(recording.face(self._account.sid, self._base_url()))

    async def _recording_content(self, request: web.Request) -> web.Response:
        recording = self._account.recordings[request.match_info["sid"]]
        if recording.status != "completed":
            return problem(20404)
        if recording.content:
            return web.Response(body=recording.content, content_type=recording.content_type)
        if request.match_info["ending"] == ".mp3":
            return web.Response(body=audio.mp3(recording.seconds), content_type="audio/mpeg")
        return web.Response(body=audio.wav(recording.seconds), content_type="audio/x-wav")
