"""Configuration as files: all of it at once, out as JSON or a zip, and in again, tried dry first."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from hub.desk import configuration
from hub.desk.configuration import Files, Kind, Report
from hub.model.errors import Refused
from hub.web.api.call import Call
from hub.web.api.file_operation import FileOperation
from hub.web.api.operation import EDITORS, READERS, operation
from hub.web.api.values import Given, Told
from hub.web.body import parts
from hub.web.configuration import kinds

Path = Annotated[str, Field(min_length=1, max_length=200, examples=["forms/contact.toml"])]
_MOST_FIELD_BYTES = 10


class Configuration(Told):
    """Every file by its path; a sound in base64."""

    files: dict[str, str]


class NewConfiguration(Given):
    """Files to apply. `dry_run`: only tell; `prune`: also take out of use what the files do not have."""

    files: dict[Path, str]
    dry_run: bool = False
    prune: bool = False


class ChangeTold(Told):
    """What becomes of one thing; `parts`: which entries of it differ."""

    kind: str
    key: str
    outcome: Literal["new", "changed", "same", "only_here", "retired"]
    parts: list[str]


class FaultTold(Told):
    """Why a file cannot be applied; `where`: the key or line in it."""

    file: str
    where: str
    message: str
    next_step: str


class ConfigurationReport(Told):
    """What was done, or would be: `applied` is false for a dry run. With faults nothing is applied."""

    applied: bool
    counts: dict[str, int]
    changes: list[ChangeTold]
    faults: list[FaultTold]


@operation("GET", "/configuration", roles=READERS, summary="Forms, templates, reminders and so on, as files")
async def export_configuration(call: Call) -> Configuration:
    return Configuration(files=await _exported(call))


@operation("GET", "/configuration.zip", roles=READERS, summary="The same files as a zip")
async def export_configuration_file(call: Call) -> web.StreamResponse:
    files = await _exported(call)
    packed = await asyncio.to_thread(configuration.write_zip, files)
    headers = {"Content-Disposition": 'attachment; filename="configuration.zip"'}
    return web.Response(body=packed, content_type="application/zip", headers=headers)


@operation("POST", "/configuration", roles=EDITORS, summary="Apply files, or only tell what that would do")
async def apply_configuration(call: Call, body: NewConfiguration) -> ConfigurationReport:
    return await _applied(call, body.files, dry_run=body.dry_run, prune=body.prune)


async def apply_configuration_file(call: Call) -> ConfigurationReport:
    """Applies the files of a zip, or only tells what applying them would do."""
    content, told = b"", {"dry_run": "", "prune": ""}
    async for part in parts(call.request):
        if part.filename is None:
            told[part.name] = (await part.text(_MOST_FIELD_BYTES)).lower()
        elif part.name == "file":
            content = b"".join([chunk async for chunk in part.chunks()])
    if not content:
        raise Refused("No file was sent.", field="file")
    files = await asyncio.to_thread(configuration.read_zip, content)
    yes = ("1", "true", "yes")
    return await _applied(call, files, dry_run=told["dry_run"] in yes, prune=told["prune"] in yes)


def _kinds(call: Call) -> tuple[Kind, ...]:
    services = call.services
    return kinds(services.settings.hub.language, admin=call.staff.role == "admin", blobs=services.blobs)


async def _exported(call: Call) -> dict[str, str]:
    return await call.read(configuration.export, _kinds(call))


async def _applied(call: Call, files: Files, *, dry_run: bool, prune: bool) -> ConfigurationReport:
    every = _kinds(call)
    reading = await asyncio.to_thread(configuration.read, every, files)
    channels = call.services.settings.channels
    report: Report
    if dry_run:
        report = await call.read(configuration.foretell, every, reading, channels=channels, prune=prune)
    else:
        report = await call.write(configuration.apply, every, reading, call.by, channels=channels, prune=prune)
    return ConfigurationReport.model_validate(report)


applying = FileOperation(
    method="POST",
    path="/configuration/file",
    roles=EDITORS,
    summary="Apply a zip of files: multipart/form-data with `file`, perhaps `dry_run` and `prune`",
    status=200,
    creates=False,
    run=apply_configuration_file,
    inputs={},
    answer=ConfigurationReport,
)
