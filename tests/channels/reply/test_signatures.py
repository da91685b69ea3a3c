"""Signatures, a device's own lines and the footers of mailing lists are no part of what was said."""

from __future__ import annotations

import pytest

from channels.email_message.reply import split_reply

OWN = "Hello Ada,\n\nTuesday at 10 suits me."

MOBILE = {
    "en-iphone": "Sent from my iPhone",
    "en-model": "Sent from my Samsung Galaxy S25 device",
    "en-excuse": "Sent from my phone, please excuse any typos.",
    "en-unknown-device": "Sent from my TI-85",
    "en-via": "Sent via mobile",
    "en-app": "Sent with Airmail",
    "en-app-link": "Sent from [Mail](https://example.com/mail) for Windows",
    "en-bracketed": "(sent from a phone)",
    "en-yahoo": "Sent from Yahoo Mail on Android",
    "en-outlook": "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "en-blackberry": "Sent from my BlackBerry® wireless device",
    "pt": "Enviado do meu iPhone",
    "pt-outlook": "Obter o Outlook para Android",
    "es": "Enviado desde mi iPhone",
    "es-outlook": "Obtener Outlook para iOS",
    "fr": "Envoyé de mon iPhone",
    "fr-depuis": "Envoyé depuis mon téléphone",
    "fr-outlook": "Télécharger Outlook pour iOS",
    "de": "Von meinem iPhone gesendet",
    "de-other": "Gesendet von meinem Mobiltelefon",
    "de-k9": "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "de-outlook": "Outlook für iOS beziehen",
    "it": "Inviato da iPhone",
    "nl": "Verstuurd vanaf mijn iPhone",
    "pl": "Wysłane z iPhone'a",
    "cs": "Odesláno z iPhonu",
    "sk": "Odoslané z iPhonu",
    "ru": "Отправлено с iPhone",
    "uk": "Надіслано з iPhone",
    "sv": "Skickat från min iPhone",
    "da-no": "Sendt fra min iPhone",
    "fi": "Lähetetty iPhonesta",
    "tr": "iPhone'umdan gönderildi",
    "ja": "iPhoneから送信",
    "zh": "发自我的 iPhone",
    "zh-tw": "從我的 iPhone 傳送",
    "ko": "나의 iPhone에서 보냄",
    "hu": "Elküldve az iPhone-omról",
    "ro": "Trimis de pe iPhone",
    "el": "Στάλθηκε από το iPhone μου",
    "vi": "Đã gửi từ iPhone của tôi",
    "ca": "Enviat des del meu iPhone",
    "en-carrier": "Sent from my Verizon, Samsung Galaxy smartphone",
    "en-program": "Sent from Front",
    "de-app": "Gesendet mit der WEB.DE Mail App",
    "pl-outlook": "Pobierz aplikację Outlook dla systemu iOS",
    "ru-yandex": "Отправлено из мобильной Яндекс.Почты",
    "fi-my": "Lähetetty iPhonestani",
    "tr-outlook": "Android için Outlook'u edinin",
    "ja-my": "私のiPhoneから送信",
    "ja-outlook": "iOS 版 Outlook を入手",
    "zh-run-together": "发自我的iPhone",
    "ko-outlook": "iOS용 Outlook 다운로드",
    "el-outlook": "Λήψη του Outlook για iOS",
    "he-outlook": "קבל את Outlook עבור iOS",
    "ar-phone": "تم الإرسال من هاتفي",
    "ar-sent": "مُرسل من الـ iPhone",
    "he-my": "נשלח מהאייפון שלי",
    "hi": "मेरे iPhone से भेजा गया",
    "lv": "Sūtīts no mana iPhone",
    "sr": "Послато са мог iPhone-а",
    "ms": "Dihantar dari iPhone saya",
    "eu": "Nire iPhone-tik bidalia",
    "zh-qq": "发自QQ邮箱",
    "zh-tw-galaxy": "從我的 Samsung Galaxy 智慧型手機傳送。",
    "ja-yahoo": "Yahoo!メール for iPhoneから送信",
    "th": "ส่งจาก iPhone ของฉัน",
}


@pytest.mark.parametrize("line", MOBILE.values(), ids=MOBILE.keys())
def test_line_of_a_device_is_a_signature(line: str) -> None:
    reply = split_reply(f"{OWN}\n\n{line}\n")
    assert (reply.visible_text, reply.signature) == (OWN, line)


@pytest.mark.parametrize("line", MOBILE.values(), ids=MOBILE.keys())
def test_device_alone_says_nothing(line: str) -> None:
    text = f"{line}\n\nOn 6 Mar 2026, at 10:19, Ada <ada@example.com> wrote:\n\n> Coming?\n"
    reply = split_reply(text)
    assert (reply.visible_text, reply.signature) == ("", line)


