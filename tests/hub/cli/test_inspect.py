"""`hub inspect`: one JSON object a line in the order of the arguments, and no input stops the next."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.servers import nursery

ROOT = Path(__file__).parents[3]
SHARED = ROOT / ".." / "shared" / "corpora"

MAIL = b"""From: Ada Lovelace <ada@example.com>\r
To: shop@example.com\r
Subject: =?utf-8?q?=C5=BDlu=C5=A5?=\r
Message-ID: <1@example.com>\r
Date: Mon, 2 Mar 2026 10:00:00 +0000\r
Content-Type: text/plain; charset=utf-8\r
\r
Please call me.\r
\r
On Sun, Shop wrote:\r
> When?\r
"""


def run(*args: str | bytes, stdin: bytes = b"", cwd: Path = ROOT) -> tuple[int, list[dict[str, Any]], str]:
    done = nursery.hub("inspect", *map(os.fsdecode, args), cwd=cwd, stdin=stdin)
    return done.returncode, [json.loads(line) for line in done.stdout.split("\n") if line], done.stderr


def test_texts_are_described_in_order() -> None:
    code, rows, _ = run("sms", "STOP", "-- hi", "-hello", "", "“Příliš”", "STOP this terrible bill")
    assert code == 0
    assert [row["text"] for row in rows] == ["STOP", "-- hi", "-hello", "", "“Příliš”", "STOP this terrible bill"]
    assert [row["opt"] for row in rows] == ["stop", None, None, None, None, None]
    assert [row["encoding"] for row in rows] == ["GSM-7"] * 4 + ["UCS-2", "GSM-7"]
    assert {"text", "encoding", "parts", "characters", "opt"} <= rows[0].keys()


def test_a_cheaper_spelling_is_offered_where_it_saves_parts() -> None:
    _, rows, _ = run("sms", "It’s " + "a" * 100, "It’s")
    assert rows[0]["plain"] == {"text": "It's " + "a" * 100, "parts": 1}
    assert "plain" not in rows[1]


@pytest.mark.parametrize(
    "args",
    [
        ["+420601123456", "-415-555-0123", "nothing", "--region", "US"],
        ["--region", "us", "+420601123456", "-415-555-0123", "nothing"],
        ["--region=US", "--", "+420601123456", "-415-555-0123", "nothing"],
    ],
)
def test_numbers_may_begin_with_a_sign_and_options_stand_anywhere(args: list[str]) -> None:
    code, rows, _ = run("phone", *args)
    assert code == 1
    assert [row.get("e164") for row in rows] == ["+420601123456", "+14155550123", None]
    assert rows[0]["region"] == "CZ"
    assert rows[0]["time_zones"] == ["Europe/Prague"]
    assert rows[2] == {"input": "nothing", "ok": False, "error": "this is no phone number"}


def test_replies_are_split_and_one_that_cannot_be_read_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "utf8.txt").write_text("Yes, Žofie\n\nOn Sun, Shop wrote:\n> When?\n", encoding="utf-8")
    (tmp_path / "cp1252.txt").write_bytes("Café at five, please\n".encode("cp1252"))
    code, rows, _ = run("reply", "utf8.txt", "missing.txt", ".", "cp1252.txt", "-", stdin=b"Hello\n", cwd=tmp_path)
    assert code == 1
    assert [row["ok"] for row in rows] == [True, False, False, True, True]
    assert rows[0]["visible_text"].strip() == "Yes, Žofie"
    assert "When?" in rows[0]["quoted_text"]
    assert rows[1] == {"path": "missing.txt", "ok": False, "error": "there is no such file"}
    assert "folder" in rows[2]["error"]
    assert "Café" in rows[3]["visible_text"]
    assert rows[4]["path"] == "-"


def test_a_file_name_in_no_encoding_is_printed_recoverably(tmp_path: Path) -> None:
    name = b"\xff.txt"
    (tmp_path / os.fsdecode(name)).write_text("Hello")
    code, rows, _ = run("reply", name, cwd=tmp_path)
    assert code == 0
    assert os.fsencode(rows[0]["path"]) == name


def test_mails_are_described(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(MAIL)
    code, rows, _ = run("email", "a.eml", "missing.eml", "-", stdin=MAIL, cwd=tmp_path)
    assert code == 1
    assert [row["ok"] for row in rows] == [True, False, True]
    assert rows[0]["from"] == {"display_name": "Ada Lovelace", "addr_spec": "ada@example.com"}
    assert rows[0]["subject"] == "Žluť"
    assert rows[0]["visible_text"].strip() == "Please call me."
    assert {"kind", "message_id", "references", "attachments", "bounces", "defects"} <= rows[0].keys()


def test_surveys_are_described_also_from_standard_input(tmp_path: Path) -> None:
    sheet = b"Timestamp,Email,How likely?\n2026-03-01 10:00:00,ada@example.com,9\n"
    (tmp_path / "a.csv").write_bytes(sheet)
    code, rows, _ = run("survey", "a.csv", "-", "missing.csv", stdin=sheet, cwd=tmp_path)
    assert code == 1
    assert [row["ok"] for row in rows] == [True, True, False]
    assert [row["path"] for row in rows] == ["a.csv", "-", "missing.csv"]
    assert rows[0]["responses"] == rows[1]["responses"] == 1
    assert {"source", "encoding", "delimiter", "header_rows", "columns", "mapping"} <= rows[0].keys()


URL = "https://hub.example.com/hooks/sms?a=1"


def sign(text: str, token: str = "12345") -> str:
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def test_a_form_is_read_as_browsers_write_it_with_blank_and_repeated_fields(tmp_path: Path) -> None:
    (tmp_path / "form").write_bytes(b"From=%2B14155550123&Body=na%C3%AFve+plan%2B&Empty=&Tag=b&Tag=a\n")
    signature = sign(URL + "Bodynaïve plan+" + "Empty" + "From+14155550123" + "Taga" + "Tagb")
    assert run("signature", "--token", "12345", "--url", URL, "--form", "form", signature, cwd=tmp_path)[:2] == (
        0,
        [{"valid": True, "reason": ""}],
    )
    code, rows, _ = run("signature", signature, "--form", "form", "--url", URL, "--token", "other", cwd=tmp_path)
    assert code == 1
    assert rows[0]["valid"] is False
    assert rows[0]["reason"]


def test_a_token_being_changed_is_given_beside_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "form").write_bytes(b"A=1")
    args = ["--token", "new", "--token", "12345", "--url", URL, "--form", "form", sign(URL + "A1")]
    assert run("signature", *args, cwd=tmp_path)[0] == 0


def test_a_body_is_taken_byte_by_byte(tmp_path: Path) -> None:
    body = b'{"a": 1}\n'
    (tmp_path / "body").write_bytes(body)
    url = f"{URL}&bodySHA256={hashlib.sha256(body).hexdigest()}"
    assert run("signature", "--token", "12345", "--url", url, "--body", "body", sign(url), cwd=tmp_path)[0] == 0
    (tmp_path / "body").write_bytes(body.rstrip())
    assert run("signature", "--token", "12345", "--url", url, "--body", "body", sign(url), cwd=tmp_path)[0] == 1


def test_a_signature_needs_one_body_at_most_and_a_file_that_exists() -> None:
    assert run("signature", "--token", "t", "--url", URL, "--form", "a", "--body", "b", "x")[0] == 2
    code, rows, _ = run("signature", "--token", "t", "--url", URL, "--form", "missing", "x")
    assert code == 1
    assert rows[0]["valid"] is False
    assert run("signature", "--url", URL, "x")[0] == 2


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the published cases are not beside the checkout")
def test_published_signatures_agree(tmp_path: Path) -> None:
    from urllib.parse import urlencode

    wrong = []
    for line in (SHARED / "twilio_signature" / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        kind = "--form" if row["form"] else "--body"
        content = urlencode([tuple(field) for field in row["form"]]) if row["form"] else row["json_body"] or ""
        (tmp_path / "content").write_text(content, encoding="utf-8")
        args = ["--token", row["auth_token"], "--url", row["url"], kind, "content", row["signature"]]
        code, rows, _ = run("signature", *args, cwd=tmp_path)
        if rows[0]["valid"] is not row["expected"]["valid"] or code != (not row["expected"]["valid"]):
            wrong.append(row["id"])
    assert wrong == []
