"""Runs the `hub` command in a process whose children and itself may reach nothing but this machine.

`python -m tests.hub.app.loopback_only serve ...`; what tried is written to the file that LEAKS names, and refused.
"""

from __future__ import annotations

import ipaddress
import os
import runpy
import socket
import sys
from pathlib import Path
from typing import Any

_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"})
_NAMES = frozenset({"", "localhost", "localhost.localdomain"})


def watch(event: str, given: tuple[Any, ...]) -> None:
    """Refuses every socket to another machine, and every question for its name."""
    if event not in _EVENTS:
        return
    if event.startswith("socket.get"):
        host = given[0]
    else:
        made, address = given[0], given[1] if len(given) > 1 else None
        if made.family == socket.AF_UNIX or address is None:
            return
        host = address[0]
    if not _is_here(host):
        with Path(os.environ["LEAKS"]).open("a") as file:
            file.write(f"{event} {host} {sys.argv}\n")
        raise PermissionError(f"{event} to {host}: this hub is in the sandbox")


def _is_here(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    if name in _NAMES:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def spread(folder: Path) -> None:
    """Lets every Python process that this one starts watch as well."""
    (folder / "sitecustomize.py").write_text(
        "import sys\nfrom tests.hub.app.loopback_only import watch\nsys.addaudithook(watch)\n"
    )
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])


if __name__ == "__main__":
    spread(Path(os.environ["LEAKS"]).parent)
    sys.addaudithook(watch)
    sys.argv[0] = "hub"
    runpy.run_module("hub", run_name="__main__", alter_sys=False)
