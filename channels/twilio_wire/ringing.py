"""Staff's phones that ring for a call: the verb that dials them, and what whoever answers is told first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from channels.base import Reply
from channels.twilio_wire import voicemail
from channels.twilio_wire.hook import around, twiml, verb
from channels.twilio_wire.phrases import phrases

RECORDED = "recorded"
TAKE, NO_RECORDING = "1", "2"
ANSWER_SECONDS = 4
# https://www.twilio.com/docs/voice/twiml/number: up to ten within a Dial.
MOST_AT_ONCE = 10
# A mobile's voicemail answers as a person does: who does not press the key within this time is none.
_TAKE_SECONDS = 8
_CUSTOMER_SECONDS = 40


def announced(language: str) -> str:
    """Returns the words that announce a recording to a caller."""
    return phrases(language).recorded


def dial(numbers: Sequence[str], done: str, whisper: str, seconds: int, *, recording: str) -> str:
    """Returns the verb that rings these numbers at once; `recording`: where a recording is told of, empty for none.

    https://www.twilio.com/docs/voice/twiml/number#url: whoever answers is led through `whisper` before being bridged.
    """
    attributes: dict[str, object] = {"action": done, "method": "POST", "timeout": seconds, "answerOnBridge": "true"}
    if recording:
        attributes |= {
            "record": "record-from-answer-dual",
            "recordingStatusCallback": recording,
            "recordingStatusCallbackEvent": "completed absent",
        }
    rung = [verb("Number", number, {"url": whisper, "method": "POST"} if whisper else {}) for number in numbers]
    return around("Dial", rung, attributes)


def offer(speech: voicemail.Flow, caller: Mapping[str, str], number: str, action: str) -> Reply:
    """Tells who asked for a call whom it is with, and asks for the key that rings them: a voicemail presses none."""
    said = phrases(speech.language).connecting.format(caller=caller.get("name") or " ".join(number))
    asked = {"action": action, "method": "POST", "numDigits": 1, "timeout": _TAKE_SECONDS}
    return twiml([around("Gather", [speech.say(said)], asked), verb("Hangup")])


def connect(number: str, own: str, done: str) -> Reply:
    """Rings the customer for whoever pressed the key; they see the business's own number."""
    attributes = {
        "action": done, "method": "POST", "timeout": _CUSTOMER_SECONDS, "answerOnBridge": "true", "callerId": own
    }  # fmt: skip
    return twiml([around("Dial", [verb("Number", number)], attributes)])


def whisper(speech: voicemail.Flow, caller: Mapping[str, str], action: str, *, recorded: bool) -> Reply:
    """Tells whoever answered who calls, and asks for the key that takes the call; without it their phone is hung up."""
    said = phrases(speech.language)
    name = caller.get("name", "")
    words = {"known": said.call, "likely": said.likely}.get(caller.get("how", ""), said.unknown).format(caller=name)
    told = [words, *([said.for_staff_recorded] if recorded else []), said.press]
    asked = {"action": action, "method": "POST", "numDigits": 1, "timeout": _TAKE_SECONDS}
    return twiml([around("Gather", [speech.say(" ".join(told))], asked), verb("Hangup")])


def taken(digits: str) -> Reply:
    """Bridges whoever pressed the key; hangs up on anybody else."""
    return twiml() if digits == TAKE else twiml([verb("Hangup")])
