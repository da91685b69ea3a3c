"""`hub import`: files of surveys, appointments and other records, tried dry first; beside a running hub or without."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.frame import FAILED, USAGE, emit, note, report, say, wants_json
from hub.cli.setting import Config, Data, settings_of

if TYPE_CHECKING:
    from hub.cli.import_ways import Way
    from hub.config import Settings

File = Annotated[Path, typer.Argument(help="The file.", exists=True, dir_okay=False, readable=True)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would become of each row.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

_LOOK_SECONDS = 0.3
_PROBLEMS_TOLD = 20


def register(app: typer.Typer) -> None:
    """Adds `import survey`, `customers`, `appointments`, `purchases`, `products`, `equipment` and `offers`."""
    group = typer.Typer(
        help="Take in files: surveys, customers, appointments, purchases, products, equipment, offers.",
        no_args_is_help=True,
    )
    for command in (survey, customers, appointments, purchases, products, equipment, offers):
        group.command()(command)
    app.add_typer(group, name="import")


def survey(
    file: File,
    dry_run: DryRun = False,
    title: Annotated[str, typer.Option(help="What the survey is called; else as the file.")] = "",
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", help='What a column is, as "Kontakt=email" or "3=nps"; may be given several times.'),
    ] = None,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Keep answers that say nothing about who gave them.")
    ] = False,
    yes: Yes = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Take in a survey (CSV, TSV, XLSX): each row an interaction of its customer."""
    settings = settings_of(config, data=data)
    code = asyncio.run(_survey(settings, file, title, map_ or [], anonymous, dry_run, yes))
    if code:
        raise typer.Exit(code)


async def _survey(
    settings: Settings, file: Path, title: str, pairs: list[str], anonymous: bool, dry_run: bool, yes: bool
) -> int:
    from hub.cli.import_ways import way

    async with way(settings) as through:
        upload = await through.send(file, title)
        if upload["state"] in ("committed", "committing"):
            note("This very file was sent before; nothing is stored twice.")
            upload = await _wait(through, upload, "Taking in")
            return _tell(upload, [], again=True)
        if pairs or anonymous:
            told: dict[str, Any] = {"anonymous": anonymous}
            upload = await through.remap(upload["id"], _roles(upload["columns"], pairs), told)
        if dry_run or not yes:
            upload = await _wait(through, await through.steer(upload["id"], "try"), "Trying")
            problems = await through.problems(upload["id"], dry=True, limit=_PROBLEMS_TOLD)
            if dry_run or upload["state"] == "failed":
                return _tell(upload, problems)
            _tell_plainly(upload, problems, note)
            if not _confirmed(upload["rows"]):
                return USAGE if not sys.stdin.isatty() else FAILED
        upload = await _wait(through, await through.steer(upload["id"], "commit"), "Taking in")
        return _tell(upload, await through.problems(upload["id"], dry=False, limit=_PROBLEMS_TOLD))


def _confirmed(rows: int) -> bool:
    if not sys.stdin.isatty():
        report("usage", "Nobody is there to be asked.", "Add --yes to take the rows in, or --dry-run to only look.")
        return False
    return typer.confirm(f"Take in {rows:,} rows?", err=True)


def _roles(columns: list[dict[str, str]], pairs: list[str]) -> list[str]:
    """Returns the role of each column, as proposed or as the command line says. Raises Refused."""
    from hub.capture.survey_mapping import ROLES
    from hub.model.errors import Refused

    roles = [column["role"] for column in columns]
    for pair in pairs:
        named, _, role = pair.rpartition("=")
        matching = [
            at for at, column in enumerate(columns) if named in (str(at + 1), column["name"], column["question"])
        ]
        if not matching or role not in ROLES:
            known = ", ".join(column["name"] for column in columns)
            raise Refused(
                f"--map {pair}: " + (f"{role!r} is nothing a column can be" if matching else f"no column {named!r}"),
                next_step=f"Columns: {known}. What they can be: {', '.join(ROLES)}.",
            )
        for at, other in enumerate(roles):
            if other == role and role not in ("ignored",) and at not in matching and not _is_answer(role):
                roles[at] = "ignored"
        for at in matching[:1]:
            roles[at] = role
    return roles


def _is_answer(role: str) -> bool:
    from hub.capture.survey_mapping import ANSWERS

    return role in ANSWERS


async def _wait(through: Way, upload: dict[str, Any], doing: str) -> dict[str, Any]:
    """Waits until the work on an upload is done, showing how far it is."""
    with _progress(doing, upload["rows"]) as show:
        while upload["state"] in ("trying", "committing", "undoing"):
            show(upload["next_row"])
            await asyncio.sleep(_LOOK_SECONDS)
            upload = {**await through.look(upload["id"]), "again": upload.get("again", False)}
    return upload


