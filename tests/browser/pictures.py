"""Pictures of pages, for whoever wants to look at them: SCREENSHOTS=/tmp/shots make test."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Page


async def keep_picture(page: Page, name: str) -> None:
    """Keeps a picture of the whole page where SCREENSHOTS says; painting takes half of a test's time."""
    if folder := os.environ.get("SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
