"""The list of hostile inputs: every row is carried by at least one test that pytest collects."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROWS = {
    1: "mail HTML with script, onerror, svg, data:, mutation XSS",
    2: "script in subject, name, user agent, bounce text, survey cell",
    3: "spoofed staff From, forged In-Reply-To",
    4: "attachment named ../../x, .htaccess, zero-width, NUL, 4 KB long",
    5: "attachment or recording URL without a session or right",
    6: "a customer_id that is not yours in note, merge, form",
    7: "GET that changes state; set-up page after set-up",
    8: "SQL in filter, sort, export",
    9: "extra fields role, account_id",
    10: "template with __class__, attr, method call",
    11: "template that reads env, config, secrets",
    12: "template bomb (nested range, center(2e9))",
    13: "CR/LF, also inside encoded words, bound for a header",
    14: "MIME depth 1000; To: with 5000 (",
    15: "200,000 parts; 280 KB subject of encoded words",
    16: "XLSX bomb",
    17: "XLSX with external entity",
    18: "cells = + - @ TAB CR in an export: there is no export of cells, and a test that sees the first one",
    19: "Twilio signature absent, forged, over the wrong host, with unknown parameters glued",
    20: "26 MB body, 2,000 multipart parts, 1 byte a second, gzip bomb",
    21: "10,000 form posts with premium-rate numbers",
    22: "unsubscribe with a guessed token; a scanner's GET",
    23: "click link ?url=//evil: there is no click link",
    24: "SSRF by redirect, IPv6, rebinding where the hub fetches: media of texts, the proof of the public address",
    25: "evil Host or X-Forwarded-Host on password reset",
    26: "reset token empty, %20, used, expired",
    27: "cross-site POST, JSON sent as text/plain",
    28: "cookie after password change, fixed session id",
    29: "200 logins at once",
    30: "autoresponder, bounce, our own mail coming back",
}


def _rows(file: Path) -> Iterator[int]:
    """Yields the rows that the tests of a file carry; a mark on what is no test of pytest's counts for nothing."""
    text = file.read_text("utf-8")
    if "security_row(" not in text:
        return
    for node in ast.parse(text).body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.startswith("test_"):
            continue
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.security_row":
                yield ast.literal_eval(mark.args[0])


@pytest.fixture(scope="module")
def carried() -> set[int]:
    return {row for file in TESTS.rglob("test_*.py") for row in _rows(file)}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_row_is_carried_by_a_test(row: int, carried: set[int]) -> None:
    assert row in carried, ROWS[row]


def test_no_test_names_a_row_that_there_is_not(carried: set[int]) -> None:
    assert carried <= set(ROWS)
