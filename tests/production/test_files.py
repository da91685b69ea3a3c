"""What config/production ships holds: units that are hardened, nginx that is right, a guide whose files are there."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from hub.config import shipped
from tests.servers.certificate import write_certificate
from tests.servers.process import free_port

PRODUCTION = shipped("config", "production")
UNITS = ("interaction-hub.service", "interaction-hub@.service", "interaction-hub-backup.service")
MOST_EXPOSED = 2.0
# What makes up the figure of `systemd-analyze security`, for machines that have no such tool.
HARDENED = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "PrivateUsers": "yes",
    "PrivateTmp": "yes",
    "PrivateMounts": "yes",
    "PrivateDevices": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "ProtectProc": "invisible",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
    "User": "interaction-hub",
    "StateDirectoryMode": "0700",
}


def entries(unit: str) -> dict[str, list[str]]:
    """Returns the values of each entry of a unit, in order."""
    found: dict[str, list[str]] = {}
    for line in (PRODUCTION / unit).read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_gives_the_hub_nothing_that_it_does_not_need(unit: str, tmp_path: Path) -> None:
    said = entries(unit)
    assert {name: said.get(name) for name in HARDENED} == {name: [value] for name, value in HARDENED.items()}
    assert said["SystemCallFilter"][0] == "@system-service"
    assert "@privileged" in said["SystemCallFilter"][1]
    if tool := shutil.which("systemd-analyze"):
        told = run(tool, "security", "--offline=true", "--no-pager", str(PRODUCTION / unit))
        exposure = re.search(r"exposure level for \S+: ([\d.]+)", told)
        # Before systemd 250 there is no --offline.
        assert exposure is None or float(exposure[1]) <= MOST_EXPOSED, told
        assert exposure is not None or "offline" in told, told


@pytest.mark.parametrize("unit", [*UNITS, "interaction-hub-backup.timer"])
def test_systemd_understands_every_entry(unit: str, tmp_path: Path) -> None:
    text = (PRODUCTION / unit).read_text()
    assert [line for line in text.splitlines() if line and not re.match(r"#|\[\w+\]$|\w+=", line)] == []
    if tool := shutil.which("systemd-analyze"):
        for name in (*UNITS, "interaction-hub-backup.timer"):
            copy = (PRODUCTION / name).read_text().replace("/opt/interaction-hub/bin/hub", "/bin/true")
            (tmp_path / name).write_text(copy)
        named = unit.replace("@.", "@web.")
        complaints = run(tool, "verify", "--man=no", str(tmp_path / named))
        assert [line for line in complaints.splitlines() if "interaction-hub" in line] == []


def test_every_unit_is_hardened_alike() -> None:
    one, several, backup = (entries(unit) for unit in UNITS)
    for name in ("ExecStart", "Description"):
        for unit in (one, several, backup):
            unit.pop(name)
    assert one == several
    shared = {name: value for name, value in one.items() if name in backup and name not in ("Type", "TimeoutStartSec")}
    assert {name: backup[name] for name in shared} == shared
    assert {*HARDENED, "LoadCredential", "ReadWritePaths", "SystemCallFilter"} <= shared.keys()


def test_nginx_is_told_everything_that_the_hub_relies_on(tmp_path: Path) -> None:
    text = (PRODUCTION / "nginx.conf").read_text()
    bare = re.sub(r"#.*", "", text)
    assert bare.count("{") == bare.count("}")
    statements = [line.strip() for line in bare.splitlines() if line.strip()]
    assert [line for line in statements if line[-1] not in "{};"] == []
    limits = tomllib.loads(shipped("config", "hub.toml").read_text("utf-8"))["limits"]
    largest = re.search(r"client_max_body_size (\d+)m;", bare)
    assert largest is not None
    assert int(largest[1]) * 2**20 > limits["upload_mb"] * 10**6
    for needed in ("X-Forwarded-For $remote_addr", "Host $host", "proxy_http_version 1.1", "return 301 https://"):
        assert needed in bare, needed
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if nginx:
        certificate, key = write_certificate(tmp_path)
        site = re.sub(r"(ssl_certificate) \S+;", rf"\1 {certificate};", text)
        site = re.sub(r"(ssl_certificate_key) \S+;", rf"\1 {key};", site)
        site = re.sub(r"(access_log) \S+", rf"\1 {tmp_path}/access.log", site)
        site = re.sub(r"listen \[::\].*;", "", site)
        site = re.sub(r"listen \d+", lambda _: f"listen 127.0.0.1:{free_port()}", site)
        (tmp_path / "site.conf").write_text(site)
        logs = f"pid {tmp_path}/pid; error_log {tmp_path}/error.log;"
        whole = f"{logs} events {{}} http {{ include {tmp_path}/site.conf; }}"
        (tmp_path / "nginx.conf").write_text(whole)
        told = run(nginx, "-t", "-c", str(tmp_path / "nginx.conf"))
        assert "test is successful" in told, told


def run(*command: str) -> str:
    """Returns what a program says, on either of its outputs."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    return done.stdout + done.stderr


def test_the_guide_names_files_that_are_there_and_settings_that_there_are() -> None:
    guide = (PRODUCTION / "README.md").read_text("utf-8")
    assert all((PRODUCTION / link).is_file() for link in re.findall(r"\]\(([^)]+)\)", guide))
    settings = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", guide, re.S)]
    known = tomllib.loads(shipped("config", "hub.toml").read_text("utf-8"))
    hub = {name for block in settings for name in block if name != "backup"}
    assert hub <= known["hub"].keys()
    assert {name for block in settings for name in block.get("backup", {})} <= known["backup"].keys()
    assert run("/bin/sh", "-n", str(PRODUCTION / "hub")) == ""
