"""The words of a voicemail per language, and the TwiML that speaks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from channels.base import Reply
from channels.twilio_wire.hook import twiml, verb

# Locales of https://www.twilio.com/docs/voice/twiml/say/text-speech; a hub at home in Brazil says pt-BR.
_LOCALES = {
    "en": "en-US",
    "pt": "pt-PT",
    "cs": "cs-CZ",
    "ru": "ru-RU",
    "es": "es-ES",
    "fr": "fr-FR",
    "de": "de-DE",
    "it": "it-IT",
    "pl": "pl-PL",
}


@dataclass(frozen=True, slots=True)
class Words:
    """`recorded` is said before the tone: a person must know that the message is recorded.

    `tone` stands in its place only where a call flow's own words have said so.
    """

    greeting: str
    recorded: str
    tone: str
    thanks: str
    nothing: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        "Hello. We cannot take your call right now.",
        "Please leave a message after the tone; it will be recorded.",
        "Please leave a message after the tone.",
        "Thank you. We will call you back. Goodbye.",
        "We did not hear a message. Goodbye.",
    ),
    "pt": Words(
        "Olá. De momento não podemos atender a sua chamada.",
        "Deixe uma mensagem depois do sinal; a mensagem será gravada.",
        "Deixe uma mensagem depois do sinal.",
        "Obrigado. Entraremos em contacto consigo. Até breve.",
        "Não ouvimos nenhuma mensagem. Até breve.",
    ),
    "cs": Words(
        "Dobrý den. Nyní nemůžeme váš hovor přijmout.",
        "Zanechte nám prosím vzkaz po zaznění tónu; vzkaz bude nahrán.",
        "Zanechte nám prosím vzkaz po zaznění tónu.",
        "Děkujeme, ozveme se vám. Na shledanou.",
        "Neslyšeli jsme žádný vzkaz. Na shledanou.",
    ),
    "ru": Words(
        "Здравствуйте. Сейчас мы не можем ответить на ваш звонок.",
        "Оставьте сообщение после сигнала; оно будет записано.",
        "Оставьте сообщение после сигнала.",
        "Спасибо, мы вам перезвоним. До свидания.",
        "Мы не услышали сообщения. До свидания.",
    ),
    "es": Words(
        "Hola. Ahora no podemos atender su llamada.",
        "Deje un mensaje después de la señal; será grabado.",
        "Deje un mensaje después de la señal.",
        "Gracias. Le devolveremos la llamada. Adiós.",
        "No hemos oído ningún mensaje. Adiós.",
    ),
    "fr": Words(
        "Bonjour. Nous ne pouvons pas prendre votre appel pour le moment.",
        "Laissez un message après le signal sonore ; il sera enregistré.",
        "Laissez un message après le signal sonore.",
        "Merci. Nous vous rappellerons. Au revoir.",
        "Nous n'avons entendu aucun message. Au revoir.",
    ),
    "de": Words(
        "Guten Tag. Wir können Ihren Anruf gerade nicht annehmen.",
        "Bitte sprechen Sie nach dem Ton; Ihre Nachricht wird aufgezeichnet.",
        "Bitte sprechen Sie nach dem Ton.",
        "Vielen Dank. Wir rufen Sie zurück. Auf Wiederhören.",
        "Wir haben keine Nachricht gehört. Auf Wiederhören.",
    ),
    "it": Words(
        "Buongiorno. In questo momento non possiamo rispondere.",
        "Lasci un messaggio dopo il segnale; sarà registrato.",
        "Lasci un messaggio dopo il segnale.",
        "Grazie. La richiameremo. Arrivederci.",
        "Non abbiamo sentito alcun messaggio. Arrivederci.",
    ),
    "pl": Words(
        "Dzień dobry. Nie możemy teraz odebrać.",
        "Proszę zostawić wiadomość po sygnale; zostanie nagrana.",
        "Proszę zostawić wiadomość po sygnale.",
        "Dziękujemy. Oddzwonimy. Do widzenia.",
        "Nie usłyszeliśmy wiadomości. Do widzenia.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """How a call is answered, or one message of a call flow taken."""

    greetings: Mapping[str, str]
    language: str
    region: str
    voice: str = ""
    max_seconds: int = 120
    record: bool = True
    transcribe: bool = False

    @classmethod
    def read(cls, settings: Mapping[str, Any], language: str, region: str) -> Flow:
        """Returns what a channel's settings say. `language`: the caller's, or the hub's where nobody knows better."""
        return cls(
            greetings={_short(each): text for each, text in (settings.get("greetings") or {}).items()},
            language=_short(language),
            region=region,
            voice=str(settings.get("voice", "") or ""),
            max_seconds=max(1, int(settings.get("max_seconds", 120))),
            record=bool(settings.get("record", True)),
            transcribe=bool(settings.get("transcribe", False)),
        )

    @property
    def words(self) -> Words:
        return WORDS.get(self.language, WORDS["en"])

    def say(self, text: str) -> str:
        """Returns a `<Say>` in the flow's language; what stands in another language's words is said in English."""
        language = self.language if self.language in WORDS else "en"
        locale = "pt-BR" if language == "pt" and self.region == "BR" else _LOCALES[language]
        if self.voice and language != self.language:  # a voice for a language that no table here knows speaks its own
            return verb("Say", text, {"voice": self.voice})
        return verb("Say", text, {"language": locale, **({"voice": self.voice} if self.voice else {})})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Where Twilio tells of a message (that it is over, recorded, written down), a key, a ringing phone, a queue."""

    done: str
    recording: str
    transcript: str
    choice: str = ""
    dialled: str = ""
    whisper: str = ""
    wait: str = ""
    wait_key: str = ""
    left: str = ""
    channel: str = ""


def greet(flow: Flow, hooks: Hooks, first: Mapping[str, str] | None = None) -> Reply:
    """Says the greeting, announces the recording, records until silence or a key; `first`: words before all that."""
    said = [flow.say(flow.greetings.get(flow.language) or flow.words.greeting)]
    if first:
        spoken = flow.language if flow.language in first else next(iter(first))
        said.insert(0, replace(flow, language=spoken.partition("-")[0]).say(first[spoken]))
    if not flow.record:
        return twiml([*said, verb("Hangup")])
    return twiml([*said, *take_message(flow, hooks, flow.words.recorded)])


def take_message(flow: Flow, hooks: Hooks, before_tone: str) -> Sequence[str]:
    """Returns the verbs that ask for a message, record it, and end the call where nothing was said."""
    attributes: dict[str, object] = {
        "action": hooks.done,
        "method": "POST",
        "maxLength": flow.max_seconds,
        "playBeep": "true",
        "recordingStatusCallback": hooks.recording,
        "recordingStatusCallbackEvent": "completed absent",
    }
    if flow.transcribe:
        attributes |= {"transcribe": "true", "transcribeCallback": hooks.transcript}
    return (
        flow.say(before_tone),
        verb("Record", attributes=attributes),
        # Record goes on to the next verb only when nothing was said.
        flow.say(flow.words.nothing),
        verb("Hangup"),
    )


def thank(flow: Flow) -> Reply:
    return twiml([flow.say(flow.words.thanks), verb("Hangup")])


def _short(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].lower()
