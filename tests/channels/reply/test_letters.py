"""Letters without any quote stay whole: what customers write of dates, addresses, orders, lists is not a quotation."""

from __future__ import annotations

from random import Random

import pytest

from channels.email_message.reply import split_reply

# The first line opens every letter; the others come in any order.
SENTENCES = {
    "en": [
        "Dear team,", "my order 4711 of 6 March 2026 has not arrived.", "You wrote on 6 March that it would come.",
        "Your colleague Ada Byron (ada@example.com) promised:", "it comes on Tuesday at 10:19.", "The address is:",
        "12 Mill Lane", "Date of birth: 6 March 1990", "From 10:00 to 11:00 I am out.", "Re: invoice 4711",
        "Ada Byron <ada@example.com> wrote that it is fine.", "Sent from the office on Monday.", "- the pump",
        "On Monday, 6 March 2026 at 10:19 nobody answered:", "Please unsubscribe me from your mailing list.",
        "1. The bill", "See the mail of Ada Byron <ada@example.com> of 6 March 2026 at 10:19.", "Subject to change.",
        "Download Outlook invoices for me.", "Forwarded message:", "Hello > world", "Quoting the law: pay.",
    ],
    "de": [
        "Guten Tag,", "meine Bestellung 4711 vom 6. März 2026 fehlt.", "Am 06.03.2026 um 10:19 Uhr rief ich an:",
        "niemand ging ans Telefon.", "Ihre Kollegin Ada Byron (ada@example.com) schrieb, sie komme.",
        "Von 10:00 bis 11:00 bin ich weg.", "Betreff der Mahnung: Rechnung 4711", "Datum: 6. März 2026",
        "Gesendet habe ich nichts.", "- die Pumpe", "Von meinem Handy geht es nicht.", "Ich will mich abmelden.",
    ],
    "fr": [
        "Bonjour,", "ma commande 4711 du 6 mars 2026 manque.", "Le 6 mars 2026 à 10:19 personne n'a répondu :",
        "je rappellerai.", "De 10:00 à 11:00 je suis absent.", "Objet de ma demande : facture 4711", "Date : 6 mars",
        "Votre collègue Ada Byron (ada@example.com) a écrit qu'elle viendrait.", "- la pompe", "Envoyé deux fois.",
    ],
    "nl": [
        "Beste,", "mijn bestelling 4711 van 6 maart 2026 is er niet.", "Op 6 maart 2026 om 10:19 nam niemand op:",
        "ik bel dinsdag.", "Van 10:00 tot 11:00 ben ik weg.", "Onderwerp: factuur 4711", "Verzonden op maandag.",
        "Uw collega Ada Byron (ada@example.com) schreef dat ze komt.", "- de pomp",
    ],
    "ru": [
        "Здравствуйте!", "мой заказ 4711 от 6 марта 2026 г. не пришёл.", "6 марта 2026 г. в 10:19 никто не ответил:",
        "позвоню во вторник.", "Тема письма: счёт 4711", "Ваша коллега Ада Байрон (ada@example.com) писала об этом.",
        "- насос", "Отправлено дважды.",
    ],
    "cs": [
        "Dobrý den,", "objednávka 4711 ze 6. 3. 2026 nepřišla.", "Dne 6. 3. 2026 v 10:19 to nikdo nezvedl:",
        "zavolám v úterý.", "Předmět: faktura 4711", "Odesláno dvakrát.", "- čerpadlo",
        "Vaše kolegyně Ada Byron (ada@example.com) napsala, že přijde.",
    ],
    "ja": [
        "お世話になっております。", "2026年3月6日(金) 10:19に電話しました:", "誰も出ませんでした。",
        "日時: 3月10日 10:30",
        "担当の山田様(ada@example.com)からのメールによると、", "火曜日に来るそうです。",
    ],
    "ko": [
        "안녕하세요.", "2026년 3월 6일 (금) 오전 10:19에 전화했습니다:", "아무도 받지 않았습니다.", "제목: 청구서 4711",
        "담당자 에이다(ada@example.com)님이 작성한 글에 따르면 온다고 합니다.",
    ],
}  # fmt: skip


@pytest.mark.parametrize("language", SENTENCES)
def test_letters_without_a_quote_stay_whole(language: str) -> None:
    opening, *sentences = SENTENCES[language]
    random = Random(language)
    for _ in range(150):
        chosen = [random.choice(sentences) + random.choice(["\n", "\n", "\n\n", " "]) for _ in range(6)]
        letter = f"{opening}\n\n{''.join(chosen)}".rstrip()
        assert split_reply(letter).visible_text == letter
