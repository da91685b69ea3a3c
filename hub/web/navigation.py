"""The way around: the places of the hub, each shown to the roles that may go there, once it is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from hub.store.staff import StaffMember
from hub.web.auth.access import access_of
from hub.web.i18n import N_, _


@dataclass(frozen=True, slots=True)
class Place:
    """One entry: `keys` are pressed one after the other to go there."""

    path: str
    label: str
    keys: str
    current: bool = False


PLACES = (
    Place("/", N_("Today"), "g t"),
    Place("/inbox", N_("Inbox"), "g i"),
    Place("/customers", N_("Customers"), "g c"),
    Place("/appointments", N_("Appointments"), "g a"),
    Place("/forms", N_("Forms"), "g f"),
    Place("/uploads", N_("Uploads"), "g u"),
    Place("/channels", N_("Channels"), "g h"),
    Place("/unread", N_("Could not be read"), "g n"),
    Place("/staff", N_("Staff"), "g s"),
    Place("/tokens", N_("API tokens"), "g k"),
    Place("/audit", N_("Audit log"), "g l"),
)
_ROLES = web.AppKey("navigation_roles", dict[str, frozenset[str]])


def prepare(app: web.Application) -> None:
    """Notes which places there are and who may go to each."""
    app[_ROLES] = {
        route.resource.canonical: access.roles
        for route in app.router.routes()
        if route.method == "GET" and route.resource and (access := access_of(route.handler))
    }


def places(request: web.Request, staff: StaffMember | None) -> Sequence[Place]:
    """Returns where this reader may go, in their language; the current one is the longest that begins the address."""
    if staff is None:
        return ()
    roles = request.app[_ROLES]
    open_to = [place for place in PLACES if staff.role in roles.get(place.path, ())]
    here = max((place.path for place in open_to if _begins(place.path, request.path)), key=len, default="")
    return [Place(place.path, _(place.label), place.keys, place.path == here) for place in open_to]


def _begins(place: str, path: str) -> bool:
    return path == place or (place != "/" and path.startswith(f"{place}/"))
