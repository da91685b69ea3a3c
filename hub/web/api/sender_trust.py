"""Who vouches for senders: whose Authentication-Results count for a mailbox."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from channels.base import Vouches
from hub.desk import sender_trust as desk
from hub.model.errors import NotFound
from hub.store import authserv
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.operation import ADMIN, READERS, operation
from hub.web.api.values import Given, Told


class ByMailbox(Given):
    name: Annotated[str, Field(examples=["support_mail"])]


class SenderTrust(Told):
    """Whose word counts, and what the last `mails` say: how many a server that counts has `judged`.

    `suggested`: the server that stamps nearly all the others (`stamped` of them); empty where there is none.
    """

    servers: list[str]
    mails: int
    judged: int
    suggested: str
    stamped: int


class ServersGiven(Given):
    """The names under which your own mail servers write Authentication-Results; `unnamed` for one that writes none."""

    servers: Annotated[list[str], Field(max_length=10, examples=[["mx.example.com"]])]


@operation("GET", "/channels/{name}/senders", roles=READERS, summary="Who vouches for the senders of a mailbox")
async def get_sender_trust(call: Call, path: ByMailbox) -> SenderTrust:
    return await call.read(_told, _mailbox(call, path.name))


@operation("PUT", "/channels/{name}/senders", roles=ADMIN, summary="Set whose word counts, from the next mail on")
async def put_sender_trust(call: Call, path: ByMailbox, body: ServersGiven) -> SenderTrust:
    told = await call.write(_put, _mailbox(call, path.name), body.servers, call.by)
    call.services.take_up_settings()
    return told


def _mailbox(call: Call, name: str) -> str:
    if not isinstance(call.services.channels.get(name), Vouches):
        raise NotFound(f"There is no mailbox {name!r}.")
    return name


def _put(conn: Connection, name: str, servers: list[str], by: Actor) -> SenderTrust:
    desk.trust_servers(conn, name, servers, by)
    return _told(conn, name)


def _told(conn: Connection, name: str) -> SenderTrust:
    stamps = authserv.stamps(conn, name)
    return SenderTrust(
        servers=list(authserv.trusted(conn, name)),
        mails=stamps.mails,
        judged=stamps.judged,
        suggested=stamps.suggested,
        stamped=stamps.stamped,
    )
