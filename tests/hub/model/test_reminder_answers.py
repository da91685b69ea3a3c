"""Whole texts that say yes or no to an appointment reminder, in nine languages; all else is for people."""

from __future__ import annotations

import pytest

from hub.model.reminder_answers import ReminderAnswer, read_answer

YES = """C|c.|1|YES|yes please|Hi, yes I confirm|I’ll be there!|Yes.~Sent from my iPhone|ok thanks|👍🏻|✅ yes|
Ano, přijdu|Dobrý den, ano, dorazím. Děkuji|Sim, confirmo!|sim obrigado|
да|Да, буду, спасибо|Здравствуйте! Да, приду|Sí, confirmo|
Oui, merci|d'accord|Ja, ich komme!|Bestätige den Termin|va bene, grazie|Confermo, grazie mille|Tak, dziękuję"""
NO = """no|No, sorry|Sorry I can't come|👎|please reschedule|cancel my appointment please|Ne, nemůžu|Não posso ir|
не смогу|no puedo ir|je ne peux pas venir|Ich kann leider nicht|non posso venire|nie mogę przyjść"""
TALK = """yes?|yes but later|maybe|no yes|нет да|1 or 2|2|10|hello|thanks|ok what time|Can I come at 11|who is this?|
yes and can I bring my son|sim mas posso chegar tarde|I will be 10 minutes late"""


def texts(rows: str) -> list[str]:
    return [row.strip().replace("~", "\n") for row in rows.split("|")]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        *((said, ReminderAnswer.CONFIRMED) for said in texts(YES)),
        *((said, ReminderAnswer.DECLINED) for said in texts(NO)),
        *((said, None) for said in texts(TALK)),
    ],
)
def test_a_whole_text_is_a_yes_a_no_or_talk(said: str, answer: ReminderAnswer | None) -> None:
    assert read_answer(said) is answer


def test_a_templates_own_words_go_before_the_usual_ones() -> None:
    own = {ReminderAnswer.CONFIRMED: "2, komme gern", ReminderAnswer.DECLINED: "1"}
    said = ("2", "Komme gern, danke!", "1", "yes")
    assert [read_answer(each, own) for each in said] == ["confirmed", "confirmed", "declined", "confirmed"]
