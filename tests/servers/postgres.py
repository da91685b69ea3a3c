"""A private PostgreSQL cluster; each test gets a database of its own, copied from a template."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import subprocess
import warnings
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import asyncpg

from tests.servers.process import Process, find_program, free_port, private_folder

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin")

# What makes a server quick that is not kept, and whose queries are small: nothing of it changes an answer.
_QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "1h",
    "jit": "off",
}


class Postgres:
    """A cluster on a loopback port; `stop`, `kill` and `start` keep the port and the data.

    fsync is off, since a test run is not kept and a killed process loses nothing by it; `durable` leaves it on.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        self._initdb = find_program(["initdb"], PLACES, "apt install postgresql")
        # initdb and postgres refuse to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        self.folder = private_folder("pg", self._user)
        self.port = free_port()
        self._numbers = itertools.count(1)
        self._process: Process | None = None
        data = str(self.folder / "data")
        options = ["--no-sync", "--auth=trust", "--username=hub", "--encoding=UTF8", "--locale=C", "-D", data]
        command, user = [str(self._initdb), *options], self._user
        done = subprocess.run(command, user=user, group=user, cwd="/", capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stdout}\n{done.stderr}")
        self.start()

    def start(self) -> None:
        """Starts the server and waits until it takes connections."""
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "shared_buffers": "128MB" if self._durable else "64MB",
            "max_connections": 100,
            **({} if self._durable else _QUICK),
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        command = [str(self._initdb.with_name("postgres")), "-D", str(self.folder / "data"), *options]
        log = self.folder / "log"
        self._process = Process(command, log, user=self._user, death_signal=signal.SIGQUIT)
        self._process.wait_until(self._accepts, "PostgreSQL")

    def stop(self) -> None:
        """Ends the server at once but in order (fast shutdown)."""
        if self._process:
            self._process.stop(signal.SIGINT)

    def kill(self) -> None:
        """Ends the server as a power cut would end the processes."""
        if self._process:
            self._process.stop(signal.SIGQUIT)

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://hub@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Lends a new database, a copy of `template`, by its URL; drops it afterwards, whoever is still connected."""
        self._raise_up()
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def make_template(self, name: str, fill: Callable[[str], object]) -> str:
        """Creates a database once and lets `fill(url)` prepare it (run the migrations); returns its name."""
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        fill(self.url(name))
        return name

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Runs one statement as the owner of the cluster, outside the test's event loop."""

        async def run() -> None:
            connection = await asyncpg.connect(self.url(database).replace("+asyncpg", ""))
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        _aside(run())

    def _raise_up(self) -> None:
        """Starts a server that the test before left down: one test that failed is not to fail all that follow."""
        if self._process and not self._process.running:
            end = self._process.log.read_text("utf-8", "replace")[-2000:]
            warnings.warn(f"PostgreSQL was down, and is started again. The end of its log:\n{end}", stacklevel=2)
            self.start()

    def _accepts(self) -> bool:
        try:
            self.execute("SELECT 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True


def _aside(work: Coroutine[Any, Any, None]) -> None:
    """Runs a coroutine to its end in a thread of its own: a test's loop may be running in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()
