"""What messages say of the business, for pages that show or plan them."""

from __future__ import annotations

from aiohttp import web

from hub.outreach.house import House
from hub.web.services import SERVICES


def house_of(request: web.Request) -> House:
    """Returns what messages say of the business; its links lead where those of this hub do."""
    services = request.app[SERVICES]
    return House.of(services.settings, services.channels, services.public_url, services.keys)
