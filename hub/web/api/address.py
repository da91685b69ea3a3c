"""The public address: read, proven, named and forgotten."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hub.web import public_address
from hub.web.api.call import Call
from hub.web.api.operation import ADMIN, READERS, operation
from hub.web.api.values import Given, Moment, Told


class PublicAddress(Told):
    """`source`: the settings file, kept by the hub, or the default that reaches this machine only.

    `not_proven` says why the last try in this call did not reach the hub; empty where it did, or nothing was tried.
    """

    url: str
    source: Literal["file", "kept", "default"]
    proven_at: Moment | None
    proposed: str
    not_proven: str = ""


class Named(Given):
    """`anyway`: use it although the hub does not reach itself by it."""

    url: Annotated[str, Field(max_length=200)]
    anyway: bool = False


@operation("GET", "/address", roles=READERS, summary="The public address, and whether it is proven")
async def get_address(call: Call) -> PublicAddress:
    return await _told(call)


@operation("POST", "/address/proof", roles=ADMIN, summary="Let the hub reach itself by its public address")
async def prove_address(call: Call) -> PublicAddress:
    return await _told(call, await public_address.prove_current(call.services, call.by))


@operation("PUT", "/address", roles=ADMIN, summary="Prove a public address and use it")
async def put_address(call: Call, body: Named) -> PublicAddress:
    why = await public_address.use(call.services, call.by, body.url, anyway=body.anyway)
    if why and not body.anyway:
        return await _told(call, why)
    told = await _told(call, why)
    proven_at = None if why else call.now
    return told.model_copy(
        update={"url": public_address.normal(body.url), "source": "kept", "proven_at": proven_at, "proposed": ""}
    )


@operation("DELETE", "/address", roles=ADMIN, summary="Forget the kept public address")
async def forget_address(call: Call) -> PublicAddress:
    await public_address.forget(call.services, call.by)
    return await _told(call)


async def _told(call: Call, why: str = "") -> PublicAddress:
    found = await public_address.address(call.services)
    return PublicAddress(
        url=found.url,
        source=found.source,
        proven_at=found.proven_at,
        proposed=found.proposed,
        not_proven=why,
    )
