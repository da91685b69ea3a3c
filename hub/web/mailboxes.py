"""Mailboxes: the channels that read mail and have a way out to answer it."""

from __future__ import annotations

from channels.base import Polls
from hub.model.errors import NotFound
from hub.web.i18n import _
from hub.web.services import Services


def answering(services: Services) -> set[str]:
    """Returns the names of the mailboxes whose mail can be answered."""
    sections = services.settings.channels
    return {
        name
        for name, channel in services.channels.items()
        if isinstance(channel, Polls) and name in sections and sections[name].sends_with
    }


def mailbox(services: Services, name: str) -> str:
    """Returns the name of a mailbox whose mail can be answered. Raises NotFound."""
    if name not in answering(services):
        raise NotFound(_("There is no mailbox of this name."))
    return name
