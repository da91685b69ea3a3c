"""First names: by what somebody is greeted, of the one line in which their whole name is kept."""

from __future__ import annotations

import re

# As written before a name: Miss and Mrs, the academic titles of Central Europe, o and a senhor(a), господин.
_TITLES = frozenset({
    *("mr", "mrs", "ms", "mx", "miss", "sir", "dame", "lady", "lord", "rev", "capt", "dr", "drs", "prof", "ing", "mgr"),
    *("bc", "mudr", "judr", "phdr", "rndr", "paeddr", "pharmdr", "mvdr", "mddr", "thdr", "dipl", "herr", "frau", "mme"),
    *("mlle", "sr", "sra", "srta", "dra", "dña", "doña", "dona", "enga", "profa", "sig", "dott", "pan", "paní"),
    *("slečna", "pani", "г-н", "г-жа", "гн", "гжа", "господин", "госпожа", "д-р", "проф"),
    # Names as well, but for their full stop.
    *("doc.", "m.", "d.", "mag.", "hon.", "fr.", "eng.", "art.", "arch."),
})  # fmt: skip
# Written after a name, behind a comma: they are no given name. Short ones are so in capitals only.
_DEGREES = frozenset({
    *("phd", "csc", "drsc", "dsc", "dis", "mba", "msc", "bsc", "llm", "llb", "dds", "dvm", "cpa", "esq", "jr", "sr"),
    *("ii", "iii", "iv", "fcca", "acca", "MA", "BA", "MD", "RN"),
})  # fmt: skip
_FIRMS = frozenset({
    *("ltd", "limited", "llc", "llp", "plc", "inc", "corp", "gmbh", "kg", "ohg", "sarl", "srl", "lda", "ltda", "spol"),
    *("ооо", "оао", "пао", "зао", "ип"),
})  # fmt: skip
_DOTTED_FIRM = re.compile(
    r"(?i)[\s,](?:s\.\s?r\.\s?o|a\.\s?s|k\.\s?s|v\.\s?o\.\s?s|o\.\s?p\.\s?s|z\.\s?s|e\.\s?v|s\.\s?a|o\.\s?o)\.?\Z"
)
_PATRONYMIC = re.compile(r"(?i)[а-яёіїє-]+(?:вич|вна|ична|инична)\Z")
_LETTER = re.compile(r"[^\W\d_]")


def first_name(name: str) -> str:
    """Returns what to greet a person by: `Ada` of `Ada Lovelace`, of `Lovelace, Ada` and of `Dr. Ada Lovelace, MBA`.

    Where there is no given name, the whole of it: `Mrs Smith`, `J. Novák`, `Acme s.r.o.`; empty for an address or a
    number that stands in a name's place.
    """
    first, _, rest = name.partition(" ")
    known = {first.casefold(), rest.casefold()}
    if first.isalpha() and rest.isalnum() and known.isdisjoint(_TITLES) and known.isdisjoint(_FIRMS):
        return first  # as nearly all names are, and a run of 100,000 asks for each
    written = " ".join(word for word in name.split() if "@" not in word)
    if not _LETTER.search(written):
        return ""
    if _DOTTED_FIRM.search(written) or not _FIRMS.isdisjoint(map(_bare, re.split(r"[\s,]+", written))):
        return written
    parts = [part.split() for part in written.split(",")]
    parts = [part for part in parts if part and not all(map(_is_degree, part))]
    if not parts:
        return written
    words = parts[1] if len(parts) > 1 else parts[0]
    given = _given(words, alone=len(parts) > 1)
    if not given or _is_initial(given):
        return " ".join(words if len(parts) == 1 else [*words, *parts[0]])
    return given


def _given(words: list[str], *, alone: bool) -> str:
    """Returns the given name among words, empty where there is but a title and a family's. `alone`: no family's."""
    named = [word for word in words if _bare(word) not in _TITLES and word.casefold() not in _TITLES]
    if not named or (len(named) == 1 < len(words) and not alone):
        return ""
    # Family name, given name, patronymic: the order of Russian papers.
    if len(named) == 3 and _PATRONYMIC.match(named[2]):
        return named[1]
    return named[0]


def _is_degree(word: str) -> bool:
    return _bare(word) in _DEGREES or word.replace(".", "") in _DEGREES


def _is_initial(word: str) -> bool:
    return word.endswith(".") and sum(map(str.isalpha, word)) <= 2


def _bare(word: str) -> str:
    return word.replace(".", "").casefold()
