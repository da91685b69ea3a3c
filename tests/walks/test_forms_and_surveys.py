"""Items 4 and 5: the hosted form without scripts, and survey uploads from the command line."""

from __future__ import annotations

import json
import time
from pathlib import Path

from openpyxl import Workbook

from tests.walks.running import Person, RunningHub, wait_for

HEADER = ["Timestamp", "Email Address", "How likely are you to recommend us to a friend?", "What could we do better?"]


def fill_in(hub: RunningHub, email: str, **more: str) -> tuple[int, str, str]:
    visitor = hub.browser()
    status, page, _ = visitor.open("/f/contact?lang=en")
    assert status == 200
    time.sleep(2.2)  # sooner than this only machines answer
    fields = {**visitor.hidden(page), "name": "Ada Lovelace", "email": email, "message": "A price list, please", **more}
    first = visitor.open("/f/contact", fields)
    again = visitor.open("/f/contact", fields)
    assert again[0] == first[0]
    return first


def test_one_submission_is_one_interaction_with_answers_and_evidence(hub: RunningHub, person: Person) -> None:
    status, _, address = fill_in(hub, person.email)
    assert (status, address.endswith("/thanks") or "thanks" in address) == (200, True)
    ada = hub.customer(f"mailto:{person.email}")
    rows = hub.timeline(ada)
    assert len(rows) == 1
    assert rows[0]["medium"] == "form"
    assert "A price list, please" in rows[0]["text"]
    assert any("A price list, please" in answer["value"] for answer in rows[0]["answers"])


def test_a_ticked_consent_is_kept_with_its_wording(hub: RunningHub, person: Person) -> None:
    form = hub.api("GET", "/forms/contact")
    consent = next(field for field in form["definition"]["fields"] if field["kind"] == "consent")
    fill_in(hub, person.email, **{consent["name"]: "yes"})
    ada = hub.customer(f"mailto:{person.email}")
    given = hub.api("GET", f"/customers/{ada['id']}/consents")["items"]
    assert [row["granted"] for row in given] == [True]
    assert given[0]["wording"]
    assert given[0]["ip"] == "127.0.0.1"


def sheet(path: Path, rows: int, who: str = "p") -> Path:
    if path.suffix == ".csv":
        lines = [",".join(HEADER)]
        lines += [
            f"2026/02/{n % 27 + 1:02} 9:00:00 AM GMT,{who}{n}@example.com,{n % 11},Answer {n}" for n in range(rows)
        ]
        path.write_text("\n".join(lines) + "\n")
        return path
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(HEADER)
    for n in range(rows):
        page.append([f"2026/02/{n % 27 + 1:02} 9:00:00 AM GMT", f"{who}{n}@example.com", n % 11, f"Answer {n}"])
    book.save(path)
    return path


def test_a_csv_and_an_xlsx_become_interactions_of_their_customers(hub: RunningHub, tmp_path: Path) -> None:
    for name, person in (("survey.csv", "p3@example.com"), ("survey.xlsx", "x3@example.com")):
        file = sheet(tmp_path / name, 600, person[0])
        dry = hub.command("import", "survey", str(file), "--dry-run", "--json")
        assert dry.returncode == 0, dry.stderr
        assert hub.api("GET", f"/customers?identity=mailto:{person}")["items"] == []
        done = hub.command("import", "survey", str(file), "--yes", "--json")
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout.splitlines()[-1])
        assert (result["accepted"], result["repeated"], result["rejected"]) == (600, 0, 0)
        row = hub.timeline(hub.customer(f"mailto:{person}"))[0]
        assert row["medium"] == "survey"
        assert any(answer["kind"] == "nps" and answer["value"] == "3" for answer in row["answers"])


def test_the_same_file_again_stores_nothing_twice(hub: RunningHub, tmp_path: Path) -> None:
    file = sheet(tmp_path / "survey.csv", 50, "again")
    hub.command("import", "survey", str(file), "--yes", "--json")
    again = hub.command("import", "survey", str(file), "--yes", "--json")
    answered = hub.customer("mailto:again3@example.com")
    assert len(hub.timeline(answered)) == 1, again.stderr


def test_an_import_killed_in_the_middle_goes_on(hub: RunningHub, tmp_path: Path) -> None:
    file = sheet(tmp_path / "survey.csv", 3_000, "killed")
    import threading

    started = threading.Thread(target=hub.command, args=("import", "survey", str(file), "--yes", "--json"))
    started.start()
    wait_for(lambda: hub.api("GET", "/customers?identity=mailto:killed3@example.com")["items"], "the first rows")
    hub.kill()
    started.join(30)
    hub.start()

    def finished() -> object:
        upload = hub.api("GET", "/uploads")["items"][0]
        return upload if upload["state"] == "committed" else None

    upload = wait_for(finished, "the rest")
    assert isinstance(upload, dict)
    assert upload["accepted"] + upload["repeated"] + upload["rejected"] == 3_000
    assert len(hub.timeline(hub.customer("mailto:killed2999@example.com"))) == 1
