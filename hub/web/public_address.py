"""The public address: proposed by the administrator's own requests, proven, kept; the settings file's comes first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import ValidationError
from sqlalchemy import Connection

from hub.config import HubSettings
from hub.model.errors import HubError, Refused
from hub.store import audit, public_address
from hub.store.audit import Actor
from hub.web.i18n import _
from hub.web.keys import STAFF
from hub.web.proving import prove
from hub.web.seen_address import seen
from hub.web.services import SERVICES, Services

_LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1", ""})
_LONGEST = 200
# Whether this process has looked for a proposal already.
PROPOSED = web.AppKey("proposed", list[str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The address in use, where it is from (`file`, `kept` or `default`), since when it is proven, what is proposed."""

    url: str
    source: str
    proven_at: datetime | None = None
    proposed: str = ""


async def address(services: Services, seen: str = "") -> Address:
    """Returns what is known of the public address; `seen`: the one of the request at hand."""

    def ask(conn: Connection, url: str) -> tuple[datetime | None, str, str]:
        return public_address.proven_at(conn, url), public_address.kept(conn), public_address.proposed(conn)

    proven_at, kept, proposed = await services.database.read(ask, services.public_url)
    source = "file" if services.settings.written.hub.public_url else ("kept" if kept else "default")
    offered = next((each for each in (seen, proposed) if each and not _is_local(each)), "")
    proposal = offered if offered != services.public_url else ""
    return Address(url=services.public_url, source=source, proven_at=proven_at, proposed=proposal)


async def note_proposal(request: web.Request) -> None:
    """Notes the address of the first request of an administrator that came from elsewhere; nothing uses it."""
    looked, services = request.app[PROPOSED], request.app[SERVICES]
    if looked or request[STAFF].role != "admin":
        return
    url = seen(request).url
    if not url or _is_local(url) or url == services.public_url:
        return
    looked.append(url)

    def keep(conn: Connection, found: str) -> None:
        if not public_address.proposed(conn):
            public_address.propose(conn, found)

    try:
        await services.database.write(keep, url)
    except HubError:
        looked.clear()  # the next request tries again


def prepare(app: web.Application) -> None:
    """Lets this process look for a proposal once."""
    app[PROPOSED] = []


def normal(written: str) -> str:
    """Returns an address as it is kept: without a slash at the end. Raises Refused."""
    url = written.strip().rstrip("/")
    try:
        HubSettings(public_url=url)
        parts = urlsplit(url)
        fits = bool(url) and len(url) <= _LONGEST and bool(parts.hostname) and parts.port != 0 and url.isascii()
    except (ValidationError, ValueError):
        fits = False
    if not fits:
        raise Refused(_("This is no web address."), field="url", next_step=_("Write it as https://hub.example.com."))
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path}"


async def prove_current(services: Services, by: Actor) -> str:
    """Tries the address in use and notes the outcome; returns why the hub does not reach itself by it, or nothing."""
    url = services.public_url
    why = await prove(url, services.keys)

    def keep(conn: Connection, _arg: None) -> bool:
        before = public_address.proven_at(conn, url) is not None
        public_address.note_proof(conn, url, None if why else by.at)
        audit.note(conn, by, "address.proven" if not why else "address.not_proven", "", {"url": url})
        return before == bool(why)

    if await services.database.write(keep, None):
        # Channels wait for webhooks only by an address that is proven.
        services.take_up_settings()
    return why


async def use(services: Services, by: Actor, written: str, *, anyway: bool) -> str:
    """Proves an address and keeps it; `anyway` unproven as well. Returns why it is not proven, or nothing.

    Raises Refused where the settings file names the address, and for what is no address.
    """
    _check_ours(services)
    url = normal(written)
    why = await prove(url, services.keys)
    if why and not anyway:
        return why

    def keep(conn: Connection, _arg: None) -> None:
        public_address.keep(conn, url)
        public_address.note_proof(conn, url, None if why else by.at)
        audit.note(conn, by, "address.changed", "", {"url": url, "proven": not why})

    await services.database.write(keep, None)
    services.take_up_settings()
    return why


async def forget(services: Services, by: Actor) -> None:
    """Forgets the kept address: links name this machine again. Raises Refused where the settings file names it."""
    _check_ours(services)

    def drop(conn: Connection, _arg: None) -> None:
        public_address.keep(conn, "")
        audit.note(conn, by, "address.forgotten")

    await services.database.write(drop, None)
    services.take_up_settings()


def _check_ours(services: Services) -> None:
    if services.settings.written.hub.public_url:
        raise Refused(
            _("The settings file names the public address; it comes first."),
            next_step=_("Change [hub] public_url there, or HUB_PUBLIC_URL, and start the hub again."),
        )


def _is_local(url: str) -> bool:
    return (urlsplit(url).hostname or "") in _LOCAL_HOSTS
