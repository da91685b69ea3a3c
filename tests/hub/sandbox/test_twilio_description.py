"""The emulator's answers against Twilio's published description of its API."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from channels.twilio_wire import queueing, spoken
from hub.model.identity import Identity
from hub.model.outbound import Outgoing
from hub.sandbox.twilio import Hooks, Media, TwilioEmulator
from hub.sandbox.twilio.caller import Caller
from hub.sandbox.twilio.state import Call, new_sid

DESCRIPTION = Path(__file__).parents[3].parent / "shared" / "twilio" / "twilio_api_v2010.json"
SID, TOKEN = "AC" + "a" * 32, "token-of-the-tests"
OURS, PHONE = "+14155550100", "+14155550142"
KINDS: dict[str, type] = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}
ROOT = "/2010-04-01/Accounts/{AccountSid}"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DESCRIPTION.exists(), reason="Twilio's description is not beside this checkout"),
]


@pytest.fixture(scope="module")
def description() -> Any:
    return json.loads(DESCRIPTION.read_text())


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioEmulator]:
    async with TwilioEmulator(SID, TOKEN, {OURS: Hooks(text="http://127.0.0.1:1/")}, answering=[PHONE]) as emulator:
        yield emulator


@pytest.fixture
async def session(twilio: TwilioEmulator) -> AsyncIterator[aiohttp.ClientSession]:
    signed_in = {"Authorization": aiohttp.encode_basic_auth(SID, TOKEN)}
    async with aiohttp.ClientSession(twilio.base_url, headers=signed_in) as made:
        yield made


def resolved(description: Any, schema: Any) -> Any:
    while "$ref" in schema:
        schema = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def differences(description: Any, schema: Any, value: Any, where: str = "") -> list[str]:
    """Says where a value is not what the description allows; every described property must be there, and no other."""
    schema = resolved(description, schema)
    if value is None:
        return [] if schema.get("nullable") else [f"{where} is null"]
    kind = schema.get("type")
    if kind and (not isinstance(value, KINDS[kind]) or (kind == "integer" and isinstance(value, bool))):
        return [f"{where} is no {kind}: {value!r}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where} is none of {schema['enum']}: {value!r}")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{where} is not like {schema['pattern']}: {value!r}")
    if schema.get("format") == "date-time-rfc-2822" and not re.match(
        r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000\Z", value
    ):
        found.append(f"{where} is no RFC 2822 date: {value!r}")
    if kind == "object" and "properties" in schema:
        known = schema["properties"]
        found += [f"{where}.{name} is not described" for name in value.keys() - known.keys()]
        found += [f"{where}.{name} is missing" for name in known.keys() - value.keys()]
        for name in known.keys() & value.keys():
            found += differences(description, known[name], value[name], f"{where}.{name}")
    if kind == "array":
        for n, each in enumerate(value):
            found += differences(description, schema["items"], each, f"{where}[{n}]")
    return found


async def fill(twilio: TwilioEmulator) -> dict[str, str]:
    text = await twilio.receive_text(PHONE, OURS, "Hello", media=[Media("image/png", b"x")])
    record = "<Response><Record/></Response>"
    call = Call(sid=new_sid("CA"), from_=PHONE, to=OURS, direction="inbound", status="ringing", made_at=twilio.clock())
    twilio.account.calls[call.sid] = call
    await twilio.calls.play(call, Caller(voicemail_seconds=1), twiml=record)
    message = twilio.account.messages[text.sid]
    return {
        "Messages": text.sid,
        "Calls": call.sid,
        "Recordings": next(iter(twilio.account.recordings)),
        "IncomingPhoneNumbers": twilio.account.numbers[OURS].sid,
        "Media": message.media[0].sid,
    }


@pytest.mark.parametrize("resource", ["Messages", "Calls", "Recordings", "IncomingPhoneNumbers"])
async def test_lists_and_records_are_as_described(
    description: Any, twilio: TwilioEmulator, session: aiohttp.ClientSession, resource: str
) -> None:
    sids = await fill(twilio)
    for path, filled in (
        (f"{ROOT}/{resource}.json", f"{resource}.json"),
        (f"{ROOT}/{resource}/{{Sid}}.json", f"{resource}/{sids[resource]}.json"),
    ):
        answer = await session.get(f"/2010-04-01/Accounts/{SID}/{filled}")
        assert answer.status == 200
        schema = description["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert differences(description, schema, await answer.json()) == []


async def test_media_are_as_described(description: Any, twilio: TwilioEmulator, session: aiohttp.ClientSession) -> None:
    sids = await fill(twilio)
    message = f"{ROOT}/Messages/{{MessageSid}}/Media"
    for path, filled in ((f"{message}.json", "Media.json"), (f"{message}/{{Sid}}.json", f"Media/{sids['Media']}.json")):
        answer = await session.get(f"/2010-04-01/Accounts/{SID}/Messages/{sids['Messages']}/{filled}")
        schema = description["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert differences(description, schema, await answer.json()) == []


@pytest.mark.parametrize(
    ("resource", "form"),
    [
        ("Messages", {"To": PHONE, "From": OURS, "Body": "Hi", "ValidityPeriod": "60"}),
        ("Messages", {"To": PHONE, "MessagingServiceSid": "MG" + "b" * 32, "Body": "Hi"}),
        ("Calls", {"To": PHONE, "From": OURS, "Twiml": "<Response/>"}),
    ],
)
async def test_what_is_made_is_as_described_and_required_parameters_are_required(
    description: Any, session: aiohttp.ClientSession, resource: str, form: dict[str, str]
) -> None:
    operation = description["paths"][f"{ROOT}/{resource}.json"]["post"]
    asked = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    assert form.keys() <= asked["properties"].keys()
    answer = await session.post(f"/2010-04-01/Accounts/{SID}/{resource}.json", data=form)
    assert answer.status == 201
    schema = operation["responses"]["201"]["content"]["application/json"]["schema"]
    assert differences(description, schema, await answer.json()) == []
    for required in asked["required"]:
        without = {name: value for name, value in form.items() if name != required}
        refused = await session.post(f"/2010-04-01/Accounts/{SID}/{resource}.json", data=without)
        assert refused.status == 400
        assert set(await refused.json()) == {"code", "message", "more_info", "status"}


async def test_a_number_is_updated_as_described(
    description: Any, twilio: TwilioEmulator, session: aiohttp.ClientSession
) -> None:
    sid = twilio.account.numbers[OURS].sid
    operation = description["paths"][f"{ROOT}/IncomingPhoneNumbers/{{Sid}}.json"]["post"]
    asked = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]["properties"]
    form = {"SmsUrl": "https://hub.example.com/a", "VoiceUrl": "https://hub.example.com/b"}
    assert form.keys() <= asked.keys()
    answer = await session.post(f"/2010-04-01/Accounts/{SID}/IncomingPhoneNumbers/{sid}.json", data=form)
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert differences(description, schema, await answer.json()) == []


def _asked(description: Any, path: str) -> Any:
    """The parameters that a POST to this path may have."""
    body = description["paths"][f"{ROOT}/{path}.json"]["post"]["requestBody"]
    return body["content"]["application/x-www-form-urlencoded"]["schema"]["properties"]


def test_the_calls_that_the_hub_asks_for_have_described_parameters(description: Any) -> None:
    message = Outgoing(id=7, attempt=1, to=Identity("tel", PHONE), text="Hello")
    said = spoken.create_fields(message, OURS, spoken.Machines.MESSAGE, document="https://a/", status="https://a/")
    rung = queueing.ring_fields(PHONE, OURS, "wait", "key", 20, serve_at="https://a/", status="https://a/")
    wire = {"from_": "From", "twiml": "Twiml"}
    names = {wire.get(name) or "".join(part.title() for part in name.split("_")) for name in {*said, *rung, *wire}}
    assert names <= _asked(description, "Calls").keys()


async def test_a_call_under_way_and_its_recording_are_changed_as_described(
    description: Any, twilio: TwilioEmulator, session: aiohttp.ClientSession
) -> None:
    sids = await fill(twilio)
    call = twilio.account.calls[sids["Calls"]]
    call.ended_at, call.recording_status = None, "in-progress"
    for path, filled, form in (
        ("Calls/{Sid}", f"Calls/{call.sid}", {"Url": "https://hub.example.com/a", "Method": "POST"}),
        (
            "Calls/{CallSid}/Recordings/{Sid}",
            f"Calls/{call.sid}/Recordings/Twilio.CURRENT",
            {"Status": "paused", "PauseBehavior": "skip"},
        ),
    ):
        assert form.keys() <= _asked(description, path).keys()
        answer = await session.post(f"/2010-04-01/Accounts/{SID}/{filled}.json", data=form)
        assert answer.status == 200
        operation = description["paths"][f"{ROOT}/{path}.json"]["post"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert differences(description, schema, await answer.json()) == []
    call.status = "in-progress"
    form = {"RecordingChannels": "dual", "RecordingStatusCallback": "https://hub.example.com/r"}
    assert form.keys() <= _asked(description, "Calls/{CallSid}/Recordings").keys()
    begun = await session.post(f"/2010-04-01/Accounts/{SID}/Calls/{call.sid}/Recordings.json", data=form)
    operation = description["paths"][f"{ROOT}/Calls/{{CallSid}}/Recordings.json"]["post"]
    schema = operation["responses"]["201"]["content"]["application/json"]["schema"]
    assert (begun.status, differences(description, schema, await begun.json())) == (201, [])
    twilio.account.recordings.pop((await begun.json())["sid"])
    gone = await session.delete(f"/2010-04-01/Accounts/{SID}/Recordings/{sids['Recordings']}.json")
    assert (gone.status, twilio.account.recordings) == (204, {})
