"""The hub's registrations with sign-in providers, and consents given with a code that is typed elsewhere."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr
from sqlalchemy import Connection

from hub.desk import signing_in
from hub.desk.signing_in import Device, NotYet
from hub.model.errors import NotFound
from hub.model.sign_in_providers import PROVIDERS
from hub.store import connection_drafts
from hub.store.consents_given import Application
from hub.web import connecting
from hub.web.api.call import Call
from hub.web.api.operation import ADMIN, operation
from hub.web.api.values import Given, Items, Told

Provider = Literal["google", "microsoft"]


class Registration(Told):
    """The hub as a provider knows it; `return_address` is to be written into the registration there."""

    provider: str
    client_id: str
    tenant: str
    endpoints: dict[str, str]
    return_address: str


class Registered(Given):
    """`endpoints`: authorize, token and device, where they differ from the provider's own (national clouds)."""

    client_id: Annotated[str, Field(max_length=200)]
    secret: Annotated[SecretStr, Field(max_length=500)] = SecretStr("")
    tenant: Annotated[str, Field(max_length=100)] = ""
    endpoints: Annotated[
        dict[Literal["authorize", "token", "device"], Annotated[str, Field(max_length=300)]],
        Field(default_factory=dict),
    ]


class ByProvider(Given):
    name: Annotated[str, Field(pattern=r"^[a-z]{1,40}$")]


class Asking(Given):
    """Whose mail is to be opened."""

    provider: Provider
    address: Annotated[str, Field(max_length=254)]


class TypedElsewhere(Told):
    """The person opens `url` and types `code`; meanwhile ask with `id` every `interval` seconds."""

    id: str
    url: str
    code: str
    interval: int
    lasts_seconds: int


class ById(Given):
    id: Annotated[str, Field(pattern=r"^[\w-]{1,40}$")]


class GivenConsent(Told):
    """`consent`: the name by which a mailbox is connected with it, empty as long as it was not given."""

    consent: str
    slower: bool = False


@operation("GET", "/registrations", roles=ADMIN, summary="The hub's registrations with sign-in providers")
async def list_registrations(call: Call) -> Items[Registration]:
    return await _all(call)


@operation("PUT", "/registrations/{name}", roles=ADMIN, summary="Register the hub with a sign-in provider")
async def put_registration(call: Call, path: ByProvider, body: Registered) -> Items[Registration]:
    if path.name not in PROVIDERS:
        raise NotFound(f"There is no sign-in provider {path.name}; there are {', '.join(PROVIDERS)}.")
    application = Application(
        provider=path.name,
        client_id=body.client_id.strip(),
        tenant=body.tenant.strip(),
        endpoints={name: url for name, url in body.endpoints.items() if url},
        secret=body.secret.get_secret_value(),
    )
    await connecting.register(call.services, call.by, application)
    return await _all(call)


@operation("POST", "/consents", roles=ADMIN, summary="Ask for a consent by a code that is typed elsewhere")
async def ask_consent(call: Call, body: Asking) -> TypedElsewhere:
    device = await connecting.ask_device(call.services, body.provider)
    said = {"address": body.address, "provider": body.provider, "device_code": device.device_code}
    draft = await call.write(_begin, call, said)
    return _typed(device, draft)


@operation("POST", "/consents/{id}", roles=ADMIN, summary="Look whether that consent was given")
async def look_for_consent(call: Call, path: ById) -> GivenConsent:
    said = await call.read(_look, call, path.id)
    application = await connecting.registration(call.services, said["provider"])
    try:
        tokens = await signing_in.poll_device(application, said["device_code"], call.now)
    except NotYet as waiting:
        return GivenConsent(consent="", slower=waiting.slower)
    consent = await connecting.give(call.services, call.by, said["provider"], said["address"], tokens)
    await call.write(connection_drafts.drop, path.id)
    return GivenConsent(consent=consent)


async def _all(call: Call) -> Items[Registration]:
    known = await connecting.registrations(call.services)
    back = connecting.return_address(call.services)
    return Items[Registration](
        items=[
            Registration(
                provider=each.provider,
                client_id=each.client_id,
                tenant=each.tenant,
                endpoints=dict(each.endpoints),
                return_address=back,
            )
            for each in known.values()
        ]
    )


def _typed(device: Device, draft: str) -> TypedElsewhere:
    return TypedElsewhere(
        id=draft, url=device.url, code=device.code, interval=device.interval, lasts_seconds=device.lasts_seconds
    )


def _owner(call: Call) -> str:
    return f"api/{call.staff.id}"


def _begin(conn: Connection, call: Call, said: dict[str, str]) -> str:
    return connection_drafts.begin(conn, call.services.keys, _owner(call), said, call.now)


def _look(conn: Connection, call: Call, draft: str) -> dict[str, str]:
    return connection_drafts.look(conn, call.services.keys, draft, _owner(call), call.now)