def _progress(doing: str, rows: int) -> Any:
    from contextlib import contextmanager

    @contextmanager
    def shown() -> Any:
        if wants_json() or not sys.stderr.isatty():
            note(f"{doing} {rows:,} rows")
            yield lambda done: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(doing, total=rows)
            yield lambda done: progress.update(task, completed=done)

    return shown()


def _tell(upload: dict[str, Any], problems: list[dict[str, Any]], *, again: bool = False) -> int:
    names = ("id", "title", "state", "rows", "accepted", "repeated", "rejected", "foretold", "nps", "error")
    if wants_json():
        emit({**{name: upload.get(name) for name in names}, "again": again, "problems": problems})
    else:
        _tell_plainly(upload, problems, say)
    return FAILED if upload["state"] == "failed" else 0


def _tell_plainly(upload: dict[str, Any], problems: list[dict[str, Any]], line: Any) -> None:
    if upload["state"] == "failed":
        line(f"It stopped: {upload['error']}")
    elif upload["state"] == "tried":
        foretold = ", ".join(f"{count:,} {outcome.replace('_', ' ')}" for outcome, count in upload["foretold"].items())
        line(f"{upload['title']}: {upload['rows']:,} rows: {foretold}")
    else:
        counts = ", ".join(f"{upload[name]:,} {name}" for name in ("accepted", "repeated", "rejected"))
        line(f"{upload['title']}: {upload['rows']:,} rows: {counts}")
        if upload.get("nps") is not None:
            line(f"NPS {upload['nps']:.0f}")
    for row in problems:
        line(f"  row {int(row['row']) + 1}: {row['reason']}")


def customers(file: File, dry_run: DryRun = False, yes: Yes = False, config: Config = None, data: Data = None) -> None:
    """Take in customers (CSV) by their ids or addresses, with what they agreed to: the same file changes nothing."""
    _rows("customers", file, {}, settings_of(config, data=data), dry=dry_run, yes=yes)


def appointments(
    file: File,
    dry_run: DryRun = False,
    time_zone: Annotated[str, typer.Option(help="Of rows that name none; else the hub's own.")] = "",
    yes: Yes = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Take in appointments (CSV) by their ids elsewhere: the same file again changes nothing."""
    _rows("appointments", file, {"time_zone": time_zone}, settings_of(config, data=data), dry=dry_run, yes=yes)


def purchases(
    file: File,
    dry_run: DryRun = False,
    time_zone: Annotated[str, typer.Option(help="Of rows that name none; else the hub's own.")] = "",
    source: Annotated[str, typer.Option(help="The shop or till that the ids are of, where rows name none.")] = "",
    currency: Annotated[str, typer.Option(help="Of rows that name none; else that of the hub's country.")] = "",
    yes: Yes = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Take in purchases (CSV) by their ids elsewhere: the same file again changes nothing."""
    told = {"time_zone": time_zone, "source": source, "currency": currency}
    _rows("purchases", file, told, settings_of(config, data=data), dry=dry_run, yes=yes)


def products(file: File, dry_run: DryRun = False, yes: Yes = False, config: Config = None, data: Data = None) -> None:
    """Take in products (CSV) by their sku: the same file again changes nothing."""
    _rows("products", file, {}, settings_of(config, data=data), dry=dry_run, yes=yes)


def equipment(file: File, dry_run: DryRun = False, yes: Yes = False, config: Config = None, data: Data = None) -> None:
    """Take in equipment (CSV) by its ids elsewhere: the same file again changes nothing."""
    _rows("equipment", file, {}, settings_of(config, data=data), dry=dry_run, yes=yes)


def offers(file: File, dry_run: DryRun = False, yes: Yes = False, config: Config = None, data: Data = None) -> None:
    """Take in offers (CSV) by their ids elsewhere, with prices of tiers and codes: the same file changes nothing."""
    _rows("offers", file, {}, settings_of(config, data=data), dry=dry_run, yes=yes)


def _rows(what: str, file: Path, told: dict[str, str], settings: Settings, *, dry: bool, yes: bool) -> None:
    from hub.cli.import_rows import import_file, tell

    foretold = asyncio.run(import_file(settings, what, file, told, dry=True)) if dry or not yes else None
    if dry and foretold is not None:
        tell(foretold, say)
        return
    if foretold is not None:
        tell(foretold, note, plainly=True)
        if not _confirmed(len(foretold["rows"])):
            raise typer.Exit(USAGE if not sys.stdin.isatty() else FAILED)
    tell(asyncio.run(import_file(settings, what, file, told, dry=False)), say)
