"""What the author wrote stays visible: what merely looks like a quote, a header or a signature is not taken away."""

from __future__ import annotations

import pytest

from channels.email_message.reply import split_reply

WHOLE = {
    "sentence-ending-in-wrote": "I agree with what the doctor wrote:\n\nrest, and plenty of tea.\n\nSee you.",
    "first-person": "On 3 March 2026 at 10:00 I wrote:\n\nplease call me.\n\nNobody did.",
    "dated-prose": "At the big meeting on 3 March 2026 your manager wrote:\nall is well.\nIt is not.",
    "address-in-prose": "Mails to <support@example.com> sent on 3 March 2026 at 10:30 come back with:\n\nuser unknown",
    "on-in-prose": "Thanks.\nOn second thoughts, I'd rather come at 11:30.",
    "from-in-prose": "Please note:\n\nFrom: next Monday\nwe are closed.",
    "journey": "I need a ticket.\n\nFrom: Oslo\nTo: Bergen\nDate: 3 May\n\nTwo persons, please.",
    "appointment": "Invitation:\n\nDate: Wednesday 3 May\nTime: 7:00\nAddress: 1 Mill Lane\n\nPlease come.",
    "list-of-dashes": "Please send:\n\n- apples\n- pears\n- plums\n\nto the shop.",
    "dash-in-line": "This -- as you see -- is not a signature.\n\nNor is this.",
    "rule-between-sections": "Here is the first part of my letter to you, which is long enough.\n\n----------\n\n"
    "And here is the second part of it, which I also meant to be read.",
    "heading-underlined": "Opening hours\n-------------\nWe open at 9 and we close at 5.",
    "sent-from-prose": "Another matter.\n\nSent from my desk, it would have been easier than from my phone.",
    "sent-by-courier": "The parcel:\n\nSent by courier on Monday\n\nhas not come.",
    "links-in-angles": "See here:\n>>> >>> https://example.com <<<\nand tell me.",
    "angry-face": "You forgot me again\n>:(\nsee you.",
    "table": "The figures:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nas asked.",
    "own-quotation": "The notice says\n\n> no dogs\n\nbut mine is a cat.",
    "colon-lines": "Name: Ada\nColour: red\nSize: 12\n\nThat is my order.",
    "one-is-not-on": "One question I had:\n\nOne day, 3 March 2026, is that free?",
    "only-a-closing": "Thanks",
    "re-in-prose": "Re: the boiler\n\nit leaks.",
    "pages": "see page 12, line 3:\n\nthe price is wrong",
    "log": "The log says:\n\n2026-03-06 10:19:32 ERROR mail: could not send to <ada@example.com>:\n"
    "user unknown\n\nWhy?",
    "prose-before-verb": "Hi,\n\nOn 6 March 2026 your colleague said that you would call me. "
    "He wrote:\n\nwe will call.",
    "two-sentences": "Our man (ada@example.com) wrote us on 6 March. We answered:\n\ncome.",
    "first-person-fr": "Bonjour,\n\nLe 6 mars 2026 à 10:19 je vous ai écrit :\n\nla chaudière fuit.",
    "first-person-nl": "Hallo,\n\nop 6 maart 2026 om 10:19 schreef ik u:\n\nde ketel lekt.",
    "first-person-cs": "Dobrý den,\n\ndne 6. 3. 2026 v 10:19 jsem Vám napsal:\n\nkotel teče.",
    "first-person-ru": "Здравствуйте!\n\n6 марта 2026 г. в 10:19 я вам написал:\n\nкотёл течёт.",
    "first-person-sv": "Hej,\n\nden 6 mars 2026 kl. 10:19 skrev jag till er:\n\npannan läcker.",
    "first-person-ro": "Bună ziua,\n\nÎn 6 martie 2026 la 10:19 v-am scris:\n\ncentrala curge.",
    "first-person-ar": "مرحبا،\n\nفي 6 مارس 2026 الساعة 10:19 كتبت لكم:\n\nالسخان يسرب.",
    "first-person-vi": "Xin chào,\n\nVào ngày 6 tháng 3, 2026 lúc 10:19 tôi đã viết:\n\nnồi hơi bị rò.",
    "closed-on-a-day": "Am 06.03.2026 um 10:19 Uhr war geschlossen:\nniemand da.\n\nWann haben Sie offen?",
    "hours": "Details:\nFrom: 10:00\nTo: 11:00\nDate: 6 March 2026\nSubject: dentist",
    "sent-by-mail": "Hi,\n\nSent by mail on Monday, the parcel has not come.",
    "sent-by-mail-es": "Hola,\n\nEnviado por correo el lunes.\n\nNo ha llegado.",
    "from-my-phone-de": "Von meinem Handy aus kann ich das nicht öffnen.\n\nBitte um Hilfe.",
    "list-after-dashes": "1. one\n2. two\n\n--\n\n3. three\n4. four",
    "sentence-after-rule": "Hello\n___\nThis stands under a short rule because I like rules, and goes on "
    "for a long while.\n\nAnd more.",
    "thanks-and-request": "Merci\npouvez-vous venir mardi",
    "disclaimer-without-closing": "Yes.\n\nThis e-mail is confidential and meant for its intended recipient alone.",
    "typed-heading": "To: the pharmacy\nFrom: Ada Byron\nSubject: refill\n\nPlease refill my prescription.",
    "sections-by-letter": "Two options:\n\n---\n\nA) Tuesday at ten\n\n---\n\nB) Friday at noon",
    "letter-goes-on-after-dashes": "Please see below.\n\n--\n\nThe second matter: I also need bandages, and plasters, "
    "and much more than that.",
    "colleague-wrote": "The pharmacist wrote on 16/11/2026 09:05:\nnot in stock\nAny news?",
    "first-person-es": "Hola,\n\nEl 6 de marzo de 2026 a las 10:19 les he escrito:\n\nla caldera gotea.",
    "from-marked": "To whom it may concern:\nSubject: complaint\n\nthe lift is broken.",
}


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE.keys())
def test_own_words_stay(text: str) -> None:
    reply = split_reply(text)
    assert reply.visible_text == text
    assert (reply.quoted_text, reply.signature, reply.forwarded_text) == ("", "", "")


