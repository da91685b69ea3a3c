"""Applying files to the hub: read and check all, compare with what is here, write in one transaction or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import Connection

from hub.desk.configuration.files import Files
from hub.desk.configuration.kind import CHANNEL, Content, Fault, Found, Kind, Reading
from hub.model.errors import HubError, Refused
from hub.store import audit
from hub.store.audit import Actor

_FAULTS_TOLD = 20


class Outcome(StrEnum):
    """What applying does to one thing."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    ONLY_HERE = "only_here"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one thing; `parts`: which entries of it differ."""

    kind: str
    key: str
    outcome: Outcome
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, or would be; with faults nothing is."""

    changes: tuple[Change, ...]
    faults: tuple[Fault, ...] = ()
    applied: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """Returns how many things have each outcome."""
        return {outcome.value: sum(1 for change in self.changes if change.outcome is outcome) for outcome in Outcome}


def export(conn: Connection, kinds: Sequence[Kind]) -> dict[str, str]:
    """Returns all that the hub has as files, by path; `apply` of them changes nothing."""
    return {path: text for kind in kinds for path, text in kind.write(kind.stored(conn)).items()}


def read(kinds: Sequence[Kind], files: Files) -> Reading:
    """Reads and checks files without the database. Takes its time: for a thread."""
    reading = Reading()
    for path in sorted(files):
        if not any(kind.owns(path) for kind in kinds):
            names = ", ".join(kind.name for kind in kinds)
            message = f"Nothing of the hub stands in a file of this name; it reads files of these kinds: {names}."
            reading.faults.append(Fault(file=path, message=message, next_step="Correct the name, or remove the file."))
    for kind in kinds:
        kind.read(files, reading)
    return reading


def foretell(
    conn: Connection,
    kinds: Sequence[Kind],
    reading: Reading,
    *,
    channels: Collection[str],
    prune: bool = False,
) -> Report:
    """Returns what `apply` would do; only reads. `channels`: the names that the settings have."""
    if reading.faults:  # what could not be read would count as missing
        return Report((), tuple(reading.faults))
    changes = [change for kind in kinds for change in _compare(kind, reading, kind.stored(conn), prune)]
    return Report(tuple(changes), (*_dangling(kinds, reading, changes, channels), *_fixed(conn, kinds, changes)))


def apply(
    conn: Connection,
    kinds: Sequence[Kind],
    reading: Reading,
    by: Actor,
    *,
    channels: Collection[str],
    prune: bool = False,
) -> Report:
    """Stores what differs, as its next version; with `prune` also takes out of use what the files do not have.

    Raises Refused telling every fault, before anything is written.
    """
    report = foretell(conn, kinds, reading, channels=channels, prune=prune)
    if report.faults:
        raise refusal(report.faults)
    of_kind = {kind.name: kind for kind in kinds}
    for change in report.changes:
        if change.outcome in (Outcome.NEW, Outcome.CHANGED):
            found = reading.things[change.kind][change.key]
            _save(conn, of_kind[change.kind], change.key, found, by)
    # The last kinds refer to the first, so these leave last.
    kept = {
        change
        for change in reversed(report.changes)
        if change.outcome is Outcome.RETIRED and not of_kind[change.kind].retire(conn, change.key, by.name, by.at)
    }
    done = [replace(change, outcome=Outcome.ONLY_HERE) if change in kept else change for change in report.changes]
    for change in done:
        if change.outcome not in (Outcome.SAME, Outcome.ONLY_HERE):
            detail = {"outcome": change.outcome.value, "parts": list(change.parts)}
            audit.note(conn, by, "configuration.applied", f"{change.kind}/{change.key}", detail)
    return Report(tuple(done), applied=True)


def refusal(faults: Sequence[Fault]) -> Refused:
    """Returns one error that tells of all faults, a line each."""
    told = [str(fault) for fault in faults[:_FAULTS_TOLD]]
    if len(faults) > _FAULTS_TOLD:
        told.append(f"and {len(faults) - _FAULTS_TOLD} more")
    first = faults[0]
    step = "Nothing was changed." if len(faults) == 1 else f"Nothing was changed; {len(faults)} places are wrong."
    return Refused("\n".join(told), field=first.file, next_step=step)


def _compare(kind: Kind, reading: Reading, here: Mapping[str, Content], prune: bool) -> Iterator[Change]:
    found = reading.things.get(kind.name, {})
    for key in sorted(found.keys() | here.keys()):
        if key not in found:
            yield Change(kind.name, key, Outcome.RETIRED if prune else Outcome.ONLY_HERE)
        elif key not in here:
            yield Change(kind.name, key, Outcome.NEW)
        else:
            parts = differing(here[key], found[key].content)
            yield Change(kind.name, key, Outcome.CHANGED if parts else Outcome.SAME, parts)


def differing(old: Content, new: Content) -> tuple[str, ...]:
    """Returns the names of the entries that differ, in the order of the new one."""
    names = dict.fromkeys([*new, *old])
    return tuple(name for name in names if old.get(name) != new.get(name))


def _dangling(
    kinds: Sequence[Kind],
    reading: Reading,
    changes: Sequence[Change],
    channels: Collection[str],
) -> Iterator[Fault]:
    """Yields what refers to something that is not there, or will not be any more."""
    # A channel may come along as a connection.
    staying: dict[str, set[str]] = {CHANNEL: {*channels, *reading.things.get("connection", ())}}
    for kind in kinds:
        staying[kind.name] = {
            kind.known_as(change.key)
            for change in changes
            if change.kind == kind.name and change.outcome is not Outcome.RETIRED
        }
    for kind in kinds:
        found = reading.things.get(kind.name, {})
        for key, thing in found.items():
            for reference in kind.references(key, thing.content):
                if reference.name not in staying[reference.kind]:
                    known = ", ".join(sorted(staying[reference.kind])) or "none"
                    yield Fault(
                        file=thing.file,
                        where=reference.where,
                        message=f"There is no {reference.kind} {reference.name!r}; known are {known}.",
                    )


def _fixed(conn: Connection, kinds: Sequence[Kind], changes: Sequence[Change]) -> Iterator[Fault]:
    """Yields what cannot be changed now."""
    of_kind = {kind.name: kind for kind in kinds}
    for change in changes:
        if change.outcome in (Outcome.CHANGED, Outcome.RETIRED) and (
            why := of_kind[change.kind].why_fixed(conn, change.key)
        ):
            yield Fault(file=f"{change.kind} {change.key}", message=why)


def _save(conn: Connection, kind: Kind, key: str, found: Found, by: Actor) -> None:
    try:
        kind.save(conn, key, found.content, by.name, by.at)
    except HubError as error:
        reading = Reading()
        reading.refuse(found.file, error)
        raise refusal(reading.faults) from error
