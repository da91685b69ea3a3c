"""Acknowledging: whether a mailbox tells by itself that a mail came, when, and with which template."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import acknowledging as desk
from hub.model.acknowledgement import TEMPLATE, acknowledging_as_json, read_acknowledging
from hub.store import acknowledging as store
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.operation import ADMIN, READERS, operation
from hub.web.api.sender_trust import ByMailbox
from hub.web.api.values import Given, Told
from hub.web.mailboxes import mailbox

Hours = dict[str, Annotated[list[str], Field(max_length=10, examples=[["09:00-12:00", "13:00-17:30"]])]]


class Acknowledgement(Told):
    """How a mailbox acknowledges first mails. `week`: opening hours by weekday; `days`: dates with hours of their own,
    12-25 for every year, empty: closed. An empty `time_zone` is the business's own.
    """

    enabled: bool
    template: str
    when: Literal["closed", "always"]
    week: Hours
    days: Hours
    time_zone: str
    unproven: bool
    null_sender: bool


class AcknowledgementGiven(Given):
    """`when`: only outside the opening hours, or always. `unproven`: senders whom nobody vouches for get one too.
    `null_sender`: with an empty return path, which many providers refuse.
    """

    enabled: bool
    template: Annotated[str, Field(max_length=80)] = TEMPLATE
    when: Literal["closed", "always"] = "closed"
    week: Hours = Field(default_factory=dict)
    days: Hours = Field(default_factory=dict)
    time_zone: Annotated[str, Field(max_length=60)] = ""
    unproven: bool = False
    null_sender: bool = False


@operation("GET", "/channels/{name}/acknowledging", roles=READERS, summary="How a mailbox acknowledges mail")
async def get_acknowledging(call: Call, path: ByMailbox) -> Acknowledgement:
    return await call.read(_told, mailbox(call.services, path.name))


@operation("PUT", "/channels/{name}/acknowledging", roles=ADMIN, summary="Set how mail is acknowledged from now on")
async def put_acknowledging(call: Call, path: ByMailbox, body: AcknowledgementGiven) -> Acknowledgement:
    return await call.write(_put, mailbox(call.services, path.name), body, call.by)


def _put(conn: Connection, name: str, body: AcknowledgementGiven, by: Actor) -> Acknowledgement:
    desk.set_acknowledging(conn, name, read_acknowledging(body.model_dump()), by)
    return _told(conn, name)


def _told(conn: Connection, name: str) -> Acknowledgement:
    return Acknowledgement.model_validate({"days": {}, **acknowledging_as_json(store.setting(conn, name))})
