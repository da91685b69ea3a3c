"""Words and manners that mail programs and carriers take for unwanted advertising, in the languages of the starter set.

They follow what open filters score (SpamAssassin's 20_phrases.cf and 20_head_tests.cf) and, on public link shorteners
in texts, CTIA's "Messaging Principles and Best Practices" (2019). They are a hint to the writer, no rule.
"""

from __future__ import annotations

import re

_PHRASES = (
    # English
    *("act now", "apply now", "buy now", "call now", "click here", "click below", "cash bonus", "congratulations, you"),
    *("double your", "earn money", "extra income", "free gift", "free money", "guaranteed", "limited time only"),
    *("lowest price", "miracle", "money back", "no catch", "no obligation", "no strings attached"),
    *("once in a lifetime", "order now", "risk free", "risk-free", "special promotion", "this is not spam", "urgent"),
    *("while supplies last", "winner", "you have been selected", "you won", "100% free", "100% off", "act immediately"),
    *("dear friend",),
    # Portuguese
    *("clique aqui", "compre já", "compre agora", "dinheiro fácil", "ganhe dinheiro", "garantido", "grátis!"),
    *("oferta imperdível", "parabéns, você", "sem compromisso", "sem risco", "última oportunidade", "últimas unidades"),
    # Czech
    *("klikněte zde", "klikněte sem", "kupte nyní", "jedinečná nabídka", "neuvěřitelná nabídka", "bez rizika"),
    *("vydělejte", "vyhráli jste", "zaručeně", "zcela zdarma", "jen dnes", "poslední šance"),
    # Russian
    *("нажмите здесь", "кликните", "купите сейчас", "заработок", "вы выиграли", "без риска", "гарантированно"),
    *("абсолютно бесплатно", "только сегодня", "последний шанс", "уникальное предложение", "срочно"),
)
_SPAM = re.compile("|".join(rf"(?<!\w){re.escape(phrase)}(?!\w)" for phrase in _PHRASES), re.IGNORECASE)
_SHORTENED = re.compile(r"(?i)\b(?:bit\.ly|tinyurl\.com|goo\.gl|t\.co|ow\.ly|is\.gd|cutt\.ly|rb\.gy|clck\.ru|vk\.cc)/")
_SHOUT = re.compile(r"[!?]{2,}|[$€£]{2,}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_FEWEST_LETTERS = 12


def spam_phrases(text: str) -> list[str]:
    """Returns the phrases of a text that filters know from advertising, each once, in order."""
    return list(dict.fromkeys(found[0].lower() for found in _SPAM.finditer(text)))


def shouts(text: str) -> list[str]:
    """Returns runs of exclamation, question and currency marks, each once."""
    return list(dict.fromkeys(found[0] for found in _SHOUT.finditer(text)))


def mostly_capitals(text: str) -> bool:
    """Says whether most of the words are in capitals; a few words say nothing."""
    words = _WORD.findall(text)
    letters = sum(map(len, words))
    return letters >= _FEWEST_LETTERS and sum(len(word) for word in words if word.isupper()) * 2 > letters


def shortened_link(text: str) -> str:
    """Returns the first link of a public shortener in a text, which carriers drop; empty where there is none."""
    found = _SHORTENED.search(text)
    return found[0].rstrip("/") if found else ""
