"""What systemd hears of a hub, over real datagram sockets: ready, alive, stopping."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from hub.app.supervisor import READY, tell, watched
from tests.walks.running import RunningHub


def heard_until(listener: socket.socket, last: str) -> list[str]:
    """Returns the lines that were heard, up to one that begins so."""
    lines: list[str] = []
    while not any(line.startswith(last) for line in lines):
        lines += listener.recv(4096).decode().splitlines()
    return lines


def test_nobody_is_told_where_nobody_supervises() -> None:
    assert not tell(READY, environment={})


def test_a_supervisor_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    assert not tell(READY, environment={"NOTIFY_SOCKET": str(tmp_path / "gone")})


def test_an_abstract_socket_is_told() -> None:
    name = f"hub-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"\0{name}")
        assert tell(READY, "STATUS=Runs", environment={"NOTIFY_SOCKET": f"@{name}"})
        assert heard.recv(100) == b"READY=1\nSTATUS=Runs"


@pytest.mark.parametrize(
    ("asked", "beats"),
    [
        ({"WATCHDOG_USEC": "20000"}, True),
        ({"WATCHDOG_USEC": "20000", "WATCHDOG_PID": "ours"}, True),
        ({"WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"}, False),
        ({"WATCHDOG_USEC": "soon"}, False),
        ({}, False),
    ],
    ids=["asked", "asked of us", "asked of another", "no number", "not asked"],
)
async def test_it_says_that_it_is_alive_only_when_asked(asked: dict[str, str], beats: bool) -> None:
    name = f"hub-watchdog-{os.getpid()}"
    asked = {key: str(os.getpid()) if value == "ours" else value for key, value in asked.items()}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"\0{name}")
        heard.setblocking(False)
        loop = asyncio.get_running_loop()
        async with watched({"NOTIFY_SOCKET": f"@{name}", **asked}):
            if beats:
                for _ in range(3):
                    assert await asyncio.wait_for(loop.sock_recv(heard, 100), 60) == b"WATCHDOG=1"
            else:
                await asyncio.sleep(0.05)
        if not beats:
            with pytest.raises(BlockingIOError):
                heard.recv(100)


def test_a_running_hub_says_when_it_is_ready_alive_and_stopping(tmp_path: Path) -> None:
    name = f"hub-serve-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"\0{name}")
        heard.settimeout(60)
        environment = {"NOTIFY_SOCKET": f"@{name}", "WATCHDOG_USEC": "400000"}
        with RunningHub(tmp_path / "data", environment=environment) as hub:
            began = heard_until(heard, "STATUS=")
            assert (began.count(READY), began[-1]) == (1, f"STATUS=Runs at {hub.url}")
            assert heard_until(heard, "WATCHDOG=1")
            hub.stop()
        assert heard_until(heard, "STOPPING=1")
