"""A survey of 100,000 rows and 8 columns, from the sending of the file to its last row; alone, and beside texts."""

from __future__ import annotations

import csv
import http.client
import os
import random
import secrets
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.load import form, request
from tests.bench.measure import ROUNDS, Board, Result, peak_rss_mb
from tests.bench.traffic import hook, texts_hub, token
from tests.bench.world import BIG, Worlds, address
from tests.servers.postgres import Postgres
from tests.walks.running import RunningHub

ROWS = 100_000
TEXTS_A_SECOND = 20
_LONGEST = 600
# Of one processor: what the clockwork takes of a hub to which nothing comes.
_IDLE = 0.2
_SURVEYS = '[channels.surveys]\nadapter = "channels.survey_upload:SurveyUpload"\n'
_HEADER = ("Email", "Name", "How likely are you to recommend us?", "What did you like?", "What can we do better?",
           "Branch", "Did we have what you needed?", "Submitted at")  # fmt: skip
_LIKED = ("The staff were kind and knew what they were talking about.", "Short queue", "", "Everything, as always")
_BETTER = ("", "More parking, please", "Open on Saturdays until six: I cannot come earlier.", "Nothing")
_numbers = count(1)


def bench_survey_upload_on_sqlite(board: Board, worlds: Worlds, tmp_path: Path) -> None:
    data = tmp_path / "data"
    file = worlds.sqlite(data / "hub.sqlite3")
    _measure(board, "sqlite", f"sqlite:///{file}", data)


def bench_survey_upload_on_postgresql(board: Board, worlds: Worlds, durable_postgres: Postgres, tmp_path: Path) -> None:
    with durable_postgres.database(worlds.postgres(durable_postgres)) as url:
        _measure(board, "postgresql", url, tmp_path / "data")


def _measure(board: Board, engine: str, url: str, data: Path) -> None:
    """Takes two files in, one a round: 100,000 rows each are a median of their own."""
    with texts_hub(data, config=f'[hub]\ndatabase_url = "{url}"\n{_SURVEYS}') as hub:
        files = [_survey(data / f"survey{number}.csv") for number in range(2)]
        reading = median(_reading(files[0]) for _ in range(ROUNDS))
        _settle(hub)
        alone = _upload(hub, files[0])
        with _texts(hub) as took:
            beside = _upload(hub, files[1])
        p99 = sorted(took)[len(took) * 99 // 100] * 1000
        peak = peak_rss_mb(hub.pid)
    print(f"\n  {engine}: {len(took)} texts beside it, p50 {median(took) * 1000:.1f} ms, p99 {p99:.1f} ms")
    for name, seconds, target in (("survey upload", alone, 15), ("survey upload beside texts", beside, 40)):
        board.note(
            Result(name=name, engine=engine, baseline=reading, figure=seconds, unit="s", ratio=seconds / reading,
                   aim="figure at most", floor=2 * target, target=target, peak_rss_mb=peak)
        )  # fmt: skip
    board.note(
        Result(name="texts beside the upload, p99", engine=engine, figure=p99, unit="ms", aim="figure at most",
               floor=200, target=100)
    )  # fmt: skip


def _settle(hub: RunningHub) -> None:
    """Waits until a hub is idle: over a world made elsewhere it first reckons what 300,000 purchases earned."""
    ticks, seconds = os.sysconf("SC_CLK_TCK"), 1.0
    for _ in range(_LONGEST):
        before, began = _ticks(hub.pid), time.perf_counter()
        time.sleep(seconds)
        if (_ticks(hub.pid) - before) / ticks < _IDLE * (time.perf_counter() - began):
            return
    raise AssertionError(f"the hub was busy for {_LONGEST} s")


def _ticks(pid: int) -> int:
    """Returns how long a process has computed (proc(5): utime and stime, counted from behind its name)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _survey(file: Path) -> Path:
    """Writes a file of answers, nineteen in twenty of customers that are known."""
    chance, first = random.Random(file.name), next(_numbers) * ROWS
    with file.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(_HEADER)
        for number in range(first, first + ROWS):
            who = address(chance.randint(1, BIG.customers)) if number % 20 else f"new{number}@example.net"
            rows.writerow((
                who, f"Customer {number}", chance.randint(0, 10), chance.choice(_LIKED), chance.choice(_BETTER),
                f"Branch {number % 12}", chance.choice(("Yes", "No", "Partly")),
                f"2026-02-{number % 28 + 1:02} {number % 24:02}:{number % 60:02}:00",
            ))  # fmt: skip
    return file


def _reading(file: Path) -> float:
    """Returns how many seconds the csv module takes to read it."""
    began = time.perf_counter()
    with file.open(newline="") as stream:
        assert sum(1 for _ in csv.reader(stream)) == ROWS + 1
    return time.perf_counter() - began


def _upload(hub: RunningHub, file: Path) -> float:
    """Sends a file and has it taken in; returns the seconds from the sending to the last commit."""
    boundary = secrets.token_hex(16)
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n'
    body = f"{head}Content-Type: text/csv\r\n\r\n".encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Authorization": f"Bearer {hub.token()}", "Content-Type": f"multipart/form-data; boundary={boundary}"}
    began = time.perf_counter()
    sent = urllib.request.Request(f"{hub.url}/api/v1/uploads", body, headers)
    with urllib.request.urlopen(sent, timeout=120) as answer:
        assert answer.status == 201
        number = answer.headers["Location"].rpartition("/")[2] if answer.headers["Location"] else _newest(hub)
    hub.api("POST", f"/uploads/{number}/commit")
    while True:
        upload: dict[str, Any] = hub.api("GET", f"/uploads/{number}")
        seconds = time.perf_counter() - began
        if upload["state"] == "committed":
            assert upload["accepted"] == ROWS, upload
            return seconds
        assert upload["state"] == "committing", upload
        assert seconds < _LONGEST, upload
        time.sleep(0.25)


def _newest(hub: RunningHub) -> str:
    return str(hub.api("GET", "/uploads?limit=1")["items"][0]["id"])


@contextmanager
def _texts(hub: RunningHub) -> Iterator[list[float]]:
    """Has texts come in at a steady rate, as a busy shop's do; yields the seconds that each waited for its answer."""
    took: list[float] = []
    enough = threading.Event()

    def send() -> None:
        url, secret, chance = hook(hub.port), token(hub), random.Random(5)
        connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=60)
        due = time.perf_counter()
        for number in count(1):
            if enough.wait(max(0.0, due - time.perf_counter())):
                return
            head, _, body = request(url, secret, form(number, BIG.customers, chance)).partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
            began = time.perf_counter()
            connection.request("POST", hook(hub.port).partition(str(hub.port))[2], body, headers)
            answer = connection.getresponse()
            answer.read()
            took.append(time.perf_counter() - began)
            assert answer.status == 200
            due = max(due + 1 / TEXTS_A_SECOND, began)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield took
    finally:
        enough.set()
        sender.join()
    assert took, "no text was answered"
