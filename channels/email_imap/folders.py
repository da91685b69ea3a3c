"""Folders as a server lists them, and which of them holds what was sent (RFC 6154, else by its usual names)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from channels.email_imap.names import decode_folder

# The name of a mailbox that stands for whichever folder the server marks so.
SENT = "\\Sent"
_LISTED = re.compile(rb'LIST \(([^)]*)\) (NIL|"(?:\\.|[^"])*") (.+)', re.IGNORECASE | re.DOTALL)
_NOT_OPENED = frozenset({"\\noselect", "\\nonexistent"})
# What mail programs and providers name it, in the languages in which they make it, most of them on Exchange.
_SENT_NAMES = (
    "sent", "sent items", "sent messages", "sent mail", "sent-mail", "sentmail", "sent objects",
    "gesendet", "gesendete objekte", "gesendete elemente", "gesendete nachrichten",
    "envoyés", "éléments envoyés", "messages envoyés", "objets envoyés",
    "enviados", "enviadas", "elementos enviados", "mensajes enviados", "itens enviados", "mensagens enviadas",
    "inviata", "inviati", "posta inviata", "elementi inviati", "messaggi inviati",
    "verzonden", "verzonden items", "verzonden berichten", "skickat", "skickade objekt", "sendt", "sendte elementer",
    "sendt post", "sendte element", "lähetetyt", "lähetetyt viestit", "wysłane", "elementy wysłane",
    "odeslané", "odeslaná pošta", "odoslané", "odoslaná pošta", "elküldött", "elküldött elemek", "trimise",
    "отправленные", "надіслані", "изпратени", "σταλμένα", "απεσταλμένα", "gönderilmiş öğeler", "gönderilenler",
    "送信済み", "送信済みアイテム", "送信済みメール",
    "已发送", "已发送邮件", "已發送", "寄件備份", "보낸편지함", "보낸 편지함",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder: its name for people, its attributes in lower case (`\\sent`), and what separates its levels."""

    name: str
    attributes: frozenset[str] = frozenset()
    delimiter: str = ""

    @property
    def opens(self) -> bool:
        """Whether it can hold mail."""
        return not self.attributes & _NOT_OPENED


def read_listed(line: bytes) -> Folder | None:
    """Returns the folder of one untagged LIST response, or None where it is another response."""
    found = _LISTED.match(line)
    if found is None:
        return None
    delimiter = "" if found[2].upper() == b"NIL" else _unquoted(found[2])
    attributes = frozenset(found[1].decode("ascii", "replace").lower().split())
    return Folder(decode_folder(_unquoted(found[3])), attributes, delimiter)


def sent_folder(folders: Sequence[Folder]) -> str:
    """Returns the name of the folder that holds what was sent: the one marked so, else one of the usual names."""
    opening = [folder for folder in folders if folder.opens]
    marked = [folder.name for folder in opening if "\\sent" in folder.attributes]
    if marked:
        return marked[0]
    named = {_plain(folder): folder.name for folder in reversed(opening)}
    return next((named[name] for name in _SENT_NAMES if name in named), "")


def _plain(folder: Folder) -> str:
    """Returns the last level of a name, as it is compared."""
    last = folder.name.rpartition(folder.delimiter)[2] if folder.delimiter else folder.name
    return unicodedata.normalize("NFC", last).strip().casefold()


def _unquoted(name: bytes) -> str:
    text = name.decode("utf-8", "replace")  # RFC 3501 wants ASCII; some servers send UTF-8 all the same
    if text.startswith('"') and text.endswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return re.sub(r"\A\{\d+\}", "", text)  # a literal
