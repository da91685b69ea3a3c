"""The steps of a call flow as TwiML: what a caller hears now, and what after they have left a message."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from channels.base import Reply, Request
from channels.twilio_wire import voicemail
from channels.twilio_wire.hook import twiml, verb
from hub.model.call_flow import CallFlow, Hangup, Hours, Say, Voicemail
from hub.model.call_flow_definition import read_call_flow
from hub.model.errors import Refused

_log = logging.getLogger(__name__)
# The field of our own in a hook's address that names the step a call comes from; the signature covers it.
STEP = "step"


@dataclass(frozen=True, slots=True)
class Place:
    """A flow at a moment, for a caller whose languages are known or guessed in this order."""

    flow: CallFlow
    at: datetime
    languages: Sequence[str]
    region: str

    @property
    def language(self) -> str:
        return self.flow.language(self.languages)

    def speech(self, language: str) -> voicemail.Flow:
        """Returns how a language of the flow is spoken."""
        main, _, country = language.partition("-")
        voice = self.flow.voices.get(language, "")
        return voicemail.Flow(greetings={}, language=main, region=country or self.region, voice=voice)


def read(request: Request) -> CallFlow | None:
    """Returns the flow that was handed in, None without one. One that a newer hub has written ends no call."""
    if not request.definition:
        return None
    try:
        return read_call_flow(request.definition)
    except Refused as error:
        _log.error("A call flow cannot be followed (%s); the channel's own greeting is said", error.message)
        return None


def answer(place: Place, hooks: voicemail.Hooks) -> Reply:
    """Answers a call with the flow's first steps."""
    return twiml(_verbs(place, hooks, ""))


def go_on(place: Place, hooks: voicemail.Hooks, after: str) -> Reply:
    """Answers the end of a message with what comes after it; a step that the flow has no more is thanked for."""
    step = place.flow.steps.get(after)
    if not isinstance(step, Voicemail) or not step.next:
        return voicemail.thank(place.speech(place.language))
    return twiml(_verbs(place, hooks, step.next))


def _verbs(place: Place, hooks: voicemail.Hooks, begin: str) -> Iterator[str]:
    speech = place.speech(place.language)
    for name, step in place.flow.path(place.at, begin):
        match step:
            case Say():
                # Words in another language than the caller's are at least spoken as what they are.
                language = place.language if place.language in step.words else place.flow.languages[0]
                yield place.speech(language).say(step.words[language])
            case Voicemail():
                ours = replace(hooks, done=f"{hooks.done}?{urlencode({STEP: name})}")
                message = replace(speech, max_seconds=step.max_seconds, transcribe=step.transcribe)
                before_tone = speech.words.recorded if step.announced else speech.words.tone
                yield from voicemail.take_message(message, ours, before_tone)
                return
            case Hangup() | Hours():
                break
    yield verb("Hangup")
