"""The baselines of the text webhook: the same form, taken by aiohttp and by nothing else.

`python -m tests.bench.plain PORT` stores nothing; `python -m tests.bench.plain PORT FILE` makes one durable insert a
request into SQLite, group commit: what arrived while the disk was written goes into the next transaction.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import sys
import threading
from typing import Any

from aiohttp import web

ANSWER = b'<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
_Waiting = tuple[tuple[str, str, str], "asyncio.Future[None]"]


async def store_nothing(request: web.Request) -> web.Response:
    await request.post()
    return web.Response(body=ANSWER, content_type="text/xml")


class OneInsert:
    """One row a request, committed with all that waits."""

    def __init__(self, file: str) -> None:
        self._queue: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._file = file

    async def start(self, _app: web.Application) -> None:
        threading.Thread(target=self._write, args=(asyncio.get_running_loop(),), daemon=True).start()

    async def receive(self, request: web.Request) -> web.Response:
        form: Any = await request.post()
        committed = asyncio.get_running_loop().create_future()
        self._queue.put(((form["MessageSid"], form["From"], form["Body"]), committed))
        await committed
        return web.Response(body=ANSWER, content_type="text/xml")

    def _write(self, loop: asyncio.AbstractEventLoop) -> None:
        connection = sqlite3.connect(self._file, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS one (sid TEXT PRIMARY KEY, sender TEXT, body TEXT)")
        while True:
            batch = [self._queue.get()]
            while not self._queue.empty():
                batch.append(self._queue.get())
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO one VALUES (?, ?, ?)", [row for row, _ in batch])
            connection.execute("COMMIT")
            loop.call_soon_threadsafe(_tell, [committed for _, committed in batch])


def _tell(waiting: list[asyncio.Future[None]]) -> None:
    for committed in waiting:
        if not committed.done():
            committed.set_result(None)


def main() -> None:
    app = web.Application()
    if len(sys.argv) > 2:
        one = OneInsert(sys.argv[2])
        app.on_startup.append(one.start)
        app.router.add_post("/hooks/{channel}/{hook}", one.receive)
    else:
        app.router.add_post("/hooks/{channel}/{hook}", store_nothing)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
