"""The steps of a call flow as TwiML: what a caller hears now, and what after a message, a key or a ringing phone."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from channels.base import Reply, Request
from channels.twilio_wire import queueing, ringing, voicemail
from channels.twilio_wire.addresses import AGAIN, LANGUAGE, STEP, TURN, UNRECORDED, whole, with_fields
from channels.twilio_wire.hook import around, twiml, verb
from hub.model.call_flow import CallFlow, Hangup, Hours, Languages, Menu, Queue, Ring, Say, Voicemail, Words
from hub.model.call_flow_definition import read_call_flow
from hub.model.errors import Refused

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A flow at a moment, for a caller whose languages are known or guessed in this order.

    `chosen` is the language that the caller chose in this call; `on_call` the numbers to ring, by roster; `sounds` the
    addresses of recordings, by name; `pressed` the keys pressed at a step so far; `transcribes`: the provider does.
    """

    flow: CallFlow
    at: datetime
    languages: Sequence[str]
    region: str
    chosen: str = ""
    on_call: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sounds: Words = field(default_factory=dict)
    pressed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    transcribes: bool = True

    @property
    def language(self) -> str:
        return self.flow.language([self.chosen, *self.languages] if self.chosen else self.languages)

    def speech(self, language: str) -> voicemail.Flow:
        """Returns how a language of the flow is spoken."""
        main, _, country = language.partition("-")
        voice = self.flow.voices.get(language, "")
        return voicemail.Flow(greetings={}, language=main, region=country or self.region, voice=voice)

    def said(self, words: Words, sounds: Words) -> str:
        """Returns words as they are spoken; those that the caller's language lacks are spoken as what they are.

        A recording of them in that language is played instead, where it is still there.
        """
        language = self.language if self.language in {*words, *sounds} else self.flow.languages[0]
        return self.spoken(language, words, sounds)

    def spoken(self, language: str, words: Words, sounds: Words) -> str:
        """Returns the words of one language, or their recording."""
        if played := self.sounds.get(sounds.get(language, "")):
            return verb("Play", played)
        return self.speech(language if language in words else self.flow.languages[0]).say(
            words.get(language) or words[self.flow.languages[0]]
        )

    def carried(self, address: str, step: str, **more: object) -> str:
        """Returns a hook's address that says from which step the call comes, and in which language it goes on."""
        return with_fields(address, {STEP: step, LANGUAGE: self.chosen, **more})


def read(request: Request) -> CallFlow | None:
    """Returns the flow that was handed in, None without one. One that a newer hub has written ends no call."""
    definition = {name: value for name, value in request.definition.items() if name != "hub"}
    if not definition:
        return None
    try:
        return read_call_flow(definition)
    except Refused as error:
        _log.error("A call flow cannot be followed (%s); the channel's own greeting is said", error.message)
        return None


def records(request: Request, step: str) -> bool:
    """Tells whether callers who wait at a step of the flow are recorded once they are connected."""
    flow = read(request)
    there = flow.steps.get(step) if flow else None
    return isinstance(there, Queue) and there.record


def answer(place: Place, hooks: voicemail.Hooks, before: Words) -> Reply:
    """Answers a call with the flow's first steps; `before`: what everybody is told first, by language."""
    return twiml([*announcement(place, before), *_verbs(place, hooks, "")])


def announcement(place: Place, words: Words) -> Iterator[str]:
    """Returns what everybody is told first, in the caller's language, else in the first that it was written in."""
    if words:
        language = place.language if place.language in words else next(iter(words))
        yield place.speech(language).say(words[language])


def go_on(place: Place, hooks: voicemail.Hooks, after: str) -> Reply:
    """Answers the end of a message with what comes after it; a step that the flow has no more is thanked for."""
    step = place.flow.steps.get(after)
    if not isinstance(step, Voicemail) or not step.next:
        return voicemail.thank(place.speech(place.language))
    return twiml(_verbs(place, hooks, step.next))


def chosen(place: Place, hooks: voicemail.Hooks, query: Mapping[str, str], digits: str) -> Reply:
    """Answers a key: of a menu, of the choice of a language, or of the announcement that a call is recorded."""
    name = query.get(STEP, "")
    match place.flow.steps.get(name):
        case Menu() as menu:
            if there := menu.digits.get(digits):
                return twiml(_verbs(place, hooks, there))
            again = whole(query, AGAIN) + 1
            if again < menu.rounds:
                return twiml(_menu(place, hooks, name, menu, again))
            return twiml(_verbs(place, hooks, menu.next) if menu.next else [verb("Hangup")])
        case Languages() as languages:
            # Without a key, or with another one, the call goes on in the language that it was guessed to be in.
            return twiml(_verbs(replace(place, chosen=languages.digits.get(digits, "")), hooks, languages.next))
        case Ring() as ring:
            return twiml(_ring(place, hooks, name, ring, 0, unrecorded=digits == ringing.NO_RECORDING))
        case Queue() as queue:
            return twiml([_enter(place, hooks, name, queue)])
    return twiml([verb("Hangup")])


