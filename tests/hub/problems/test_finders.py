"""Finders: what each question finds in a database, and that it finds nothing where all is well; on both engines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from hub.insight.finders import QUESTIONS, House
from hub.model.identity import Identity
from hub.model.problem import Problem, Severity
from hub.store import health, interactions, leases, public_address
from hub.store.customers import create_customer
from hub.store.dispatching import KILL_SWITCH
from hub.store.installation import note_fact
from hub.store.problems import Found
from hub.store.session import Database
from hub.store.tables import (
    ArrivalRow,
    BackupRow,
    ConnectionRow,
    ConsentGivenRow,
    DeliveryEventRow,
    IdentityRow,
    JobRow,
    MessageRow,
    MessageStepRow,
    UploadRow,
)
from tests.builders import NOW, later

HOUSE = House(
    now=NOW,
    channels=frozenset({"support_mail", "outgoing_mail", "main_number"}),
    live=frozenset({"main_number"}),
    watched=frozenset({"support_mail"}),
    called=frozenset({"main_number"}),
    public_url="https://hub.example.com",
    key_print="abc",
)
AT_REST = House(**{name: getattr(HOUSE, name) for name in HOUSE.__slots__} | {"running": False})


def seed(conn: Connection, _: None) -> None:
    """A hub on a bad day."""
    _channels(conn)
    _jobs(conn)
    _messages(conn)
    _connections(conn)
    _stamped(conn)
    conn.execute(
        insert(ArrivalRow),
        [
            {"channel": "support_mail", "key": str(n), "state": "quarantined", "reason": "deep", "received_at": NOW}
            for n in range(3)
        ],
    )
    note_fact(conn, "promotions_held", "restored from a backup")
    note_fact(conn, "key_print", "1:another")


def _channels(conn: Connection) -> None:
    def says(where: str, severity: Severity, minutes: float, **more: str) -> None:
        told = Problem(**{"code": "timeout", "severity": severity, "where": where, "message": "It is slow.", **more})
        health.note_problem(conn, told, later(minutes=-minutes))

    says("support_mail", Severity.WARNING, 90)
    says("main_number", Severity.ERROR, 1, code="channel_broken", provider_code="20003")
    health.pause(conn, "outgoing_mail", "paused by Grace", later(hours=-1))
    health.note_forged(conn, "main_number", 4, later(minutes=-1))
    says("gone_mail", Severity.ERROR, 5)


def _jobs(conn: Connection) -> None:
    for name, minutes, error in (
        ("plan", -5, ""),
        ("dispatch", -30, ""),
        ("sweep", 1, "OSError: disk"),
        ("recall gone_number", -900, ""),
        ("media", 1, ""),
    ):
        leases.note_run(conn, name, later(minutes=minutes), timedelta(), error)
    job = {"kind": "fetch_media", "payload": {}, "created_at": later(hours=-2), "attempts": 40, "worker": ""}
    conn.execute(
        insert(JobRow),
        [
            {**job, "key": "1", "state": "failed", "run_at": later(hours=-1), "last_error": "404 for +14155550123"},
            {**job, "key": "2", "state": "waiting", "run_at": later(minutes=-20), "last_error": "timeout"},
            {**job, "key": "3", "state": "waiting", "run_at": later(minutes=20), "last_error": ""},
            {**job, "key": "4", "state": "done", "run_at": later(hours=-1), "last_error": ""},
        ],
    )
    upload = {"channel": "surveys", "title": "", "sha256": "", "size": 1, "shape": {}, "mapping": {}}
    conn.execute(
        insert(UploadRow),
        [
            {**upload, "filename": "may.csv", "state": "failed", "error": "no row", "created_at": NOW},
            {**upload, "filename": "old.csv", "state": "failed", "error": "no row", "created_at": later(days=-30)},
        ],
    )


def _messages(conn: Connection) -> None:
    customer = create_customer(conn, {}, [Identity("mailto", "ada@example.com")], NOW)
    identity = conn.scalar(select(IdentityRow.id).where(IdentityRow.scheme == "mailto"))
    plain = {
        "origin": "rule",
        "purpose": "reminder",
        "channel": "outgoing_mail",
        "customer_id": customer,
        "identity_id": identity,
        "content": {},
        "due_at": later(minutes=-20),
        "expires_at": later(days=1),
        "planned_at": later(hours=-1),
    }
    refused = "554 5.7.1 blocked using zen.spamhaus.org, for ada@example.com"
    for number, (message, said) in enumerate(
        [
            ({"channel": "main_number", "state": "ready"}, ""),
            ({"state": "ready"}, ""),  # paused: told already
            ({"channel": "main_number", "state": "unknown"}, ""),
            ({"channel": "main_number", "state": "abandoned"}, ""),
            *(({"state": "failed", "code": "554"}, refused) for _ in range(3)),
            ({"state": "failed", "code": "550"}, "550 5.1.1 user unknown"),
            ({"state": "failed", "code": "550", "due_at": later(days=-3)}, "550 5.7.26 unauthenticated"),
        ],
        1,
    ):
        conn.execute(insert(MessageRow), {**plain, "dedupe_key": str(number), **message})
        step = {"message_id": number, "state": message["state"], "reason": "", "at": later(minutes=-20)}
        conn.execute(insert(MessageStepRow), {**step, "seen": {"said": said}})
    news = {"channel": "main_number", "status": "undelivered", "reason": "", "detail": {}, "reference": "SM1"}
    conn.execute(
        insert(DeliveryEventRow),
        [
            {**news, "key": "1", "message_id": 1, "code": "30034", "at": later(hours=-1)},
            {**news, "key": "2", "message_id": 3, "code": "30034", "at": NOW},
            {**news, "key": "3", "message_id": 4, "code": "30003", "at": NOW},
        ],
    )


def _connections(conn: Connection) -> None:
    kept = {"adapter": "", "mode": "live", "secrets": [], "created_at": NOW, "changed_at": NOW}
    by_consent = {"consent": "sales@example.com"}
    conn.execute(
        insert(ConnectionRow),
        [{**kept, "name": "sales_mail", "settings": by_consent}, {**kept, "name": "support_mail", "settings": {}}],
    )
    ended = {"provider": "google", "version": 1, "expires_at": NOW, "given_at": NOW, "ended_at": NOW}
    conn.execute(insert(ConsentGivenRow), {**ended, "name": "sales@example.com", "ended_why": "invalid_grant"})


def _stamped(conn: Connection) -> None:
    """Ten mails, each stamped by a server of which nobody has said whose it is."""
    identity = conn.scalar(select(IdentityRow.id).where(IdentityRow.scheme == "mailto"))
    mails = [
        interactions.new_interaction(
            occurred_at=later(days=-1, minutes=number), received_at=NOW, identity_id=identity or 0,
            channel="support_mail", medium="email", detail={"stamped_by": "mx.example.net", "trust_why": "unknown"},
        )
        for number in range(10)
    ]  # fmt: skip
    interactions.append(conn, mails)


async def ask(database: Database, name: str, house: House = HOUSE) -> list[Found]:
    return await database.read(QUESTIONS[name], house)


BAD_DAY: Mapping[str, list[tuple[str, str, dict[str, Any]]]] = {
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
