"""Marketing by what the law asks for: customers with and without consent, over a real SMTP server."""

from __future__ import annotations

from tests.hub.campaigns.conftest import market as market
from tests.hub.campaigns.conftest import store_url as store_url
from tests.hub.outreach.conftest import out as out
from tests.hub.outreach.conftest import settings as settings
