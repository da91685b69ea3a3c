"""Operations whose body is a form with a file, streamed to disk instead of read as JSON."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from hub.web.api.call import Call
from hub.web.api.operation import BASE, JSON, Operation
from hub.web.auth.access import allow


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOperation(Operation):
    """`run` takes the call alone and reads `call.request` with `hub.web.body.parts`."""

    def route(self) -> web.RouteDef:
        async def handle(request: web.Request) -> web.StreamResponse:
            answer = await self.run(Call.of(request))
            return web.Response(body=answer.model_dump_json().encode(), status=self.status, content_type=JSON)

        return web.route(self.method, BASE + self.path, allow(*self.roles, body="stream")(handle))
