"""The switch of a channel between the sandbox and live, and what waits to be sent by it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hub.model.errors import NotFound
from hub.store.switching import Waiting
from hub.web import switching
from hub.web.api.call import Call
from hub.web.api.channels import ByName, Problem
from hub.web.api.operation import ADMIN, READERS, operation
from hub.web.api.values import Given, Told
from hub.web.switching import DEFAULT, Wish


class WaitingMessages(Told):
    """What waits to be sent by a channel; `handed_over`: on their way, or nobody knows whether they arrived."""

    promotions: int
    reminders: int
    others: int
    handed_over: int


class Switching(Given):
    """`waiting`: what becomes of the messages that wait; without it the safest: to live `reminders` (only those of what
    is to come go out), to the sandbox `hold`. `anyway`: although the provider objects.
    """

    mode: Literal["sandbox", "live"]
    waiting: Annotated[Literal["reminders", "cancel", "hold"] | None, Field()] = None
    anyway: bool = False


class Switched(Told):
    """`switched` false: `problems` say what is in the way, and nothing was changed."""

    switched: bool
    cancelled: int
    problems: list[Problem]


@operation("GET", "/channels/{name}/waiting", roles=READERS, summary="What waits to be sent by a channel")
async def get_waiting(call: Call, path: ByName) -> WaitingMessages:
    if path.name not in call.services.settings.channels:
        raise NotFound(f"There is no channel {path.name}.")
    found = await switching.left(call.services, path.name)
    return WaitingMessages.model_validate(found)


@operation("POST", "/channels/{name}/mode", roles=ADMIN, summary="Switch a channel between the sandbox and live")
async def switch_channel(call: Call, path: ByName, body: Switching) -> Switched:
    waiting = Waiting(body.waiting) if body.waiting else DEFAULT[body.mode]
    wish = Wish(channel=path.name, mode=body.mode, waiting=waiting, anyway=body.anyway)
    outcome = await switching.switch(call.services, call.by, wish)
    problems = [Problem.model_validate(each) for each in outcome.problems]
    return Switched(switched=outcome.switched, cancelled=outcome.cancelled, problems=problems)
