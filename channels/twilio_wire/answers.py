"""What a person gets back who wrote STOP, START or HELP, per language."""

from __future__ import annotations

from collections.abc import Mapping

ANSWERS: Mapping[str, Mapping[str, str]] = {
    "stop": {
        "en": "{business}You will get no more texts from this number. Reply START to get them again.",
        "pt": "{business}Não receberá mais mensagens deste número. Responda START para voltar a receber.",
        "cs": "{business}Z tohoto čísla už vám žádné zprávy nepřijdou. Pro obnovení odpovězte START.",
        "ru": "{business}Вы больше не будете получать сообщения с этого номера. Чтобы возобновить, ответьте START.",
        "es": "{business}No recibirá más mensajes de este número. Responda START para volver a recibirlos.",
        "fr": "{business}Vous ne recevrez plus de messages de ce numéro. Répondez START pour les recevoir à nouveau.",
        "de": "{business}Sie erhalten keine Nachrichten mehr von dieser Nummer. START bringt sie zurück.",
        "it": "{business}Non riceverà più messaggi da questo numero. Risponda START per riceverli di nuovo.",
        "pl": "{business}Nie otrzymasz więcej wiadomości z tego numeru. Odpisz START, aby je wznowić.",
    },
    "start": {
        "en": "{business}You will get texts from this number again. Reply STOP to end them, HELP for help.",
        "pt": "{business}Voltará a receber mensagens deste número. Responda STOP para parar, HELP para ajuda.",
        "cs": "{business}Zprávy z tohoto čísla vám budou opět chodit. Odpovězte STOP pro ukončení, HELP pro pomoc.",
        "ru": "{business}Вы снова будете получать сообщения с этого номера. STOP — отказаться, HELP — помощь.",
        "es": "{business}Volverá a recibir mensajes de este número. STOP para no recibirlos, HELP para ayuda.",
        "fr": "{business}Vous recevrez à nouveau les messages de ce numéro. STOP pour arrêter, HELP pour de l'aide.",
        "de": "{business}Sie erhalten wieder Nachrichten von dieser Nummer. STOP beendet sie, HELP hilft weiter.",
        "it": "{business}Riceverà di nuovo messaggi da questo numero. Risponda STOP per smettere, HELP per aiuto.",
        "pl": "{business}Znów będziesz otrzymywać wiadomości z tego numeru. STOP kończy, HELP pomaga.",
    },
    "help": {
        "en": "{business}Write to us here and we will answer. Reply STOP to get no more texts. Rates may apply.",
        "pt": "{business}Escreva-nos aqui e responderemos. Responda STOP para não receber mais mensagens.",
        "cs": "{business}Napište nám sem a odpovíme. Odpovězte STOP, pokud už zprávy nechcete.",
        "ru": "{business}Напишите нам сюда, и мы ответим. Ответьте STOP, чтобы больше не получать сообщений.",
        "es": "{business}Escríbanos aquí y le responderemos. Responda STOP para no recibir más mensajes.",
        "fr": "{business}Écrivez-nous ici et nous répondrons. Répondez STOP pour ne plus recevoir de messages.",
        "de": "{business}Schreiben Sie uns hier, wir antworten. STOP beendet alle Nachrichten.",
        "it": "{business}Ci scriva qui e risponderemo. Risponda STOP per non ricevere più messaggi.",
        "pl": "{business}Napisz do nas tutaj, a odpowiemy. Odpisz STOP, aby nie otrzymywać wiadomości.",
    },
}


def answer(opt: str, language: str, *, home: str, business: str, own: Mapping[str, Mapping[str, str]]) -> str:
    """Returns the text owed for `opt` (stop, start, help), '' for anything else.

    The settings' own wording comes first; then the person's language, the channel's, English.
    """
    wordings = {**ANSWERS.get(opt, {}), **own.get(opt, {})} if opt in ANSWERS else {}
    chosen = next((wordings[each] for each in (_short(language), _short(home), "en") if each in wordings), "")
    return chosen.replace("{business}", f"{business}: " if business else "")


def _short(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].lower()
