"""The part of Twilio's REST API that the hub uses, as its published OpenAPI describes it."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from hub.sandbox.twilio import messaging_services, recordings
from hub.sandbox.twilio.caller import Caller
from hub.sandbox.twilio.contents import approved
from hub.sandbox.twilio.exchange import Exchange
from hub.sandbox.twilio.faults import Fault, Planned
from hub.sandbox.twilio.listing import BadFilter, Handler, check, page, within
from hub.sandbox.twilio.refusals import problem
from hub.sandbox.twilio.state import VERSION, Call, Hooks, Message, new_sid

LONGEST_BODY = 1600


class Rest:
    """The routes under /2010-04-01; every request must sign in."""

    def __init__(self, emulator: Exchange) -> None:
        self._emulator = emulator
        self._account = emulator.account

    def routes(self) -> list[web.RouteDef]:
        root = f"/{VERSION}/Accounts/{{account}}"
        table: list[tuple[str, str, Handler]] = [
            ("GET", ".json", self._show_account),
            ("POST", "/Messages.json", self._create_message),
            ("GET", "/Messages.json", self._list_messages),
            ("GET", "/Messages/{sid:(?:SM|MM)\\w+}.json", self._show_message),
            ("GET", "/Messages/{sid}/Media.json", self._list_media),
            ("GET", "/Messages/{sid}/Media/{media:ME\\w+}.json", self._show_media),
            ("GET", "/Messages/{sid}/Media/{media:ME\\w+}", self._media_content),
            ("POST", "/Calls.json", self._create_call),
            ("GET", "/Calls.json", self._list_calls),
            ("GET", "/Calls/{sid:CA\\w+}.json", self._show_call),
            ("POST", "/Calls/{sid:CA\\w+}.json", self._update_call),
            ("GET", "/IncomingPhoneNumbers.json", self._list_numbers),
            ("GET", "/IncomingPhoneNumbers/{sid:PN\\w+}.json", self._show_number),
            ("POST", "/IncomingPhoneNumbers/{sid:PN\\w+}.json", self._update_number),
        ]
        own = [web.route(method, root + path, self._guarded(handler)) for method, path, handler in table]
        kept = recordings.Recordings(self._account, self._emulator.clock, lambda: self._emulator.base_url)
        own += [web.route(method, root + path, self._guarded(handler)) for method, path, handler in kept.table()]
        alerts = self._emulator.alerts.routes(self._account.sid, self._guarded)
        return [*own, *messaging_services.routes(self._account, self._guarded), *alerts]

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            if not self._signed_in(request):
                return problem(20003, {"WWW-Authenticate": 'Basic realm="Twilio API"'})
            try:
                if request.method == "POST":
                    return await self._with_faults(handler, request)
                check(request.query)
                refused = await self._reading_fault()
                return refused or await handler(request)
            except KeyError:
                return problem(20404)
            except BadFilter as error:
                return problem(20001, message=str(error))

        return guarded

    def _signed_in(self, request: web.Request) -> bool:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        try:
            login = base64.b64decode(given, validate=True)
        except binascii.Error:
            return False
        expected = f"{self._account.sid}:{self._account.token}".encode()
        return kind == "Basic" and hmac.compare_digest(login, expected) and self._is_ours(request)

    def _is_ours(self, request: web.Request) -> bool:
        return request.match_info.get("account", self._account.sid) == self._account.sid

    async def _with_faults(self, handler: Handler, request: web.Request) -> web.StreamResponse:
        fault = self._emulator.faults.for_request() or Planned(kind=Fault.DELAY)
        if fault.kind is Fault.DELAY:
            await asyncio.sleep(fault.seconds)
        elif fault.kind is Fault.TOO_MANY:
            wait = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            return problem(fault.code or 20429, wait)
        elif fault.kind is Fault.UNAUTHORIZED:
            return problem(20003)
        elif fault.kind is Fault.REFUSE:
            return problem(fault.code)
        elif fault.kind is Fault.ERROR_BEFORE:
            return problem(20500)
        answer = await handler(request)
        if fault.kind is Fault.ERROR_AFTER:
            return problem(20500)
        if fault.kind is Fault.LOST_ANSWER and request.transport is not None:
            request.transport.abort()
        return answer

    async def _reading_fault(self) -> web.Response | None:
        """Plays what was planned for requests that only read: 429, 500, or an answer that takes its time."""
        fault = self._emulator.faults.for_reading()
        if fault is None:
            return None
        await asyncio.sleep(fault.seconds)
        if fault.kind is Fault.READING_TOO_MANY:
            wait = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            return problem(20429, wait)
        return problem(20500) if fault.kind is Fault.READING_ERROR else None

    async def _show_account(self, request: web.Request) -> web.Response:
        return web.json_response(self._account.face())

    async def _create_message(self, request: web.Request) -> web.Response:
        form = await request.post()
        given = {name: str(value) for name, value in form.items()}
        to, media = given.get("To", ""), tuple(map(str, form.getall("MediaUrl", [])))
        content = given.get("ContentSid", "")
        body = approved(content, given.get("ContentVariables", "")) if content else given.get("Body", "")
        service = given.get("MessagingServiceSid", "")
        sender = given.get("From", "") or self._pooled(service)
        refusal = self._refusal(sender, to, body, media)
        if refusal:
            return problem(refusal)
        message = Message(
            sid=new_sid("MM" if media else "SM"),
            from_=sender,
            to=to,
            body=body,
            direction="outbound-api",
            status="accepted" if service else "queued",
            made_at=self._now(),
            segments=segments(body),
            media_urls=media,
            service=service or None,
            callback=given.get("StatusCallback", ""),
            content_sid=content,
            validity=int(given["ValidityPeriod"]) if given.get("ValidityPeriod", "").isdecimal() else None,
        )
        face = message.face(self._account.sid)
        self._emulator.texts.accept(message)
        return web.json_response(face, status=201)

    def _pooled(self, service: str) -> str:
        """Returns a number of a Messaging Service; one that the account does not list sends by the first number."""
        pool = self._account.services.get(service)
        return next(iter(pool.numbers if pool else self._account.numbers), "") if service else ""

    def _refusal(self, sender: str, to: str, body: str, media: tuple[str, ...]) -> int:
        """Returns Twilio's error code for a text it would not take, 0 for one it would."""
        number = to.removeprefix("whatsapp:")
        reasons = {
            21604: not to,
            21211: not (number.startswith("+") and number[1:].isdecimal() and 7 <= len(number) <= 16),
            21603: not sender,
            21606: sender.removeprefix("whatsapp:") not in self._account.numbers,
            21602: not body and not media,
            21617: len(body) > LONGEST_BODY,
            21610: self._emulator.texts.refuses(sender, to),
        }
        return next((code for code, holds in reasons.items() if holds), 0)

    async def _list_messages(self, request: web.Request) -> web.Response:
        query = request.query
        to = query.get("To")
        rows = [
            each
            for each in self._account.messages.values()
            if (to is None or each.to == to)
            and query.get("From", each.from_) == each.from_
            and within(query, "DateSent", each.sent_at)
        ]
        return self._page(request, rows, "messages", lambda each: each.face(self._account.sid))

    async def _show_message(self, request: web.Request) -> web.Response:
        return web.json_response(self._message(request).face(self._account.sid))

    async def _list_media(self, request: web.Request) -> web.Response:
        message = self._message(request)
        return self._page(request, message.media, "media_list", lambda each: each.face(self._account.sid, message))

    async def _show_media(self, request: web.Request) -> web.Response:
        message = self._message(request)
        media = {each.sid: each for each in message.media}[request.match_info["media"]]
        return web.json_response(media.face(self._account.sid, message))

    async def _media_content(self, request: web.Request) -> web.Response:
        media = {each.sid: each for each in self._message(request).media}[request.match_info["media"]]
        return web.Response(body=media.content, content_type=media.content_type)

    async def _create_call(self, request: web.Request) -> web.Response:
        form = await request.post()
        given = {name: str(value) for name, value in form.items()}
        if not given.get("To") or not given.get("From"):
            return problem(21604 if not given.get("To") else 21603)
        call = Call(
            sid=new_sid("CA"),
            from_=given["From"],
            to=given["To"],
            direction="outbound-api",
            status="queued",
            made_at=self._now(),
            callback=given.get("StatusCallback", ""),
            callback_events=frozenset(map(str, form.getall("StatusCallbackEvent", ["completed"]))),
            detects_machines=given.get("MachineDetection", ""),
            ring_seconds=float(given["Timeout"]) if given.get("Timeout", "").isdecimal() else 60.0,
        )
        self._account.calls[call.sid] = call
        face = call.face(self._account.sid)
        self._emulator.place(call, Caller(), url=given.get("Url", ""), twiml=given.get("Twiml", ""))
        return web.json_response(face, status=201)

    async def _list_calls(self, request: web.Request) -> web.Response:
        query = request.query
        rows = [
            each
            for each in self._account.calls.values()
            if query.get("To", each.to) == each.to
            and query.get("From", each.from_) == each.from_
            and query.get("Status", each.status) == each.status
            and within(query, "StartTime", each.made_at)
        ]
        return self._page(request, rows, "calls", lambda each: each.face(self._account.sid))

    async def _show_call(self, request: web.Request) -> web.Response:
        return web.json_response(self._account.calls[request.match_info["sid"]].face(self._account.sid))

    async def _update_call(self, request: web.Request) -> web.Response:
        """Ends a call or leads it to another document (https://www.twilio.com/docs/voice/api/call-resource)."""
        call = self._account.calls[request.match_info["sid"]]
        given = {name: str(value) for name, value in (await request.post()).items()}
        if call.ended_at is not None:
            return problem(21220)
        self._emulator.change_call(call, url=given.get("Url", ""), ends=given.get("Status", "") != "")
        return web.json_response(call.face(self._account.sid))

    async def _list_numbers(self, request: web.Request) -> web.Response:
        asked = request.query.get("PhoneNumber", "")
        rows = [each for each in self._account.numbers.values() if asked in each.number]
        return self._page(request, rows, "incoming_phone_numbers", lambda each: each.face(self._account.sid))

    async def _show_number(self, request: web.Request) -> web.Response:
        return web.json_response(self._number(request).face(self._account.sid))

    async def _update_number(self, request: web.Request) -> web.Response:
        number = self._number(request)
        given = {name: str(value) for name, value in (await request.post()).items()}
        number.hooks = Hooks(
            text=given.get("SmsUrl", number.hooks.text),
            call=given.get("VoiceUrl", number.hooks.call),
            call_status=given.get("StatusCallback", number.hooks.call_status),
        )
        number.friendly_name = given.get("FriendlyName", number.friendly_name)
        return web.json_response(number.face(self._account.sid))

    def _message(self, request: web.Request) -> Message:
        return self._account.messages[request.match_info["sid"]]

    def _number(self, request: web.Request) -> Any:
        return {each.sid: each for each in self._account.numbers.values()}[request.match_info["sid"]]

    def _page(self, request: web.Request, rows: Any, key: str, face: Callable[[Any], dict[str, Any]]) -> web.Response:
        return web.json_response(page(rows, request.query, request.path, key, face, self._account.largest_page))

    def _now(self) -> datetime:
        return self._emulator.clock()


def segments(body: str) -> int:
    """Counts the parts of a text roughly (exact counting is the sender's part): 160/153 in GSM-7, 70/67 beyond."""
    single, joined = (160, 153) if body.isascii() else (70, 67)
    return 1 if len(body) <= single else -(-len(body) // joined)
