"""Words that must stand in every promotion: who sends it, and how to stop. Added where a template lacks them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from typing import Any

from hub.outreach.rendering import Rendered
from hub.outreach.subject_labels import labelled

MEDIA = ("email", "sms", "sms_link", "postal_address", "existing_customer", "existing_customer_sms")
# The keyword alone, in capitals, which carriers know in every country; with nothing behind it but what it is for:
# "non-stop", "NON STOP", "STOP BY" and "STOP smoking" tell nobody how to leave.
_KEYWORD = re.compile(
    r"(?<![\w-])(?<!non )(?<!never )(?<!don't )(?<!don’t )(?-i:STOP|СТОП)(?![\w-])"
    r"(?=\s*(?:[^\w\s]|\Z)|\s*\n|\s+(?-i:to|for|at|any|via|para|pro|na|k|ke|на|для|чтобы)\b|\s+\d)",
    re.IGNORECASE,
)
_LINK = "{unsubscribe_url}"
_BODY_END = re.compile(r"(?i)</body\s*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One row: what must stand in a medium, by language. `place`: a country, or `default` for all.

    `medium`: email, sms, sms_link (a sender whose name cannot be answered); existing_customer and
    existing_customer_sms (to who did not agree, but bought); or postal_address, which has no words of its own: a mail
    to this country needs the business's address.
    """

    place: str
    medium: str
    said: Mapping[str, str]
    source: str
    since: date

    def in_language(self, *languages: str) -> str:
        """Returns the words in the first of these languages that they are in, else in English."""
        for language in languages:
            for code in (language, language.partition("-")[0].partition("_")[0]):
                if code in self.said:
                    return self.said[code]
        return self.said.get("en", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sends: what promotions are signed with. `answers`: a text to the sender's name or number arrives."""

    name: str
    postal_address: str
    answers: bool
    language: str


@dataclass(frozen=True, slots=True)
class Notices:
    """What a promotion says besides, to this reader. `label`: how it begins, empty for nothing; `existing`: it rests
    on their having bought, and says so.
    """

    label: str = ""
    existing: bool = False


def read_words(row: Mapping[str, Any]) -> Words:
    """Reads one [[words]] row of the rulebook. Raises KeyError and ValueError."""
    if row["medium"] not in MEDIA:
        raise ValueError(f"{row['medium']!r} is none of {', '.join(MEDIA)}")
    return Words(
        place=row["place"],
        medium=row["medium"],
        said=dict(row.get("said", {})),
        source=row["source"],
        since=row["since"],
    )


def complete(
    rendered: Rendered,
    medium: str,
    *,
    rows: Sequence[Words],
    sender: Sender,
    language: str,
    unsubscribe_url: str,
    notices: Notices = Notices(),
) -> Rendered:
    """Returns a promotion in which everything stands that must, once, in its own language."""
    existing = ""
    if notices.existing:
        existing = _said(rows, "existing_customer" if medium == "email" else "existing_customer_sms", language)
    if medium == "email":
        whole = _mail(rendered, rows, sender, language, unsubscribe_url, existing)
        return replace(whole, subject=labelled(whole.subject, notices.label))
    text = _text(rendered.text, rows, sender, language, unsubscribe_url, existing)
    return replace(rendered, text=labelled(text, notices.label))


def needs_postal_address(rows: Sequence[Words], countries: Collection[str]) -> bool:
    """Says whether a mail to one of these countries must name the business's postal address."""
    return any(row.medium == "postal_address" and row.place in countries for row in rows)


def says_how_to_stop(text: str, unsubscribe_url: str) -> bool:
    """Says whether a text tells its reader how to stop: by the keyword, or by the link."""
    return unsubscribe_url in text or _KEYWORD.search(text) is not None


def _text(text: str, rows: Sequence[Words], sender: Sender, language: str, unsubscribe_url: str, existing: str) -> str:
    lines = [] if sender.name.casefold() in text.casefold() else [sender.name]
    if existing and existing not in text:
        lines.append(existing.rstrip("."))
    if unsubscribe_url not in text and not (sender.answers and _KEYWORD.search(text)):
        said = _said(rows, "sms" if sender.answers else "sms_link", language, sender.language)
        lines.append(said.replace(_LINK, unsubscribe_url))
    return f"{text}\n{'. '.join(lines)}" if lines else text


def _mail(
    rendered: Rendered, rows: Sequence[Words], sender: Sender, language: str, unsubscribe_url: str, existing: str
) -> Rendered:
    said = _said(rows, "email", language, sender.language)
    text, html = rendered.text, rendered.html
    if lines := _missing(text, sender, said, unsubscribe_url, existing):
        text = f"{text.rstrip()}\n\n-- \n{chr(10).join(lines)}\n"
    if html and (lines := _missing(html, sender, said, unsubscribe_url, existing, marked_up=True)):
        footer = f'<p style="font-size: 12px; color: #595959">{"<br>".join(lines)}</p>'
        ends = list(_BODY_END.finditer(html))
        at = ends[-1].start() if ends else len(html)
        html = f"{html[:at]}{footer}{html[at:]}"
    return Rendered(rendered.subject, text, html)


def _missing(
    body: str, sender: Sender, said: str, unsubscribe_url: str, existing: str, *, marked_up: bool = False
) -> list[str]:
    quoted = escape if marked_up else str
    signs = [one for one in (sender.name, sender.postal_address) if one and quoted(one) not in body]
    lines = [quoted(", ".join(signs))] if signs else []
    if existing and quoted(existing) not in body:
        lines.append(quoted(existing))
    if quoted(unsubscribe_url) not in body:
        link = quoted(unsubscribe_url)
        shown = f'<a href="{link}">{link}</a>' if marked_up else link
        lines.append(quoted(said).replace(_LINK, shown))
    return lines


def _said(rows: Sequence[Words], medium: str, *languages: str) -> str:
    """Returns the words for a medium; a hub without any says it in English."""
    row = next((row for row in rows if row.medium == medium and row.place == "default"), None)
    found = row.in_language(*languages) if row else ""
    return found or _LAST_RESORT[medium]


_LAST_RESORT = {
    "existing_customer": "You get this as our customer; you can object at any time, free of charge.",
    "existing_customer_sms": "Sent to you as our customer.",
    "email": "To get no more offers: {unsubscribe_url}",
    "sms": "Reply STOP to get no more.",
    "sms_link": "No more: {unsubscribe_url}",
}
