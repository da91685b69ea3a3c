"""From a server's sentence to one reason: ordered phrase tables, then the status code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from channels.email_message.bounce.phrases_address import ADDRESS, DESTINATION, USER_UNKNOWN_AT_LAST
from channels.email_message.bounce.phrases_sender import CONTENT, CONTENT_FIRST, SENDER, SIZE
from channels.email_message.bounce.phrases_system import SYSTEM
from channels.email_message.bounce.report import Reason
from channels.email_message.bounce.sentences import sentence_reason
from channels.email_message.bounce.status import reason_of
from channels.email_message.bounce.text import folded

_LONGEST = 6000
_CODES = re.compile(r"(?<![\w.])[245]\d\d[ -](?:[245]\.\d{1,2}\.\d{1,3}(?![\w.]))?[ -]?")
# Chinese, Japanese and (folded) Korean put no space around an address: what stands beside it is the sentence.
_WORD = r"[^\s\u1100-\u11ff\u3000-\u9fff]"
_NOISE = re.compile(rf"<?https?://\S*|(?<!{_WORD}){_WORD}+@(?:(?!:){_WORD})+|\(in reply to [^)]{{1,60}}\)")
_BLANK_ADDRESS = re.compile(r"(?:^|[ ;>])550 : user unknown")
_REFUSED_DATA = re.compile(
    r"in reply to (?:end of )?data|>>> (?:data|\.) <<< 5|smtp command data\b|after end of data|response to data|"
    r"failed after i sent the message|data command"
)

Phrase = tuple[str, ...]


class Phrases:
    """A set of phrases, for yes or no; whole phrases are kept apart from those with gaps, for speed."""

    def __init__(self, phrases: Iterable[str]) -> None:
        compiled = [_compiled(phrase) for phrase in phrases]
        self._whole = tuple(pieces[0] for pieces in compiled if len(pieces) == 1)
        self._gapped = tuple(pieces for pieces in compiled if len(pieces) > 1)

    def in_text(self, text: str) -> bool:
        """Return whether already folded text has one of them."""
        for phrase in self._whole:  # a generator costs three times as much, on every mail
            if phrase in text:
                return True
        return any(_occurs(phrase, text) for phrase in self._gapped)


class PhraseTable:
    """Phrases in order of precedence; the first reason with a phrase in the text wins."""

    def __init__(self, *rows: tuple[Reason, Iterable[str]]) -> None:
        self._rows = [(reason, Phrases(phrases)) for reason, phrases in rows]

    def find(self, text: str) -> Reason:
        """Return the reason of already folded text, or UNDEFINED."""
        return next((reason for reason, phrases in self._rows if phrases.in_text(text)), Reason.UNDEFINED)


def _compiled(phrase: str) -> Phrase:
    return tuple(folded(piece) for piece in phrase.split(" * "))


def _occurs(phrase: Phrase, text: str) -> bool:
    position = 0
    for piece in phrase:
        position = text.find(piece, position)
        if position < 0:
            return False
        position += len(piece)
    return True


_TELLING = PhraseTable(*CONTENT_FIRST, *SIZE, *ADDRESS, *SENDER[:2], *DESTINATION, *SENDER[2:])
_VAGUE = PhraseTable(*CONTENT, *SYSTEM[:-1], (Reason.USER_UNKNOWN, USER_UNKNOWN_AT_LAST), SYSTEM[-1])


@lru_cache(maxsize=32)  # the notice as a whole is asked about once for each recipient
def explain(diagnostic: str, status: str, *, refused_data: bool = False) -> Reason:
    """Return why, from the server's sentence and its status code.

    `refused_data` tells that the transcript elsewhere shows a refusal at DATA. Clear words beat the code (many
    servers send 5.1.1 or 5.7.1 for everything), the code beats vague words.
    """
    text, unstripped = _prepared(diagnostic)
    reason = _TELLING.find(text)
    if (
        reason is Reason.USER_UNKNOWN
        and status not in ("5.1.1", "5.1.10")
        and (refused_data or hides_behind_data(unstripped))
    ):
        # The server took the recipient at RCPT and refused at DATA: a recipient's own filter that hides behind
        # the words "user unknown", as Japanese mobile carriers do; the address lives.
        return Reason.FILTERED
    if reason is not Reason.UNDEFINED:
        return reason
    coded = reason_of(status)
    if coded is not Reason.UNDEFINED:
        return coded
    described = sentence_reason(text)
    return described if described is not Reason.UNDEFINED else _VAGUE.find(text)


def _prepared(diagnostic: str) -> tuple[str, str]:
    unstripped = folded(diagnostic[:_LONGEST])
    text = _CODES.sub("", unstripped)
    return _NOISE.sub(lambda m: m[0] if "support" in m[0] or "rbl" in m[0] or "bl." in m[0] else "", text), unstripped


@lru_cache(maxsize=8)
def hides_behind_data(text: str) -> bool:
    """Return whether text shows that the refusal came after the recipient had been accepted."""
    text = folded(text)
    return bool(_BLANK_ADDRESS.search(text) or _REFUSED_DATA.search(text))
