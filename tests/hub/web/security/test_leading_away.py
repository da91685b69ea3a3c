"""Nothing leads away from the hub, and nothing it hands out is a table for a spreadsheet to run (rows 18 and 23)."""

from __future__ import annotations

import ast
import csv
import io
import re
from pathlib import Path
from urllib.parse import quote

import pytest

from hub.model.sheet_text import sheet_text
from tests.hub.web.security.conftest import Everything

ROOT = Path(__file__).resolve().parents[4]
AWAY = ("//evil.example", "https://evil.example/", "/\\evil.example", "\t//evil.example", "javascript:evil()")
NAMES = ("url", "u", "to", "next", "back", "return", "redirect", "redirect_uri", "goto", "continue", "link", "target")


@pytest.mark.security_row(23)
@pytest.mark.outbound("tracking-off")
async def test_no_link_leads_where_its_address_says(everything: Everything) -> None:
    left = everything.address("/u/{token}")
    async with everything.room.browser() as visitor:
        for path in ("/click", "/c", "/l", "/r", "/redirect", "/out", "/go", "/track", "/u", f"{left}/click", "/o.gif"):
            for asked in ("", "?url=//evil.example", "?u=https://evil.example"):
                told = await visitor.get(path + asked)
                assert (told.status, told.headers.get("Location")) == (404, None), path
    assert not [path for _method, path, _access in everything.routes("GET") if re.search(r"url|redirect|click", path)]


@pytest.mark.security_row(23)
async def test_no_answer_leads_to_an_address_that_its_caller_wrote(everything: Everything) -> None:
    asked = "&".join(f"{name}={quote(AWAY[0])}" for name in NAMES)
    led = []
    async with everything.room.browser("admin") as admin:
        for _method, path, access in everything.routes("GET"):
            if access.kind in ("visitor", "public") or path in ("/", "/templates/{name}", "/tasks", "/needs-you"):
                address = everything.address(path)
                told = await admin.get(f"{address}{'&' if '?' in address else '?'}{asked}")
                led.append((path, told.headers.get("Location", "/")))
                assert 'href="//evil' not in told.text, path
        for away in AWAY:
            forms = dict.fromkeys(NAMES, away)
            for path in ("/theme", "/tasks"):
                told = await admin.post(path, {**forms, "title": "x", "theme": "dark"})
                led.append((path, told.headers.get("Location", "/")))
    async with everything.room.browser() as visitor:
        for away in AWAY:
            await visitor.get(f"/sign-in?next={quote(away)}")
            form = {"email": "agent@hub.test", "password": "correct horse battery", "next": away}
            led.append((away, (await visitor.post("/sign-in", form)).headers["Location"]))
    # Links of promotions lead where the hub itself has kept that they do, whatever else is asked.
    away_from_here = [(path, place) for path, place in led if not re.match(r"/(?![/\\])", place)]
    assert away_from_here == [("/l/{token}", "https://shop.example.com/tea")]


@pytest.mark.security_row(18)
async def test_nothing_that_the_hub_hands_out_is_a_table_of_cells(everything: Everything) -> None:
    # There is no export to a spreadsheet. Whoever writes one prefixes cells that begin with = + - @ TAB CR with an
    # apostrophe (osTicket CVE-2019-14749), and lets this test read it.
    tables = re.compile(r"csv|excel|spreadsheet|tab-separated", re.IGNORECASE)
    async with everything.room.browser("admin") as admin:
        bearer = {"Authorization": f"Bearer {await everything.room.token('admin')}"}
        for _method, path, _access in everything.routes("GET"):
            if "export" in path or path.endswith(
                ("/submissions", "/people", "/rows", ".zip", "/purchases", "/customers")
            ):
                for more in ("", "?format=csv"):
                    sent = {**(bearer if path.startswith("/api/") else {}), "Accept": "text/csv, */*"}
                    told = await admin.get(everything.address(path) + more, headers=sent)
                    named = told.headers.get("Content-Type", "") + told.headers.get("Content-Disposition", "")
                    assert not tables.search(named), path


@pytest.mark.security_row(18)
def test_a_cell_that_would_be_a_formula_begins_with_an_apostrophe() -> None:
    cells = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "1-1", 'a "b"', True]
    written = sheet_text(["cell"], [{"cell": cell} for cell in cells])
    read = [row[0] for row in csv.reader(io.StringIO(written, newline=""))]
    assert read == ["cell", "'=1+1", "'+1", "'-1", "'@x", "'\t=1", "'\r=1", "1-1", 'a "b"', "true"]


@pytest.mark.security_row(18)
def test_one_place_of_the_hub_writes_cells() -> None:
    writers = {"writer", "DictWriter", "Workbook", "save_workbook", "write_only"}
    found = []
    for file in [*(ROOT / "hub").rglob("*.py"), *(ROOT / "channels").rglob("*.py")]:
        text = file.read_text("utf-8")
        if not re.search(r"\b(csv|openpyxl|xlsxwriter)\b", text):
            continue
        tree = ast.parse(text)
        modules = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        if {"csv", "openpyxl", "xlsxwriter"} & modules:
            found += [file.relative_to(ROOT).as_posix() for node in ast.walk(tree)
                      if isinstance(node, ast.Attribute) and node.attr in writers]  # fmt: skip
    assert found == ["hub/model/sheet_text.py"]
