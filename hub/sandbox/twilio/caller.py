"""Who is at the phone: a script that knows beforehand what it does, or somebody who decides at each step."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

_PATIENCE_SECONDS = 600.0


class HungUp(Exception):
    """The caller put the phone down."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What somebody says after the tone: so long, in these words; `content` is its sound where there is one.

    `stays`: ends the recording with a key and listens on, instead of hanging up.
    """

    seconds: int
    says: str = ""
    content: bytes = field(default=b"", repr=False)
    content_type: str = ""
    stays: bool = False


@dataclass(slots=True)
class Caller:
    """Follows a script: presses these digits at each menu, speaks this long after the tone.

    `heard` are the verbs that were played, each with its words.
    """

    digits: list[str] = field(default_factory=list)
    voicemail_seconds: int = 0
    says: str = ""
    heard: list[tuple[str, str]] = field(default_factory=list)

    async def press(self, most: int) -> str:
        """Returns the keys pressed at a menu, at most so many; empty: none."""
        return self.digits.pop(0)[:most] if self.digits else ""

    async def speak(self, longest: int) -> Voice | None:
        """Returns what is said after the tone, None: nothing. Raises HungUp."""
        if self.voicemail_seconds <= 0:
            return None
        return Voice(min(self.voicemail_seconds, longest), self.says)


class LiveCaller(Caller):
    """Somebody who listens and decides at each step; `asked` says what the call waits for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = ""
        self.most = 0
        self.rests = asyncio.Event()
        self._answer: asyncio.Future[str | Voice | None] | None = None

    async def press(self, most: int) -> str:
        """Waits for keys."""
        answer = await self._ask("keys", most)
        return answer[:most] if isinstance(answer, str) else ""

    async def speak(self, longest: int) -> Voice | None:
        """Waits for what is said."""
        answer = await self._ask("voice", longest)
        return answer if isinstance(answer, Voice) else None

    async def _ask(self, what: str, most: int) -> str | Voice | None:
        self._answer = asyncio.get_running_loop().create_future()
        self.asked, self.most = what, most
        self.rests.set()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await self._answer
        except TimeoutError:
            raise HungUp from None
        finally:
            self.asked, self._answer = "", None
            self.rests.clear()

    def act(self, answer: str | Voice | None) -> bool:
        """Presses keys, speaks, or stays silent (None); returns whether the call waited for that."""
        fits = answer is None or isinstance(answer, Voice) == (self.asked == "voice")
        if self._answer is None or self._answer.done() or not fits:
            return False
        self.rests.clear()
        self._answer.set_result(answer)
        return True

    def hang_up(self) -> bool:
        """Puts the phone down; returns whether the call waited for anything."""
        if self._answer is None or self._answer.done():
            return False
        self.rests.clear()
        self._answer.set_exception(HungUp())
        return True
