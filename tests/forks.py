"""Runs the tests in several processes: one imports and collects them, and each of the others is a fork of it.

pytest-xdist's processes would each import the hub and collect every test for themselves. Files are handed out whole, in
the order of the tests; what one process makes for a file or for the session serves the tests that it runs.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby, pairwise
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any

import pytest

# The exit code of a run that a second one does not excuse (.ci/test.sh); pytest's own end at 5.
UNEXCUSED = 6
_DIED = pytest.StashKey[bool]()
# Set in a fork: the process number of the run that it belongs to.
RUN = "PYTEST_FORK_OF"
_BYTES = 4


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--forks", type=int, default=0, metavar="N", help="run the tests in N processes; 0: in this one")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    count: int = session.config.getoption("forks")
    if not count or session.config.option.collectonly or session.testsfailed:
        return None
    _Run(session, count).to_the_end()
    return True


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _DIED in session.config.stash and session.exitstatus == pytest.ExitCode.TESTS_FAILED:
        session.exitstatus = UNEXCUSED


@dataclass
class _Fork:
    """One of the processes: the test that it runs, and whether it has said that it ended."""

    pid: int
    runs: tuple[str, Any] | None = None
    ended: bool = False


@dataclass
class _Run:
    """The tests by file, and the processes that run them."""

    session: pytest.Session
    count: int
    forks: dict[Connection, _Fork] = field(default_factory=dict)
    begun: int = 0

    def to_the_end(self) -> None:
        """Returns when every test has run. Raises pytest.Session.Failed when one was left out."""
        files = [list(items) for _, items in groupby(self.session.items, key=lambda item: item.path)]
        numbers, into = os.pipe()
        os.write(into, b"".join(number.to_bytes(_BYTES) for number in range(len(files))))  # 64 kB: 16,000 files
        self._fork(files, numbers, into)
        os.close(into)
        try:
            while self.forks:
                for line in wait(list(self.forks)):
                    self._hear(line)  # type: ignore[arg-type]  # only our lines are waited for
                if self.session.shouldfail or self.session.shouldstop:
                    os.read(numbers, len(files) * _BYTES)
        finally:
            os.close(numbers)
            for fork in self.forks.values():
                os.kill(fork.pid, signal.SIGKILL)
                os.waitpid(fork.pid, 0)
        if self.session.shouldstop:
            raise self.session.Interrupted(str(self.session.shouldstop))
        if self.begun < len(self.session.items) and not self.session.shouldfail:
            self.session.shouldfail = f"{len(self.session.items) - self.begun} tests were not run"
        if self.session.shouldfail:
            raise self.session.Failed(str(self.session.shouldfail))

    def _fork(self, files: Sequence[Sequence[pytest.Item]], numbers: int, into: int) -> None:
        config = self.session.config
        reporter: Any = config.pluginmanager.getplugin("terminalreporter")
        if config.option.verbose <= 0:
            reporter.showfspath = False  # or the name of a file would stand before each letter
        reporter.flush()
        base = config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        others = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
        assert not others, f"a fork has no other threads, so none may be there before it: {others}"
        for number in range(self.count):
            ours, theirs = Pipe(duplex=False)
            pid = os.fork()
            if not pid:
                os.close(into)
                os.environ[RUN] = str(os.getppid())
                config._tmp_path_factory._basetemp = base / f"fork-{number}"  # type: ignore[attr-defined]
                config._tmp_path_factory._basetemp.mkdir(mode=0o700)  # type: ignore[attr-defined]
                _become_a_fork(self.session, files, numbers, theirs)
            theirs.close()
            self.forks[ours] = _Fork(pid)

    def _hear(self, line: Connection) -> None:
        fork, hook = self.forks[line], self.session.config.hook
        try:
            letter = line.recv()
        except (EOFError, OSError):
            self._ended(line, fork)
            return
        for what, told in letter:
            if what == "begins":
                self.begun += 1
                fork.runs = told
                hook.pytest_runtest_logstart(nodeid=told[0], location=told[1])
            elif what == "report":
                report = hook.pytest_report_from_serializable(config=self.session.config, data=told)
                hook.pytest_runtest_logreport(report=report)
            elif what == "warning":
                hook.pytest_warning_recorded.call_historic(kwargs=told)
            else:
                fork.ended = True

    def _ended(self, line: Connection, fork: _Fork) -> None:
        del self.forks[line]
        line.close()
        code = os.waitstatus_to_exitcode(os.waitpid(fork.pid, 0)[1])
        if fork.ended and not code:
            return
        self.session.config.stash[_DIED] = True
        if fork.runs:
            said = f"The process that ran it died: {code}"
            report = pytest.TestReport(fork.runs[0], fork.runs[1], {}, "failed", said, "call")
            self.session.config.hook.pytest_runtest_logreport(report=report)


def _become_a_fork(
    session: pytest.Session, files: Sequence[Sequence[pytest.Item]], numbers: int, line: Connection
) -> None:
    """Runs the tests that are handed out, and leaves. Never returns."""
    code = 1
    try:
        teller = _Teller(session.config, line)
        _run(session, files, numbers, teller)
        teller.tell("ended", None)
        teller.send()
        code = 0
    except BaseException:  # noqa: BLE001  # above it stands the run that this process is no part of
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(code)


def _run(session: pytest.Session, files: Sequence[Sequence[pytest.Item]], numbers: int, teller: _Teller) -> None:
    plugins = session.config.pluginmanager
    capture: Any = plugins.getplugin("capturemanager")
    capture.stop_global_capturing()  # its files are those of all forks
    capture.start_global_capturing()
    for name in ("terminalreporter", "skipped"):
        plugins.unregister(name=name)
    plugins.register(teller, "teller")
    try:
        for item, following in pairwise(chain(_handed_out(files, numbers), [None])):
            assert item
            teller.tell("begins", (item.nodeid, item.location))
            teller.send()
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.shouldfail or session.shouldstop:
                break
    finally:
        session._setupstate.teardown_exact(None)
        capture.stop_global_capturing()


def _handed_out(files: Sequence[Sequence[pytest.Item]], numbers: int) -> Iterator[pytest.Item]:
    """Gives the tests of one file after the other; a file is taken when the test before its first begins."""
    while number := os.read(numbers, _BYTES):
        yield from files[int.from_bytes(number)]


@dataclass(eq=False)  # a plugin is a key of pytest's
class _Teller:
    """Sends to the first process what it is to show, a letter for a test."""

    config: pytest.Config
    line: Connection
    letter: list[tuple[str, Any]] = field(default_factory=list)

    def tell(self, what: str, told: object) -> None:
        self.letter.append((what, told))

    def send(self) -> None:
        self.line.send(self.letter)
        self.letter.clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        self.tell("report", data)

    def pytest_warning_recorded(
        self, warning_message: warnings.WarningMessage, when: str, nodeid: str, location: tuple[str, int, str] | None
    ) -> None:
        said = warning_message
        plain = warnings.WarningMessage(str(said.message), said.category, said.filename, said.lineno)
        told = {"warning_message": plain, "when": when, "nodeid": nodeid, "location": location}
        self.tell("warning", told)
