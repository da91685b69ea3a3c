"""Words of survey headers, in the languages in which the hub's customers answer: what a column is about.

Each pattern is searched in the header in lower case. en, de, fr, es, pt, it, nl, pl, cs, ru.
"""

from __future__ import annotations

import re
from functools import cached_property


def several(text: str, separator: str | None = None) -> tuple[str, ...]:
    """Splits a table of words which stands in one string, so that it stays readable."""
    return tuple(text.split(separator))


class Words:
    """Words of one meaning: `word` stands alone, `word*` begins a word. Compiled when a first survey asks for it."""

    def __init__(self, words: str) -> None:
        self._words = several(words, "|")

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = [re.escape(word.strip("*")) + ("" if word.endswith("*") else r"(?!\w)") for word in self._words]
        return re.compile(r"(?<![^\W_])(?:" + "|".join(parts) + ")")

    def search(self, text: str) -> re.Match[str] | None:
        return self._pattern.search(text)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        return self._pattern.fullmatch(text)


EMAIL = Words(
    "email*|e-mail*|e mail*|mail|mail address|correo|correo electrónico|courriel|adresse mail|posta elettronica|"
    "эл. почта|электронн*|почта|имейл*|емейл*"
)
PHONE = Words(
    "phone*|telephone*|mobile|mobile number|cell|cell number|cellphone|tel|tel.|telefon*|handy|handynummer|"
    "mobilnummer|mobiltelefon*|mobilfunk*|rufnummer|"
    "téléphone*|"
    "portable|teléfono*|móvil|celular*|telefone*|telemóvel|telefono*|cellulare|telefoon*|komórka|mobil|whatsapp*|"
    "телефон*|мобильн*"
)
NAME = re.compile(
    r"\s*(?:.{0,60}\byour |please enter |enter |the |ihr |dein |euer |su |tu |votre |ton |"
    r"(?:il )?(?:suo |tuo |vostro )|(?:o )?(?:seu |teu |vosso )|uw |"
    r"vaše |tvé |twoje |pana |pani |państwa |ваше |ваши )?"
    r"(?:(?:full |complete |customer |contact |client |respondent |vollständiger |voller |volledige |celé )?name|"
    r"name and surname|first and last name|first name and (?:last name|surname)|vor- und nachname|"
    r"nach- und vorname|(?:nach)?name, vorname|vorname,? (?:und )?(?:nach)?name|"
    r"nombre(?: completo| y apellidos?)?|nombres? y apellidos?|apellidos?(?:,| y) nombres?|"
    r"nome(?: completo| e cognome| e sobrenome| e apelido| próprio e apelido)?|cognome e nome|"
    r"nom(?: complet| et prénom)?|prénom et nom|nom, prénom|naam|voor- en achternaam|"
    r"imię i nazwisko|nazwisko i imię|jméno(?: a příjmení|, příjmení)?|příjmení a jméno|celé jméno|"
    r"ф\.?\s?и\.?\s?о\.?|имя(?:,? (?:и )?фамилия)?|фамилия(?:,| и) имя(?:,? (?:и )?отчество)?)"
    r"(?: (?:des kunden|der kundin|del cliente|do cliente|du client|klienta|zákazníka|клиента|of (?:the )?customer))?"
    r"\s*[?:*]*\s*"
)
GIVEN_NAME = Words(
    "first name|firstname|given name|forename|vorname|prénom|primeiro nome|nombre de pila|voornaam|imię|křestní jméno|"
    "recipientfirstname|recipient first name|имя"
)
FAMILY_NAME = Words(
    "last name|lastname|surname|family name|nachname|familienname|nom de famille|sobrenome|apellido*|"
    "cognome|achternaam|"
    "nazwisko|příjmení|recipientlastname|recipient last name|фамилия"
)
SOMEBODY_ELSE = Words(
    "friend*|colleague*|referr*|manager*|supervisor*|emergency|spouse|partner*|parent*|company name|"
    "organi*|their|freund*|"
    "ami|amigo*|collègue*|colega*|přítel*|znajom*|друг*|коллег*"
)
CUSTOMER = Words(
    "customer id|customer number|customer no|client id|client number|member id|member number|membership "
    "number|account id|"
    "account number|patient id|patient number|student id|employee id|kundennummer|kunden-nr|numéro client|"
    "número de cliente|"
    "numero cliente|klantnummer|numer klienta|číslo zákazníka|zákaznické číslo|номер клиента|external id|"
    "external reference|"
    "externalreference|externaldatareference|external data reference|custom data|custom data 1|customdata|custom value"
)
NPS = Words(
    "nps*|recommend*|recomend*|recommand*|empfehlen|weiterempfehl*|weiterempfiehl*|consigli*|raccomand*|aanbevel*|"
    "polecić|polecisz|polecił*|doporuč*|посоветова*|порекоменд*|рекоменд*|net promoter*"
)
CSAT = Words(
    "csat*|satisf*|dissatisf*|zufrieden*|insatisf*|soddisf*|tevreden*|zadowol*|satysfakc*|spokojen*|spokojn*|удовлетвор*|доволь*"
)
RATING = Words(
    "rate|rating*|ratings|stars|star|score|scale|on a scale|grade|rank|bewert*|note|notez|évalu*|calific*|"
    "puntu*|avali*|"
    "nota|valut*|voto|beoordel*|ocena|oceń|hodno*|оцен*|эффорт|effort"
)
COUNT = Words(
    "how many|how much|how often|how old|number of|age|count|amount|quantity|total|price|wie viele|anzahl|"
    "alter|combien|"
    "âge|cuántos|cuántas|edad|quantos|quantas|idade|quanti|quante|età|hoeveel|leeftijd|ile|wiek|kolik|věk|"
    "сколько|возраст"
)
FREE_TEXT = Words(
    "comment*|why|explain*|describe*|feedback|suggest*|anything else|tell us|please specify|in your own "
    "words|open-ended*|"
    "improve*|reason*|other (please*|kommentar*|warum|anmerkung*|begründ*|commentaire*|pourquoi|comentario*|por qué|"
    "sugerencia*|comentário*|por que|por quê|sugest*|commenti|commento|perché|opmerking*|waarom|"
    "komentarz*|dlaczego|uwagi|"
    "komentář*|proč|připomín*|комментар*|почему|пожелан*|отзыв*"
)
CONSENT = Words(
    "consent*|i agree|do you agree to be|gdpr|privacy|opt in|opt-in|newsletter*|may we contact|can we contact|"
    "permission to|permission|marketing|einwillig*|datenschutz*|einverstanden|consentement|rgpd|consentimiento|"
    "consentimento|lgpd|consenso|toestemming|zgod*|rodo|souhlas*|соглас*"
)
LANGUAGE = Words(
    "userlanguage|user language|startlanguage|start language|language|locale|sprache|langue|idioma|jazyk|язык"
)
TIME_ZONE = Words("time zone|timezone|tz|zeitzone|fuseau horaire|zona horaria|fuso horário|časové pásmo|часовой пояс")
PERSONAL_DATE = Words(
    "birth*|dob|born|geburt*|geboren|naissance|nacimiento|nascimento|nascita|geboorte*|urodz*|naroz*|"
    "рожден*|visit*|purchas*|"
    "appointment*|order*|expir*|due|invoice*|arrival|delivery|besuch*|kauf*|termin"
)
ANSWERED_AT = Words(
    "timestamp|time stamp|date|datetime|time|submitted*|completed*|completion*|created*|response date|"
    "survey date|answered*|"
    "received*|recorded*|datum|zeit|zeitpunkt|zeitstempel|horodateur|fecha|data|hora|marca temporal|"
    "carimbo*|czas|čas|время|дата"
)
TOTALS = Words(
    "total|totals|grand total|sum|average|avg|mean|count|summe|gesamt|durchschnitt|mittelwert|moyenne|"
    "somme|promedio|suma|"
    "média|soma|totale|media|gemiddelde|totaal|razem|średnia|celkem|součet|průměr|итого|всего|среднее"
)
YES_NO = frozenset(
    several(
        "yes no y n true false 1 0 checked unchecked agree disagree ja nein oui non sí si sim não nao no sì "
        "nee tak nie ano ne "
        "да нет"
    )
)
NAME_OF_SCALE = {
    word: str(value)
    for value, words in enumerate(
        (
            "very dissatisfied|extremely dissatisfied|very unsatisfied|sehr unzufrieden|très insatisfait|"
            "muy insatisfecho|"
            "muito insatisfeito|velmi nespokojen|очень недоволен",
            "dissatisfied|somewhat dissatisfied|unsatisfied|unzufrieden|insatisfait|insatisfecho|"
            "insatisfeito|nespokojen|недоволен",
            "neutral|neither satisfied nor dissatisfied|neutre|neutro|neutrální|нейтрально",
            "satisfied|somewhat satisfied|zufrieden|satisfait|satisfecho|satisfeito|spokojen|доволен",
            "very satisfied|extremely satisfied|sehr zufrieden|très satisfait|muy satisfecho|muito "
            "satisfeito|velmi spokojen|"
            "очень доволен",
        ),
        start=1,
    )
    for word in several(words, "|")
}
