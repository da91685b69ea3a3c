"""The wheel works outside the checkout: an editable install would hide a file that is left out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.process import free_port

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Installed:
    """A fresh environment into which only the wheel was installed, and an empty folder to work in."""

    bin: Path
    folder: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("HUB_", "PYTHON"))}
        return subprocess.run(command, cwd=self.folder, env=kept, capture_output=True, text=True, timeout=300)

    def ask(self, expression: str) -> str:
        """Returns what an expression gives there, as text."""
        done = self.run(str(self.bin / "python"), "-c", f"from pathlib import Path; print({expression})")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = ["--no-index", "--no-deps", "--no-build-isolation"]
    _run(*pip, "wheel", *build, "--wheel-dir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "venv"
    _run(sys.executable, "-m", "venv", "--without-pip", environment)
    (library,) = environment.glob("lib/python*/site-packages")
    _run(*pip, "--python", environment / "bin" / "python", "install", "--no-index", "--no-deps", wheel)
    # The libraries are those of the run's own environment; its .pth files (the checkout) are not followed from here.
    (library / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    elsewhere = folder / "empty"
    elsewhere.mkdir()
    return Installed(environment / "bin", elsewhere)


def test_the_command_answers(installed: Installed) -> None:
    done = installed.run(str(installed.bin / "hub"), "--help")
    assert done.returncode == 0, done.stderr
    assert "serve" in done.stdout


def test_the_code_is_that_of_the_wheel(installed: Installed) -> None:
    assert "site-packages" in installed.ask("__import__('hub').__file__")
    assert "site-packages" in installed.ask("__import__('channels').__file__")


def test_the_shipped_configuration_is_read(installed: Installed) -> None:
    settings = "__import__('hub.config').config.load(environment={})"
    assert "_shipped" in installed.ask(f"{settings}.origin")
    assert "support_mail" in installed.ask(f"list({settings}.channels)")


def test_a_hub_is_set_up_and_serves_a_page_from_the_wheel(installed: Installed) -> None:
    port = free_port()
    command = [str(installed.bin / "hub"), "serve", "--json", "--data", "data", "--port", str(port)]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HUB_", "PYTHON"))}
    with subprocess.Popen(command, cwd=installed.folder, env=kept, stdout=subprocess.PIPE, text=True) as hub:
        try:
            assert hub.stdout is not None
            told = json.loads(hub.stdout.readline())
            for address in (told["sign_in"], f"{told['url']}/f/contact?lang=cs", f"{told['url']}/static/hub.css"):
                with urllib.request.urlopen(address, timeout=60) as page:
                    assert page.status == 200
        finally:
            hub.kill()


@pytest.mark.parametrize("folder", ["config", "templates"])
def test_every_shipped_file_is_in_the_wheel(installed: Installed, folder: str) -> None:
    assert _files_there(installed, f"__import__('hub.config').config.shipped({folder!r})") == _files(ROOT / folder)


@pytest.mark.parametrize("folder", ["store/migrations", "web/static", "locale", "model"])
def test_every_file_of_the_package_is_in_the_wheel(installed: Installed, folder: str) -> None:
    assert _files_there(installed, f"Path(__import__('hub').__file__).parent / {folder!r}") == _files(
        ROOT / "hub" / folder
    )


def _files_there(installed: Installed, folder: str) -> list[str]:
    return _files(Path(installed.ask(folder)))


def _files(folder: Path) -> list[str]:
    return sorted(
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc"
    )


def _run(*command: str | Path) -> None:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
