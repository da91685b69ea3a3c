"""Staff as the API tells it: who works here, and whose token this is."""

from __future__ import annotations

from hub.insight.paging import page_of, read_id
from hub.store import audit
from hub.store import staff as store
from hub.web.api.call import Call
from hub.web.api.operation import READERS, operation
from hub.web.api.values import Data, Id, Items, Moment, PageQuery, Told


class StaffMember(Told):
    id: Id
    email: str
    display_name: str
    role: str
    language: str
    time_zone: str
    invited: bool
    disabled: bool
    sees_sensitive: bool


class Me(Told):
    """Whose token this is; `role` is the token's, `id` is null for that of this machine's own commands."""

    id: Id | None
    email: str
    display_name: str
    role: str
    language: str
    time_zone: str
    sees_sensitive: bool


class Act(Told):
    """Who did what, when, from where; acts are only ever appended."""

    id: Id
    at: Moment
    staff_id: Id | None
    actor: str
    action: str
    subject: str
    detail: Data
    ip: str


@operation("GET", "/me", roles=READERS, summary="Whose token this is, and what it may do")
async def get_me(call: Call) -> Me:
    me = call.staff
    return Me(
        id=me.id or None,
        email=me.email,
        display_name=me.display_name,
        role=me.role,
        language=me.language,
        time_zone=me.time_zone,
        sees_sensitive=me.sees_sensitive,
    )


@operation("GET", "/staff", roles=("admin", "auditor"), summary="Everybody who works here")
async def list_staff(call: Call) -> Items[StaffMember]:
    return Items[StaffMember].model_validate({"items": await call.read(store.everyone)})


@operation("GET", "/audit", roles=("admin", "auditor"), summary="Who did what, newest first")
async def list_acts(call: Call, query: PageQuery) -> Items[Act]:
    rows = await call.read(audit.page, read_id(query.before), query.limit + 1)
    page = page_of(rows, query.limit, lambda row: str(row["id"]))
    return Items[Act].model_validate({"items": page.items, "next": page.next or None})
