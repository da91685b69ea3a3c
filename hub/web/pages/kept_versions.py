"""Pages of what is kept in versions: which version is looked at, and how the next one is saved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aiohttp import web
from sqlalchemy import Connection

from hub.insight.paging import read_id
from hub.model.errors import NotFound, Refused
from hub.store.versions import V
from hub.web import audit
from hub.web.i18n import _
from hub.web.pages.fields import Form, form_of, read, text_of, write
from hub.web.rendering import redirect

D = TypeVar("D")


async def versions_shown(
    request: web.Request, ask: Callable[[Connection, str], Sequence[V]], name: str
) -> tuple[Sequence[V], V]:
    """Returns every version, newest first, and the one that `?version=` names, else the newest. Raises NotFound."""
    number = read_id(request.query.get("version", ""), "version")
    every = await read(request, ask, name)
    shown = next((row for row in every if row.version == (number or every[0].version)), None)
    if shown is None:
        raise NotFound(_("There is no such version."))
    return every, shown


def based_on(posted: Form) -> int:
    """Returns the version that was edited, 0 where a new thing is made."""
    return read_id(text_of(posted, "based_on"), "based_on") or 0


@dataclass(frozen=True, slots=True)
class Studio(Generic[D]):
    """The page on which one kind of thing is edited, at an address of its own.

    `draft`: what a posted page says; `definition`: what of it is kept; `save`: keeps it as the next version and returns
    which; `page`: the page with a draft, its error if any; `propose`: a free name for one whose name nobody typed.
    """

    address: str
    draft: Callable[[Form], D]
    definition: Callable[[D], Mapping[str, Any]]
    save: Callable[..., int]
    page: Callable[..., Awaitable[web.Response]]
    propose: Callable[[Connection, D], str] | None = None

    async def keep(self, request: web.Request, name: str) -> web.Response:
        """Saves what was posted, or shows the page again with another step or with what is wrong; empty `name`: new."""
        posted = await form_of(request)
        draft, seen, typed = self.draft(posted), based_on(posted), text_of(posted, "name").strip()
        if text_of(posted, "act") != "save":
            return await self.page(request, draft, based_on=seen, name=name, typed=typed)
        by, chosen = audit.by(request), name or typed
        if not chosen and self.propose:
            chosen = await read(request, self.propose, draft)

        def act(conn: Connection, definition: Mapping[str, Any]) -> int:
            return self.save(conn, chosen, definition, by, based_on=seen)

        try:
            version = await write(request, act, self.definition(draft))
        except Refused as error:
            return await self.page(request, draft, based_on=seen, name=name, typed=typed, error=error, status=422)
        return redirect(request, f"{self.address}/{chosen}", say=_("Saved as version %s.") % version)
