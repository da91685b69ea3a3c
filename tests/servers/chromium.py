"""The system's Chromium, driven by playwright; a page that asks for anything outside this machine fails its test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, Request, async_playwright, expect

from tests.servers.process import find_program

# A busy machine is slow; a page that stays wrong is told either way.
_MILLISECONDS = 60_000
expect.set_options(timeout=_MILLISECONDS)

PLACES = ("/opt/google/chrome", "/Applications/Chromium.app/Contents/MacOS")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    # No name resolves, so that nothing can leave; what tries is reported by Pages.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
LOCAL = {"127.0.0.1", "localhost", ""}


def find_chromium() -> Path:
    """Returns the browser's path. Raises Missing."""
    names = ["chromium", "chromium-browser", "google-chrome"]
    return find_program(names, PLACES, "apt install chromium")


@dataclass
class Pages:
    """Opens windows in one browser and keeps what went wrong in them."""

    browser: Browser
    left: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _sessions: list[BrowserContext] = field(default_factory=list)

    async def open(
        self,
        *,
        width: int = 1280,
        height: int = 800,
        color_scheme: Literal["light", "dark"] = "light",
        javascript: bool = True,
        locale: str = "en-US",
    ) -> Page:
        """Returns a window of its own session; `errors` collects what its console and scripts complain about."""
        context = await self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=color_scheme,
            java_script_enabled=javascript,
            locale=locale,
            timezone_id="UTC",
        )
        self._sessions.append(context)
        context.set_default_timeout(_MILLISECONDS)
        context.on("request", self._note)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        return await context.new_page()

    async def close(self) -> None:
        """Closes every window and forgets their sessions."""
        while self._sessions:
            await self._sessions.pop().close()

    def _note(self, request: Request) -> None:
        if urlsplit(request.url).hostname not in {*LOCAL, None}:
            self.left.append(request.url)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Lends a browser without windows."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def pages(browser: Browser) -> AsyncIterator[Pages]:
    """Lends windows; raises AssertionError at the end when a page asked for something outside this machine."""
    opened = Pages(browser)
    try:
        yield opened
    finally:
        await opened.close()
    assert not opened.left, f"requests that leave this machine: {opened.left}"
