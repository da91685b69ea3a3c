"""Whether the address itself is dead, from what servers say in many words and languages."""

from __future__ import annotations

import pytest

from channels.email_message.bounce.reasons import explain
from channels.email_message.bounce.status import settled

DEAD = (
    "551 User not local; please try elsewhere",
    "550 permanent failure for one or more recipients (ada@example.org:550 Address unknown)",
    "550 non existent user",
    "550 Mailbox has been deleted",
    "550 Empfaenger unbekannt",
    "550 utente inesistente",
    "550 neznámý uživatel",
    "550 нет такого пользователя",
    "550 kullanıcı bulunamadı",
    "550 ukjent bruker",
    "550 ismeretlen címzett",
    "550 utilizator necunoscut",
    "550 άγνωστος χρήστης",
    "550 The address you sent to does not exist",
    "550 Die Mailadresse ist ungültig",
    "550 Пользователь с таким адресом не зарегистрирован",
    "550 Neznámá adresa příjemce",
    "550 Gebruiker bestaat niet",
    "550 사용자 없음",
    "550 notandi finnst ekki",
    "550 User is not registered here",
    "550 We don't have that user here",
    "550 Could not find recipient",
    "550 x does not have a mailbox here",
    "550 domain is not hosted here",
    "an MX or SRV record indicated no SMTP service",
    "550 5.1.10 L’adresse de courrier que vous avez entrée est introuvable.",
    "550 המשתמש לא קיים",
    "550 المستخدم غير موجود",
)
ALIVE = (
    "552 5.2.2 Over quota",
    "550 5.1.7 sender address invalid",
    "550 5.1.1 RCP-P1 Refused due to recipient preferences",
    "550 The mailbox of the recipient has no more room",
    "550 This account is dormant",
    "550 Sender's mailbox does not exist",
    "550 Die Adresse des Absenders ist ungültig",
    "550 Adresa byla dočasně zablokována",
    "550 The recipient's server is unknown to us",
    "550 Postfach voll",
    "550 Kvóta túllépés",
    "550 postilaatikko täynnä",
    "550 5.2.1 The email account that you tried to reach is disabled.",
    "550 5.7.1 Relaying denied",
    "550 Sender verify failed: no such user",
    "554 5.7.1 Client host blocked using zen.example",
    "550 5.7.26 This mail is unauthenticated",
    "552 5.3.4 Message size exceeds fixed limit",
    "421 4.7.0 Try again later",
)


@pytest.mark.parametrize("said", DEAD)
def test_an_unknown_recipient_is_dead(said: str) -> None:
    assert explain(said, settled("", said)).address_is_dead


@pytest.mark.parametrize("said", ALIVE)
def test_a_full_box_or_a_refusal_is_not_dead(said: str) -> None:
    assert not explain(said, settled("", said)).address_is_dead