@pytest.mark.parametrize("text", ["", "\n", " \n\t\n", "\u200b\n"], ids=["empty", "line", "spaces", "invisible"])
def test_nothing_gives_nothing(text: str) -> None:
    assert not split_reply(text).visible_text.strip(" \u200b")


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n", "\u2028"], ids=["crlf", "cr", "lf", "separator"])
def test_every_line_end_is_understood(newline: str) -> None:
    text = newline.join(["Yes.", "", "On 6 Mar 2026, at 10:19, Ada <ada@example.com> wrote:", "> Coming?"])
    assert split_reply(text).visible_text == "Yes."


def test_byte_order_mark_and_invisible_lines_around_the_text_are_not_kept() -> None:
    text = "\ufeffYes.\r\n\u200b\r\nOn 6 Mar 2026, at 10:19, Ada <ada@example.com> wrote:\r\n> Coming?"
    assert split_reply(text).visible_text == "Yes."


ATTRIBUTION = "On 6 Mar 2026, at 10:19, Ada Byron <ada@example.com> wrote:"


def test_answers_between_quotes_keep_the_quotes() -> None:
    text = f"{ATTRIBUTION}\n> Is Tuesday good?\nYes.\n> At ten?\nAt eleven, please.\n> Bring papers.\n"
    reply = split_reply(text)
    assert reply.visible_text.splitlines()[1:] == ["> Is Tuesday good?", "Yes.", "> At ten?", "At eleven, please."]
    assert reply.own_text.splitlines()[1:] == ["Yes.", "At eleven, please."]
    assert reply.quoted_text == "> Bring papers."


def test_words_around_a_quote_stand_without_it() -> None:
    reply = split_reply(f"Fine with me.\n\n{ATTRIBUTION}\n\n>\n> Is Tuesday good?\n\nRegards, Bob\n")
    assert reply.visible_text.split() == ["Fine", "with", "me.", "Regards,", "Bob"]
    assert reply.quoted_text == f"{ATTRIBUTION}\n\n>\n> Is Tuesday good?"


@pytest.mark.parametrize("mark", [">", "> ", "&gt; ", "＞", "| ", "  > ", ">> "], ids=repr)
def test_every_quote_mark_is_known(mark: str) -> None:
    quoted = f"{mark}Is Tuesday good?\n{mark}\n{mark}Ada"
    assert split_reply(f"Yes.\n\n{ATTRIBUTION}\n{quoted}").visible_text == "Yes."
    assert split_reply(f"{ATTRIBUTION}\n{quoted}\n\nYes.").visible_text == "Yes."


def test_long_quote_at_the_top_needs_no_attribution() -> None:
    reply = split_reply("> Dear Bob,\n> is Tuesday good?\n> Ada\n\nYes.")
    assert (reply.visible_text, reply.quoted_text) == ("Yes.", "> Dear Bob,\n> is Tuesday good?\n> Ada")


def test_quote_that_a_program_broke_stays_a_quote() -> None:
    long = "> This line of a quoted mail is so long that the program of the answerer\nhad to break it\n> as you see."
    assert split_reply(f"Yes.\n\n{ATTRIBUTION}\n{long}\n").visible_text == "Yes."


def test_quote_alone_is_shown() -> None:
    assert split_reply(f"{ATTRIBUTION}\n> Is Tuesday good?\n").visible_text == "> Is Tuesday good?"


def test_mail_of_headers_alone_is_shown() -> None:
    text = "From: Ada <ada@example.com>\nSubject: Visit"
    assert split_reply(text).visible_text == text


def test_answer_below_an_older_mail_with_headers_is_visible() -> None:
    text = "-----Original Message-----\nFrom: Ada <ada@example.com>\nSubject: Visit\n\n> Is Tuesday\n> good?\n\nYes."
    reply = split_reply(text)
    assert reply.visible_text == "Yes."
    assert "From: Ada" in reply.quoted_text
    assert "> good?" in reply.quoted_text
