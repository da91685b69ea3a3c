"""Stopping everything that goes out, letting it go again, and letting promotions go after a restore."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import stopping
from hub.store.dispatching import kill_switch
from hub.store.new_life import promotions_held
from hub.web.api.call import Call
from hub.web.api.operation import ADMIN, READERS, operation
from hub.web.api.values import Given, Told


class Sending(Told):
    """`stopped`, `promotions_held`: why nothing, or no promotion, goes out; empty where they do."""

    stopped: str
    promotions_held: str


class Stop(Given):
    why: Annotated[str, Field(min_length=1, max_length=200)]


@operation("GET", "/sending", roles=READERS, summary="Whether messages may go out at all")
async def get_sending(call: Call) -> Sending:
    return await call.read(_sending)


@operation("POST", "/sending/stop", roles=ADMIN, summary="Stop everything that is not handed over yet")
async def stop_sending(call: Call, body: Stop) -> Sending:
    await call.write(stopping.stop_sending, body.why, call.by)
    return await call.read(_sending)


@operation("POST", "/sending/start", roles=ADMIN, summary="Let messages go out again")
async def start_sending(call: Call) -> Sending:
    await call.write(stopping.start_sending, call.by)
    call.services.nudge()
    return await call.read(_sending)


@operation("POST", "/sending/release", roles=ADMIN, summary="Let promotions go out again after a restore")
async def release_promotions(call: Call) -> Sending:
    await call.write(stopping.release_promotions, call.by)
    call.services.nudge()
    return await call.read(_sending)


def _sending(conn: Connection) -> Sending:
    return Sending(stopped=kill_switch(conn), promotions_held=promotions_held(conn))
