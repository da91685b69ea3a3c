"""`hub check`: what needs somebody, with every channel tried now as it is set; exit 6 when something needs mending."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import typer

from hub.cli.frame import PROBLEMS_FOUND, emit, note, say, wants_json
from hub.cli.setting import Config, Data, settings_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.app import Hub
    from hub.config import Settings
    from hub.store.mailboxes import Mailbox
    from hub.store.problems import Found, Noted

# As hub.store.recalled calls the list of a provider.
MAILBOX = "recall"
# Only a running hub sees these; what it found of late counts here too.
_SEEN_BY_THE_HUB = frozenset({"channels", "jobs", "work", "late", "forged", "watch"})


def register(app: typer.Typer) -> None:
    """Adds `check` and what may follow it."""
    from hub.cli.check_mail import mail

    checks = typer.Typer(invoke_without_command=True, subcommand_metavar="[mail DOMAIN]")
    checks.callback()(check)
    checks.command()(mail)
    app.add_typer(checks, name="check")


def check(context: typer.Context, config: Config = None, data: Data = None) -> None:
    """Say what needs mending and how: settings, database, disk, jobs, backups; every channel is tried.

    Exit 6 when something does; what is only good to know, and what staff put off, does not count.
    """
    if context.invoked_subcommand is not None:
        return
    settings = settings_of(config, data=data)
    told = asyncio.run(_check(settings))
    for problem in told:
        if wants_json():
            emit(problem)
        else:
            say(_lines(problem))
    counts = [problem for problem in told if problem["severity"] != "notice" and not problem["hidden_until"]]
    if not counts and not wants_json():
        say("All is well.")
    raise typer.Exit(PROBLEMS_FOUND if counts else 0)


def _lines(problem: Mapping[str, Any]) -> str:
    command = (problem["action"] or {}).get("command", "")
    until = problem["hidden_until"]
    details = {
        "Why": problem["cause"],
        "Do": problem["mend"],
        "Run": command,
        "Seen": problem["said"],
        "Put off until": f"{until:%Y-%m-%d %H:%M} UTC" if until else "",
    }
    told = [f"{problem['severity'].capitalize()}, {problem['where']}: {problem['message']}"]
    return "\n".join([*told, *(f"    {name}: {detail}" for name, detail in details.items() if detail)])


async def _check(settings: Settings) -> list[dict[str, Any]]:
    from hub.app import opened
    from hub.app.data import prepare, running
    from hub.app.schema import bring_up_to_date
    from hub.insight.finders import found
    from hub.model.errors import HubError, Unavailable
    from hub.model.problem import Severity
    from hub.store.problems import Found

    prepare(settings.hub.data)
    if not settings.hub.database_url and not (settings.hub.data / "hub.sqlite3").exists():
        return [_told(found("not_set_up", "database"), None)]
    try:
        await bring_up_to_date(settings, note)
        there = running(settings.hub.data)
        if there is not None:  # it may have been started on another port than the settings say
            port = urlsplit(there.url).port or settings.hub.port
            settings = settings.model_copy(update={"hub": settings.hub.model_copy(update={"port": port})})
        async with opened(settings) as hub:
            return await _look(hub, runs=there is not None)
    except Unavailable as error:
        return [_told(found("database_unreachable", "database", said=error.message), None)]
    except HubError as error:
        wrong = Found(
            code=error.code, place="hub", severity=Severity.ERROR, message=error.message, mend=error.next_step
        )
        return [_told(wrong, None)]


async def _look(hub: Hub, *, runs: bool) -> list[dict[str, Any]]:
    """Asks every question and tries every channel; adds what only a running hub sees; its rows say since when."""
    from hub.app.watching import Watch
    from hub.store.problems import open_problems

    note(f"Trying {', '.join(hub.channels) or 'nothing: there are no channels'}")
    found_now = await Watch(hub).findings(tries=True)
    kept = await hub.database.read(lambda conn, now: open_problems(conn, now, hidden=None), hub.clock())
    known = {(each.code, each.place): each for each in kept}
    told: dict[tuple[str, str], Found] = {}
    for each in [one for findings in found_now.values() for one in findings or ()]:
        told.setdefault((each.code, each.place), each)
    if runs:
        told |= {key: each for key, each in known.items() if each.finder in _SEEN_BY_THE_HUB and key not in told}
    grave = {"error": 0, "warning": 1, "notice": 2}
    ordered = sorted(told.items(), key=lambda item: grave[item[1].severity.value])
    counted = await hub.database.read(lambda conn, _: _counted(conn, hub.settings.channels), None)
    counted += await hub.database.read(_changed_consents, hub.keys.consent)
    return [*(_told(each, known.get(key)) for key, each in ordered), *(_told(each, None) for each in counted)]


def _changed_consents(conn: Connection, key: bytes) -> list[Found]:
    """Returns what the chain of consents says: evidence that somebody changed outside the hub is no evidence.

    Also where what segments go by is not what the evidence says.
    """
    from hub.model.problem import Severity
    from hub.store.agreed import differing
    from hub.store.consents import chain_breaks
    from hub.store.problems import Found

    told = []
    if broken := chain_breaks(conn, key):
        changed = Found(
            code="consents_changed",
            place="consents",
            severity=Severity.ERROR,
            message=f"{len(broken):,} consents were changed outside the hub, the first is number {broken[0]}.",
            cause="The chain of keyed digests does not fit them, or the hub runs with another key than it had then.",
            mend="Compare them with a backup; do not write to those people before it is clear what they agreed to.",
        )
        told.append(changed)
    if wrong := differing(conn):
        kept = Found(
            code="consents_kept_otherwise",
            place="consents",
            severity=Severity.WARNING,
            message=f"Segments go by something else than {len(wrong):,} addresses agreed to, the first is {wrong[0]}.",
            cause="The database was changed outside the hub. What may be sent is decided by the evidence all the same.",
            mend="Nothing, where the hub runs: it puts this right by itself within a day.",
        )
        told.append(kept)
    return told


def _counted(conn: Connection, channels: Collection[str]) -> list[Found]:
    """Returns what the last comparison of each mailbox with its server counted: good to know."""
    from hub.model.problem import Severity
    from hub.store.mailboxes import all_mailboxes
    from hub.store.problems import Found

    return [
        Found(
            code="mailbox_counted",
            place=channel if each.mailbox == MAILBOX else f"{channel}, {each.folder or each.mailbox}",
            severity=Severity.NOTICE,
            message=f"{_whose(each)} {each.server:,}, here {each.here:,}, could not be read {each.unread:,}"
            + (f", missing {each.missing:,}" if each.missing else "")
            + (f", left out as older {each.left_out:,}" if each.left_out else ""),
            mend=f"Bring in older mail: hub backfill {channel}" if each.left_out else "",
            since=each.compared_at,
        )
        for channel, mailboxes in all_mailboxes(conn).items()
        if channel in channels
        for each in mailboxes
        if each.compared_at is not None
    ]


def _whose(mailbox: Mailbox) -> str:
    """Names who counted: the mail server, or the provider whose list of the last day was looked at."""
    return (mailbox.folder if mailbox.mailbox == MAILBOX else "") or "server"


def _told(problem: Found, known: Noted | None) -> dict[str, Any]:
    return {
        "code": problem.code,
        "severity": problem.severity.value,
        "where": problem.place,
        "message": problem.message,
        "cause": problem.cause,
        "mend": problem.mend,
        "said": str(problem.seen.get("said", "")),
        "action": dict(problem.action) if problem.action else None,
        "since": known.since if known else problem.since,
        "hidden_until": known.hidden_until if known else None,
    }
