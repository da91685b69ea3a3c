"""Decides whether a mail is a report and reads it: fields for machines first, then the prose."""

from __future__ import annotations

from email.message import Message

from channels.email_message.bounce import addresses
from channels.email_message.bounce.feedback import is_feedback, read_feedback
from channels.email_message.bounce.fields import StatusFields, read_fields
from channels.email_message.bounce.notice import Notice, split_notice
from channels.email_message.bounce.notification import read_notification
from channels.email_message.bounce.original import Original, find_original, header_block
from channels.email_message.bounce.parts import Parts, read_parts
from channels.email_message.bounce.recipients import Mention, find_recipients
from channels.email_message.bounce.report import BounceReport, Failure
from channels.email_message.bounce.signs import ENOUGH, HeaderSigns, is_about_mail, notice_weight, quotes_a_server
from channels.email_message.bounce.text import header
from channels.email_message.bounce.verdict import announces_delay, judge_fields, judge_prose

_MAX_RECIPIENTS = 500


def read_bounce(mail: Message, raw: bytes) -> BounceReport | None:
    """Return what a delivery or feedback report says, or None for any other mail; never raises.

    `mail` is the standard library's compat32 parse of `raw`. Formats: RFC 3464, RFC 6533, RFC 5965, QSBMF, Exim's,
    Amazon SES's JSON, and the prose of mail servers in many languages. Time is linear in the size of `raw`.
    """
    signs = HeaderSigns(mail)
    types = read_parts(mail, bodies=False)
    complaint = is_feedback(mail, types)
    if not (complaint or types.status or types.report_type or (signs.weight and not signs.mailing)):
        return None
    parts = read_parts(mail)
    if complaint or is_feedback(mail, parts):
        return read_feedback(parts, find_original(mail, parts, "", ""))
    notification = read_notification(parts.notice)
    if notification:
        return notification
    notice = _notice(parts, signs)
    groups = [group for text in parts.status for group in read_fields(text)]
    if not _is_report(mail, signs, parts, groups, notice):
        return None
    groups = groups or _fields_in_prose(parts, notice)
    original = find_original(mail, parts, notice.text, notice.returned)
    failures = _from_fields(mail, groups, notice, signs) if groups else ()
    if not failures and not groups and parts.returned and not find_recipients(notice.text, ()):
        inner = read_bounce(parts.returned[0], b"") if parts.returned[0] is not mail else None
        if inner:  # a gateway that wraps the report of another one
            return inner
    if not failures and not _only_success(groups):
        failures = _from_prose(mail, groups, notice, signs, original)
    if not failures and not groups and not signs.daemon:
        return None
    return BounceReport("bounce", failures, original.message_id, original.subject, original.recipients)


def _notice(parts: Parts, signs: HeaderSigns) -> Notice:
    """Split the text; a marker under which no header of ours stands, and above which nobody is named, was none."""
    notice = split_notice(parts.notice, from_a_person=not signs.mail_system)
    if not signs.mail_system or not notice.returned or addresses.in_prose(notice.text):
        return notice
    return notice if header_block(notice.returned).keys() else Notice(parts.notice, "")


def _is_report(mail: Message, signs: HeaderSigns, parts: Parts, groups: list[StatusFields], notice: Notice) -> bool:
    if groups:
        # A person who forwards a report in pieces still writes as a person.
        return parts.report_type == "delivery-status" or signs.mail_system or (signs.weight > 0 and not signs.forwarded)
    told = notice_weight(notice.text, from_a_person=not signs.mail_system)
    if (
        signs.auto_reply
        or signs.forwarded
        or signs.mailing
        or (parts.report_type == "disposition-notification" and not told)
    ):
        return False
    returned = bool(parts.returned or parts.returned_headers or notice.returned)
    if not (returned or parts.report_type == "delivery-status" or quotes_a_server(notice.text)):
        # A person complains of an order that was not delivered, a carrier announces a parcel's delay.
        announced = (signs.automatic or signs.subject_says) and is_about_mail(notice.text, signs.subject)
        if signs.answer or not (signs.mail_system or announced):
            return False
    weight = signs.weight + told + returned
    if parts.report_type == "disposition-notification":
        return "automatically rejected" in notice.text.lower()
    if not (signs.daemon or signs.subject_says or parts.report_type or (told and returned)):
        return False  # an auto-reply has an empty return path too, and may speak of undelivered mail
    if weight < ENOUGH and signs.postman and _names_others(mail, notice):
        return True  # in whatever language: a mail system that writes to us about somebody's address
    return weight + 3 * (parts.report_type == "delivery-status") >= ENOUGH


def _fields_in_prose(parts: Parts, notice: Notice) -> list[StatusFields]:
    """Return fields that a gateway flattened into the text, before or (a bounce of a bounce) after the marker."""
    for text in (notice.text, notice.returned if not parts.returned else ""):
        if "-recipient" in text.lower():
            groups = [group for group in read_fields(text) if group.recipient]
            if groups:
                return groups
    return []


def _only_success(groups: list[StatusFields]) -> bool:
    return bool(groups) and all(group.succeeded for group in groups)


def _from_fields(mail: Message, groups: list[StatusFields], notice: Notice, signs: HeaderSigns) -> tuple[Failure, ...]:
    late = announces_delay(notice.text, signs.subject)
    segments = {addresses.key(m.address): m.segment for m in find_recipients(notice.text, ())}
    failures: dict[str, Failure] = {}
    for group in groups:
        recipient = group.recipient
        if not recipient or group.succeeded or addresses.key(recipient) in failures:
            continue
        if len(failures) >= _MAX_RECIPIENTS:
            break
        prose = [segments.get(addresses.key(recipient), ""), notice.text[:8000]]
        failures[addresses.key(recipient)] = judge_fields(group, recipient, prose, late=late)
    return tuple(failures.values())


def _from_prose(
    mail: Message, groups: list[StatusFields], notice: Notice, signs: HeaderSigns, original: Original
) -> tuple[Failure, ...]:
    late = announces_delay(notice.text, signs.subject)
    told = next((group for group in groups if not group.empty and not group.succeeded), None)
    failures = []
    mentions = _mentions(mail, notice, original)
    for mention in mentions:
        context = [notice.text[:8000], signs.subject]
        if told:
            failures.append(judge_fields(told, mention.address, [mention.segment, *context], late=late))
        else:
            failures.append(judge_prose(mention.address, mention.segment, context, late=late, alone=len(mentions) == 1))
    return tuple(failures)


def _ours(mail: Message) -> list[str]:
    return addresses.in_prose(f"{header(mail, 'from')} {header(mail, 'to')} {header(mail, 'return-path')}")


def _names_others(mail: Message, notice: Notice) -> bool:
    ours = {addresses.key(address) for address in _ours(mail)}
    return any(addresses.key(mention.address) not in ours for mention in find_recipients(notice.text, ()))


def _mentions(mail: Message, notice: Notice, original: Original) -> list[Mention]:
    ours = _ours(mail)
    told = find_recipients(notice.text, ours)
    named = mail.get_all("x-failed-recipients", [])
    if named:
        segments = {addresses.key(m.address): m.segment for m in told}
        listed = addresses.distinct(addresses.in_prose(" , ".join(str(value) for value in named)[:65_536]))
        if listed:
            return [Mention(a, segments.get(addresses.key(a), "")) for a in listed]
    if told:
        return told
    in_subject = [a for a in addresses.in_prose(header(mail, "subject")) if a not in ours]
    return [Mention(a) for a in (in_subject or list(original.recipients))]
