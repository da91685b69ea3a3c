"""A call flow is played: by the clock of its own time zone, in the caller's language, on and on after a message."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from twilio.twiml import voice_response

from channels.base import Captured, Request
from channels.voice import TwilioVoice
from hub.sandbox.twilio import TwilioEmulator
from hub.sandbox.twilio.caller import Caller, Voice

OURS, PHONE = "+14155550100", "+14155550142"
COMMON = [("CallSid", "CA" + "1" * 32), ("From", PHONE), ("To", OURS), ("Direction", "inbound")]
FLOW: dict[str, Any] = {
    "title": "The shop",
    "languages": ["en", "cs", "pt-PT", "uk"],
    "time_zone": "Europe/Prague",
    "voices": {"cs": "Google.cs-CZ-Wavenet-A", "uk": "Google.uk-UA-Wavenet-A"},
    "start": "hours",
    "steps": {
        "hours": {
            "kind": "hours",
            "week": {"mon": ["09:00-12:00", "13:00-24:00"]},
            "days": {"12-24": ["10:00-12:00"], "2026-03-09": []},
            "open": "welcome",
            "closed": "closed",
            "holiday": "feast",
        },
        "welcome": {"kind": "say", "words": {"en": "Welcome", "cs": "Vítejte", "pt-PT": "Olá", "uk": "Вітаємо"},
                    "next": "message"},
        "closed": {"kind": "say", "words": {"en": "We are closed & away"}},
        "feast": {"kind": "say", "words": {"en": "It is a holiday"}, "next": "end"},
        "end": {"kind": "hangup"},
        "message": {"kind": "voicemail", "max_seconds": 30, "next": "bye"},
        "bye": {"kind": "say", "words": {"en": "We call you back", "cs": "Zavoláme"}},
    },
}  # fmt: skip
Signed = Callable[..., Request]
Ask = Callable[..., list[Any]]


class Patient(Caller):
    """Ends a message with a key, and listens on."""

    async def speak(self, longest: int) -> Voice | None:
        said = await super().speak(longest)
        return replace(said, stays=True) if said else None


@pytest.fixture
def ask(offline_voice: TwilioVoice, signed: Signed) -> Ask:
    """Asks the channel what a caller hears, as (verb, attributes, words)."""

    def asked(
        at: datetime, hook: str = "call", query: str = "", language: str = "", flow: dict[str, Any] = FLOW
    ) -> list[Any]:
        request = replace(signed(hook, COMMON, query=query), definition=flow, received_at=at)
        body = offline_voice.reply(request, [Captured(key="k", language=language)]).body
        return list(ElementTree.fromstring(body))

    return asked


OPEN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday, nine in Prague


@pytest.mark.parametrize(
    ("at", "says"),
    [
        pytest.param(OPEN, "Welcome", id="the minute it opens"),
        pytest.param(datetime(2026, 3, 2, 7, 59, 59, tzinfo=UTC), "We are closed & away", id="a second before"),
        pytest.param(datetime(2026, 3, 2, 11, 0, tzinfo=UTC), "We are closed & away", id="the minute it closes"),
        pytest.param(datetime(2026, 3, 2, 22, 59, 59, tzinfo=UTC), "Welcome", id="until midnight there"),
        pytest.param(datetime(2026, 3, 2, 23, 0, tzinfo=UTC), "We are closed & away", id="Tuesday there"),
        pytest.param(datetime(2026, 3, 30, 7, 0, tzinfo=UTC), "Welcome", id="summer time"),
        pytest.param(datetime(2026, 3, 9, 10, 0, tzinfo=UTC), "It is a holiday", id="a date of this year"),
        pytest.param(datetime(2030, 12, 24, 10, 0, tzinfo=UTC), "Welcome", id="hours of a day of every year"),
        pytest.param(datetime(2029, 12, 24, 12, 0, tzinfo=UTC), "It is a holiday", id="outside them"),
    ],
)
def test_the_clock_of_the_flows_time_zone_decides(ask: Ask, at: datetime, says: str) -> None:
    assert ask(at)[0].text == says


@pytest.mark.parametrize(
    ("language", "says", "attributes"),
    [
        pytest.param("", "Welcome", {"language": "en-US"}, id="nobody known"),
        pytest.param("cs", "Vítejte", {"language": "cs-CZ", "voice": "Google.cs-CZ-Wavenet-A"}, id="the caller's"),
        pytest.param("pt-BR", "Olá", {"language": "pt-PT"}, id="its nearest"),
        pytest.param("uk", "Вітаємо", {"voice": "Google.uk-UA-Wavenet-A"}, id="one that only a voice speaks"),
        pytest.param("de", "Welcome", {"language": "en-US"}, id="one that it does not speak"),
    ],
)
def test_the_flow_speaks_the_callers_language(ask: Ask, language: str, says: str, attributes: dict[str, str]) -> None:
    first = ask(OPEN, language=language)[0]
    assert (first.text, first.attrib) == (says, attributes)


def test_words_that_a_language_lacks_are_spoken_as_the_flows_first(ask: Ask) -> None:
    first = ask(datetime(2026, 3, 3, 8, 0, tzinfo=UTC), language="cs")[0]
    assert (first.text, first.get("language")) == ("We are closed & away", "en-US")


def test_a_message_is_announced_and_leads_on(ask: Ask) -> None:
    said = ask(OPEN, language="cs")
    assert [verb.tag for verb in said] == ["Say", "Say", "Record", "Say", "Hangup"]
    assert "vzkaz bude nahrán" in said[1].text
    assert said[2].get("maxLength") == "30"
    done = said[2].get("action")
    assert done == "https://hub.example.com/hooks/line/voicemail?step=message"
    after = ask(OPEN, "voicemail", "?step=message", "cs")
    assert [(verb.tag, verb.text) for verb in after] == [("Say", "Zavoláme"), ("Hangup", None)]


@pytest.mark.parametrize("query", ["?step=gone", "?step=bye", ""], ids=["a step of long ago", "no message", "none"])
def test_the_end_of_a_message_without_a_way_on_is_thanked_for(ask: Ask, query: str) -> None:
    assert "Thank you" in ask(OPEN, "voicemail", query)[0].text


def test_words_of_its_own_may_announce_the_recording(ask: Ask) -> None:
    own = {
        "title": "A",
        "languages": ["en"],
        "start": "hello",
        "steps": {
            "hello": {"kind": "say", "words": {"en": "We record you"}, "next": "message"},
            "message": {"kind": "voicemail", "announced": False},
        },
    }
    assert [verb.text for verb in ask(OPEN, flow=own)[:2]] == [
        "We record you",
        "Please leave a message after the tone.",
    ]


def test_a_flow_that_a_newer_hub_has_written_ends_no_call(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    newer = {**FLOW, "steps": {**FLOW["steps"], "bye": {"kind": "hologram"}}}
    assert "cannot take your call" in ask(OPEN, flow=newer)[0].text
    assert "hologram" in caplog.text


ASKING: dict[str, Any] = {
    "title": "Asking",
    "languages": ["en", "cs"],
    "start": "tongue",
    "steps": {
        "tongue": {"kind": "languages", "words": {"en": "1", "cs": "2"}, "digits": {"1": "en", "2": "cs"},
                   "next": "menu"},
        "menu": {"kind": "menu", "words": {"en": "Press <1>"}, "digits": {"1": "ring"}, "next": "message"},
        "ring": {"kind": "ring", "roster": "desk", "together": True, "record": True, "next": "message"},
        "message": {"kind": "voicemail"},
    },
    "hub": {"on_call": {"desk": ["+14155550111", "+14155550112"]}, "caller": {"how": "likely", "name": "A & B"}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("hook", "query", "verbs"),
    [
        pytest.param("call", "", ["Gather", "Say", "Say"], id="the choice of a language"),
        pytest.param("choice", "?step=tongue", ["Gather", "Say"], id="a menu"),
        pytest.param("choice", "?step=menu&again=1", ["Say", "Record", "Say", "Hangup"], id="no key at the last round"),
        pytest.param("choice", "?step=ring&ask=recorded", ["Dial", "Number", "Number"], id="ringing, recorded"),
        pytest.param("choice", "?step=gone", ["Hangup"], id="a step of long ago"),
        pytest.param("dialled", "?step=ring", ["Say", "Record", "Say", "Hangup"], id="nobody answered"),
        pytest.param("whisper", "?recorded=1", ["Gather", "Say", "Hangup"], id="what staff hears"),
        pytest.param("bridge", "?customer=%2B14155550142", ["Gather", "Say", "Hangup"], id="staff's own call"),
        pytest.param("take", "", ["Hangup"], id="no key on staff's side"),
    ],
)
def test_what_is_answered_is_twiml_as_the_official_library_writes_it(
    offline_voice: TwilioVoice, signed: Signed, hook: str, query: str, verbs: list[str]
) -> None:
    request = replace(signed(hook, COMMON, query=query), definition=ASKING, received_at=OPEN)
    root = ElementTree.fromstring(offline_voice.reply(request, [Captured(key="k")]).body)
    inner = list(root.iter())[1:]
    assert [verb.tag for verb in inner] == verbs
    for verb in inner:
        maker = (
            voice_response.Dial.number
            if verb.tag == "Number"
            else getattr(voice_response.VoiceResponse, verb.tag.lower())
        )
        known = inspect.signature(maker).parameters
        names = {name: re.sub("([A-Z])", lambda big: "_" + big[1].lower(), name) for name in verb.attrib}
        assert set(names.values()) <= set(known), verb.tag


async def test_a_whole_call_follows_the_flow(hooks: Any, twilio: TwilioEmulator, voice: TwilioVoice) -> None:
    hooks.definition = {
        **FLOW,
        "start": "welcome",
        "steps": {k: FLOW["steps"][k] for k in ("welcome", "message", "bye")},
    }
    played = await twilio.calls.receive(PHONE, OURS, Patient(voicemail_seconds=3))
    assert hooks.refused == 0
    assert "We call you back" in " ".join(played.said)
