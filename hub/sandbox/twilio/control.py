"""The emulator's own address for people and for `hub simulate`: JSON under /sandbox."""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict
from json import JSONDecodeError
from typing import Any
from urllib.parse import unquote_to_bytes

from aiohttp import web

from hub.sandbox.twilio.caller import Voice
from hub.sandbox.twilio.exchange import Exchange
from hub.sandbox.twilio.faults import Fault
from hub.sandbox.twilio.live_calls import NoSuchCall
from hub.sandbox.twilio.services import MessagingService
from hub.sandbox.twilio.state import Hooks, Media, Number, new_sid


class Control:
    """The emulator's own routes, by which `hub simulate` plays the customer."""

    def __init__(self, emulator: Exchange) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/sandbox/texts", self._text),
            web.post("/sandbox/texts/{sid}/again", self._again),
            web.put("/sandbox/numbers/{number}", self._number),
            web.put("/sandbox/services/{sid:MG[0-9a-f]{32}}", self._service),
            web.post("/sandbox/calls", self._call),
            web.post("/sandbox/faults", self._fault),
            web.get("/sandbox/phones/{number}", self._phone),
            web.get("/sandbox/phones/{number}/log", self._log),
            web.put("/sandbox/phones/{number}", self._behave),
            web.post("/sandbox/lines", self._begin),
            web.get("/sandbox/lines/{sid}", self._line),
            web.post("/sandbox/lines/{sid}", self._act),
        ]

    async def _text(self, request: web.Request) -> web.Response:
        given = await _object(request)
        media = [_media(url) for url in _list(given, "media_urls")]
        made = await self._emulator.receive_text(
            _text(given, "from"), _text(given, "to"), _text(given, "body", default=""), media=media
        )
        return web.json_response({"sid": made.sid, "hub_status": made.status, "replies": list(made.replies)})

    async def _again(self, request: web.Request) -> web.Response:
        sid = request.match_info["sid"]
        if sid not in self._emulator.account.messages:
            raise _gone("there is no such text")
        made = await self._emulator.redeliver(sid)
        return web.json_response({"sid": made.sid, "hub_status": made.status, "replies": list(made.replies)})

    async def _number(self, request: web.Request) -> web.Response:
        given, number = await _object(request), request.match_info["number"]
        hooks = Hooks(**{name: _text(given, name, default="") for name in ("text", "call", "call_status")})
        account = self._emulator.account
        if number not in account.numbers:
            account.numbers[number] = Number(
                sid=new_sid("PN"), number=number, hooks=hooks, made_at=self._emulator.clock()
            )
        self._emulator.set_hooks(number, hooks)
        return web.json_response(account.numbers[number].face(account.sid))

    async def _service(self, request: web.Request) -> web.Response:
        given, sid, account = await _object(request), request.match_info["sid"], self._emulator.account
        hook = _text(given, "hook", default="")
        account.services[sid] = MessagingService(
            sid=sid,
            friendly_name=_text(given, "name", default="Messaging Service"),
            made_at=self._emulator.clock(),
            numbers=tuple(_list(given, "numbers")),
            hook=hook,
            use_inbound_hook_on_number=not hook,
        )
        return web.json_response(account.services[sid].face(account.sid))

    async def _call(self, request: web.Request) -> web.Response:
        given = await _object(request)
        digits = given.get("digits") or []
        played = await self._emulator.receive_call(
            _text(given, "from"),
            _text(given, "to"),
            voicemail_seconds=_whole(given, "seconds"),
            digits=[digits] if isinstance(digits, str) else [str(each) for each in digits],
            says=_text(given, "say", default=""),
        )
        return web.json_response(asdict(played))

    async def _fault(self, request: web.Request) -> web.Response:
        given = await _object(request)
        try:
            kind = Fault(_text(given, "kind"))
        except ValueError:
            raise _bad(f"kind must be one of {', '.join(Fault)}") from None
        self._emulator.fail_next(
            kind,
            times=_whole(given, "times") or 1,
            seconds=float(_whole(given, "seconds")),
            retry_after=_whole(given, "retry_after") or None,
            code=_whole(given, "code"),
        )
        return web.json_response({"planned": kind})

    async def _phone(self, request: web.Request) -> web.Response:
        texts = self._emulator.phone(request.match_info["number"])
        rows = [
            {"from": t.from_, "to": t.to, "body": t.body, "media": list(t.media), "at": t.at.isoformat()} for t in texts
        ]
        return web.json_response({"texts": rows})

    async def _log(self, request: web.Request) -> web.Response:
        entries = self._emulator.log.of(request.match_info["number"])
        ringing = self._emulator.live.ringing(request.match_info["number"])
        rings = [{"sid": call.sid, "from": call.from_} for call in ringing]
        return web.json_response({"entries": [asdict(entry) for entry in entries], "rings": rings})

    async def _behave(self, request: web.Request) -> web.Response:
        """Says what a phone does when it rings: `answers` it with `keys`, is `busy`, or has a `machine`."""
        given, number, emulator = await _object(request), request.match_info["number"], self._emulator
        for name, phones in (("answers", emulator.answering), ("busy", emulator.busy), ("machine", emulator.machines)):
            (phones.add if given.get(name) is True else phones.discard)(number)
        emulator.keys.pop(number, None)
        if keys := _text(given, "keys", default=""):
            emulator.keys[number] = keys
        return web.json_response({"phone": number})

    async def _begin(self, request: web.Request) -> web.Response:
        given = await _object(request)
        line = await self._emulator.live.begin(_text(given, "from"), _text(given, "to"))
        return web.json_response(line.face())

    async def _line(self, request: web.Request) -> web.Response:
        try:
            return web.json_response(self._emulator.live.find(request.match_info["sid"]).face())
        except NoSuchCall:
            raise _gone() from None

    async def _act(self, request: web.Request) -> web.Response:
        """Carries out `act`: press (`keys`), speak (`seconds`, `say`, `sound` as a data: address), wait, hang_up.

        Of a phone that rings: pick_up, decline.
        """
        given, live, sid = await _object(request), self._emulator.live, request.match_info["sid"]
        try:
            match _text(given, "act"):
                case "press":
                    line = await live.act(sid, _text(given, "keys"))
                case "speak":
                    line = await live.act(sid, _voice(given))
                case "wait":
                    line = await live.act(sid, None)
                case "hang_up":
                    line = await live.hang_up(sid)
                case "pick_up":
                    line = await live.pick_up(sid)
                case "decline":
                    live.decline(sid)
                    return web.json_response({"declined": sid})
                case other:
                    raise _bad(f"there is no act {other!r}")
        except NoSuchCall:
            raise _gone() from None
        return web.json_response(line.face())


