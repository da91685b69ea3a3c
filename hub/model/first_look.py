"""What a first look at a mailbox shows before anything of it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The folders, which of them keeps what was sent, and the newest subjects; nothing of it is stored."""

    folders: Sequence[str] = ()
    sent_folder: str = ""
    subjects: Sequence[str] = field(default=(), repr=False)