def dialled(place: Place, hooks: voicemail.Hooks, query: Mapping[str, str], *, spoken: bool) -> Reply:
    """Answers the end of ringing: nobody answered, so the next is rung, or the call goes on; after a talk it ends."""
    name = query.get(STEP, "")
    step = place.flow.steps.get(name)
    if spoken or not isinstance(step, Ring | Queue):
        return twiml([verb("Hangup")])
    if isinstance(step, Queue):
        return twiml(_verbs(place, hooks, step.next) if step.next else [verb("Hangup")])
    turn = whole(query, TURN) + 1
    if not step.together and turn < len(place.on_call.get(step.roster, ())):
        return twiml(_ring(place, hooks, name, step, turn, unrecorded=UNRECORDED in query))
    return twiml(_verbs(place, hooks, step.next) if step.next else [verb("Hangup")])


def queue_left(place: Place, hooks: voicemail.Hooks, name: str, result: str) -> Reply:
    """Answers who left a queue: by a key where it leads, by waiting too long where that does; after a talk it ends."""
    step = place.flow.steps.get(name)
    if result in {queueing.BRIDGED, queueing.HUNG_UP} or not isinstance(step, Queue):
        return twiml([verb("Hangup")])
    there = queueing.pressed(step, place.pressed.get(name, ())) or step.next
    return twiml(_verbs(place, hooks, there) if there else [verb("Hangup")])


def queue_waits(place: Place, hooks: voicemail.Hooks, name: str, fields: Mapping[str, str], digits: str = "") -> Reply:
    """Answers who waits in a queue, and the key that was pressed meanwhile; out of it where nobody is on call."""
    step = place.flow.steps.get(name)
    if not isinstance(step, Queue) or digits in step.digits or not place.on_call.get(step.roster):
        return twiml([verb("Leave")])
    messages = queueing.messages_of(step, place.flow.steps)
    key, again = place.carried(hooks.wait_key, name), place.carried(hooks.wait, name)
    speech, music = place.speech(place.language), place.sounds.get(step.music, "")
    return queueing.waiting(speech, step, messages, fields, music, key=key, again=again)


def _enter(place: Place, hooks: voicemail.Hooks, name: str, step: Queue) -> str:
    if not place.on_call.get(step.roster):
        # Told like an unanswered ring, so that the call counts as missed.
        return verb("Redirect", place.carried(hooks.dialled, name), {"method": "POST"})
    return queueing.enter(
        queueing.name_of(hooks.channel, name), place.carried(hooks.wait, name), place.carried(hooks.left, name)
    )


def _verbs(place: Place, hooks: voicemail.Hooks, begin: str) -> Iterator[str]:
    speech = place.speech(place.language)
    for name, step in place.flow.path(place.at, begin):
        match step:
            case Say():
                yield place.said(step.words, step.sounds)
            case Menu():
                yield from _menu(place, hooks, name, step, 0)
                return
            case Languages():
                said = [place.spoken(language, step.words, step.sounds) for language in step.words]
                yield _ask(place.carried(hooks.choice, name), step.seconds, said)
                return
            case Ring():
                if step.record and place.on_call.get(step.roster):
                    yield _announce(place, hooks, name)
                else:
                    yield from _ring(place, hooks, name, step, 0, unrecorded=True)
                return
            case Queue():
                asked = step.record and place.on_call.get(step.roster)
                yield _announce(place, hooks, name) if asked else _enter(place, hooks, name, step)
                return
            case Voicemail():
                ours = replace(hooks, done=place.carried(hooks.done, name))
                message = replace(
                    speech, max_seconds=step.max_seconds, transcribe=step.transcribe and place.transcribes
                )
                before_tone = speech.words.recorded if step.announced else speech.words.tone
                yield from voicemail.take_message(message, ours, before_tone)
                return
            case Hangup() | Hours():
                break
    yield verb("Hangup")


def _announce(place: Place, hooks: voicemail.Hooks, name: str) -> str:
    """Returns the verb that tells a caller of the recording, and takes the key that goes on without."""
    ask = place.carried(hooks.choice, name, ask=ringing.RECORDED, said=place.language)
    return _ask(ask, ringing.ANSWER_SECONDS, [place.speech(place.language).say(ringing.announced(place.language))])


def _menu(place: Place, hooks: voicemail.Hooks, name: str, menu: Menu, again: int) -> Iterator[str]:
    yield _ask(
        place.carried(hooks.choice, name, **{AGAIN: again or ""}), menu.seconds, [place.said(menu.words, menu.sounds)]
    )


def _ask(action: str, seconds: int, said: Sequence[str]) -> str:
    """Returns the verb that waits for one key, and tells of none as well."""
    attributes = {"action": action, "method": "POST", "numDigits": 1, "timeout": seconds, "actionOnEmptyResult": "true"}
    return around("Gather", said, attributes)


def _ring(place: Place, hooks: voicemail.Hooks, name: str, step: Ring, turn: int, *, unrecorded: bool) -> Iterator[str]:
    numbers = place.on_call.get(step.roster, ())
    recorded = step.record and not unrecorded
    done = place.carried(hooks.dialled, name, **{TURN: turn or "", UNRECORDED: "" if recorded else 1})
    if turn >= len(numbers):
        # Nobody is on call: told like an unanswered ring, so that the call counts as missed.
        yield verb("Redirect", done, {"method": "POST"})
        return
    rung = numbers[: ringing.MOST_AT_ONCE] if step.together else numbers[turn : turn + 1]
    whisper = with_fields(hooks.whisper, {ringing.RECORDED: 1 if recorded else ""})
    yield ringing.dial(rung, done, whisper, step.seconds, recording=hooks.recording if recorded else "")