def _voice(given: dict[str, Any]) -> Voice:
    sound = _media(given["sound"]) if given.get("sound") else None
    return Voice(
        seconds=_whole(given, "seconds"),
        says=_text(given, "say", default=""),
        content=sound.content if sound else b"",
        content_type=sound.content_type if sound else "",
        stays=given.get("stays") is True,
    )


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        given = await request.json()
    except (JSONDecodeError, UnicodeDecodeError):
        given = None
    if not isinstance(given, dict):
        raise _bad("send one JSON object")
    return given


def _text(given: dict[str, Any], name: str, *, default: str | None = None) -> str:
    value = given.get(name, default)
    if not isinstance(value, str) or (default is None and not value):
        raise _bad(f"{name} must be text")
    return value


def _whole(given: dict[str, Any], name: str) -> int:
    value = given.get(name) or 0
    if not isinstance(value, int) or value < 0:
        raise _bad(f"{name} must be a whole number from 0")
    return value


def _list(given: dict[str, Any], name: str) -> list[str]:
    value = given.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _bad(f"{name} must be a list of texts")
    return value


def _media(url: str) -> Media:
    """Reads a data: address (RFC 2397); the sandbox fetches nothing from anywhere."""
    head, comma, data = url.partition(",")
    kind, _, encoding = head.removeprefix("data:").partition(";")
    if not url.startswith("data:") or not comma:
        raise _bad("media_urls take data: addresses only, e.g. data:image/png;base64,...")
    try:
        content = base64.b64decode(data, validate=True) if encoding.endswith("base64") else unquote_to_bytes(data)
    except binascii.Error:
        raise _bad("this data: address is not base64") from None
    return Media(kind or "text/plain", content)


def _gone(what: str = "nobody makes this call") -> web.HTTPNotFound:
    text = f'{{"code": "not_found", "message": "{what}"}}'
    return web.HTTPNotFound(text=text, content_type="application/json")


def _bad(message: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=f'{{"code": "refused", "message": "{message}"}}', content_type="application/json")
