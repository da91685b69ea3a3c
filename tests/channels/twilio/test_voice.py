"""A call in: greeting, announced voicemail, recording once, transcript, the end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from channels.base import Captured, Context, Cursor, Fetches, Parses, Raw, Recalls, Receives, Request
from channels.voice import TwilioVoice
from hub.model.errors import ConfigurationError, NotAuthentic, Temporary, Unreadable
from hub.model.event import CallEvent, CallStep
from hub.sandbox.twilio import Hooks, TwilioEmulator

OURS, PHONE = "+14155550100", "+14155550142"
CA, RE = "CA" + "1" * 32, "RE" + "2" * 32
RECORDING_URL = f"https://api.twilio.com/2010-04-01/Accounts/AC{'0' * 32}/Recordings/{RE}"
Signed = Callable[..., Request]
COMMON = [("CallSid", CA), ("From", PHONE), ("To", OURS), ("Direction", "inbound")]


def test_the_adapter_offers_what_a_call_channel_needs(offline_voice: TwilioVoice) -> None:
    assert isinstance(offline_voice, Receives)
    assert isinstance(offline_voice, Parses)
    assert isinstance(offline_voice, Fetches)
    assert isinstance(offline_voice, Recalls)


async def test_a_call_with_voicemail_becomes_one_call_of_several_steps(
    hooks: Any, twilio: TwilioEmulator, voice: TwilioVoice
) -> None:
    message = {"kind": "voicemail", "transcribe": True}
    hooks.definition = {"title": "A", "languages": ["en"], "start": "message", "steps": {"message": message}}
    played = await twilio.receive_call(PHONE, OURS, voicemail_seconds=3, says="Please call me back")
    assert played.webhooks == [200, 200, 204, 204]
    assert "it will be recorded" in " ".join(played.said)
    assert [event.step for event in hooks.events] == [
        CallStep.RINGING,
        CallStep.RECORDING,
        CallStep.TRANSCRIPT,
        CallStep.ENDED,
    ], "the recording's own callback brings the same recording and is known already"
    assert {event.call for event in hooks.events} == {played.sid}
    assert {(str(event.caller), str(event.called)) for event in hooks.events} == {(f"tel:{PHONE}", f"tel:{OURS}")}
    recording = hooks.events[1]
    assert (recording.voicemail, recording.duration, recording.external_id) == (True, 3, played.recordings[0])
    sound = b"".join([chunk async for chunk in voice.fetch(recording.recording.url)])
    assert sound.startswith(b"\xff\xfb")
    assert hooks.events[2].text == "Please call me back"
    assert hooks.events[3].status == "completed"
    assert hooks.events[3].duration >= 3


async def test_a_caller_who_says_nothing_leaves_a_missed_call(
    hooks: Any, twilio: TwilioEmulator, voice: TwilioVoice
) -> None:
    played = await twilio.receive_call(PHONE, OURS)
    assert played.steps == ["Say", "Say", "Record", "Say", "Hangup"]
    assert [event.step for event in hooks.events] == [CallStep.RINGING, CallStep.ENDED]


@pytest.mark.parametrize(
    ("own", "language", "locale", "says"),
    [
        pytest.param({}, "", "en-US", "cannot take your call", id="the hub's language"),
        pytest.param({}, "cs", "cs-CZ", "Dobrý den", id="the caller's language"),
        pytest.param({"language": "ru"}, "", "ru-RU", "Здравствуйте", id="the channel's language"),
        pytest.param({"greetings": {"en": "Ring <twice> & wait"}}, "", "en-US", "Ring <twice> & wait", id="own words"),
        pytest.param({}, "xx", "en-US", "cannot take your call", id="unknown language"),
    ],
)
def test_the_greeting_speaks_the_callers_language_and_announces_the_recording(
    offline_settings: dict[str, Any], signed: Signed, own: dict[str, Any], language: str, locale: str, says: str
) -> None:
    channel = TwilioVoice("line", {**offline_settings, **own}, Context(public_url="https://hub.example.com"))
    reply = channel.reply(signed("call", COMMON, channel="line"), [Captured(key=CA, language=language)])
    verbs = list(ElementTree.fromstring(reply.body))
    assert [verb.tag for verb in verbs] == ["Say", "Say", "Record", "Say", "Hangup"]
    assert verbs[0].get("language") == locale
    assert says in (verbs[0].text or "")
    assert verbs[2].get("action") == "https://hub.example.com/hooks/line/voicemail"
    assert verbs[2].get("recordingStatusCallback") == "https://hub.example.com/hooks/line/recording"


def test_one_greeting_in_the_settings_is_in_the_hubs_language(offline_settings: dict[str, Any], signed: Signed) -> None:
    settings = {**offline_settings, "greeting": "Obrigado por ligar.", "language": "pt-BR"}
    channel = TwilioVoice("line", settings, Context(public_url="https://hub.example.com", region="BR"))
    (first, *_) = ElementTree.fromstring(channel.reply(signed("call", COMMON), []).body)
    assert (first.text, first.get("language")) == ("Obrigado por ligar.", "pt-BR")


def test_without_recording_the_greeting_is_all(offline_settings: dict[str, Any], signed: Signed) -> None:
    channel = TwilioVoice("line", {**offline_settings, "record": False}, Context(public_url="https://hub.example.com"))
    reply = channel.reply(signed("call", COMMON), [])
    assert [verb.tag for verb in ElementTree.fromstring(reply.body)] == ["Say", "Hangup"]


@pytest.mark.parametrize(
    ("word", "step"),
    [
        ("queued", CallStep.RINGING),
        ("ringing", CallStep.RINGING),
        ("in-progress", CallStep.ANSWERED),
        ("completed", CallStep.ENDED),
        ("busy", CallStep.ENDED),
        ("failed", CallStep.ENDED),
        ("no-answer", CallStep.ENDED),
        ("canceled", CallStep.ENDED),
    ],
)
def test_every_call_status_is_a_step(offline_voice: TwilioVoice, signed: Signed, word: str, step: CallStep) -> None:
    form = [*COMMON, ("CallStatus", word), ("CallDuration", "12"), ("Timestamp", "Sun, 01 Mar 2026 11:00:00 +0000")]
    (event,) = offline_voice.parse(signed("call_status", form))
    assert isinstance(event, CallEvent)
    assert (event.step, event.status, event.duration) == (step, word, 12)
    assert event.occurred_at.isoformat() == "2026-03-01T11:00:00+00:00"


def test_an_unknown_call_status_is_kept_with_one_warning(
    offline_voice: TwilioVoice, signed: Signed, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        (event,) = offline_voice.parse(signed("call_status", [*COMMON, ("CallStatus", "hovering")]))
    assert isinstance(event, CallEvent)
    assert (event.status, len(caplog.records)) == ("hovering", 1)


@pytest.mark.parametrize("number", ["+266696687", "anonymous", "Restricted", ""])
def test_two_hidden_callers_are_two_people(offline_voice: TwilioVoice, signed: Signed, number: str) -> None:
    callers = set()
    for sid in (CA, "CA" + "9" * 32):
        form = [("CallSid", sid), ("From", number), ("To", OURS), ("CallStatus", "ringing")]
        (event,) = offline_voice.parse(signed("call", form))
        assert isinstance(event, CallEvent)
        callers.add(event.caller)
    assert len(callers) == 2


@pytest.mark.parametrize(
    ("hook", "form", "events"),
    [
        pytest.param("recording", [("RecordingSid", RE), ("RecordingUrl", RECORDING_URL)], 1, id="recording"),
        pytest.param("recording", [("RecordingSid", RE), ("RecordingStatus", "absent")], 0, id="nothing recorded"),
        pytest.param("voicemail", [("Digits", "hangup")], 0, id="hung up before the tone"),
        pytest.param(
            "transcript", [("TranscriptionSid", "TR1"), ("TranscriptionStatus", "failed")], 0, id="no transcript"
        ),
        pytest.param("transcript", [("TranscriptionSid", "TR1"), ("TranscriptionText", "Hi")], 1, id="transcript"),
    ],
)
def test_a_step_with_nothing_to_tell_makes_no_event(
    offline_voice: TwilioVoice, signed: Signed, hook: str, form: list[tuple[str, str]], events: int
) -> None:
    request = signed(hook, [("CallSid", CA), *form])
    offline_voice.verify(request)
    assert offline_voice.key(request)
    assert len(offline_voice.parse(request)) == events


def test_action_and_callback_of_one_recording_share_a_key(offline_voice: TwilioVoice, signed: Signed) -> None:
    recording = [("CallSid", CA), ("RecordingSid", RE), ("RecordingUrl", RECORDING_URL)]
    keys = {offline_voice.key(signed(hook, recording)) for hook in ("voicemail", "recording")}
    assert keys == {RE}
    ringing = offline_voice.key(signed("call", [*COMMON, ("CallStatus", "ringing")]))
    ended = offline_voice.key(signed("call_status", [*COMMON, ("CallStatus", "completed")]))
    assert len({RE, ringing, ended}) == 3


def test_forged_and_odd_requests(offline_voice: TwilioVoice, signed: Signed) -> None:
    request = signed("call", COMMON)
    with pytest.raises(NotAuthentic):
        offline_voice.verify(replace(request, headers={}))
    with pytest.raises(Unreadable):
        offline_voice.parse(signed("call", [("From", PHONE)]))
    with pytest.raises(Unreadable):
        offline_voice.parse(Raw(content=b"", key="x", received_at=request.received_at))


@pytest.mark.parametrize(
    "changes",
    [{"max_seconds": 0}, {"max_seconds": "long"}, {"record": "yes"}, {"greetings": ["hello"]}, {"from_number": "1"}],
)
def test_wrong_settings_are_refused(offline_settings: dict[str, Any], changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(changes))):
        TwilioVoice("line", {**offline_settings, **changes}, Context(public_url="https://hub.example.com"))


async def test_check_compares_both_webhooks(twilio: TwilioEmulator, voice: TwilioVoice) -> None:
    assert await voice.check() == []
    twilio.set_hooks(OURS, type(twilio.account.numbers[OURS].hooks)())
    assert [problem.code for problem in await voice.check()] == ["twilio_voice_url", "twilio_status_callback"]


async def test_calls_the_hub_missed_come_under_the_webhooks_keys(
    hooks: Any, twilio: TwilioEmulator, voice: TwilioVoice
) -> None:
    seen = await twilio.receive_call(PHONE, OURS, voicemail_seconds=2)
    kept, hooks.keys = hooks.keys, set()
    twilio.set_hooks(OURS, Hooks())
    missed = await twilio.receive_call(PHONE, OURS)
    twilio.account.calls[missed.sid].status = "no-answer"
    raws = [raw async for raw in voice.recall(None)]
    assert {raw.key for raw in raws} == {f"{seen.sid}:completed", seen.recordings[0], f"{missed.sid}:no-answer"}
    assert {raw.key for raw in raws if not raw.key.startswith(missed.sid)} <= kept
    events = [event for raw in raws for event in voice.parse(raw)]
    assert {event.call for event in events if isinstance(event, CallEvent)} == {seen.sid, missed.sid}
    assert {str(event.caller) for event in events if isinstance(event, CallEvent)} == {f"tel:{PHONE}"}
    later = Cursor("line", {"start_time": "2999-01-01T00:00:00+00:00"})
    assert [raw async for raw in voice.recall(later)] == []
    await twilio.stop()
    with pytest.raises(Temporary):
        _ = [raw async for raw in voice.recall(None)]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"hook": "x", "fields": 1}', b'{"hook": "x", "fields": {"a": 1}}'])
def test_an_odd_entry_of_the_list_is_unreadable(offline_voice: TwilioVoice, signed: Signed, content: bytes) -> None:
    with pytest.raises(Unreadable):
        offline_voice.parse(Raw(content=content, key="x", received_at=signed("call", COMMON).received_at))
