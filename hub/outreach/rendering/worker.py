"""A process of its own for templates that nobody has accepted yet: 2 s of computing, 256 MB, 60 s in all.

It is started as a fresh interpreter (never forked: the hub has threads). It gets one pickled request from us on
standard input and answers with one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hub.model.errors import HubError, Refused
from hub.outreach.rendering.faces import Rendered, render

CPU_SECONDS = 2
# So long that a machine which stalls refuses no template.
WALL_SECONDS = 60.0
MEMORY = 256 * 1024**2
_AT_ONCE = 2
_ROOT = Path(__file__).resolve().parents[3]
_TOO_MUCH = "Rendering this template takes too much time or memory, so it was stopped."
_places: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


async def render_aside(
    faces: Mapping[str, str], media: Sequence[str], values: Mapping[str, Any]
) -> dict[str, Rendered]:
    """Renders an unaccepted template in its own process, for each medium. Raises Refused, also for a bomb."""
    async with _places.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE)):
        answer = await _ask(pickle.dumps((dict(faces), list(media), dict(values))))
    if "refused" in answer:
        raise Refused(answer["refused"], field=answer["field"])
    return {medium: Rendered(**rendered) for medium, rendered in answer.items()}


async def _ask(request: bytes) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", "hub.outreach.rendering.worker"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # Nothing of the hub's own environment, which holds secrets.
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, sys.path)])},
        limit=16 * 1024**2,
    )
    try:
        async with asyncio.timeout(WALL_SECONDS):
            answer, _ = await process.communicate(request)
    except TimeoutError:
        raise Refused(_TOO_MUCH, field="faces") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        found: dict[str, Any] = json.loads(answer)
    except ValueError:
        raise Refused(_TOO_MUCH, field="faces") from None
    return found


def _serve() -> None:
    """Renders what stands on standard input, under limits that begin once everything is imported."""
    faces, media, values = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  # from our own process
    render({"sms": "ready"}, "sms", {})
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + MEMORY,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cpu = int(time.process_time()) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    try:
        answer: dict[str, Any] = {medium: asdict(render(faces, medium, values)) for medium in media}
    except HubError as error:
        answer = {"refused": error.message, "field": getattr(error, "field", "")}
    except MemoryError:
        answer = {"refused": _TOO_MUCH, "field": "faces"}
    print(json.dumps(answer))  # noqa: T201  # the answer


def _address_space() -> int:
    """Returns the bytes of address space that the interpreter itself takes (proc(5), statm counts pages)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 1024**3
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    _serve()
