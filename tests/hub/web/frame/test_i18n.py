"""Which language a reader gets, and what the catalogues must keep."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from hub.web import i18n
from tests.web_room import WebRoom

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]")
TRANSLATED = [name for name in i18n.LANGUAGES if name != "en"]
SIGN_IN = {"en": "Sign in", "pt": "Entrar", "cs": "Přihlásit se", "ru": "Войти"}


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
