"""The machine: disk, clock, file system, time zones, forged requests; and a provider's clock over a real socket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.base import Context
from channels.sms import TwilioSms
from hub.app.watching import machine
from hub.app.watching.forged import Forged
from tests.builders import NOW, later

MOUNTS = """/dev/sda1 / ext4 rw 0 0
nas:/export /srv/data nfs4 rw 0 0
user@far: /srv/data/near\\040by fuse.sshfs rw 0 0
/dev/sdb1 /srv/data/disk xfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "url", "codes"),
    [
        ("/srv/data/hub", "sqlite:///x", ["sqlite_on_network"]),
        ("/srv/data/near by/hub", "sqlite:///x", ["sqlite_on_network"]),
        ("/srv/data/disk/hub", "sqlite:///x", []),
        ("/srv/data/hub", "postgresql+asyncpg://hub@db/hub", []),
        ("/home/hub", "sqlite:///x", []),
    ],
    ids=["nfs", "sshfs with a space", "a disk below it", "PostgreSQL", "local"],
)
def test_sqlite_on_a_network_file_system_is_told(folder: str, url: str, codes: list[str]) -> None:
    assert [each.code for each in machine.file_system(url, Path(folder), MOUNTS)] == codes


@pytest.mark.parametrize(
    ("ahead", "codes"),
    [(1, []), (-29, []), (45, ["clock_skew"]), (-45, ["clock_skew"]), (600, ["clock_wrong"])],
)
def test_a_clock_is_compared_with_others(ahead: int, codes: list[str]) -> None:
    told = machine.clocks({"main_number": timedelta(seconds=ahead)})
    assert [each.code for each in told] == codes
    assert all(each.seen == {"seconds": ahead} for each in told)


@pytest.mark.parametrize(
    ("version", "codes"),
    [("2025b", []), ("2025.2", []), ("2023c", ["time_zones_old"]), ("", []), ("unknown", [])],
)
def test_old_time_zone_data_are_told(version: str, codes: list[str]) -> None:
    assert [each.code for each in machine.time_zones(version, NOW)] == codes


def test_this_machine_is_asked(tmp_path: Path) -> None:
    assert {each.code for each in machine.disk(tmp_path)} <= {"disk_low", "disk_full", "disk_inodes"}
    assert machine.mounts() == "" or " / " in machine.mounts()
    assert machine.spool(tmp_path) == []
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "1.aside").touch()
    assert [(each.code, each.seen["count"]) for each in machine.spool(tmp_path)] == [("spool_aside", 1)]


def test_forged_requests_are_told_when_they_come_in_volume() -> None:
    forged = Forged()
    assert forged.many(NOW, {"main_number": 500}) == []
    assert forged.many(later(minutes=5), {"main_number": 519}) == []
    (told,) = forged.many(later(minutes=6), {"main_number": 520})
    assert (told.code, told.seen) == ("hooks_forged", {"count": 20, "minutes": 6})
    assert forged.many(later(minutes=40), {"main_number": 520}) == []


async def test_a_providers_clock_is_read_from_its_answers() -> None:
    async def answer(_: web.Request) -> web.Response:
        ahead = datetime.now(UTC) + timedelta(minutes=10)
        return web.json_response({"code": 20003}, status=401, headers={"Date": format_datetime(ahead, usegmt=True)})

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app) as server:
        settings = {
            "account_sid": "AC" + "0" * 32,
            "auth_tokens": ["token"],
            "from_number": "+14155550100",
            "base_url": f"http://127.0.0.1:{server.port}",
        }
        channel = TwilioSms("main_number", settings, Context(public_url="http://hub.test"))
        try:
            (problem,) = await channel.check()
            offset = channel.clock_offset
        finally:
            await channel.close()
    assert problem.provider_code == "20003"
    assert offset is not None
    assert timedelta(minutes=-11) < offset < timedelta(minutes=-9)
