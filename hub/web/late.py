"""Routes that are made when the first request asks for one: a room that most starts do not need costs none of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NoReturn

from aiohttp import web

from hub.web.auth.access import check_declared


class LateRoutes(web.AbstractResource):
    """All that is below `prefix`, by the routes that `make` returns; made in a thread, once, by the first request.

    Its routes are seen by whoever walks the application's, which makes them too.
    """

    def __init__(self, prefix: str, make: Callable[[], Sequence[web.RouteDef]]) -> None:
        super().__init__()
        self._prefix = prefix
        self._make = make

    @cached_property
    def _routes(self) -> web.UrlDispatcher:
        routes = web.UrlDispatcher()
        routes.add_routes(self._make())
        check_declared(routes)
        return routes

    @property
    def canonical(self) -> str:
        return self._prefix

    async def resolve(self, request: web.Request) -> tuple[web.UrlMappingMatchInfo | None, set[str]]:
        if "_routes" not in vars(self):
            await asyncio.to_thread(lambda: self._routes)
        return await self._routes.resolve(request), set()

    def raw_match(self, path: str) -> bool:
        return False

    def get_info(self) -> NoReturn:
        raise RuntimeError(f"what is below {self._prefix} tells of itself")

    def url_for(self, **_places: str) -> NoReturn:
        raise RuntimeError(f"what is below {self._prefix} has addresses of its own")

    def add_prefix(self, prefix: str) -> None:
        raise RuntimeError(f"{self._prefix} cannot be moved below {prefix}")

    def __len__(self) -> int:
        return len(self._routes.routes())

    def __iter__(self) -> Iterator[web.AbstractRoute]:
        return iter(self._routes.routes())
