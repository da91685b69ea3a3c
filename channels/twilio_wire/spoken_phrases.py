"""What a call of ours says besides its message, per language: which keys do what, and what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpokenPhrases:
    """`confirm` to `stop`: the keys 1, 2 and 9. `changed`: what the call was about is not as it said any more."""

    confirm: str
    call_back: str
    stop: str
    confirmed: str
    called_back: str
    stopped: str
    changed: str
    goodbye: str


PHRASES: Mapping[str, SpokenPhrases] = {
    "en": SpokenPhrases(
        "To confirm, press 1.",
        "To be called back, press 2.",
        "For no more calls like this, press 9.",
        "Thank you, it is confirmed. Goodbye.",
        "Thank you. We will call you back. Goodbye.",
        "You will get no more calls like this from us. Goodbye.",
        "This has changed meanwhile. We will call you back. Goodbye.",
        "Goodbye.",
    ),
    "pt": SpokenPhrases(
        "Para confirmar, prima 1.",
        "Para ser contactado por nós, prima 2.",
        "Para não receber mais chamadas como esta, prima 9.",
        "Obrigado, está confirmado. Até breve.",
        "Obrigado. Entraremos em contacto consigo. Até breve.",
        "Não receberá mais chamadas como esta. Até breve.",
        "Entretanto houve uma alteração. Entraremos em contacto consigo. Até breve.",
        "Até breve.",
    ),
    "cs": SpokenPhrases(
        "Pro potvrzení stiskněte 1.",
        "Chcete-li, abychom vám zavolali, stiskněte 2.",
        "Nechcete-li už takové hovory, stiskněte 9.",
        "Děkujeme, je to potvrzeno. Na shledanou.",
        "Děkujeme, zavoláme vám. Na shledanou.",
        "Takové hovory od nás už nedostanete. Na shledanou.",
        "Mezitím došlo ke změně. Zavoláme vám. Na shledanou.",
        "Na shledanou.",
    ),
    "ru": SpokenPhrases(
        "Чтобы подтвердить, нажмите 1.",
        "Чтобы мы вам перезвонили, нажмите 2.",
        "Чтобы больше не получать таких звонков, нажмите 9.",
        "Спасибо, подтверждено. До свидания.",
        "Спасибо, мы вам перезвоним. До свидания.",
        "Больше таких звонков от нас не будет. До свидания.",
        "За это время произошли изменения. Мы вам перезвоним. До свидания.",
        "До свидания.",
    ),
    "es": SpokenPhrases(
        "Para confirmar, pulse 1.",
        "Para que le devolvamos la llamada, pulse 2.",
        "Para no recibir más llamadas como esta, pulse 9.",
        "Gracias, queda confirmado. Adiós.",
        "Gracias. Le devolveremos la llamada. Adiós.",
        "No recibirá más llamadas como esta. Adiós.",
        "Entretanto ha habido un cambio. Le llamaremos. Adiós.",
        "Adiós.",
    ),
    "fr": SpokenPhrases(
        "Pour confirmer, tapez 1.",
        "Pour être rappelé, tapez 2.",
        "Pour ne plus recevoir de tels appels, tapez 9.",
        "Merci, c'est confirmé. Au revoir.",
        "Merci. Nous vous rappellerons. Au revoir.",
        "Vous ne recevrez plus de tels appels. Au revoir.",
        "Il y a eu un changement entre-temps. Nous vous rappellerons. Au revoir.",
        "Au revoir.",
    ),
    "de": SpokenPhrases(
        "Um zu bestätigen, drücken Sie die 1.",
        "Für einen Rückruf drücken Sie die 2.",
        "Wenn Sie solche Anrufe nicht mehr möchten, drücken Sie die 9.",
        "Vielen Dank, es ist bestätigt. Auf Wiederhören.",
        "Vielen Dank. Wir rufen Sie zurück. Auf Wiederhören.",
        "Sie bekommen keine solchen Anrufe mehr von uns. Auf Wiederhören.",
        "Inzwischen hat sich etwas geändert. Wir rufen Sie zurück. Auf Wiederhören.",
        "Auf Wiederhören.",
    ),
    "it": SpokenPhrases(
        "Per confermare, premere 1.",
        "Per essere richiamato, premere 2.",
        "Per non ricevere più chiamate come questa, premere 9.",
        "Grazie, è confermato. Arrivederci.",
        "Grazie. La richiameremo. Arrivederci.",
        "Non riceverà più chiamate come questa. Arrivederci.",
        "Nel frattempo c'è stato un cambiamento. La richiameremo. Arrivederci.",
        "Arrivederci.",
    ),
    "pl": SpokenPhrases(
        "Aby potwierdzić, naciśnij 1.",
        "Abyśmy oddzwonili, naciśnij 2.",
        "Aby nie otrzymywać więcej takich połączeń, naciśnij 9.",
        "Dziękujemy, potwierdzono. Do widzenia.",
        "Dziękujemy. Oddzwonimy. Do widzenia.",
        "Nie otrzymasz już takich połączeń. Do widzenia.",
        "W międzyczasie nastąpiła zmiana. Oddzwonimy. Do widzenia.",
        "Do widzenia.",
    ),
}


def phrases(language: str) -> SpokenPhrases:
    """Returns the phrases of a language, by its main part; English for one that stands in no table."""
    return PHRASES.get(language.replace("_", "-").partition("-")[0].lower(), PHRASES["en"])
