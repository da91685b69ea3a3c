"""Finders: what each question finds in a database, and that it finds nothing where all is well; on both engines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from hub.insight.finders import QUESTIONS, House
from hub.model.problem import Problem, Severity
from hub.store import health, public_address
from hub.store.dispatching import KILL_SWITCH
from hub.store.installation import note_fact
from hub.store.problems import Found
from hub.store.session import Database
from hub.store.tables import (
    BackupRow,
)
from tests.builders import NOW, later
from tests.hub.problems.bad_day import seed

HOUSE = House(
    now=NOW,
    channels=frozenset({"support_mail", "outgoing_mail", "main_number"}),
    live=frozenset({"main_number"}),
    watched=frozenset({"support_mail"}),
    called=frozenset({"main_number"}),
    public_url="https://hub.example.com",
    key_print="abc",
    lists_hold=timedelta(days=31),
    storage_country="CZ",
    kept_at_home=frozenset({"RU"}),
)
AT_REST = House(**{name: getattr(HOUSE, name) for name in HOUSE.__slots__} | {"running": False})


async def ask(database: Database, name: str, house: House = HOUSE) -> list[Found]:
    return await database.read(QUESTIONS[name], house)


BAD_DAY: Mapping[str, list[tuple[str, str, dict[str, Any]]]] = {
    "lists": [("do_not_call_old", "National", {}), ("do_not_call_ends", "Own", {"days": 5})],
    "requests": [("request_late", "persons", {"count": 1}), ("request_due", "persons", {"count": 1})],
    "breaches": [("breach_untold", "breach/1", {})],
    "storage": [("storage_country", "RU", {"count": 1, "stored": "CZ"})],
    "channels": [
        ("twilio_20003", "main_number", {}),
        ("hooks_refused", "main_number", {"count": 4}),
        ("channel_paused", "outgoing_mail", {"said": "paused by Grace"}),
        ("timeout", "support_mail", {}),
    ],
    "connections": [
        ("oauth_ended", "sales_mail", {"said": "invalid_grant"}),
        ("connection_hidden", "support_mail", {}),
    ],
    "jobs": [
        ("job_stopped", "dispatch", {"minutes": 30}),
        ("job_late", "plan", {"minutes": 5}),
        ("job_failed", "sweep", {"said": "OSError: disk"}),
    ],
    "work": [
        ("work_given_up", "fetch_media", {"count": 1, "said": "404 for +1415***0123"}),
        ("work_waits", "fetch_media", {"count": 1, "minutes": 20}),
    ],
    "uploads": [("upload_failed", "upload 1", {"name": "may.csv"})],
    "stopped": [("restored_copy", "hub", {"said": "restored from a backup"})],
    "late": [("outbox_late", "main_number", {"count": 1, "minutes": 20})],
    "doubtful": [("unknown_sends", "main_number", {"count": 1}), ("abandoned_sends", "main_number", {"count": 1})],
    "refusals": [
        ("smtp_blocklist", "outgoing_mail", {"count": 3}),
        ("twilio_30034", "main_number", {"count": 2, "said": "30034"}),
    ],
    "offers": [],
    "rates": [],
    "senders": [("authserv_asked", "support_mail", {"server": "mx.example.net", "count": 10, "mails": 10})],
    "unread": [("could_not_be_read", "support_mail", {"count": 3})],
    "address": [("public_address_unproven", "main_number", {"address": "https://hub.example.com"})],
    "backups": [("backup_none", "hub", {})],
    "key": [("key_mismatch", "hub", {})],
}


async def test_every_question_finds_what_is_wrong(database: Database) -> None:
    await database.write(seed, None)
    assert set(BAD_DAY) == set(QUESTIONS)
    for name, expected in BAD_DAY.items():
        told = await ask(database, name)
        assert [(each.code, each.place) for each in told] == [(code, place) for code, place, _ in expected], name
        for each, (_, _, seen) in zip(told, expected, strict=True):
            assert {key: each.seen.get(key) for key in seen} == seen, name
    (blocked, _) = await ask(database, "refusals")
    assert "ada@example.com" not in str(blocked.seen)  # a problem is no place for a customer's address


async def test_a_new_hub_has_nothing_wrong(database: Database) -> None:
    house = House(now=NOW, channels=HOUSE.channels, public_url="http://127.0.0.1:8080")
    assert [each for name in QUESTIONS for each in await ask(database, name, house)] == []


async def test_a_hub_that_does_not_run_is_late_with_nothing(database: Database) -> None:
    await database.write(seed, None)
    told = [each.code for name in ("jobs", "work", "late", "channels") for each in await ask(database, name, AT_REST)]
    assert not {"job_late", "job_stopped", "work_waits", "outbox_late", "channel_silent"} & set(told)


@pytest.mark.parametrize(
    ("minutes", "severity", "found"),
    [
        (1, Severity.WARNING, None),
        (3, Severity.WARNING, Severity.WARNING),
        (61, Severity.WARNING, Severity.ERROR),
        (0, Severity.ERROR, Severity.WARNING),
    ],
    ids=["passes", "lasts", "lasts for an hour", "somebody must mend it"],
)
async def test_a_server_that_is_away_for_a_moment_needs_nobody(
    sqlite_database: Database, minutes: int, severity: Severity, found: Severity | None
) -> None:
    problem = Problem(code="timeout", severity=severity, where="support_mail", message="It does not answer.")
    await sqlite_database.write(lambda conn, at: health.note_problem(conn, problem, at), later(minutes=-minutes))
    told = await ask(sqlite_database, "channels")
    assert [each.severity for each in told] == ([found] if found else [])


async def test_a_mailbox_that_nobody_reads_is_silent(sqlite_database: Database) -> None:
    await sqlite_database.write(lambda conn, at: health.note_well(conn, "support_mail", at), later(minutes=-31))
    (told,) = await ask(sqlite_database, "channels")
    assert (told.code, told.seen) == ("channel_silent", {"minutes": 31})


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ([(-20, {"verified_at": NOW})], []),
        ([(-72, {"verified_at": NOW})], ["backup_old"]),
        ([(-30, {"verified_at": NOW}), (-6, {"state": "failed", "error": "disk full"})], ["backup_failed"]),
        ([(-6, {"verified_at": NOW, "missing": 2})], ["backup_missing"]),
        ([(-1, {"state": "running", "finished_at": None})], ["backup_none"]),
    ],
    ids=["of last night", "three days ago", "the last one failed", "it lacks files", "the first is being made"],
)
async def test_backups_are_watched(
    sqlite_database: Database, rows: list[tuple[int, dict[str, Any]]], codes: list[str]
) -> None:
    def put(conn: Connection, _: None) -> None:
        for hours, row in rows:
            at = later(hours=hours)
            conn.execute(insert(BackupRow), {"state": "made", "asked_at": at, "seen_at": at, "finished_at": at, **row})

    await sqlite_database.write(put, None)
    assert [each.code for each in await ask(sqlite_database, "backups")] == codes


async def test_a_proven_address_and_the_right_key_are_well(sqlite_database: Database) -> None:
    def prove(conn: Connection, _: None) -> None:
        public_address.note_proof(conn, HOUSE.public_url, NOW)
        note_fact(conn, "key_print", "1:abc")

    await sqlite_database.write(prove, None)
    assert await ask(sqlite_database, "address") == await ask(sqlite_database, "key") == []
    at_home = House(now=NOW, called=frozenset({"main_number"}), public_url="http://192.168.1.5:8080")
    assert [each.code for each in await ask(sqlite_database, "address", at_home)] == ["public_address_missing"]


async def test_the_kill_switch_is_told_and_explains_what_waits(sqlite_database: Database) -> None:
    await sqlite_database.write(seed, None)
    await sqlite_database.write(lambda conn, why: note_fact(conn, KILL_SWITCH, why), "stopped by Grace")
    assert [each.code for each in await ask(sqlite_database, "stopped")] == ["sending_stopped", "restored_copy"]
    assert await ask(sqlite_database, "late") == []
