"""Copies of sent mail: put among what the account has sent, once, also where its provider files them by itself."""

from __future__ import annotations

import re

from channels.email_imap.connection import ImapConnection
from channels.email_imap.names import quoted
from channels.mail_wire import NotAccepted

# The header ends at the first empty line; a folded Message-ID has its id on the next one.
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[\x21-\x7e]{1,900}>)", re.IGNORECASE | re.MULTILINE)


class SentConnection(ImapConnection):
    """Raises Unreachable where trying again may help, NotAccepted where somebody must mend the settings."""

    async def keep(self, folder: str, mail: bytes) -> bool:
        """Stores a mail in a folder as already seen; returns False where one of its Message-ID lies there already.

        A provider that files what it sends (Gmail, Exchange) has been quicker, or an earlier attempt whose answer was
        lost. May be called twice with the same mail.
        """
        content = mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        head = content.partition(b"\r\n\r\n")[0]
        found = _MESSAGE_ID.search(head.replace(b"\r\n", b"\n"))
        if found and await self._holds(folder, found[1].decode("ascii")):
            return False
        await self.append(folder, content)
        return True

    async def _holds(self, folder: str, message_id: str) -> bool:
        try:
            await self.examine(folder)
        except NotAccepted:
            return False  # it is made when something is put into it, or that says what is wrong
        lines = await self._command("SEARCH", "HEADER", "Message-ID", quoted(message_id), prefix="UID")
        return any(line.upper().startswith(b"SEARCH") and len(line.split()) > 1 for line in lines)
