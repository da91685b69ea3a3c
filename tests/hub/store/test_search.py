"""Search, on both engines: any text is found by any of its words, and nothing that is typed breaks it."""

from __future__ import annotations

import itertools
import unicodedata

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from hub.model.clean import clean_text
from hub.model.fold import tokens
from hub.store.search import index_interactions, search
from hub.store.session import Database

_ids = itertools.count(1 << 40)
IDENTITY = 7
QUICK = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))

WORDS = [
    *("Žluťoučký", "Straße", "Ёлка", "ﬁnance", "İstanbul", "naïve", "Ångström", "Łódź", "ΣΊΣΥΦΟΣ", "Việt"),
    *(
        "नमस्ते",
        "ภาษาไทย",
        "සිංහල",
        "ខ្មែរ",
        "العربية",
        "שָׁלוֹם",
        "東京都",
        "ひらがな",
        "カタカナ",
        "한국어",
        "ᏣᎳᎩ",
        "𞤀𞤣𞤤𞤢𞤥",
        "𝔘𝔫𝔦",
    ),
    *("1e5", "-3.14", "0x1F", "12:30", "2026-03-01", "#4711", "C++", "ada@example.com", "http://example.com/a?b=c"),
    *("AND", "OR", "NOT", "NEAR", "a*b", '"quoted"', "it's", "{brace}", "(paren)", "col:umn", "^caret", "back\\slash"),
    *("😀", "👩‍👩‍👧", "x" * 3000, "я" * 3000, "zz", "zzidentity7", "e\u0301te\u0301", "_under_score_"),
]
typed = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join),
    st.text("\"*()^:&|!<>-+~{}[]\\'AND OR NEAR/5%_;\x00\t\n", max_size=20),
)


def store(conn: Connection, texts: list[str]) -> list[int]:
    keys = [next(_ids) for _ in texts]
    rows = [(key, IDENTITY, "", clean_text(text)) for key, text in zip(keys, texts, strict=True)]
    index_interactions(conn, rows)
    return keys


def found(conn: Connection, asked: tuple[str, int]) -> bool:
    """Says whether a query finds one interaction, however many others hold the same words."""
    words, key = asked
    return key in search(conn, words, before=key + 1, limit=1)


@QUICK
@given(texts=st.lists(typed, min_size=1, max_size=20))
async def test_any_text_is_found_by_each_of_its_words(database: Database, texts: list[str]) -> None:
    keys = await database.write(store, texts)

    def lost(conn: Connection, _: None) -> list[tuple[str, str]]:
        asked = [(text, word, key) for text, key in zip(texts, keys, strict=True) for word in clean_text(text).split()]
        return [(text, word) for text, word, key in asked if tokens(word) and not found(conn, (word, key))]

    assert await database.read(lost, None) == []


async def test_every_word_is_found_in_any_case_and_form_and_by_its_beginning(database: Database) -> None:
    keys = await database.write(store, [f"before {word} after" for word in WORDS])
    for word, key in zip(WORDS, keys, strict=True):
        spelled = {word, word.upper(), word.lower(), *(unicodedata.normalize(form, word) for form in ("NFC", "NFD"))}
        for query in [*spelled, f"after {word}", f"{word} aft"]:
            if tokens(word):
                assert await database.read(found, (query, key)), query


@QUICK
@given(queries=st.lists(typed, max_size=30), identities=st.lists(st.integers(0, 1 << 40), max_size=3))
async def test_whatever_is_typed_gives_an_answer(database: Database, queries: list[str], identities: list[int]) -> None:
    def ask(conn: Connection, _: None) -> None:
        for query in queries:
            assert isinstance(search(conn, query, identities=identities), list)

    await database.read(ask, None)


async def test_only_what_holds_all_the_words_newest_first_page_by_page(database: Database) -> None:
    keys = await database.write(store, ["red boiler", "blue boiler", "red door", "boiler red again"])
    both = await database.read(lambda conn, _: search(conn, "boiler red"), None)
    assert both == [keys[3], keys[0]]
    assert await database.read(lambda conn, _: search(conn, "boiler red", limit=1), None) == [keys[3]]
    assert await database.read(lambda conn, _: search(conn, "boiler red", before=keys[3]), None) == [keys[0]]
    assert await database.read(lambda conn, _: search(conn, "boiler green"), None) == []


async def test_within_one_customer_only_their_identities_are_searched(database: Database) -> None:
    def index(conn: Connection, _: None) -> None:
        index_interactions(conn, [(1, 10, "Boiler", ""), (2, 1, "Boiler", ""), (3, 11, "", "boiler")])

    await database.write(index, None)
    ask = [([10], [1]), ([1], [2]), ([10, 11], [3, 1]), ([], [3, 2, 1]), ([2], [])]
    for identities, expected in ask:
        within = identities
        assert await database.read(lambda conn, _: search(conn, "boil", identities=within), None) == expected  # noqa: B023


async def test_the_words_the_index_adds_for_itself_are_found_by_nobody(database: Database) -> None:
    await database.write(store, ["boiler"])
    for query in ("z", "zz", "zzidentity", "zzidentity7", "identity7", "7"):
        assert await database.read(lambda conn, _: search(conn, query), None) == [], query  # noqa: B023


async def test_a_whole_book_is_found_by_its_beginning(database: Database) -> None:
    book = " ".join(f"{number:05}{'щ' * 200}" for number in range(6000))
    (key,) = await database.write(store, [book])
    assert await database.read(found, ("00001", key))
    assert await database.read(found, ("03900", key))


async def test_nothing_typed_finds_nothing(database: Database) -> None:
    await database.write(store, ["boiler"])
    for query in ("", "   ", "\n", "?!", "\"'*", "😀"):
        assert await database.read(lambda conn, _: search(conn, query), None) == []  # noqa: B023
