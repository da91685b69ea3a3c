"""What the frame puts on a request for the pages: who is signed in, the form token, the request's id."""

from __future__ import annotations

from aiohttp import web

from hub.store.sessions import Session
from hub.store.staff import StaffMember

STAFF = web.RequestKey("staff", StaffMember)
SESSION = web.RequestKey("session", Session)
FORM_TOKEN = web.RequestKey("form_token", str)
REQUEST_ID = web.RequestKey("request_id", str)
BEGAN = web.RequestKey("began", float)
