"""Which language a reader gets, and what the catalogues must keep."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from hub.web import catalogue, i18n
from tests.web_room import WebRoom

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]")
TRANSLATED = [name for name in i18n.LANGUAGES if name != "en"]
SIGN_IN = {"en": "Sign in", "pt": "Entrar", "cs": "Přihlásit se", "ru": "Войти"}


PO = r"""
# A comment
msgid "Say \"hi\"\n"
msgstr "Řekni \"ahoj\"\n\t\\"

#, python-format
msgid "%s day"
msgid_plural "%s days"
msgstr[0] "%s den"
msgstr[1] "%s dny"
msgstr[2] "%s dní"

msgid ""
"A long "
"message"
msgstr ""
"Dlouhá "
"zpráva"

msgid "Not yet"
msgstr ""

#~ msgid "Gone"
#~ msgstr "Pryč"
"""


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("", "en"),
        ("cs", "cs"),
        ("cs-CZ,cs;q=0.9,en;q=0.5", "cs"),
        ("en;q=0.5, ru;q=0.8", "ru"),
        ("pt-BR", "pt"),
        ("de-DE, ja", "en"),
        ("de, pt;q=0.1", "pt"),
        ("*", "en"),
        ("xx-;q=abc,,;;q=,ru", "ru"),
        ("\u00ff" * 100, "en"),
    ],
)
async def test_browser_is_answered_in_its_language(small: WebRoom, asked: str, language: str) -> None:
    async with small.browser() as browser:
        answer = await browser.get("/sign-in", headers={"Accept-Language": asked})
        assert answer.headers["Content-Language"] == language
        assert f'<html lang="{language}"' in answer.text
        assert f"<h1>{SIGN_IN[language]}</h1>" in answer.text


async def test_language_of_the_profile_comes_before_the_browsers(small: WebRoom) -> None:
    async with small.browser("agent") as browser:
        chosen = {"display_name": "Ada", "language": "cs", "time_zone": "Europe/Prague", "signature": ""}
        await browser.post("/profile", chosen)
        answer = await browser.get("/profile", headers={"Accept-Language": "ru"})
        assert "Uloženo." in answer.text
        assert "Váš profil" in answer.text


@pytest.mark.parametrize(
    "wrong", [{"language": "xx"}, {"time_zone": "Europe/Nowhere"}, {"time_zone": "../etc/x"}], ids=str
)
async def test_unknown_language_or_zone_is_refused(small: WebRoom, wrong: dict[str, str]) -> None:
    async with small.browser("agent") as browser:
        form = {"display_name": "Ada", "language": "", "time_zone": "", "signature": ""}
        assert (await browser.post("/profile", form | wrong)).status == 422


def _messages(name: str) -> list[Message]:
    with (i18n.FOLDER / name / "LC_MESSAGES" / "hub.po").open("rb") as file:
        return [message for message in read_po(file, locale=name) if message.id]


@pytest.mark.parametrize("name", TRANSLATED)
def test_every_message_is_read_as_babel_reads_it(name: str) -> None:
    read = i18n.catalogue(name)
    for message in _messages(name):
        if isinstance(message.id, tuple):
            forms = {read.ngettext(*message.id, number) for number in range(30)}
            assert forms == set(message.string), message.id
            assert read.ngettext(*message.id, 1) == message.string[0]
        elif message.string:
            assert read.gettext(message.id) == message.string


def test_quotes_breaks_and_long_messages_are_read_and_what_is_not_translated_is_not(tmp_path: Path) -> None:
    file = tmp_path / "hub.po"
    file.write_text(PO)
    read = catalogue.read(file, "cs")
    assert read.gettext('Say "hi"\n') == 'Řekni "ahoj"\n\t\\'
    assert read.gettext("A long message") == "Dlouhá zpráva"
    assert [read.ngettext("%s day", "%s days", number) for number in (1, 3, 5)] == ["%s den", "%s dny", "%s dní"]
    assert (read.gettext("Not yet"), read.gettext("Gone")) == ("Not yet", "Gone")


@pytest.mark.parametrize("name", TRANSLATED)
def test_translations_keep_every_placeholder(name: str) -> None:
    wrong = []
    for message in _messages(name):
        said = [text for text in _texts(message.string) if text]
        wanted = {tuple(sorted(PLACEHOLDER.findall(text))) for text in _texts(message.id)}
        wrong += [text for text in said if tuple(sorted(PLACEHOLDER.findall(text))) not in wanted]
    assert wrong == []


@pytest.mark.parametrize("name", TRANSLATED)
def test_no_translation_is_a_guess(name: str) -> None:
    assert [message.id for message in _messages(name) if message.fuzzy] == []


def _texts(text: object) -> list[str]:
    return [str(each) for each in text] if isinstance(text, list | tuple) else [str(text or "")]
