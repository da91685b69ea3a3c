"""Routes that are made when the first request asks for one: a start does not wait for a room that nobody enters yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

from aiohttp import web

from hub.web.auth.access import check_declared

Match = tuple[web.UrlMappingMatchInfo | None, set[str]]


class LateRoutes(web.AbstractResource):
    """All that is below `prefix`, by the routes that `make` returns; made in a thread, once, by the first request.

    Its routes are seen by whoever walks the application's, which makes them too.
    """

    def __init__(self, prefix: str, make: Callable[[], Sequence[web.RouteDef]]) -> None:
        super().__init__()
        self._prefix = prefix
        self._make = make
        self._made: web.UrlDispatcher | None = None
        self._making = asyncio.Lock()

    async def ready(self) -> web.UrlDispatcher:
        """Returns the routes; answers go on while they are made. Raises RuntimeError as `check_declared` does."""
        if self._made is None:
            async with self._making:
                return await asyncio.to_thread(self._at_once)
        return self._made

    def _at_once(self) -> web.UrlDispatcher:
        if self._made is None:
            routes = web.UrlDispatcher()
            routes.add_routes(self._make())
            check_declared(routes)
            self._made = routes
        return self._made

    @property
    def canonical(self) -> str:
        return self._prefix

    async def resolve(self, request: web.Request) -> Match:
        found = await (await self.ready()).resolve(request)
        refused = found.http_exception
        if refused is None:
            return found, set()
        # Another room may know the address, or the method: the application's own router decides.
        return None, set(refused.allowed_methods) if isinstance(refused, web.HTTPMethodNotAllowed) else set()

    def raw_match(self, path: str) -> bool:
        return False

    def get_info(self) -> NoReturn:
        raise RuntimeError(f"what is below {self._prefix} tells of itself")

    def url_for(self, **_places: str) -> NoReturn:
        raise RuntimeError(f"what is below {self._prefix} has addresses of its own")

    def add_prefix(self, prefix: str) -> None:
        raise RuntimeError(f"{self._prefix} cannot be moved below {prefix}")

    def __len__(self) -> int:
        return len(self._at_once().routes())

    def __iter__(self) -> Iterator[web.AbstractRoute]:
        return iter(self._at_once().routes())
