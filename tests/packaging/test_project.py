"""The project's own files: locks without addresses, vendored files as published, floors for every adapter."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "hub" / "web" / "static" / "vendor"
ADAPTER_MAY_IMPORT = {"base", "email_message", "mail_wire", "twilio_wire"}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
class TestLock:
    def test_names_no_address(self, name: str) -> None:
        assert not re.search(r"https?://|--index|--extra-index|--find-links", (ROOT / name).read_text())

    def test_every_package_has_its_hashes(self, name: str) -> None:
        text = (ROOT / name).read_text().replace("\\\n", " ")
        pinned = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
        assert pinned
        assert [line.split()[0] for line in pinned if "--hash=sha256:" not in line] == []


def test_the_locks_agree() -> None:
    runtime, development = _pins("requirements.lock"), _pins("requirements-dev.lock")
    assert runtime.items() <= development.items()


def test_everything_that_pyproject_asks_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime = [*project["dependencies"], *project["optional-dependencies"]["build"]]
    assert {_name(requirement) for requirement in runtime} <= _pins("requirements.lock").keys()
    development = {_name(requirement) for requirement in project["optional-dependencies"]["dev"]}
    assert development <= _pins("requirements-dev.lock").keys()


def test_vendored_files_are_as_published() -> None:
    rows = re.findall(
        r"^\| (\S+) \| \S+ \| [\d.]+ \| \S+ \| ([0-9a-f]{64}) \|$", (VENDOR / "VENDOR.md").read_text(), re.M
    )
    assert {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name, _ in rows} == dict(rows)
    vendored = {file.name for file in VENDOR.iterdir() if file.suffix in {".js", ".css"}}
    assert vendored == {name for name, _ in rows}


@pytest.mark.parametrize(
    "file", sorted((ROOT / "channels").rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT))
)
def test_an_adapter_imports_only_the_doorway_the_model_and_libraries(file: Path) -> None:
    own = file.relative_to(ROOT / "channels").parts[0].removesuffix(".py")
    for module in _imports(file):
        room, _, rest = module.partition(".")
        if room == "hub":
            assert rest.split(".")[0] == "model", f"{file.name} imports {module}"
        elif room == "channels":
            assert rest.split(".")[0] in {own, *ADAPTER_MAY_IMPORT}, f"{file.name} imports {module}"


@pytest.mark.parametrize("file", sorted((ROOT / "hub" / "model").rglob("*.py")), ids=lambda file: file.stem)
def test_the_model_imports_only_the_standard_library_and_phonenumbers(file: Path) -> None:
    allowed = {*sys.stdlib_module_names, "phonenumbers"}
    for module in _imports(file):
        assert module.split(".")[0] in allowed or module.startswith("hub.model"), f"{file.name} imports {module}"


@pytest.mark.parametrize(
    ("version", "accepted"), [("Python 3.9.2", False), ("Python 3.11.2", True)], ids=["too old", "recent enough"]
)
def test_the_installer_says_which_python_it_needs(tmp_path: Path, version: str, accepted: bool) -> None:
    """A stand-in for `python3` on a machine that has nothing else; it can make no environment."""
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    inner = f"case $2 in *version_info*) exit {0 if accepted else 1};; esac"
    python.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "{version}" && exit 0\n{inner}\nexit 1\n')
    python.chmod(0o755)
    command = ["/bin/sh", str(ROOT / ".ci" / "install.sh"), str(tmp_path / "venv"), str(ROOT / "requirements.lock")]
    done = subprocess.run(command, env={"PATH": os.fspath(python.parent)}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    if accepted:
        assert "apt install python3-venv" in done.stderr
    else:
        assert "needs Python 3.11 or later; found: Python 3.9.2" in done.stderr


def _imports(file: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name} imports relatively"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def _pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^\s;]+)", (ROOT / lock).read_text(), re.M))


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-")
