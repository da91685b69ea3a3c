"""What the hub itself says in a call that staff is rung for, per language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """`recorded`: to the caller, before a recorded call; key 2 goes on unrecorded. The others: to staff alone."""

    recorded: str
    call: str
    likely: str
    unknown: str
    for_staff_recorded: str
    press: str
    connecting: str


PHRASES: Mapping[str, Phrases] = {
    "en": Phrases(
        "This call will be recorded. To go on without a recording, press 2.",
        "A call from {caller}.",
        "A call, probably from {caller}.",
        "A call from somebody unknown.",
        "It will be recorded.",
        "To take it, press 1.",
        "You asked for a call to {caller}. To be connected, press 1.",
    ),
    "pt": Phrases(
        "Esta chamada será gravada. Para continuar sem gravação, prima 2.",
        "Chamada de {caller}.",
        "Chamada, provavelmente de {caller}.",
        "Chamada de um desconhecido.",
        "A chamada será gravada.",
        "Para atender, prima 1.",
        "Pediu uma chamada para {caller}. Para ser ligado, prima 1.",
    ),
    "cs": Phrases(
        "Tento hovor bude nahráván. Chcete-li pokračovat bez nahrávání, stiskněte 2.",
        "Volá {caller}.",
        "Volá pravděpodobně {caller}.",
        "Volá někdo neznámý.",
        "Hovor bude nahráván.",
        "Pro přijetí stiskněte 1.",
        "Žádali jste o hovor, volaný je {caller}. Pro spojení stiskněte 1.",
    ),
    "ru": Phrases(
        "Разговор будет записан. Чтобы продолжить без записи, нажмите 2.",
        "Звонит {caller}.",
        "Вероятно, звонит {caller}.",
        "Звонит неизвестный.",
        "Разговор будет записан.",
        "Чтобы ответить, нажмите 1.",
        "Вы заказали звонок: {caller}. Чтобы соединиться, нажмите 1.",
    ),
    "es": Phrases(
        "Esta llamada será grabada. Para continuar sin grabación, pulse 2.",
        "Llamada de {caller}.",
        "Llamada, probablemente de {caller}.",
        "Llamada de un desconocido.",
        "La llamada será grabada.",
        "Para atenderla, pulse 1.",
        "Ha pedido una llamada a {caller}. Para conectar, pulse 1.",
    ),
    "fr": Phrases(
        "Cet appel sera enregistré. Pour continuer sans enregistrement, tapez 2.",
        "Appel de {caller}.",
        "Appel, probablement de {caller}.",
        "Appel d'un inconnu.",
        "L'appel sera enregistré.",
        "Pour le prendre, tapez 1.",
        "Vous avez demandé un appel à {caller}. Pour être mis en relation, tapez 1.",
    ),
    "de": Phrases(
        "Dieses Gespräch wird aufgezeichnet. Um ohne Aufzeichnung fortzufahren, drücken Sie die 2.",
        "Anruf von {caller}.",
        "Anruf, vermutlich von {caller}.",
        "Anruf von jemand Unbekanntem.",
        "Das Gespräch wird aufgezeichnet.",
        "Um ihn anzunehmen, drücken Sie die 1.",
        "Sie möchten {caller} anrufen. Um verbunden zu werden, drücken Sie die 1.",
    ),
    "it": Phrases(
        "Questa chiamata sarà registrata. Per continuare senza registrazione, premere 2.",
        "Chiamata di {caller}.",
        "Chiamata, probabilmente di {caller}.",
        "Chiamata di uno sconosciuto.",
        "La chiamata sarà registrata.",
        "Per rispondere, premere 1.",
        "Ha chiesto una chiamata a {caller}. Per essere collegato, premere 1.",
    ),
    "pl": Phrases(
        "Ta rozmowa będzie nagrywana. Aby kontynuować bez nagrywania, naciśnij 2.",
        "Dzwoni {caller}.",
        "Dzwoni prawdopodobnie {caller}.",
        "Dzwoni ktoś nieznany.",
        "Rozmowa będzie nagrywana.",
        "Aby odebrać, naciśnij 1.",
        "Zamówiono połączenie: {caller}. Aby się połączyć, naciśnij 1.",
    ),
}


def phrases(language: str) -> Phrases:
    """Returns the phrases of a language, by its main part; English for one that stands in no table."""
    return PHRASES.get(language.replace("_", "-").partition("-")[0].lower(), PHRASES["en"])
