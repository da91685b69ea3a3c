"""What the hub says to callers who wait in a queue, per language; `gone`: to staff, whose caller has hung up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueuePhrases:
    place: str
    message: str
    gone: str


PHRASES: Mapping[str, QueuePhrases] = {
    "en": QueuePhrases(
        "You are number {place} in the queue.",
        "To leave a message, press {key}.",
        "The caller is gone.",
    ),
    "pt": QueuePhrases(
        "É o número {place} na fila de espera.",
        "Para deixar uma mensagem, prima {key}.",
        "A chamada já terminou.",
    ),
    "cs": QueuePhrases(
        "Jste v pořadí číslo {place}.",
        "Pro zanechání vzkazu stiskněte {key}.",
        "Volající už zavěsil.",
    ),
    "ru": QueuePhrases(
        "Ваш номер в очереди: {place}.",
        "Чтобы оставить сообщение, нажмите {key}.",
        "Звонивший уже повесил трубку.",
    ),
    "es": QueuePhrases(
        "Su lugar en la cola es el número {place}.",
        "Para dejar un mensaje, pulse {key}.",
        "La persona ya ha colgado.",
    ),
    "fr": QueuePhrases(
        "Vous êtes numéro {place} dans la file d'attente.",
        "Pour laisser un message, tapez {key}.",
        "L'appelant a raccroché.",
    ),
    "de": QueuePhrases(
        "Sie sind Nummer {place} in der Warteschlange.",
        "Um eine Nachricht zu hinterlassen, drücken Sie die {key}.",
        "Der Anrufer hat schon aufgelegt.",
    ),
    "it": QueuePhrases(
        "È il numero {place} in coda.",
        "Per lasciare un messaggio, premere {key}.",
        "Chi chiamava ha riattaccato.",
    ),
    "pl": QueuePhrases(
        "Jest Pan lub Pani na miejscu {place} w kolejce.",
        "Aby zostawić wiadomość, naciśnij {key}.",
        "Dzwoniący już się rozłączył.",
    ),
}


def queue_phrases(language: str) -> QueuePhrases:
    """Returns the phrases of a language, by its main part; English for one that stands in no table."""
    return PHRASES.get(language.replace("_", "-").partition("-")[0].lower(), PHRASES["en"])
