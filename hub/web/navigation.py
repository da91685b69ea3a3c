"""The way around: the places of the hub, each shown to the roles that may go there, once it is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from hub.store.staff import StaffMember
from hub.web.auth.access import access_of
from hub.web.i18n import N_, _
from hub.web.needs import NEEDS
from hub.web.needs import PLACE as NEEDS_YOU


@dataclass(frozen=True, slots=True)
class Place:
    """One entry: `keys` are pressed one after the other to go there; `number` is what waits there, urgent or not."""

    path: str
    label: str
    keys: str
    current: bool = False
    number: int = 0
    is_grave: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """Places that belong together, under one name."""

    label: str
    places: Sequence[Place]


ROOMS = (
    Room(
        N_("Every day"),
        (
            Place("/", N_("Today"), "g t"),
            Place(NEEDS_YOU, N_("Needs you"), "g e"),
            Place("/inbox", N_("Inbox"), "g i"),
            Place("/tasks", N_("Tasks"), "g w"),
        ),
    ),
    Room(
        N_("Records"),
        (
            Place("/customers", N_("Customers"), "g c"),
            Place("/appointments", N_("Appointments"), "g a"),
            Place("/purchases", N_("Purchases"), "g r"),
            Place("/products", N_("Products"), "g q"),
            Place("/equipment", N_("Equipment"), "g y"),
        ),
    ),
    Room(
        N_("Reaching out"),
        (
            Place("/reminders", N_("Reminders"), "g v"),
            Place("/campaigns", N_("Campaigns"), "g o"),
            Place("/sequences", N_("Sequences"), "g z"),
            Place("/offers", N_("Offers"), "g j"),
            Place("/segments", N_("Segments"), "g g"),
            Place("/templates", N_("Templates"), "g m"),
        ),
    ),
    Room(
        N_("Coming in"),
        (
            Place("/channels", N_("Channels"), "g h"),
            Place("/forms", N_("Forms"), "g f"),
            Place("/call-flows", N_("Call flows"), "g p"),
            Place("/uploads", N_("Uploads"), "g u"),
            Place("/unread", N_("Could not be read"), "g n"),
            Place("/sandbox", N_("Sandbox"), "g x"),
        ),
    ),
    Room(
        N_("This hub"),
        (
            Place("/address", N_("Public address"), "g d"),
            Place("/backups", N_("Backups"), "g b"),
            Place("/staff", N_("Staff"), "g s"),
            Place("/tokens", N_("API tokens"), "g k"),
            Place("/audit", N_("Audit log"), "g l"),
        ),
    ),
)
_ROLES = web.AppKey("navigation_roles", dict[str, frozenset[str]])


def prepare(app: web.Application) -> None:
    """Begins with no place known: whoever draws a page has made the pages' routes."""
    app[_ROLES] = {}


def _roles(app: web.Application) -> Mapping[str, frozenset[str]]:
    """Returns who may go to each place."""
    known = app[_ROLES]
    if not known:
        known |= {
            route.resource.canonical: access.roles
            for resource in app.router.resources()
            if not resource.canonical.startswith("/api/")  # no place of these, and a room that few need
            for route in resource
            if route.method == "GET" and route.resource and (access := access_of(route.handler))
        }
    return known


def rooms(request: web.Request, staff: StaffMember | None) -> Sequence[Room]:
    """Returns where this reader may go, in their language; the current place is the longest that begins the address."""
    if staff is None:
        return ()
    roles = _roles(request.app)
    open_to = [
        Room(room.label, [place for place in room.places if staff.role in roles.get(place.path, ())]) for room in ROOMS
    ]
    paths = [place.path for room in open_to for place in room.places]
    here = max((path for path in paths if _begins(path, request.path)), key=len, default="")
    needs = request.app[NEEDS]
    return [
        Room(
            _(room.label),
            [
                Place(
                    place.path,
                    _(place.label),
                    place.keys,
                    place.path == here,
                    *((needs.number, needs.is_grave) if place.path == NEEDS_YOU else ()),
                )
                for place in room.places
            ],
        )
        for room in open_to
        if room.places
    ]


def may_go(request: web.Request, staff: StaffMember, path: str) -> bool:
    """Whether this reader may see the page at an address; of one with names in it nobody knows here, so yes."""
    roles = _roles(request.app).get(path.partition("?")[0].partition("#")[0])
    return roles is None or staff.role in roles


def _begins(place: str, path: str) -> bool:
    return path == place or (place != "/" and path.startswith(f"{place}/"))
