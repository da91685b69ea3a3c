"""A first look at a mailbox: its folders, and the subjects of the newest mails; nothing there is changed."""

from __future__ import annotations

import re

from channels.email_imap.connection import ImapConnection
from channels.email_imap.folders import sent_folder
from channels.email_message.headers import decode_header
from hub.model.first_look import Looked

_SUBJECT = re.compile(rb"^subject:((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_LONGEST = 200


async def first_look(connection: ImapConnection, folder: str, newest: int) -> Looked:
    """Returns what is there, newest subject first. Raises Unreachable and NotAccepted."""
    folders = await connection.folders()
    await connection.examine(folder)
    uids = (await connection.uids_after(0))[-newest:]
    told = (await connection.fetch(uids, "(UID BODY.PEEK[HEADER])"))[1] if uids else {}
    headers = [told[uid].content or b"" for uid in reversed(uids) if uid in told]
    return Looked(
        folders=[each.name for each in folders if each.opens],
        sent_folder=sent_folder(folders),
        subjects=[_subject(header) for header in headers],
    )


def _subject(header: bytes) -> str:
    found = _SUBJECT.search(header)
    text = found[1].decode("utf-8", "surrogateescape") if found else ""
    return decode_header(text[:4000], set())[:_LONGEST]
