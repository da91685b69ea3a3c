"""The vendored scripts and styles work under the pages' Content Security Policy: no eval, no inline code."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from tests.servers.chromium import Pages

VENDOR = Path(__file__).resolve().parents[2] / "hub" / "web" / "static" / "vendor"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
PAGE = """<!doctype html><html lang="en"><title>t</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/vendor/pico.min.css">
<link rel="stylesheet" href="/vendor/uPlot.min.css">
<script src="/vendor/htmx.min.js" defer></script><script src="/vendor/uPlot.iife.min.js" defer></script>
<script src="/chart.js" defer></script>
<main><details class="dropdown"><summary>menu</summary></details>
<div hx-target:inherited="#answer"><button hx-post="/answer" hx-swap="innerHTML">ask</button></div>
<p id="answer">nothing</p><span class="htmx-indicator">waits</span><div id="chart"></div></main>"""
CHART = "new uPlot({width: 300, height: 100, series: [{}, {}]}, [[1, 2], [3, 4]], document.getElementById('chart'));"


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html", headers={"Content-Security-Policy": POLICY})

    async def chart(_request: web.Request) -> web.Response:
        return web.Response(text=CHART, content_type="text/javascript")

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="<b>answered</b>", content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/", page), web.get("/chart.js", chart), web.post("/answer", answer)])
    app.router.add_static("/vendor", VENDOR)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


async def test_htmx_pico_and_uplot_work_without_eval_and_inline_code(browser_pages: Pages, address: str) -> None:
    page = await browser_pages.open()
    await page.goto(address)
    await page.click("button")
    await page.wait_for_selector("#answer b")
    assert await page.inner_text("#answer") == "answered"
    assert await page.locator("#chart canvas").count() == 1
    assert await page.evaluate("getComputedStyle(document.querySelector('.htmx-indicator')).opacity") == "0"
    assert browser_pages.errors == []
