"""Mailboxes on their servers: how far each was read, what the last comparison counted, older mail asked for."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import older_mail
from hub.desk.older_mail import Wanted
from hub.model.errors import NotFound
from hub.store import backfills, mailboxes
from hub.web.api.call import Call
from hub.web.api.channels import ByName
from hub.web.api.operation import ADMIN, READERS, operation
from hub.web.api.values import Given, Id, Items, Moment, Told


class Mailbox(Told):
    """One mailbox. `done` of `total` is how far a long reading is, 0 of 0 outside one.

    `server` mails are there, `here` of them are here too, of which `unread` could not be read; `left_out` came before
    the day `since`; `missing` could not be fetched, `fetched` had been missing. `compared_at` null: not counted yet.
    """

    mailbox: str
    folder: str
    since: date | None
    done: int
    total: int
    read_at: Moment | None
    compared_at: Moment | None
    server: int
    here: int
    unread: int
    left_out: int
    missing: int
    fetched: int


class Backfill(Told):
    """Older mail that was asked for: waiting, running, done or stopped; `error` is what holds it up."""

    id: Id
    channel: str
    mailbox: str
    since: date | None
    state: str
    done: int
    total: int
    asked_by: str
    asked_at: Moment
    changed_at: Moment
    error: str


class Older(Given):
    """`since` null: all there is; `folder` empty: of every folder that the channel reads."""

    since: date | None = None
    folder: Annotated[str, Field(max_length=300)] = ""


@operation("GET", "/channels/{name}/mailboxes", roles=READERS, summary="The mailboxes of a channel, counted")
async def list_mailboxes(call: Call, path: ByName) -> Items[Mailbox]:
    return await _mailboxes(call, _known(call, path.name))


async def _mailboxes(call: Call, channel: str) -> Items[Mailbox]:
    found = (await call.read(mailboxes.all_mailboxes)).get(channel, [])
    return Items[Mailbox](items=[Mailbox.model_validate(each) for each in found])


@operation("POST", "/channels/{name}/mailboxes/compare", roles=ADMIN, summary="Count a channel's mailboxes again soon")
async def compare_mailboxes(call: Call, path: ByName) -> Items[Mailbox]:
    await call.write(older_mail.compare, _known(call, path.name), call.by)
    return await _mailboxes(call, path.name)


@operation("GET", "/channels/{name}/backfills", roles=READERS, summary="Older mail that was asked for, newest first")
async def list_backfills(call: Call, path: ByName) -> Items[Backfill]:
    found = await call.read(backfills.listed, _known(call, path.name))
    return Items[Backfill](items=[Backfill.model_validate(each) for each in found])


@operation("POST", "/channels/{name}/backfills", roles=ADMIN, summary="Ask for a channel's older mail", creates=True)
async def ask_for_older_mail(call: Call, path: ByName, body: Older) -> Items[Backfill]:
    wanted = Wanted(channel=_known(call, path.name), since=body.since, folder=body.folder)
    channel = call.services.channels.get(path.name)

    def act(conn: Connection) -> Items[Backfill]:
        asked = older_mail.ask(conn, wanted, channel, call.by)
        return Items[Backfill](items=[Backfill.model_validate(each) for each in asked])

    return await call.create(act)


@operation("POST", "/channels/{name}/backfills/stop", roles=ADMIN, summary="Take in no more older mail of a channel")
async def stop_backfills(call: Call, path: ByName) -> Items[Backfill]:
    stopped = await call.write(older_mail.stop, _known(call, path.name), call.by)
    return Items[Backfill](items=[Backfill.model_validate(each) for each in stopped])


def _known(call: Call, name: str) -> str:
    if name not in call.services.settings.channels:
        raise NotFound(f"There is no channel {name}.")
    return name
