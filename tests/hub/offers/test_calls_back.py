"""Calls back: staff is reminded by mail before one is due, once each; whoever called back is not reminded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from hub.model.identity import Identity
from hub.outreach.calling_back import keep, look
from hub.outreach.gates import ask
from hub.outreach.house import House, Lane
from hub.outreach.prepare import gather, prepare
from hub.outreach.quiet_hours import rulebook_of
from hub.outreach.seeing import load
from hub.store import customers, reminders
from hub.store.session import Database
from hub.store.tables import CustomerRow, MessageRow, StaffRow, TaskRow
from tests.starting import start_with

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def test_who_has_the_task_is_reminded_once_and_not_after_the_call(database: Database, settings: Any) -> None:
    house = replace(House.of(settings, {}, "https://hub.example.com"), time_zone="Europe/Prague")
    house = replace(house, lanes={"outgoing_mail": Lane(name="outgoing_mail", schemes=("mailto",))})

    def work(conn: Connection, _: None) -> None:
        start_with(conn, AT - timedelta(days=9), "templates/callback_reminder/", "reminders.toml")
        grace, ada = _staff(conn, "Grace", "agent"), _staff(conn, "Ada", "agent")
        eve = customers.create_customer(
            conn, {"display_name": "Eve"}, [Identity("tel", "+14155550101")], AT - timedelta(days=9)
        )
        mine = _task(conn, "Promised", eve, assignee_id=grace, due_at=AT + timedelta(minutes=10))
        missed = _task(conn, "Call back +14155550101", eve, created_at=AT - timedelta(minutes=50))
        _task(conn, "Tomorrow", eve, due_at=AT + timedelta(days=1))
        assert look(conn, AT, house) == [], "off until wanted"
        [rule] = [rule["id"] for rule in reminders.rules(conn) if rule["about"] == "callback"]
        reminders.change_rule(conn, rule, {"enabled": True})
        owed = look(conn, AT, house)
        told = sorted((one.task["id"], one.staff["id"]) for one in owed)
        assert told == [(mine, grace), (missed, grace), (missed, ada)], "what nobody has is every agent's"
        assert keep(conn, (owed, house, AT)) == 3
        assert look(conn, AT, house) == []
        colleagues = conn.scalars(select(CustomerRow.relationship).where(CustomerRow.id != eve))
        assert set(colleagues) == {"employee"}
        message = _messages(conn, mine)[0]
        written = prepare(message, gather(conn, [message]), house, rulebook_of(settings)).rendered
        assert written.subject == "Call back: Eve"
        assert "+14155550101" in written.text
        assert f"https://hub.example.com/customers/{eve}" in written.text
        seen = load(conn, [message], AT, house, rulebook_of(settings))[message["id"]]
        assert ask(seen) is None
        conn.execute(update(TaskRow).where(TaskRow.id == mine).values(state="done"))
        refusal = ask(load(conn, [message], AT, house, rulebook_of(settings))[message["id"]])
        assert refusal is not None
        assert refusal.reason == "callback_done"
        # Put off, it is another occasion.
        conn.execute(update(TaskRow).where(TaskRow.id == missed).values(due_at=AT + timedelta(hours=2)))
        assert len(look(conn, AT + timedelta(hours=2), house)) == 2

    await database.write(work, None)


def _staff(conn: Connection, name: str, role: str) -> int:
    row = {"email": f"{name.lower()}@hub.example.com", "display_name": name, "role": role, "created_at": AT}
    made: int = conn.execute(insert(StaffRow).values(**row).returning(StaffRow.id)).scalar_one()
    return made


def _task(conn: Connection, title: str, customer: int, **more: Any) -> int:
    row = {"kind": "callback", "title": title, "customer_id": customer, "created_at": AT - timedelta(days=1), **more}
    made: int = conn.execute(insert(TaskRow).values(**row).returning(TaskRow.id)).scalar_one()
    return made


def _messages(conn: Connection, task: int) -> list[dict[str, Any]]:
    rows = conn.execute(select(MessageRow.__table__).where(MessageRow.about_id == task))
    return [dict(row._mapping) for row in rows]
