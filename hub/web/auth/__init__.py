"""Staff: signing in, sessions, roles, invitations, tokens. A page declares its roles with `allow`."""

from hub.store.links import create_link
from hub.store.staff import ROLES, StaffMember
from hub.web.auth.access import allow, hook, public, public_files, visitor
from hub.web.auth.first_admin import ensure_first_admin
from hub.web.keys import SESSION, STAFF
from hub.web.services import SERVICES

__all__ = [
    "ROLES",
    "SERVICES",
    "SESSION",
    "STAFF",
    "StaffMember",
    "allow",
    "create_link",
    "ensure_first_admin",
    "hook",
    "public",
    "public_files",
    "visitor",
]
