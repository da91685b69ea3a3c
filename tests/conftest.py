"""Fixtures for every test, and the list of what was skipped at the end of a run."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from jinja2 import TemplateSyntaxError

from tests.patience import PATIENT

pytest_plugins = ["tests.forks", "tests.servers.fixtures", "tests.stores"]

# Each process of a run would compile the whole hub, and each run all tests, where this is switched on.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# For the hubs that tests start.
os.environ.update(PATIENT)

# How quickly a machine makes examples says how crowded it is, not whether the hub is right.
settings.register_profile("crowded", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("crowded")

# Python's own 700 would search some 500,000 objects that stay (modules, tests) for garbage, again and again.
_OBJECTS_BEFORE_A_SEARCH = 50_000

# Tests of whole hubs and browsers, which wait more than they compute.
WAITING = {"walks", "browser", "packaging", "production"}

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--complete",
        action="store_true",
        help="fail when a test was skipped, but for the published cases that are not beside this checkout",
    )


class Skipped:
    """Gathers the skipped tests of a run, of all its processes."""

    def __init__(self) -> None:
        self.reasons: dict[str, list[str]] = {}
        self.unexpected: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # An expected failure is reported as skipped too; it carries `wasxfail`.
        if report.skipped and not hasattr(report, "wasxfail"):
            self._note(report, excused="shared" in report.keywords and not SHARED.exists())

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._note(report, excused=False)

    def _note(self, report: pytest.TestReport | pytest.CollectReport, *, excused: bool) -> None:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        self.reasons.setdefault(reason.removeprefix("Skipped: "), []).append(report.nodeid)
        if not excused:
            self.unexpected.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        incomplete = self.unexpected and session.config.getoption("--complete")
        if incomplete and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            from tests.forks import UNEXCUSED  # pytest reads its plugins first

            session.exitstatus = UNEXCUSED

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        if not self.reasons:
            return
        terminalreporter.section("Skipped")
        for reason, tests in sorted(self.reasons.items()):
            terminalreporter.line(f"{len(tests)} skipped: {reason}")
            for test in tests[:10]:
                terminalreporter.line(f"    {test}")
            if len(tests) > 10:
                terminalreporter.line(f"    and {len(tests) - 10} more")
        if self.unexpected and config.getoption("--complete"):
            terminalreporter.line(f"--complete: {len(self.unexpected)} of them should have run", red=True)


def pytest_configure(config: pytest.Config) -> None:
    gc.set_threshold(_OBJECTS_BEFORE_A_SEARCH, 5, 5)
    config.pluginmanager.register(Skipped(), "skipped")


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.getoption("forks"):
        _read_pages()
    gc.freeze()


def _read_pages() -> None:
    """Compiles every page once, or each of the forks would."""
    from hub.web.rendering import environment

    pages = environment("pages")
    for name in pages.list_templates(["html"]):
        with contextlib.suppress(TemplateSyntaxError):  # the tests of the page tell it
            pages.get_template(name)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Puts the files that wait evenly among those that compute, in the first three quarters of the run."""
    if not config.getoption("forks"):
        return  # one process cannot wait and compute at once
    files = list(dict.fromkeys(item.path for item in items))
    waiting = [file for file in files if WAITING & set(file.relative_to(Path(__file__).parent).parts)]
    computing = [file for file in files if file not in waiting]
    apart = 0.75 * len(computing) / max(1, len(waiting))
    place: dict[Path, float] = {file: number for number, file in enumerate(computing)}
    place |= {file: number * apart - 0.5 for number, file in enumerate(waiting)}
    items.sort(key=lambda item: place[item.path])
