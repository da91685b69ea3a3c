"""A restore that a new hub's first page asked for: done at the next start, before anything is opened.

Meanwhile whoever looks is told how far it is. Where it fails the new hub starts as it was, and its first page says why.
"""

from __future__ import annotations

import asyncio
import html
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
from aiohttp import web

from hub.config import Settings

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Restoring</title><h1>The backup is being restored</h1><p id="step">{step}</p>
<p>This page looks again every few seconds.</p></html>"""


def is_wanted(settings: Settings) -> bool:
    """Tells whether the first page left a backup to be restored."""
    return (_folder(settings) / "wanted.json").exists()


async def restore_wanted(settings: Settings, say: Callable[[str], None]) -> None:
    """Restores what was asked for, and removes what was left for it. The folder's lock is held."""
    folder = _folder(settings)
    wanted = json.loads((folder / "wanted.json").read_text())
    say(f"Restoring the backup {wanted['file']}")
    progress = {"step": "It has begun."}
    runner = web.AppRunner(_waiting_room(progress), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.hub.host or None, settings.hub.port).start()
        failure = await _run(settings, wanted, folder, progress)
    finally:
        await runner.cleanup()
    await asyncio.to_thread(_end, folder, failure)
    say(f"The backup could not be restored: {failure}" if failure else "The backup is restored")


async def _run(settings: Settings, wanted: dict[str, str], folder: Path, progress: dict[str, str]) -> str:
    """Runs `hub restore`; returns what went wrong, in words, or an empty text."""
    words = ["restore", wanted["file"], "--json", "--for-the-hub", "--data", str(settings.hub.data.absolute())]
    if wanted["with_passphrase"]:
        words += ["--passphrase-file", str(folder / "passphrase")]
    if settings.origin:
        words += ["--config", str(settings.origin.absolute())]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hub",
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert process.stderr is not None
    failure = ""
    async for line in process.stderr:
        try:
            told = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if "step" in told:
            progress["step"] = f"{told['step']}: {told['done']:,}"
        if "message" in told:
            failure = f"{told['message']} {told.get('next', '')}".strip()
    code = await process.wait()
    return failure or f"the process that did it ended with {code}" if code else ""


def _waiting_room(progress: dict[str, str]) -> web.Application:
    async def wait(_request: web.Request) -> web.Response:
        # A page that waits asks with htmx and shows the step alone; it would leave at a Refresh.
        page = _PAGE.format(step=html.escape(progress["step"]))
        headers = {"Retry-After": "3", "Refresh": "3", "Cache-Control": "no-store"}
        return web.Response(status=503, text=page, content_type="text/html", headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", wait)
    return app


def _end(folder: Path, failure: str) -> None:
    # The note goes first: a kill here must not restore once more what is restored.
    (folder / "wanted.json").unlink(missing_ok=True)
    for file in folder.glob("*"):
        file.unlink(missing_ok=True)
    if failure:
        (folder / "failed.txt").write_text(failure)


def _folder(settings: Settings) -> Path:
    return settings.hub.data.absolute() / "restore"
