"""What a letter is made of: addresses, subjects, the older mail below, HTML; whom an answer to all goes to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from channels.email_message.read import read_mail
from channels.email_smtp.compose import build_mail
from hub.config import ChannelSettings
from hub.desk import canned, senders
from hub.desk.addressing import each_once, read_parties, write_parties
from hub.desk.configuration import Reading
from hub.desk.configuration.canned import CannedTexts
from hub.desk.letter_html import letter_html
from hub.desk.quoting import _WORDS, Original, forwarded, quoted, spoken
from hub.desk.recipients import recipient_of, untagged
from hub.desk.subjects import answer_subject, forward_subject
from hub.model.contact import Party
from hub.model.errors import Refused
from hub.model.identity import Identity
from hub.model.outbound import Outgoing
from hub.outreach.house import House
from hub.outreach.phrases import phrase, try_phrase
from hub.store import canned as kept
from hub.store.session import Database, open_database
from tests.builders import NOW, incoming, mail, who
from tests.desk_world import actor, conversation_of, take

PRAGUE = ZoneInfo("Europe/Prague")
ASKED = Original(
    author=Party(Identity("mailto", "ada@example.com"), "Ada Lovelace"),
    at=datetime(2026, 3, 2, 10, 5, tzinfo=UTC),
    subject="Engine",
    text="Where is it?\n\n> an older line\nBye",
    to=(Party(Identity("mailto", "support@example.com")),),
)


@pytest.fixture
async def database(sqlite_store_url: str) -> AsyncIterator[Database]:
    """A new database on the engine that tells the same faster; test_replies looks at both."""
    opened = open_database(sqlite_store_url)
    await opened.open()
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    ("subject", "answer", "forward"),
    [
        pytest.param("A question", "Re: A question", "Fwd: A question", id="plain"),
        pytest.param("AW: Re[2]: RES: A question", "Re: A question", "Fwd: A question", id="several marks"),
        pytest.param("Odp: Fwd: A question", "Re: Fwd: A question", "Fwd: A question", id="polish, of a forward"),
        pytest.param("Отв: Вопрос", "Re: Вопрос", "Fwd: Вопрос", id="russian"),
        pytest.param("WG: Пересл: Frage", "Re: WG: Пересл: Frage", "Fwd: Frage", id="forwarded twice"),
        pytest.param("", "", "Fwd:", id="none"),
    ],
)
def test_a_subject_has_one_mark(subject: str, answer: str, forward: str) -> None:
    assert (answer_subject(subject), forward_subject(subject)) == (answer, forward)


@pytest.mark.parametrize("language", sorted(_WORDS))
@pytest.mark.parametrize("html", [False, True], ids=["text", "html"])
@pytest.mark.parametrize("way", [quoted, forwarded])
def test_a_reader_tells_our_words_from_the_older_mail(language: str, html: bool, way: object) -> None:
    below = (quoted if way is quoted else forwarded)(ASKED, language, PRAGUE)
    said = "Dobrý den, zítra v deset."
    page = letter_html(said, below) if html else ""
    letter = Outgoing(
        id=1, attempt=1, to=Identity("mailto", "x@example.com"), subject="Re: x" if way is quoted else "Fwd: x",
        text=f"{said}\n\n{below}", html=page,
    )  # fmt: skip
    read = read_mail(build_mail(letter, "support@example.com", "", ASKED.at))
    assert read.visible_text.strip() == said


def test_an_older_mail_is_introduced_as_its_reader_speaks() -> None:
    assert quoted(ASKED, spoken("pt-BR"), PRAGUE).startswith("Em 2 de mar. de 2026 às 11:05, Ada Lovelace <")
    assert quoted(ASKED, spoken("tlh", "cs"), PRAGUE).splitlines()[2:] == [
        "> Where is it?", ">", ">> an older line", "> Bye",
    ]  # fmt: skip
    assert "\nKomu: support@example.com\n" in forwarded(ASKED, "cs", PRAGUE)


def test_html_escapes_what_was_written_links_addresses_and_nests_quotations() -> None:
    page = letter_html("<b>Hi</b> https://e.example/?a=1&b=2.\n\n-- \nEva", "Ada wrote:\n\n> one\n>> two")
    assert "&lt;b&gt;Hi&lt;/b&gt;" in page
    assert '<a href="https://e.example/?a=1&amp;b=2">https://e.example/?a=1&amp;b=2</a>.' in page
    assert page.count("<blockquote") == 2
    assert "-- <br><p>Eva</p>" in page
    assert letter_html("x", ">" * 5000).count("<blockquote") <= 20


def test_addresses_are_read_as_they_are_typed_and_shown_so_that_they_can_be_read_again() -> None:
    typed = 'Ada <ADA@example.com>; "Byron, Lord" <lord@example.com>,\n bob@example.com, ada@example.com'
    found = read_parties(typed)
    assert [party.identity.value for party in found] == ["ada@example.com", "lord@example.com", "bob@example.com"]
    assert write_parties(found) == 'Ada <ada@example.com>, "Byron, Lord" <lord@example.com>, bob@example.com'
    assert read_parties(write_parties(found)) == found
    with pytest.raises(Refused, match="no e-mail address") as refused:
        read_parties("ada@example.com, bob", "cc")
    assert refused.value.field == "cc"
    assert [len(line) for line in each_once(found, found[:2], read_parties("carl@example.com"))] == [3, 0, 1]
    with pytest.raises(Refused, match="at most 50"):
        each_once(read_parties(", ".join(f"p{number}@example.com" for number in range(51))))


async def test_an_answer_to_all_leaves_us_out_and_goes_where_reply_to_says(database: Database) -> None:
    asked = mail(
        id="m1@example.com",
        recipients=(Party(who("support+abc@example.com")), Party(who("bob@example.com"))),
        participants=(Party(who("carl@example.com"), "Carl"), Party(who("office@example.com"))),
        extra={"reply_to": "ada.home@example.org"},
    )
    [interaction] = await take(database, incoming(asked))
    to = await database.read(recipient_of, await conversation_of(database, interaction))
    section = ChannelSettings(
        name="m", adapter="a.b:C", settings={"address": "Support@example.com", "addresses": ["office@example.com"]}
    )
    own = senders.own_addresses({"m": section})
    assert [party.identity.value for party in to.to] == ["ada.home@example.org"]
    assert [party.identity.value for party in to.everybody_else(own)] == ["bob@example.com", "carl@example.com"]
    assert untagged("a+b+c@example.com") == "a@example.com"


def test_a_mailbox_says_where_answers_come_back_and_whether_it_keeps_copies() -> None:
    settings = {"address": "help@example.com", "save_sent": True, "plus_addressing": True}
    sections = {
        "out": ChannelSettings(name="out", adapter="a.b:C"),
        "first": ChannelSettings(name="first", adapter="a.b:C", sends_with="out", settings={"address": "a@b.example"}),
        "help": ChannelSettings(name="help", adapter="a.b:C", sends_with="out", mode="live", settings=settings),
    }
    assert senders.mailbox_of("out", sections) == "first"
    assert senders.answer_address("out", sections, "help", "t.p@example.com") == "help+t.p@example.com"
    assert senders.answer_address("out", sections, "first", "t.p@b.example") == "a@b.example"
    assert (senders.keeper_of("out", sections, "help"), senders.keeper_of("out", sections)) == ("help", "")


def test_a_phrase_does_no_more_than_fill_in_words() -> None:
    house = House(business_name="Example Ltd")
    talk = {"number": 7, "subject": "Engine"}
    assert phrase("{{ conversation.subject }}, {{ business.name }}", house, language="en", conversation=talk) == (
        "Engine, Example Ltd"
    )
    # Kept before anybody looked at it, it stays as it was written.
    assert phrase("{{ config }} 100 %", house, language="en") == "{{ config }} 100 %"
    for source in ("{{ appointment.date }}", "{% for x in range(9) %}{% endfor %}", "{{ staff.__class__ }}", "{{"):
        with pytest.raises(Refused):
            try_phrase(source)


async def test_canned_texts_travel_as_files_and_are_offered_in_the_readers_language(database: Database) -> None:
    by = actor(7)
    for name, language, shared in (("hi", "en", True), ("hi", "cs", True), ("hi", "cs", False), ("bye", "en", True)):
        await database.write(
            lambda conn, said: canned.add(conn, said[0], said[1], f"{said}", by, shared=said[2]),
            (name, language, shared),
        )
    usable = await database.read(kept.usable, 7)
    assert {(one.name, one.language, one.shared) for one in canned.offered(usable, "cs-CZ", "en")} == {
        ("hi", "cs", False),
        ("bye", "en", True),
    }
    kind = CannedTexts(try_phrase)
    stored = await database.read(lambda conn, _: kind.stored(conn), None)
    files = kind.write(stored)
    assert sorted(files) == ["canned/cs/hi.txt", "canned/en/bye.txt", "canned/en/hi.txt"]
    reading = Reading()
    kind.read({**files, "canned/en/Bad Name.txt": "x", "canned/en/evil.txt": "{{ config }}"}, reading)
    assert {key: found.content for key, found in reading.things["canned text"].items()} == stored
    assert [fault.file for fault in reading.faults] == ["canned/en/Bad Name.txt", "canned/en/evil.txt"]
    await database.write(lambda conn, _: kind.save(conn, "en/bye", {"text": "Farewell"}, "cli", NOW), None)
    assert await database.write(lambda conn, _: kind.retire(conn, "cs/hi", "cli", NOW), None)
    left = await database.read(lambda conn, _: kind.stored(conn), None)
    assert (sorted(left), left["en/bye"]["text"]) == (["en/bye", "en/hi"], "Farewell")
