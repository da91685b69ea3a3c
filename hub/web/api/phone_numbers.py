"""Phone numbers: a Twilio account looked at, a number of it added as channels, the webhooks of a number written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from hub.model.phone_account import PhoneLogin
from hub.web import phones
from hub.web.api.call import Call
from hub.web.api.channels import ByName
from hub.web.api.operation import ADMIN, operation
from hub.web.api.values import Done, Given, Told
from hub.web.phones import Choice, Webhooks

Token = Annotated[SecretStr, Field(min_length=1, max_length=200)]
Word = Annotated[str, Field(max_length=254)]


class TwilioLogin(Given):
    """How one signs in to Twilio; `base_url` only for a stand-in (hub sandbox twilio)."""

    account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-fA-F]{32}$")]
    auth_token: Token
    base_url: Word = ""


class ToldNumber(Told):
    """A number, what it can do and what it calls now; `elsewhere`: what takes its texts or calls before that."""

    sid: str
    number: str
    name: str
    texts: bool
    pictures: bool
    calls: bool
    hooks: dict[str, str]
    elsewhere: list[str]


class ToldPool(Told):
    """A Messaging Service; `hook`: what a text to any of its numbers calls instead of the number's own."""

    sid: str
    name: str
    numbers: list[str]
    hook: str


class ToldAccount(Told):
    sid: str
    name: str
    trial: bool
    numbers: list[ToldNumber]
    pools: list[ToldPool]


class NewNumber(TwilioLogin):
    """A number to be added. `pool`: the SID of the Messaging Service by which its texts are sent.

    `receive`: by webhooks, by looking every few seconds (poll), or auto: webhooks where the hub's public address is
    proven. Webhooks are written and read back.
    """

    number: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]
    texts: bool = True
    calls: bool = True
    pool: Word = ""
    name: Annotated[str, Field(max_length=36, pattern=r"^([a-z][a-z0-9_]*)?$")] = ""
    receive: Literal["auto", "webhooks", "poll"] = "auto"
    live: bool = True


class Written(Told):
    """What was written: what a number called before, and what it calls as it was read back."""

    before: dict[str, str]
    after: dict[str, str]


class ToldWebhooks(Told):
    """What a number calls `now`, what it calls for the hub (`ours`), and what it called before the hub came.

    `stand`: it calls the hub. `written` is null where nothing was written.
    """

    number: str
    now: dict[str, str]
    ours: dict[str, str]
    before: dict[str, str]
    elsewhere: list[str]
    stand: bool
    written: Written | None


class AddedNumber(Told):
    """`webhooks` null: the channels look for themselves; `trouble`: why the webhooks could not be written."""

    names: list[str]
    webhooks: ToldWebhooks | None
    trouble: str


class Point(Given):
    """`to`: the hub, or what the number called before the hub came."""

    to: Literal["hub", "before"] = "hub"


class NewToken(Given):
    auth_token: Token


@operation(
    "POST", "/connections/twilio/look", roles=ADMIN, summary="List the numbers of a Twilio account; keep nothing"
)
async def look_at_twilio(call: Call, body: TwilioLogin) -> ToldAccount:
    return ToldAccount.model_validate(await phones.look(call.services, _login(body)))


@operation("POST", "/connections/twilio", roles=ADMIN, summary="Add a number of a Twilio account as channels")
async def add_number(call: Call, body: NewNumber) -> AddedNumber:
    choice = Choice(
        number=body.number,
        texts=body.texts,
        calls=body.calls,
        pool=body.pool,
        name=body.name,
        receive=body.receive,
        live=body.live,
    )
    added = await phones.add(call.services, call.by, _login(body), choice)
    return AddedNumber(
        names=list(added.names), webhooks=_told(added.webhooks) if added.webhooks else None, trouble=added.trouble
    )


@operation("GET", "/connections/{name}/webhooks", roles=ADMIN, summary="What the number of a channel calls")
async def show_webhooks(call: Call, path: ByName) -> ToldWebhooks:
    return _told(await phones.webhooks(call.services, path.name))


@operation("POST", "/connections/{name}/webhooks", roles=ADMIN, summary="Write what the number of a channel calls")
async def write_webhooks(call: Call, path: ByName, body: Point) -> ToldWebhooks:
    return _told(await phones.point(call.services, call.by, path.name, body.to))


@operation("POST", "/connections/{name}/token", roles=ADMIN, summary="Keep a new auth token beside the present one")
async def add_token(call: Call, path: ByName, body: NewToken) -> Done:
    await phones.add_token(call.services, call.by, path.name, body.auth_token.get_secret_value())
    return Done()


def _login(body: TwilioLogin) -> PhoneLogin:
    return PhoneLogin(
        account_sid=body.account_sid, auth_token=body.auth_token.get_secret_value(), base_url=body.base_url
    )


def _told(found: Webhooks) -> ToldWebhooks:
    return ToldWebhooks.model_validate(found)
