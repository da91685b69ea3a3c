"""What the hub says to callers who wait in a queue, per language; `gone`: to staff, whose caller has hung up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueuePhrases:
    place: str
    wait: str
    message: str
    gone: str


PHRASES: Mapping[str, QueuePhrases] = {
    "en": QueuePhrases(
        "You are number {place} in the queue.",
        "You will wait about {minutes} minutes.",
        "To leave a message, press {key}.",
        "The caller is gone.",
    ),
    "pt": QueuePhrases(
        "É o número {place} na fila de espera.",
        "A espera é de cerca de {minutes} minutos.",
        "Para deixar uma mensagem, prima {key}.",
        "A chamada já terminou.",
    ),
    "cs": QueuePhrases(
        "Jste v pořadí číslo {place}.",
        "Budete čekat asi {minutes} minut.",
        "Pro zanechání vzkazu stiskněte {key}.",
        "Volající už zavěsil.",
    ),
    "ru": QueuePhrases(
        "Ваш номер в очереди: {place}.",
        "Время ожидания, минут: около {minutes}.",
        "Чтобы оставить сообщение, нажмите {key}.",
        "Звонивший уже повесил трубку.",
    ),
    "es": QueuePhrases(
        "Su lugar en la cola es el número {place}.",
        "La espera es de unos {minutes} minutos.",
        "Para dejar un mensaje, pulse {key}.",
        "La persona ya ha colgado.",
    ),
    "fr": QueuePhrases(
        "Vous êtes numéro {place} dans la file d'attente.",
        "L'attente est d'environ {minutes} minutes.",
        "Pour laisser un message, tapez {key}.",
        "L'appelant a raccroché.",
    ),
    "de": QueuePhrases(
        "Sie sind Nummer {place} in der Warteschlange.",
        "Die Wartezeit beträgt etwa {minutes} Minuten.",
        "Um eine Nachricht zu hinterlassen, drücken Sie die {key}.",
        "Der Anrufer hat schon aufgelegt.",
    ),
    "it": QueuePhrases(
        "È il numero {place} in coda.",
        "L'attesa è di circa {minutes} minuti.",
        "Per lasciare un messaggio, premere {key}.",
        "Chi chiamava ha riattaccato.",
    ),
    "pl": QueuePhrases(
        "Jest Pan lub Pani na miejscu {place} w kolejce.",
        "Czas oczekiwania to około {minutes} min.",
        "Aby zostawić wiadomość, naciśnij {key}.",
        "Dzwoniący już się rozłączył.",
    ),
}


def queue_phrases(language: str) -> QueuePhrases:
    """Returns the phrases of a language, by its main part; English for one that stands in no table."""
    return PHRASES.get(language.replace("_", "-").partition("-")[0].lower(), PHRASES["en"])
