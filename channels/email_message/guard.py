"""Reads a mail without letting it hurt the hub: in place where it looks ordinary, else in a limited process."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from channels.email_message.limits import IN_PLACE, look, refuse_hopeless
from channels.email_message.mail import Mail
from channels.email_message.pages import FEW, Job, Outcome, PageReader, read_one
from channels.email_message.workshop import Workshop
from hub.model.errors import Unreadable

_log = logging.getLogger(__name__)
_workshop = Workshop()
_pages = PageReader()


def read_mail_guarded(raw: bytes) -> Mail:
    """Reads a mail; may be called from any thread and takes no more than the workshop gives. Raises Unreadable.

    A large mail goes to the process too: parsing it here would hold up the event loop by the interpreter's lock.
    """
    if len(raw) > IN_PLACE:
        return _workshop.read(raw)  # and looked at there: that takes as much memory as the mail does
    shape = look(raw)
    refuse_hopeless(shape)
    if not shape.ordinary:
        return _workshop.read(raw)
    from channels.email_message.read import read_mail  # its tables and patterns would cost each start 0.15 s

    try:
        return read_mail(raw, shape)
    except (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        # The last net: a mail that trips the reader is kept for a newer one, and the next mail is read.
        _log.exception("A mail tripped the reader")
        raise Unreadable(
            "This mail could not be read because of a fault in the reader. Its raw bytes are kept: report the fault,"
            " and try again with a newer version."
        ) from error


def read_page(jobs: Sequence[Job]) -> Sequence[Outcome]:
    """Reads ordinary mails, many of them in a process of their own; if it is lost over them, each in one of its own."""
    if len(jobs) < FEW:
        return [read_one(job) for job in jobs]
    outcomes = _pages.read(jobs)
    return outcomes if outcomes is not None else [read_one((raw, {**how, "read": _workshop.read})) for raw, how in jobs]


def takes_long(raw: bytes) -> bool:
    """Tells whether a mail is read in the workshop, where it may take its time; never raises."""
    return len(raw) > IN_PLACE or not look(raw).ordinary


def close_workshop() -> None:
    """Ends the reading processes; the next mail that needs one starts it again."""
    _workshop.close()
    _pages.close()
