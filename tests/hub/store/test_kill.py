"""A kill at any moment loses nothing that was acknowledged, on either engine."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from hub.store.session import open_database
from tests.hub.store.rows import names

ROOT = Path(__file__).resolve().parents[3]
ROUNDS = 3

_WRITER = """
import asyncio, sys
from hub.store.session import open_database
from tests.hub.store.rows import put, put_one

async def main(url, start):
    database = open_database(url)
    await database.open()

    async def write(writer):
        number = 0
        while True:
            number += 1
            name = f"{start}/{writer}/{number}"
            await (database.submit(put, name) if writer % 2 else database.write(put_one, name))
            print(name, flush=True)

    await asyncio.gather(*[write(writer) for writer in range(16)])

asyncio.run(main(*sys.argv[1:]))
"""


async def test_every_acknowledged_row_survives_a_kill(store_url: str) -> None:
    acknowledged: set[str] = set()
    for start in range(ROUNDS):
        acknowledged |= await asyncio.to_thread(_write_and_kill, store_url, str(start))
    assert len(acknowledged) > 100
    database = open_database(store_url)
    await database.open()
    stored = await database.read(names, None)
    await database.close()
    assert acknowledged <= stored


def _write_and_kill(url: str, start: str) -> set[str]:
    """Lets a process write, kills it in mid-sentence, returns what it had acknowledged whole lines of."""
    process = subprocess.Popen([sys.executable, "-c", _WRITER, url, start], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    output = process.stdout
    lines: list[bytes] = []
    reader = threading.Thread(target=lambda: lines.extend(output))
    reader.start()
    deadline = time.monotonic() + 60
    while len(lines) < 100 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    reader.join()
    output.close()
    return {line.decode().strip() for line in lines if line.endswith(b"\n")}
