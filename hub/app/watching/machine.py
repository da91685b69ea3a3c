"""The machine: room on the disk, its clock against others', the file system, the time zone data. Calls block."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import zoneinfo
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from hub.insight.finders import found
from hub.store.problems import Found

_FULL_BYTES, _LOW_BYTES, _LOW_PART = 200_000_000, 2_000_000_000, 0.05
_FEW_FILES = 10_000
_SKEWED, _WRONG = timedelta(seconds=30), timedelta(minutes=5)
_ZONES_OLD = timedelta(days=540)
# SQLite's locks do not hold on these (https://www.sqlite.org/faq.html#q5).
_NETWORKED = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ncpfs", "davfs"}
)
_NETWORKED_FUSE = re.compile(r"fuse\.(sshfs|glusterfs|s3fs|rclone|goofys|davfs|ceph.*|nfs.*)")


def disk(data: Path) -> list[Found]:
    """Returns whether the data folder's disk has room left. Raises OSError."""
    usage = shutil.disk_usage(data)
    free, total = _size(usage.free), _size(usage.total)
    problems = []
    if usage.free < _FULL_BYTES:
        problems.append(found("disk_full", "data", free=free, total=total))
    elif usage.free < min(_LOW_BYTES, usage.total * _LOW_PART):
        problems.append(found("disk_low", "data", free=free, total=total))
    status = os.statvfs(data)
    if status.f_files and status.f_favail < _FEW_FILES:
        problems.append(found("disk_inodes", "data", count=status.f_favail))
    if not os.access(data, os.W_OK):
        problems.append(found("data_read_only", "data"))
    return problems


def clocks(offsets: Mapping[str, timedelta]) -> list[Found]:
    """Returns whose clock this machine's differs from; `offsets`: by how much it is ahead, by whose clock it is."""
    return [
        found("clock_wrong" if abs(ahead) >= _WRONG else "clock_skew", whose, seconds=round(ahead.total_seconds()))
        for whose, ahead in sorted(offsets.items())
        if abs(ahead) >= _SKEWED
    ]


def file_system(database_url: str, data: Path, mounts: str) -> list[Found]:
    """Returns whether an SQLite file lies on a network file system; `mounts`: the text of /proc/self/mounts."""
    kind = _kind(data.resolve(), mounts)
    networked = kind in _NETWORKED or _NETWORKED_FUSE.fullmatch(kind) is not None
    return [found("sqlite_on_network", "data", kind=kind)] if database_url.startswith("sqlite") and networked else []


def time_zones(version: str, now: datetime) -> list[Found]:
    """Returns whether the time zone data are old; a version is a year and a release: 2025b, 2025.2."""
    year = re.match(r"(\d{4})", version)
    if year is None or now - datetime(int(year[1]), 12, 31, tzinfo=now.tzinfo) < _ZONES_OLD:
        return []
    return [found("time_zones_old", "hub", version=version)]


def zones_version() -> str:
    """Returns the version of the time zone data that this process uses, empty where it does not say."""
    for folder in zoneinfo.TZPATH:
        file = Path(folder) / "tzdata.zi"
        if file.is_file():
            with file.open(encoding="utf-8") as stream:
                return stream.readline().removeprefix("# version ").strip()
        if (Path(folder) / "UTC").exists():
            return ""  # the system's own data, which do not name their version
    try:
        return importlib.metadata.version("tzdata")
    except importlib.metadata.PackageNotFoundError:
        return ""


def spool(data: Path) -> list[Found]:
    """Returns outcomes of sends that were set aside because they could not be stored."""
    aside = list((data / "spool").glob("*.aside"))
    return [found("spool_aside", "hub", count=len(aside))] if aside else []


def mounts() -> str:
    """Returns what is mounted where; empty where the system does not tell."""
    file = Path("/proc/self/mounts")
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


def _kind(folder: Path, mounted: str) -> str:
    best, kind = "", ""
    for line in mounted.splitlines():
        parts = line.split(" ")
        if len(parts) < 3:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), parts[1])
        if folder.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, parts[2]
    return kind


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
