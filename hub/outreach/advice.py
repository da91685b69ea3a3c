"""Advice on a template: what its writer should know before it goes out; none of it keeps one from being saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hub.model.outbound import Purpose
from hub.model.sms_parts import count_parts, plain_lookalikes
from hub.outreach.rendering import Rendered
from hub.outreach.required_words import says_how_to_stop
from hub.outreach.spam_words import mostly_capitals, shortened_link, shouts, spam_phrases
from hub.outreach.used_fields import bare, used, value_at

# Mail programs on phones show about so much of a subject; a text of more parts is better said by mail.
LONGEST_SUBJECT = 70
MOST_PARTS = 3


class Kind(StrEnum):
    """What is advised, worst first."""

    NO_LINK_OUT = "no_link_out"
    NO_WORD_OUT = "no_word_out"
    MISSING_FIELD = "missing_field"
    EMPTY_FIELD = "empty_field"
    SPAM = "spam"
    SHOUTING = "shouting"
    CAPITALS = "capitals"
    SHORTENED_LINK = "shortened_link"
    LONG_SUBJECT = "long_subject"
    MANY_PARTS = "many_parts"
    DEAR_CHARACTERS = "dear_characters"
    NO_MAIL = "no_mail"
    NO_HTML = "no_html"
    NO_TEXT = "no_text"
    NO_SMS = "no_sms"


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to know; `face`: where, `said`: the field, phrase or figure it is about."""

    kind: Kind
    face: str = ""
    said: str = ""


def advise(
    faces: Mapping[str, str], purpose: str, rendered: Mapping[str, Rendered], values: Mapping[str, Any]
) -> list[Advice]:
    """Returns what is worth knowing, worst first. `rendered` by medium and `values`: for one customer."""
    found = [
        *_way_out(faces, purpose, rendered, values),
        *_fields(faces, values),
        *_manners(rendered, purpose),
        *_texts(rendered),
        *_missing(faces),
    ]
    order = list(Kind)
    return sorted(dict.fromkeys(found), key=lambda each: order.index(each.kind))


def has_link_out(source: str) -> bool:
    """Says whether a mail's source has the link by which its reader leaves."""
    return any("unsubscribe" in path or "preferences" in path for path in used(source, html=True))


def _way_out(
    faces: Mapping[str, str], purpose: str, rendered: Mapping[str, Rendered], values: Mapping[str, Any]
) -> list[Advice]:
    if purpose != Purpose.PROMOTIONAL:
        return []
    mails = [Advice(Kind.NO_LINK_OUT, face) for face in ("html", "text") if faces.get(face)]
    mails = [each for each in mails if not has_link_out(faces[each.face])]
    silent = "sms" in rendered and not says_how_to_stop(rendered["sms"].text, str(values["unsubscribe_url"]))
    return [*mails, *([Advice(Kind.NO_WORD_OUT, "sms")] if silent else [])]


def _fields(faces: Mapping[str, str], values: Mapping[str, Any]) -> list[Advice]:
    found = []
    for face, source in faces.items():
        for path in bare(source, html=face == "html"):
            value = value_at(values, path)
            if value is None and path.partition(".")[0] in values:
                found.append(Advice(Kind.MISSING_FIELD, face, path))
            elif value == "":
                found.append(Advice(Kind.EMPTY_FIELD, face, path))
    return found


def _manners(rendered: Mapping[str, Rendered], purpose: str) -> list[Advice]:
    mail = rendered.get("email", Rendered())
    text = rendered.get("sms", Rendered()).text
    found = []
    if purpose == Purpose.PROMOTIONAL:
        for face, said in (("subject", mail.subject), ("text", mail.text), ("sms", text)):
            found += [Advice(Kind.SPAM, face, phrase) for phrase in spam_phrases(said)]
    for face, said in (("subject", mail.subject), ("sms", text)):
        found += [Advice(Kind.SHOUTING, face, marks) for marks in shouts(said)]
        found += [Advice(Kind.CAPITALS, face)] if mostly_capitals(said) else []
    if link := shortened_link(text):
        found.append(Advice(Kind.SHORTENED_LINK, "sms", link))
    if len(mail.subject) > LONGEST_SUBJECT:
        found.append(Advice(Kind.LONG_SUBJECT, "subject", str(len(mail.subject))))
    return found


def _texts(rendered: Mapping[str, Rendered]) -> list[Advice]:
    if "sms" not in rendered:
        return []
    text = rendered["sms"].text
    parts, plain = count_parts(text).parts, count_parts(plain_lookalikes(text)).parts
    found = [Advice(Kind.MANY_PARTS, "sms", str(parts))] if parts > MOST_PARTS else []
    return [*found, *([Advice(Kind.DEAR_CHARACTERS, "sms", f"{parts} {plain}")] if plain < parts else [])]


def _missing(faces: Mapping[str, str]) -> list[Advice]:
    mail = bool(faces.get("html") or faces.get("text"))
    found = []
    if not mail:
        found.append(Advice(Kind.NO_MAIL))
    elif not faces.get("html"):
        found.append(Advice(Kind.NO_HTML))
    elif not faces.get("text"):
        found.append(Advice(Kind.NO_TEXT))
    return [*found, *([] if faces.get("sms") else [Advice(Kind.NO_SMS)])]
