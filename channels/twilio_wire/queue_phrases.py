"""What the hub says to callers who wait in a queue, per language.

`gone`: to staff, whose caller has hung up; `joined_recorded`: to a caller who is connected and agreed to be recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueuePhrases:
    place: str
    wait: str
    message: str
    gone: str
    joined_recorded: str


PHRASES: Mapping[str, QueuePhrases] = {
    "en": QueuePhrases(
        "You are number {place} in the queue.",
        "You will wait about {minutes} minutes.",
        "To leave a message, press {key}.",
        "The caller is gone.",
        "You are being connected. This call is recorded.",
    ),
    "pt": QueuePhrases(
        "É o número {place} na fila de espera.",
        "A espera é de cerca de {minutes} minutos.",
        "Para deixar uma mensagem, prima {key}.",
        "A chamada já terminou.",
        "Vamos ligá-lo. Esta chamada está a ser gravada.",
    ),
    "cs": QueuePhrases(
        "Jste v pořadí číslo {place}.",
        "Budete čekat asi {minutes} minut.",
        "Pro zanechání vzkazu stiskněte {key}.",
        "Volající už zavěsil.",
        "Spojuji vás. Tento hovor je nahráván.",
    ),
    "ru": QueuePhrases(
        "Ваш номер в очереди: {place}.",
        "Время ожидания, минут: около {minutes}.",
        "Чтобы оставить сообщение, нажмите {key}.",
        "Звонивший уже повесил трубку.",
        "Соединяю. Разговор записывается.",
    ),
    "es": QueuePhrases(
        "Su lugar en la cola es el número {place}.",
        "La espera es de unos {minutes} minutos.",
        "Para dejar un mensaje, pulse {key}.",
        "La persona ya ha colgado.",
        "Le pasamos la llamada. Esta llamada se graba.",
    ),
    "fr": QueuePhrases(
        "Vous êtes numéro {place} dans la file d'attente.",
        "L'attente est d'environ {minutes} minutes.",
        "Pour laisser un message, tapez {key}.",
        "L'appelant a raccroché.",
        "Nous vous mettons en relation. Cet appel est enregistré.",
    ),
    "de": QueuePhrases(
        "Sie sind Nummer {place} in der Warteschlange.",
        "Die Wartezeit beträgt etwa {minutes} Minuten.",
        "Um eine Nachricht zu hinterlassen, drücken Sie die {key}.",
        "Der Anrufer hat schon aufgelegt.",
        "Sie werden verbunden. Dieser Anruf wird aufgezeichnet.",
    ),
    "it": QueuePhrases(
        "È il numero {place} in coda.",
        "L'attesa è di circa {minutes} minuti.",
        "Per lasciare un messaggio, premere {key}.",
        "Chi chiamava ha riattaccato.",
        "La stiamo collegando. Questa chiamata viene registrata.",
    ),
    "pl": QueuePhrases(
        "Jest Pan lub Pani na miejscu {place} w kolejce.",
        "Czas oczekiwania to około {minutes} min.",
        "Aby zostawić wiadomość, naciśnij {key}.",
        "Dzwoniący już się rozłączył.",
        "Łączymy. Ta rozmowa jest nagrywana.",
    ),
}


def queue_phrases(language: str) -> QueuePhrases:
    """Returns the phrases of a language, by its main part; English for one that stands in no table."""
    return PHRASES.get(language.replace("_", "-").partition("-")[0].lower(), PHRASES["en"])
