"""A kind of thing that travels as files: a form, a template, ... Adding one is one class and its line in KINDS."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, ClassVar, Protocol

from sqlalchemy import Connection

from hub.desk.configuration.files import Files
from hub.model.errors import HubError, Refused

# A thing in the one form in which two of them are compared: plain data, defaults filled in, nothing that the database
# alone knows (ids, versions, times).
Content = Mapping[str, Any]
CHANNEL = "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a file cannot be applied; `where`: the key or line within it, if it is known."""

    file: str
    where: str = ""
    message: str
    next_step: str = ""

    def __str__(self) -> str:
        place = f"{self.file}, {self.where}" if self.where else self.file
        return " ".join(part for part in (f"{place}: {self.message}", self.next_step) if part)


@dataclass(frozen=True, slots=True)
class Reference:
    """One thing names another: it must be here already, or come along. `kind` CHANNEL: a channel of the settings."""

    kind: str
    name: str
    where: str


@dataclass(frozen=True, slots=True)
class Found:
    """A thing as a file describes it."""

    file: str
    content: Content


@dataclass(slots=True)
class Reading:
    """What files say: things by kind and key, and what is wrong with them."""

    things: dict[str, dict[str, Found]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def add(self, kind: Kind, key: str, found: Found) -> None:
        """Takes a thing in; the second of one key is a fault."""
        of_kind = self.things.setdefault(kind.name, {})
        if other := of_kind.get(key):
            self.faults.append(
                Fault(file=found.file, message=f"{kind.name} {key!r} stands twice: also in {other.file}.")
            )
        else:
            of_kind[key] = found

    def refuse(self, file: str, error: HubError, where: str = "") -> None:
        """Notes what an error says about a file."""
        place = where or str(getattr(error, "field", ""))
        self.faults.append(Fault(file=file, where=place, message=error.message, next_step=error.next_step))


class Kind(Protocol):
    """One kind of thing. `name` is what people call it ("form"); keys are what names one thing for ever."""

    name: ClassVar[str]

    def owns(self, path: str) -> bool:
        """Tells whether a file at this path would be of this kind."""
        ...

    def read(self, files: Files, into: Reading) -> None:
        """Reads and checks its files, each as far as it can; never touches the database."""
        ...

    def write(self, things: Mapping[str, Content]) -> dict[str, str]:
        """Returns the files that describe these things; reading them gives the same things."""
        ...

    def stored(self, conn: Connection) -> dict[str, Content]:
        """Returns what the hub has, by key."""
        ...

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        """Stores a thing, as its next version where there are versions. Raises Refused."""
        ...

    def retire(self, conn: Connection, key: str, by: str, now: datetime) -> bool:
        """Takes a thing out of use, its history kept; returns False when it was so already. Raises Refused."""
        ...

    def references(self, key: str, content: Content) -> Iterable[Reference]:
        """Returns what else a thing needs."""
        return ()

    def known_as(self, key: str) -> str:
        """Returns the name by which others refer to it."""
        return key

    def why_fixed(self, conn: Connection, key: str) -> str:
        """Returns why a thing cannot be changed now, or an empty string."""
        return ""


def in_language(words: Any, language: str, where: str) -> str:
    """Returns a text, or of words by language those in this one, else the first. Raises Refused."""
    if isinstance(words, Mapping) and words:
        chosen = words.get(language) or words.get(language.partition("-")[0]) or next(iter(words.values()))
    else:
        chosen = words
    if not isinstance(chosen, str):
        raise Refused(f"The {where} is a text, or one for each language.", field=where)
    return chosen.strip()


def toml_files(files: Files, folder: str, into: Reading) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yields (path, stem, data) of every TOML file of a folder; one that is no TOML is a fault with its line."""
    for path in sorted(files):
        if is_in(path, folder):
            data = toml(files, path, into)
            if data is not None:
                yield path, PurePosixPath(path).stem, data


def toml(files: Files, path: str, into: Reading) -> dict[str, Any] | None:
    """Returns the data of a TOML file, or None after noting what is wrong with it."""
    try:
        return tomllib.loads(files[path])
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        into.faults.append(Fault(file=path, message=f"This is no valid TOML: {error}.", next_step="Correct that line."))
        return None


def is_in(path: str, folder: str) -> bool:
    """Tells whether a path is that of a TOML file right in this folder."""
    pure = PurePosixPath(path)
    return pure.parent.as_posix() == folder and pure.suffix == ".toml"
