"""Which mails no machine may answer by itself (RFC 3834 section 2): machines', lists', and those that ask for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from channels.email_message.mail import Mail, Mailbox
from channels.email_message.ourselves import Ourselves

_OF_LISTS = ("list-id", "list-post", "list-help", "list-unsubscribe", "list-unsubscribe-post", "mailing-list")
_OF_MACHINES = ("x-loop", "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-respond", "x-failed-recipients")
# RFC 3834 section 2, RFC 2142, and how programs name the address that nobody reads.
_NOBODY = re.compile(
    r"(?:no|not|do-?not|dont)[._-]?(?:reply|answer|respond)\w*|\w*[._-]?no[._-]?reply|mailer-daemon|mail-daemon|postmaster"
    r"|mailer|(?:web)?daemon|root|nobody|www-data|apache|cron|listserv|listproc|majordomo|mailman|owner-.+|.+-owner"
    r"|.+-request|.+-bounces?|bounces?(?:[+=._-].*)?|notifications?|notify|alerts?|auto(?:mated|mailer|reply|-?response)"
    r"|autoresponder|mail(?:er)?bot|robot",
    re.IGNORECASE,
)
# [MS-OXCMAIL] 2.2.3.2.14: whoever sets these wants no such answer.
_SUPPRESSED = re.compile(r"\b(?:all|oof|autoreply)\b", re.IGNORECASE)


def by_headers(header: Mapping[str, Sequence[str]]) -> str:
    """Returns why the headers forbid an automatic answer, empty where they do not: list, automatic, bulk, no_return
    or asked_not_to. `header`: raw values by lower-case name.
    """
    if any(name in header for name in _OF_LISTS):
        return "list"
    submitted = _first(header, "auto-submitted").partition(";")[0].partition("(")[0].strip().lower()
    if submitted not in ("", "no") or any(name in header for name in _OF_MACHINES):
        return "automatic"
    precedence = _first(header, "precedence").lower()
    if precedence and precedence not in ("normal", "first-class", "special-delivery", "urgent"):
        return "bulk"
    if "return-path" in header and "@" not in _first(header, "return-path"):
        return "no_return"
    if _SUPPRESSED.search(_first(header, "x-auto-response-suppress")):
        return "asked_not_to"
    return ""


def by_people(mail: Mail, us: Ourselves) -> str:
    """Returns why sender or recipients forbid an automatic answer: no_reply, ours, or not_to_us.

    A mail that names none of our domains was sent blind, or comes by a list that does not say so.
    """
    author = mail.from_[0].addr_spec.lower() if mail.from_ else ""
    if len(mail.from_) != 1 or not author:
        return "no_reply"
    # Not the return path: a person's mail may be sent by a service that returns to bounces@.
    if any(_NOBODY.fullmatch(address.rpartition("@")[0]) for address in (author, *_addresses(mail.reply_to))):
        return "no_reply"
    if us.include(author):
        return "ours"
    domains = {address.rpartition("@")[2] for address in us.own_addresses}
    named = {box.addr_spec.lower().rpartition("@")[2] for box in (*mail.to, *mail.cc)}
    return "" if not domains or named & domains else "not_to_us"


def _addresses(boxes: Sequence[Mailbox]) -> list[str]:
    return [box.addr_spec for box in boxes if box.addr_spec]


def _first(header: Mapping[str, Sequence[str]], name: str) -> str:
    values = header.get(name)
    return values[0].strip() if values else ""
