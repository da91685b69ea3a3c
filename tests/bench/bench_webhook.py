"""The text webhook, whole: a running hub takes signed texts over 64 connections; beside it the plain baselines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from tests.bench.measure import Board, Result, in_turn, peak_rss_mb
from tests.bench.traffic import CONNECTIONS, Answers, Load, hook, texts_hub, token
from tests.bench.world import BIG, Worlds
from tests.servers.postgres import Postgres
from tests.servers.process import Process, answers, free_port
from tests.walks.running import ROOT, RunningHub

# So many a round that each contender works for a second or two.
TEXTS = {"form": 12_000, "insert": 8_000, "one each": 600, "hub": 3_000, "hub x 2": 3_000}
WARM = 200


def bench_text_webhook_on_sqlite(board: Board, worlds: Worlds, tmp_path: Path) -> None:
    with ExitStack() as stack:
        hubs = {
            name: texts_hub(tmp_path / name.replace(" ", "_"), module=module)
            for name, module in {"hub": "hub", "one each": "tests.bench.one_each"}.items()
        }
        for hub in hubs.values():
            worlds.sqlite(hub.data / "hub.sqlite3")
            stack.enter_context(hub)
        _compare(board, "sqlite", {name: [hub] for name, hub in hubs.items()}, stack, tmp_path, (0.15, 0.20), 4)


def bench_text_webhook_on_postgresql(board: Board, worlds: Worlds, durable_postgres: Postgres, tmp_path: Path) -> None:
    template = worlds.postgres(durable_postgres)
    with ExitStack() as stack:
        hubs: dict[str, list[RunningHub]] = {}
        for name, (processes, module) in {
            "hub": (1, "hub"),
            "hub x 2": (2, "hub"),
            "one each": (1, "tests.bench.one_each"),
        }.items():
            url = stack.enter_context(durable_postgres.database(template))
            config, data = f'[hub]\ndatabase_url = "{url}"', tmp_path / name.replace(" ", "_")
            hubs[name] = [stack.enter_context(texts_hub(data, config=config, module=module)) for _ in range(processes)]
        _compare(board, "postgresql", hubs, stack, tmp_path, (0.11, 0.17), 2.5)


def _compare(
    board: Board,
    engine: str,
    hubs: Mapping[str, list[RunningHub]],
    stack: ExitStack,
    folder: Path,
    aims: tuple[float, float],
    merged: float,
) -> None:
    """Measures the hubs and both baselines in turn. `merged`: how many times one transaction a request is asked."""
    load = stack.enter_context(Load(BIG.customers))
    targets = {name: ([hook(hub.port) for hub in several], token(several[0])) for name, several in hubs.items()}
    for name, arguments in {"form": [], "insert": [str(folder / "one.sqlite3")]}.items():
        targets[name] = ([hook(stack.enter_context(_plain(folder, arguments)))], "none")
    seen = {name: Answers() for name in targets}

    def contender(name: str) -> Callable[[], float]:
        urls, secret = targets[name]
        pids = [hub.pid for hub in hubs.get(name, ())]
        return lambda: load.texts(urls, secret, TEXTS[name], seen[name], pids=pids)

    for urls, secret in targets.values():
        load.texts(urls, secret, WARM, Answers())
    turns = in_turn({name: contender(name) for name in targets})
    for name, answered in seen.items():
        print(f"\n  {engine}, {name}: {turns.median(name):,.0f}/s, {answered}")
    for name, several in hubs.items():
        if name == "one each":
            continue
        two = len(several) > 1
        which, peak = "text webhook" + (", two processes" if two else ""), peak_rss_mb(hub.pid for hub in several)
        floor, target = (None, 0.22) if two else aims
        board.note(
            Result(name=which, engine=engine, unit="/s", floor=floor, target=target, peak_rss_mb=peak,
                   **turns.compared(name, "form"))
        )  # fmt: skip
    if engine == "sqlite":
        # CONNECTIONS at once, each with its next text as soon as the last is answered.
        p99 = median(seen["hub"].p99)
        board.note(
            Result(
                name=f"{CONNECTIONS} webhooks in parallel, p99", engine=engine, unit="ms", figure=p99, target=100,
                baseline=median(seen["form"].p99), aim="figure at most",
            )
        )  # fmt: skip
    durable, each = turns.compared("hub", "insert"), turns.compared("hub", "one each")
    board.note(Result(name="text webhook to one durable insert", engine=engine, unit="/s", **durable))
    board.note(
        Result(
            name="text webhook to one transaction each", engine=engine, unit="/s", floor=merged, target=merged, **each
        )
    )


@contextmanager
def _plain(folder: Path, arguments: list[str]) -> Iterator[int]:
    """Runs a baseline; yields its port."""
    port = free_port()
    process = Process(
        [sys.executable, "-m", "tests.bench.plain", str(port), *arguments],
        folder / "plain.log",
        environment={"PYTHONPATH": str(ROOT)},
    )
    try:
        process.wait_until(lambda: answers(port), "the baseline")
        yield port
    finally:
        process.stop()
