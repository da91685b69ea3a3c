"""What a number is told besides how it signs in: countries, prices and their cap, WhatsApp, answers, machines."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from hub.desk.connections import kind_of
from hub.desk.number_settings import read_number_settings, settings_of
from hub.model.errors import NotFound
from hub.web import connecting
from hub.web.api.call import Call
from hub.web.api.channels import ByName
from hub.web.api.operation import ADMIN, operation
from hub.web.api.values import Data, Done, Given, Told
from hub.web.i18n import _

Word = Annotated[str, Field(max_length=100)]
Answers = dict[Literal["stop", "start", "help"], dict[str, Annotated[str, Field(max_length=400)]]]


class NumberSettings(Told):
    """`kind`: texts or calls; `settings`: what it says, by name, empty where it says nothing."""

    kind: str
    settings: Data


class NewNumberSettings(Given):
    """Settings to change; what is left out stays, an empty one is taken away.

    Of texts: all but `answering_machine`; of calls: that alone. `countries`: two letters each. Amounts as texts.
    `answers`: words to STOP, START and HELP by language.
    """

    business_name: Word | None = None
    countries: Annotated[list[Annotated[str, Field(max_length=2)]], Field(max_length=250)] | None = None
    price_per_part: Word | None = None
    price_currency: Word | None = None
    daily_spend: Word | None = None
    whatsapp_number: Word | None = None
    count_clicks: bool | None = None
    answers: Answers | None = None
    answering_machine: Literal["hang_up", "message", "speak"] | None = None


@operation("GET", "/connections/{name}/number", roles=ADMIN, summary="What a number is told besides how it signs in")
async def show_number_settings(call: Call, path: ByName) -> NumberSettings:
    kind, now = await _kept(call, path.name)
    return NumberSettings(kind=kind, settings=settings_of(kind, now))


@operation("PUT", "/connections/{name}/number", roles=ADMIN, summary="Change what a number is told")
async def change_number_settings(call: Call, path: ByName, body: NewNumberSettings) -> Done:
    kind, now = await _kept(call, path.name)
    given = body.model_dump(exclude_unset=True, exclude_none=True)
    await connecting.change(call.services, call.by, path.name, read_number_settings(kind, given, now), {})
    return Done()


async def _kept(call: Call, name: str) -> tuple[str, dict[str, Any]]:
    standing = await connecting.standing(call.services, name)
    kind = kind_of(standing.connection.adapter)
    if kind not in ("texts", "calls"):
        raise NotFound(_("This channel has no number."))
    return kind, dict(standing.connection.settings)