@pytest.mark.parametrize("delimiter", ["-- ", "--", "—", "---", "__", "_______", "- -\n--"], ids=repr)
def test_signature_below_a_delimiter_is_not_visible(delimiter: str) -> None:
    reply = split_reply(f"{OWN}\n\n{delimiter}\nBob Smith\n+14155550123")
    assert reply.visible_text in (OWN, f"{OWN}\n\n- -")
    assert reply.signature.endswith("Bob Smith\n+14155550123")


def test_signature_above_the_quote_is_not_visible() -> None:
    reply = split_reply(f"{OWN}\n\n-- \nBob Smith\n\nOn 6 Mar 2026, at 10:19, Ada <ada@example.com> wrote:\n> Coming?")
    assert (reply.visible_text, reply.signature) == (OWN, "-- \nBob Smith")


def test_signature_below_the_quote_is_not_visible() -> None:
    reply = split_reply(f"{OWN}\n\nOn 6 Mar 2026, at 10:19, Ada <ada@example.com> wrote:\n> Coming?\n\n-- \nBob Smith")
    assert (reply.visible_text, reply.signature) == (OWN, "-- \nBob Smith")


def test_rules_at_the_end_say_nothing() -> None:
    assert split_reply(f"{OWN}\n\n***\n####\n_______\n").visible_text == OWN


@pytest.mark.parametrize(
    "closing",
    ["Best regards,\nBob", "Mit freundlichen Grüßen\nBob", "Cordialement,\nBob Smith", "С уважением,\nBob",
     "Atenciosamente,\nBob", "S pozdravem\nBob", "Med vänlig hälsning\nBob", "-Bob Smith",
     "Danke und viele Grüße aus Berlin\nBob", "Děkuji a přeji hezký den\nBob", "Muchas gracias y un saludo,\nBob",
     "Merci et bonne journée,\nBob", "Ringrazio e saluto\nBob", "Z góry dziękuję i pozdrawiam\nBob",
     "Desde já obrigado,\nBob", "Хорошего дня!\nBob",
     "S pozdravem\nBob\nMyslete na životní prostředí, než tento e-mail vytisknete."],
    ids=["en", "de", "fr", "ru", "pt", "cs", "sv", "dashed", "de_two", "cs_two", "es_two", "fr_two", "it_two", "pl_two",
         "pt_before", "ru_day", "cs_environment"],
)  # fmt: skip
def test_closing_with_a_name_is_a_signature(closing: str) -> None:
    reply = split_reply(f"{OWN}\n\n{closing}\n")
    assert (reply.visible_text, reply.signature) == (OWN, closing)


CARD = "Best regards,\nBob Miller\nHead of Analysis\nExample Ltd.\n12 Mill Lane\nT +1 415 555 0123\nwww.example.com"
DISCLAIMER = (
    "This e-mail is confidential. If you are not the intended recipient of it, please delete it and tell the sender."
)


@pytest.mark.parametrize("below", ["", f"\n\n{DISCLAIMER}"], ids=["card", "disclaimer"])
@pytest.mark.parametrize("quote", ["", "\n\nOn 6 Mar 2026, at 10:19, Ada <ada@example.com> wrote:\n> Coming?"])
def test_card_below_a_closing_is_a_signature_with_what_lawyers_add(below: str, quote: str) -> None:
    reply = split_reply(f"{OWN}\n\n{CARD}{below}{quote}")
    assert (reply.visible_text, reply.signature) == (OWN, f"{CARD}{below}")


def test_armour_of_a_signed_mail_is_a_signature() -> None:
    head = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256"
    armour = "-----BEGIN PGP SIGNATURE-----\n\niQEcBAEBAgAGBQ\n=abcd\n-----END PGP SIGNATURE-----"
    reply = split_reply(f"{head}\n\n{OWN}\n{armour}\n")
    assert reply.visible_text == OWN
    assert reply.signature.split() == f"{head}\n{armour}".split()


def test_thanks_followed_by_a_question_is_no_closing() -> None:
    text = f"{OWN}\n\nThanks,\nbut could we make it 11?"
    assert split_reply(text).visible_text == text


@pytest.mark.parametrize("rule", ["_______________________________________________", "-- ", "__"])
def test_footer_of_a_mailing_list_is_nobodys_signature(rule: str) -> None:
    footer = f"{rule}\nbeekeepers mailing list\nbeekeepers@example.com"
    reply = split_reply(f"{OWN}\n\n{footer}")
    assert (reply.visible_text, reply.signature, reply.quoted_text) == (OWN, "", footer)
