"""Reads a mail without letting it hurt the hub: in place where it looks ordinary, else in a limited process."""

from __future__ import annotations

import logging

from channels.email_message.limits import IN_PLACE, look, refuse_hopeless
from channels.email_message.mail import Mail
from channels.email_message.workshop import Workshop
from hub.model.errors import Unreadable

_log = logging.getLogger(__name__)
_workshop = Workshop()


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


def read_apart(raw: bytes) -> Mail:
    """Reads a mail in the workshop, ordinary or not. Raises Unreadable."""
    return _workshop.read(raw)


def takes_long(raw: bytes) -> bool:
    """Tells whether a mail is read in the workshop, where it may take its time; never raises."""
    return len(raw) > IN_PLACE or not look(raw).ordinary


def close_workshop() -> None:
    """Ends the process; the next mail that needs one starts it again."""
    _workshop.close()
