"""A start reads only what the first seconds need; whatever comes in during them is taken."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.servers.nursery import hub
from tests.servers.process import free_port
from tests.walks.running import ROOT, wait_for

# Libraries that cost a start 0.02 s and more, and the rooms that are entered later.
LIBRARIES = (
    *("alembic", "apscheduler", "bs4", "icalendar", "lxml", "pydantic_settings", "pygments", "python_calamine"),
    *("requests", "rich", "sqlalchemy.ext.asyncio", "sqlalchemy.orm", "structlog", "twilio.http", "twilio.rest"),
    *("urllib3", "channels.survey_upload.reading", "channels.twilio_wire.client"),
)
ROOMS = (
    *(
        "hub.app.rounds",
        "hub.app.watching",
        "hub.insight.finders",
        "hub.outreach.campaigning",
        "hub.outreach.clockwork",
    ),
    *("hub.outreach.sequencing", "hub.web.api.operation", "hub.web.auth.routes", "hub.web.configuration"),
    *("hub.web.pages.today", "hub.web.public.hosted"),
)


def test_a_second_start_reads_only_what_the_first_seconds_need_and_takes_a_text_at_once(tmp_path: Path) -> None:
    data, told = tmp_path / "data", tmp_path / "told.txt"
    assert hub("init", "--data", str(data), cwd=tmp_path).returncode == 0
    serve = ["hub", "--json", "serve", "--data", str(data), "--port", str(free_port())]
    with told.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-X", "importtime", "-m", *serve],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(lambda: process.poll() is not None or '"url"' in told.read_text(), "the address")
        text = hub("simulate", "text", "Running late", "--from", "+14155550123", "--data", str(data), cwd=tmp_path)
        before, found, after = re.split(r"^(\{.*\"url\".*\})$", told.read_text(), maxsplit=1, flags=re.M)
        with urllib.request.urlopen(f"{json.loads(found)['url']}/sign-in", timeout=180) as answer:
            page = answer.read().decode()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(180)
    assert process.returncode == 0, after
    assert text.returncode == 0, text.stderr
    assert 'type="password"' in page
    read = set(re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", before, re.M))
    assert {"hub.web.hooks", "hub.capture.capture"} <= read
    assert sorted(name for name in read if name.startswith((*LIBRARIES, *ROOMS))) == []
