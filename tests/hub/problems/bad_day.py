"""A bad day: a hub in which something of every kind is wrong."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, insert, select

from hub.desk import breaches, rights
from hub.model.identity import Identity
from hub.model.person_request import RequestKind
from hub.model.problem import Problem, Severity
from hub.store import do_not_call, health, interactions, leases
from hub.store.audit import Actor
from hub.store.customers import create_customer
from hub.store.installation import note_fact
from hub.store.tables import (
    ArrivalRow,
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


def seed(conn: Connection, _: None) -> None:
    """A hub on a bad day."""
    _channels(conn)
    _jobs(conn)
    _messages(conn)
    _connections(conn)
    _stamped(conn)
    _rights(conn)
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


def _rights(conn: Connection) -> None:
    """Lists that end, requests that are due, a breach of which nobody was told, a customer in Russia."""
    for name, days in (("National", -32), ("Own", -26), ("Fresh", 0)):
        do_not_call.finish(conn, do_not_call.begin(conn, name, later(days=days), "ada", NOW), 1, 0)
    by = Actor(name="ada", at=NOW, key=b"k")
    for who, days in (("Eve", 0), ("Max", 6), ("Joe", 20)):
        rights.ask(conn, RequestKind.ACCESS, by, later(days=days), evidence="a letter", who=who)
    breaches.note(conn, breaches.Facts(title="Lost phone", what="A phone was lost."), NOW, later(days=3), by)
    create_customer(conn, {"country": "RU"}, [Identity("mailto", "vera@example.com")], NOW)
