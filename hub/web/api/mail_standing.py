"""How domains stand with mail providers, and the keys by which a channel's mails are signed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hub.desk.mail_servers.findings import Line as Finding
from hub.store import signing
from hub.store.signing import KeptKey
from hub.web import mail_standing
from hub.web.api.call import Call
from hub.web.api.operation import ADMIN, READERS, operation
from hub.web.api.values import Given, Items, Line, Moment, Told


class DomainQuery(Given):
    domain: Annotated[Line, Field(examples=["example.com"])]
    selector: Annotated[Line, Field(description="the name of a DKIM key to look for; several with commas")] = ""


class StandingLine(Told):
    """One thing that was looked at. `state`: good, advice, bad, or unknown where nobody could be asked."""

    name: str
    state: str
    why: str
    where: str
    found: list[str]
    expected: str
    mend: str


class ByChannel(Given):
    name: Annotated[str, Field(examples=["outgoing_mail"])]


class SigningKey(Told):
    """A key of a channel; `record` is to be published as TXT under `name`."""

    selector: str
    domain: str
    name: str
    record: str
    enabled: bool
    made_at: Moment
    made_by: str


class SigningGiven(Given):
    """`anyway`: switch it on although the keys are not seen in DNS yet."""

    on: bool
    anyway: bool = False


@operation("GET", "/mail-standing", roles=ADMIN, summary="How a domain stands: MX, SPF, DKIM, DMARC, TLS; asked now")
async def get_mail_standing(call: Call, query: DomainQuery) -> Items[StandingLine]:
    selectors = [each.strip() for each in query.selector.split(",") if each.strip()]
    lines: list[Finding] = await mail_standing.look(call.services, query.domain, selectors)
    return Items[StandingLine].model_validate({"items": [line.as_json() for line in lines]})


@operation("GET", "/channels/{name}/signing", roles=READERS, summary="The keys by which a channel's mails are signed")
async def get_signing(call: Call, path: ByChannel) -> Items[SigningKey]:
    mail_standing.sender_domain(call.services, path.name)
    return _told(await call.read(signing.of_channel, path.name))


@operation("POST", "/channels/{name}/signing", roles=ADMIN, summary="Make new keys for a channel, not in use yet")
async def make_signing_keys(call: Call, path: ByChannel) -> Items[SigningKey]:
    return _told(await mail_standing.make_keys(call.services, path.name, call.by))


@operation("PUT", "/channels/{name}/signing", roles=ADMIN, summary="Sign mails from now on, or no longer")
async def put_signing(call: Call, path: ByChannel, body: SigningGiven) -> Items[SigningKey]:
    await mail_standing.switch(call.services, path.name, call.by, on=body.on, anyway=body.anyway)
    return _told(await call.read(signing.of_channel, path.name))


def _told(kept: list[KeptKey]) -> Items[SigningKey]:
    return Items[SigningKey].model_validate({"items": kept})
