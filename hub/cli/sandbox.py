"""`hub sandbox twilio`: a Twilio on this machine for anybody's tests, without a hub; `advance` stands in ahead.py."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from hub.cli.ahead import advance
from hub.cli.frame import USAGE, emit, report, say, wants_json

_ACCOUNT = re.compile(r"AC[0-9a-f]{32}\Z")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_SID = "AC" + "0" * 31 + "2"
# A talk from a queue lasts so many seconds: time to ask for its recording.
_TALKS = 5.0

_CONTROL = """
The API is at /2010-04-01/Accounts/{SID} (Messages with Media, Calls, Recordings, IncomingPhoneNumbers) and
/v1/Services, as Twilio's published description says; sign in with the account's SID and token. Point the official
client at it by an HTTP client that puts this address in the place of https://api.twilio.com.

What happens at the other end is told by JSON under /sandbox:

\b
POST /sandbox/texts  {"from": "+1...", "to": OURS, "body": "Hi", "media_urls": ["data:image/png;base64,..."]}
     a phone writes; answers {"sid", "hub_status", "replies"}
POST /sandbox/texts/SID/again            the same webhook once more
POST /sandbox/calls  {"from", "to", "seconds": 8, "digits": ["1"], "say": "..."}
     a phone calls, presses digits, leaves a message; answers what was played
POST /sandbox/lines  {"from", "to"}      a call step by step; then POST /sandbox/lines/SID
     {"act": "press", "keys": "1"} | {"act": "speak", "seconds": 5} | {"act": "wait"} | {"act": "hang_up"}
     a call that rings a phone: {"act": "pick_up"} | {"act": "decline"}, by the SID that its log names under rings
PUT  /sandbox/phones/+1...  {"answers": true, "keys": "1,2"} | {"busy": true} | {"machine": true}
     what a phone does when it rings: keys for one question after another; a machine is told by MachineDetection
GET  /sandbox/phones/+1...               the texts that lie on a phone
GET  /sandbox/phones/+1.../log           its texts and calls, and what rings it now
PUT  /sandbox/numbers/+1...  {"text": URL, "call": URL, "call_status": URL}
     a number of the account and what it calls (the API's IncomingPhoneNumbers does the same)
PUT  /sandbox/services/MG...  {"name": "Reminders", "numbers": ["+1..."], "hook": URL}
     a Messaging Service
POST /sandbox/faults  {"kind": "429", "times": 2, "retry_after": 1}
     the next requests go wrong. Kinds: delay (seconds), 429, 401, refuse (code), 500_before, 500_after, lost_answer;
     of reading: reading_delay, reading_429, reading_500; of a text: undelivered, duplicate_callbacks,
     out_of_order_callbacks

Everything is in memory and on 127.0.0.1 only. It never calls a web address outside this machine.
"""


def register(app: typer.Typer) -> None:
    """Adds `sandbox twilio` and `sandbox advance`."""
    group = typer.Typer(
        help="Stand-ins of the outside world for your own tests, and a look at the days to come.", no_args_is_help=True
    )
    group.command("twilio", epilog=_CONTROL)(twilio)
    group.command("advance")(advance)
    app.add_typer(group, name="sandbox")


def twilio(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where it listens on 127.0.0.1; 0: any free port.")] = 0,
    number: Annotated[
        list[str] | None, typer.Option(help="A number of the account, as +14155550100; repeated for several.")
    ] = None,
    text_hook: Annotated[str, typer.Option(help="What is called for a text to any of the numbers.")] = "",
    call_hook: Annotated[str, typer.Option(help="What is called for a call to any of the numbers.")] = "",
    call_status_hook: Annotated[str, typer.Option(help="What is called at the end of a call.")] = "",
    answering: Annotated[list[str] | None, typer.Option(help="A phone that picks up when it is called.")] = None,
    account_sid: Annotated[str, typer.Option(help="The account's SID.")] = _SID,
    auth_token: Annotated[str, typer.Option(help="The account's auth token, which signs the webhooks.")] = "sandbox",  # noqa: S107  # a stand-in's, on loopback
) -> None:
    """Run a Twilio of your own until Ctrl+C: its API, its signed webhooks, and phones that write and call."""
    numbers = number or ["+14155550100"]
    odd = [each for each in [*numbers, *(answering or [])] if not _NUMBER.match(each)]
    if odd or not _ACCOUNT.match(account_sid):
        what = f"{odd[0]} is no number." if odd else f"{account_sid} is no account SID."
        report("usage", what, "Write numbers as +14155550100, the SID as AC and 32 hexadecimal digits.")
        raise typer.Exit(USAGE)
    hooks = {"text": text_hook, "call": call_hook, "call_status": call_status_hook}
    asyncio.run(_run(port, numbers, hooks, answering or [], (account_sid, auth_token)))


async def _run(
    port: int, numbers: Sequence[str], hooks: Mapping[str, str], answering: Sequence[str], account: tuple[str, str]
) -> None:
    from hub.sandbox.twilio import Hooks, TwilioEmulator

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    there = dict.fromkeys(numbers, Hooks(**hooks))
    sid, token = account
    async with TwilioEmulator(sid, token, there, port=port, answering=answering, talk_seconds=_TALKS) as emulator:
        told = {"base_url": emulator.base_url, "account_sid": sid, "auth_token": token, "numbers": list(numbers)}
        if wants_json():
            emit(told)
        else:
            say(f"Twilio listens at {emulator.base_url}")
            say(f"account {sid}, token {token}, numbers {', '.join(numbers)}")
        await stop.wait()
