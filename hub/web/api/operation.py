"""Operations: a typed handler declares address, roles and meaning once; reading, answering and OpenAPI follow from it.

    @operation("GET", "/customers/{id}", roles=READERS, summary="One customer")
    async def get_customer(call: Call, path: ById) -> Customer: ...

Parameters named `path`, `query` and `body` are pydantic models read from there; the return type is what is answered:
a model, or a `web.StreamResponse` for files.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, get_args, get_type_hints

from aiohttp import web
from pydantic import BaseModel

from hub.store.staff import ROLES
from hub.web.api.call import Call, Repeated
from hub.web.api.reading import read_body, read_path, read_query
from hub.web.auth.access import Handler, allow, public

BASE = "/api/v1"
READERS = ROLES
WORKERS = ("agent", "admin")
EDITORS = ("marketer", "admin")
ADMIN = ("admin",)
JSON = "application/json"
_PLACES = ("path", "query", "body")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of the API. `roles` empty: anybody may call it; `creates`: it honours an Idempotency-Key.

    `promise`: what it answers instead, with 202, where the answer takes longer than a call; `later`: where to ask then.
    """

    method: str
    path: str
    roles: tuple[str, ...]
    summary: str
    status: int
    creates: bool
    run: Callable[..., Awaitable[Any]] = field(repr=False)
    inputs: dict[str, type[BaseModel]]
    answer: type[BaseModel] | None
    promise: type[BaseModel] | None = None
    later: str = ""

    @property
    def name(self) -> str:
        """The operation's id: the handler's name."""
        return self.run.__name__.strip("_")

    @property
    def tag(self) -> str:
        """What it is about: the first part of its address."""
        return self.path.split("/")[1].partition(".")[0]

    def route(self) -> web.RouteDef:
        """Returns the route that answers it."""
        declared = allow(*self.roles) if self.roles else public
        return web.route(self.method, BASE + self.path, declared(self._handler()))

    def _handler(self) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            call = Call.of(request)
            try:
                answer = await self.run(call, **await self._read(request))
            except Repeated as repeated:
                body, status = repeated.answer.body, repeated.answer.status
                return web.Response(
                    body=body, status=status, content_type=JSON, headers={"Idempotency-Replayed": "true"}
                )
            if isinstance(answer, web.StreamResponse):
                return answer
            body = answer.model_dump_json().encode()
            if self.promise is not None and isinstance(answer, self.promise):
                asked_for = {"Location": BASE + self.later.format(**request.match_info)}
                return web.Response(body=body, status=202, content_type=JSON, headers=asked_for)
            return web.Response(body=body, status=self.status, content_type=JSON)

        return handle

    async def _read(self, request: web.Request) -> dict[str, BaseModel]:
        given: dict[str, BaseModel] = {}
        if "path" in self.inputs:
            given["path"] = read_path(self.inputs["path"], request.match_info)
        query = read_query(self.inputs.get("query", Nothing), request.query)
        body = await read_body(self.inputs.get("body"), request)
        if "query" in self.inputs:
            given["query"] = query
        if body is not None:
            given["body"] = body
        return given


class Nothing(BaseModel):
    """What a call without parameters takes."""

    model_config = {"extra": "forbid"}


def operation(
    method: str, path: str, *, roles: tuple[str, ...], summary: str, creates: bool = False, later: str = ""
) -> Callable[[Callable[..., Awaitable[Any]]], Operation]:
    """Makes an operation of a handler; `creates`: it answers 201 and writes with `call.create`, once per key.

    `later`: where to ask after the second of its answers (`-> Plan | Flight`), which goes out with 202.

    Raises TypeError when the handler's parameters do not fit.
    """

    def made(run: Callable[..., Awaitable[Any]]) -> Operation:
        hints = get_type_hints(run)
        answer, promise = get_args(hints.pop("return")) if later else (hints.pop("return"), None)
        inputs: dict[str, type[BaseModel]] = {name: hints[name] for name in _PLACES if name in hints}
        unknown = set(inspect.signature(run).parameters) - {"call", *inputs}
        if unknown or ("{" in path) != ("path" in inputs):
            raise TypeError(f"{run.__name__}: its parameters do not fit {method} {path}")
        return Operation(
            method=method,
            path=path,
            roles=roles,
            summary=summary,
            status=201 if creates else 200,
            creates=creates,
            run=run,
            inputs=inputs,
            answer=answer if issubclass(answer, BaseModel) else None,
            promise=promise,
            later=later,
        )

    return made
