"""A hub as a user runs it: its own process, its own data folder, real sockets."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, TypeVar

from tests.servers.nursery import Program, nursery
from tests.servers.process import free_port

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery staple"
FAST_HASH = {"HUB_PASSWORD_HASH_MEMORY_KIB": "64", "HUB_PASSWORD_HASH_TIME_COST": "1"}


def wait_for(ask: Callable[[], T | None], what: str, seconds: float = 180) -> T:
    """Asks again and again until there is an answer that is neither None nor empty."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.05)


@dataclass(frozen=True)
class Person:
    """Somebody with an address and a phone number of their own."""

    number: int

    @property
    def email(self) -> str:
        return f"ada{self.number}@example.com"

    @property
    def phone(self) -> str:
        return f"+1415555{self.number:04}"

    @property
    def identities(self) -> list[str]:
        return [f"mailto:{self.email}", f"tel:{self.phone}"]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass
class Browser:
    """A visitor's browser without scripts: cookies, forms, redirects."""

    base: str
    jar: CookieJar = field(default_factory=CookieJar)

    def open(self, path: str, form: Mapping[str, str] | None = None, *, follow: bool = True) -> tuple[int, str, str]:
        """Returns (status, body, address) of a page, after posting `form` to it if given."""
        url = path if path.startswith("http") else self.base + path
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        handlers: list[Any] = [urllib.request.HTTPCookieProcessor(self.jar)]
        if not follow:
            handlers.append(_NoRedirect())
        request = urllib.request.Request(url, data, {"Origin": self.base} if data is not None else {})
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=180) as answer:
                return answer.status, answer.read().decode(errors="replace"), answer.url
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace"), url

    def hidden(self, page: str) -> dict[str, str]:
        """Returns the hidden fields of a page (the first of each name)."""
        found: dict[str, str] = {}
        for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page):
            name = re.search(r"name=\"([^\"]*)\"", tag)
            value = re.search(r"value=\"([^\"]*)\"", tag)
            if name:
                found.setdefault(name[1], value[1] if value else "")
        return found


class RunningHub:
    """One `hub serve` process."""

    def __init__(
        self,
        data: Path,
        *,
        roles: str = "all",
        config: str | None = None,
        environment: Mapping[str, str] | None = None,
        module: str = "hub",
    ) -> None:
        self.data = data
        self.port = free_port()
        self.roles = roles
        self.url = f"http://127.0.0.1:{self.port}"
        self.sign_in: str | None = None
        self._config = config
        self._module = module
        self._environment = {**os.environ, **FAST_HASH, **(environment or {})}
        self._process: Program | None = None
        self._token = ""

    def start(self) -> RunningHub:
        """Starts it and waits until it says that it runs."""
        self.data.mkdir(parents=True, exist_ok=True)
        words = ["serve", "--json", "--port", str(self.port), "--data", str(self.data), "--role", self.roles]
        if self._config is not None:
            (self.data / "hub.toml").write_text(self._config)
        with (self.data / "log.txt").open("a") as log, Path(os.devnull).open() as nothing:
            self._process = nursery().start(
                words, self.data, self._environment, stdin=nothing, stderr=log, module=self._module
            )
        line = self._process.stdout.readline()
        assert line, (self.data / "log.txt").read_text()[-4000:]
        self.sign_in = json.loads(line)["sign_in"] or self.sign_in
        if self.roles in ("all", "web"):
            self._token = json.loads((self.data / "running.json").read_text())["token"]
        return self

    @property
    def pid(self) -> int:
        """Returns the process's id. Raises ValueError when it does not run."""
        if self._process is None:
            raise ValueError("this hub does not run")
        return self._process.pid

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ends it as Ctrl+C does."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(180)
            self._process = None

    def __enter__(self) -> RunningHub:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs a `hub` command against this hub's data folder."""
        return nursery().run([*words, "--data", str(self.data)], self.data, self._environment)

    def token(self) -> str:
        """Returns the API token of this run, which several processes of one data folder each announce in turn."""
        return self._token

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Asks the JSON API with this run's local token; returns the answer, or raises with its words."""
        headers = {"Authorization": f"Bearer {self.token()}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=180) as answer:
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()[:2000]}") from error

    def customer(self, identity: str, seconds: float = 180) -> dict[str, Any]:
        """Waits until somebody holds this identity and returns the customer."""
        quoted = urllib.parse.quote(identity)
        return wait_for(
            lambda: next(iter(self.api("GET", f"/customers?identity={quoted}")["items"]), None), identity, seconds
        )

    def timeline(self, customer: dict[str, Any], at_least: int = 1, seconds: float = 180) -> list[dict[str, Any]]:
        """Waits until the customer's timeline has that many interactions and returns them, newest first."""

        def ask() -> list[dict[str, Any]] | None:
            items: list[dict[str, Any]] = self.api("GET", f"/customers/{customer['id']}/timeline")["items"]
            return items if len(items) >= at_least else None

        return wait_for(ask, f"{at_least} interactions of {customer['id']}", seconds)

    def browser(self) -> Browser:
        """Returns the browser of a stranger."""
        return Browser(self.url)
