"""`hub export` and `hub apply`: forms, segments, templates, campaigns, call flows, reminders as files and in again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.frame import FAILED, emit, note, say, wants_json
from hub.cli.setting import Config, Data, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.config import Settings

Folder = Annotated[Path, typer.Argument(help="The folder of the files.", file_okay=False)]
_PLAINLY = {"new": "new", "changed": "changed", "same": "same", "only_here": "only here", "retired": "out of use"}


def register(app: typer.Typer) -> None:
    """Adds `export` and `apply`."""
    app.command()(export)
    app.command(name="apply")(apply_)


def export(
    folder: Folder,
    prune: Annotated[
        bool, typer.Option("--prune", help="Also remove files of things that the hub does not have.")
    ] = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Write forms, segments, templates, campaigns, call flows and reminders as files, to be kept and applied again."""
    settings = settings_of(config, data=data)
    files = asyncio.run(_exported(settings))
    from hub.desk import configuration
    from hub.web.configuration import kinds

    folder.mkdir(parents=True, exist_ok=True)
    there = [
        path
        for path in configuration.paths(folder)
        if any(kind.owns(path) for kind in kinds(settings.hub.language, admin=True))
    ]
    written = configuration.write_folder(folder, files)
    stale = [path for path in there if path not in files]
    if prune:
        for path in stale:
            (folder / path).unlink()
    if wants_json():
        emit({"folder": str(folder), "files": sorted(files), "written": written, "stale": stale, "pruned": prune})
        return
    say(f"{len(files)} files in {folder}, {len(written)} of them written anew")
    for path in stale:
        say(f"  {path}: {'removed' if prune else 'kept'}, the hub does not have it")


def apply_(
    folder: Folder,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would change.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Also take out of use what the hub has and the files do not.")
    ] = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Apply a folder of files: what is new or differs becomes the next version, all of it or nothing."""
    settings = settings_of(config, data=data)
    report = asyncio.run(_applied(settings, folder, dry_run=dry_run, prune=prune))
    _tell(report, prune=prune)
    if report["faults"]:
        from hub.desk.configuration import Fault, refusal

        if wants_json():
            raise typer.Exit(FAILED)
        raise refusal([Fault(**fault) for fault in report["faults"]])


async def _exported(settings: Settings) -> Mapping[str, str]:
    from hub.app.data import running
    from hub.cli.alone import alone
    from hub.cli.hub_api import HubApi
    from hub.desk import configuration
    from hub.web.configuration import kinds

    if found := running(settings.hub.data):
        files: dict[str, str] = HubApi(found).ask("GET", "/configuration")["files"]
        return files
    async with alone(settings) as hub:
        return await hub.database.read(
            lambda conn, _: configuration.export(conn, kinds(settings.hub.language, admin=True, blobs=hub.blobs)), None
        )


async def _applied(settings: Settings, folder: Path, *, dry_run: bool, prune: bool) -> dict[str, Any]:
    """Returns the report, as the API tells it."""
    from hub.app.data import running
    from hub.cli.alone import alone
    from hub.desk import configuration
    from hub.store.audit import Actor
    from hub.web.api.configuration import ConfigurationReport
    from hub.web.configuration import kinds

    files = configuration.read_folder(folder)
    if found := running(settings.hub.data):
        from hub.cli.hub_api import HubApi

        return _sent(HubApi(found), files, dry_run=dry_run, prune=prune)
    async with alone(settings) as hub:
        every = kinds(settings.hub.language, admin=True, blobs=hub.blobs)
        reading = configuration.read(every, files)
        by = Actor(name="the command line", at=hub.clock(), key=hub.keys.audit)
        channels = settings.channels
        if dry_run:
            report = await hub.database.read(
                lambda conn, _: configuration.foretell(conn, every, reading, channels=channels, prune=prune), None
            )
        else:
            report = await hub.database.write(
                lambda conn, _: configuration.apply(conn, every, reading, by, channels=channels, prune=prune), None
            )
    return ConfigurationReport.model_validate(report).model_dump()


def _sent(api: Any, files: Mapping[str, str], *, dry_run: bool, prune: bool) -> dict[str, Any]:
    import tempfile

    from hub.desk import configuration

    fields = {"dry_run": str(dry_run).lower(), "prune": str(prune).lower()}
    with tempfile.NamedTemporaryFile(suffix=".zip") as packed:
        packed.write(configuration.write_zip(files))
        packed.flush()
        answer: dict[str, Any] = api.send_file("/configuration/file", Path(packed.name), "configuration.zip", fields)
    return answer


def _tell(report: dict[str, Any], *, prune: bool) -> None:
    if wants_json():
        emit(report)
        return
    if not report["changes"]:
        say("Nothing could be compared." if report["faults"] else "Nothing is here, and nothing in the files.")
        return
    for change in report["changes"]:
        if change["outcome"] != "same":
            parts = f" ({', '.join(change['parts'])})" if change["parts"] else ""
            say(f"{_PLAINLY[change['outcome']]:<11}{change['kind']:<10}{change['key']}{parts}")
    counts = [f"{count} {_PLAINLY[outcome]}" for outcome, count in report["counts"].items() if count]
    say(", ".join(counts))
    if report["counts"]["only_here"] and not prune:
        note("What is only here stays; --prune takes it out of use.")
    if not report["applied"] and not report["faults"]:
        note("This was a dry run: nothing was changed.")
