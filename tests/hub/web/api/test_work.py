"""Tasks, templates, reminder rules, forms, channels, what could not be read, staff."""

from __future__ import annotations

from typing import Any

import pytest

from hub.model.problem import Problem, Severity
from hub.store import health
from tests.builders import NOW, incoming
from tests.hub.web.api.conftest import Api
from tests.starting import start_with

REMINDER = {
    "name": "appointment_reminder",
    "language": "en",
    "purpose": "reminder",
    "faces": {"sms": "Dear {{ customer.name }}, see you soon."},
}
RULE = {
    "name": "The day before",
    "minutes_before": 1440,
    "channel": "outgoing_mail",
    "template": "appointment_reminder",
}


async def test_tasks_are_added_and_ticked_off(api: Api) -> None:
    customer = await api.customer("mailto:ada@example.com", display_name="Ada")
    made = await api.made(
        "/tasks", {"title": "Call back", "customer_id": str(customer), "due_at": "2026-03-03T09:00:00Z"}, role="agent"
    )
    assert (made["customer_name"], made["state"], made["due_at"]) == ("Ada", "open", "2026-03-03T09:00:00.000Z")
    done = await api("PATCH", f"/tasks/{made['id']}", {"state": "done"})
    assert (done.body["state"], done.body["done_at"]) == ("done", "2026-03-02T10:00:00.000Z")
    assert (await api("GET", "/tasks")).items == []
    assert [each["id"] for each in (await api("GET", "/tasks", query={"state": "done"})).items] == [made["id"]]
    assert (await api("PATCH", f"/tasks/{made['id']}", {"state": "open"})).body["done_at"] is None
    assert (await api("GET", f"/tasks/{made['id']}")).body["state"] == "open"


async def test_a_task_about_what_is_not_there_is_not_found(api: Api) -> None:
    for wrong in ({"customer_id": "9"}, {"conversation_id": "9"}, {"assignee_id": "999"}):
        assert (await api("POST", "/tasks", {"title": "x", **wrong})).status == 404
    assert (await api("GET", "/tasks")).items == []


async def test_a_template_is_saved_as_a_new_version(api: Api) -> None:
    first = await api.made("/templates", REMINDER, role="marketer")
    assert (first["version"], first["active"], first["created_by"]) == (1, True, "marketer@hub.test")
    second = await api.made("/templates", {**REMINDER, "faces": {"sms": "See you, {{ customer.name }}."}})
    assert [each["id"] for each in (await api("GET", "/templates")).items] == [second["id"]]
    versions = (await api("GET", "/templates/appointment_reminder/en")).items
    assert [each["version"] for each in versions] == [2, 1]


@pytest.mark.parametrize(
    "source",
    [
        "{{ customer.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ customer|attr('name') }}",
        "{{ customer.name.upper() }}",
        "{{ config }}",
        "{{ env.HUB_KEY }}",
        "{% include '/etc/passwd' %}",
        "{% for a in range(9999999) %}{% for b in range(9999999) %}x{% endfor %}{% endfor %}",
        "{{ 'x'.center(2000000000) }}",
        "{{ unfinished",
    ],
)
@pytest.mark.security_row(10)
async def test_a_template_that_does_more_than_fill_in_words_is_refused(api: Api, source: str) -> None:
    answer = await api("POST", "/templates", {**REMINDER, "faces": {"sms": source}})
    assert (answer.status, answer.body["code"]) == (422, "refused"), answer.body
    assert (await api("GET", "/templates")).items == []


async def test_reminder_rules_are_added_changed_and_removed(api: Api) -> None:
    made = await api.made("/reminder-rules", RULE, role="marketer")
    assert (made["lead_minutes"], made["enabled"], made["about"]) == (30, True, "appointment")
    changed = await api("PATCH", f"/reminder-rules/{made['id']}", {"enabled": False, "minutes_before": 120})
    assert (changed.body["enabled"], changed.body["minutes_before"]) == (False, 120)
    assert (await api("GET", "/reminder-rules")).items == [changed.body]
    assert (await api("DELETE", f"/reminder-rules/{made['id']}")).status == 200
    assert (await api("GET", "/reminder-rules")).items == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"minutes_before": 0}, "minutes_before"),
        ({"minutes_before": 20, "lead_minutes": 30}, "lead_minutes"),
        ({"channel": "nothing"}, "channel"),
        ({"name": ""}, "name"),
        ({"about": "moon"}, "about"),
    ],
    ids=str,
)
async def test_a_rule_that_cannot_be_is_refused(api: Api, wrong: dict[str, Any], field: str) -> None:
    answer = await api("POST", "/reminder-rules", {**RULE, **wrong})
    assert (answer.status, answer.body["field"]) == (422, field)


async def test_forms_are_listed_read_versioned_and_closed(api: Api) -> None:
    await api.room.services.database.write(lambda conn, _: start_with(conn, NOW, "forms/contact.toml"), None)
    [line] = (await api("GET", "/forms", role="viewer")).items
    assert (line["active"], line["submissions"]) == (True, 0)
    form = (await api("GET", f"/forms/{line['slug']}")).body
    definition = {**form["definition"], "slug": form["slug"], "version": form["version"], "name": "Write to us"}
    saved = await api.made("/forms", {"definition": definition, "based_on": form["version"]}, role="marketer")
    assert (saved["version"], saved["name"]) == (form["version"] + 1, "Write to us")
    stale = await api("POST", "/forms", {"definition": {**definition, "name": "x"}, "based_on": form["version"]})
    assert stale.status == 422
    assert (await api("PATCH", f"/forms/{form['slug']}", {"active": False})).status == 200
    assert (await api("GET", "/forms")).items[0]["active"] is False
    assert (await api("GET", f"/forms/{form['slug']}/submissions")).items == []
    assert (await api("POST", "/forms", {"definition": {"fields": "x"}})).status == 422


async def test_channels_tell_how_they_are_doing(api: Api) -> None:
    problem = Problem(
        code="login_failed", severity=Severity.ERROR, where="support_mail", message="The password is wrong.", mend="x"
    )
    await api.room.services.database.write(lambda conn, _: health.note_problem(conn, problem, NOW), None)
    states = {each["name"]: each for each in (await api("GET", "/channels", role="viewer")).items}
    assert set(states) == set(api.room.services.settings.channels)
    assert states["support_mail"]["problem"]["code"] == "login_failed"
    assert (states["support_mail"]["mode"], states["support_mail"]["sends_with"]) == ("sandbox", "outgoing_mail")
    paused = await api("POST", "/channels/outgoing_mail/pause", {"why": "holidays"}, role="agent")
    assert paused.body["paused_why"] == "holidays"
    assert (await api("POST", "/channels/outgoing_mail/resume")).body["paused_at"] is None
    assert (await api("POST", "/channels/nothing/resume")).status == 404


async def test_a_channel_is_tried_and_says_what_is_wrong(api: Api) -> None:
    answer = await api("POST", "/channels/outgoing_mail/check")
    assert answer.items, "nobody listens on port 9"
    assert all(each["message"] and each["where"] == "outgoing_mail" for each in answer.items)


async def test_what_could_not_be_read_is_listed_given_out_and_tried_again(api: Api) -> None:
    good = b"From: ada@example.com\r\nTo: support@example.com\r\nMessage-ID: <1@example.com>\r\n\r\nHello\r\n"
    await api.capture(
        incoming(key="INBOX:1", raw=good, failure="The reader failed.", channel="support_mail"),
        incoming(key="gone:1", raw=b"x", failure="The reader failed.", channel="old_number"),
    )
    gone, mine = (await api("GET", "/unreadable")).items
    assert (mine["channel"], mine["reason"]) == ("support_mail", "The reader failed.")
    assert (await api("GET", f"/unreadable/{mine['id']}/raw")).raw == good
    tried = await api("POST", f"/unreadable/{mine['id']}/retry", role="agent")
    assert (tried.status, tried.body["state"], tried.body["reason"]) == (200, "captured", "")
    assert (await api("GET", f"/interactions/{tried.body['interaction_id']}")).body["identity"] == (
        "mailto:ada@example.com"
    )
    assert (await api("POST", f"/unreadable/{mine['id']}/retry")).status == 404
    assert (await api("POST", f"/unreadable/{gone['id']}/retry")).status == 422
    assert [each["id"] for each in (await api("GET", "/unreadable")).items] == [gone["id"]]


async def test_staff_is_seen_by_admins_and_auditors(api: Api) -> None:
    listed = (await api("GET", "/staff", role="auditor")).items
    assert {each["email"] for each in listed} == {f"{role}@hub.test" for role in api.room.ids}
    assert not any("password" in name or "hash" in name for each in listed for name in each)


async def test_a_token_tells_whose_it_is(api: Api) -> None:
    me = (await api("GET", "/me", role="agent")).body
    assert (me["email"], me["role"]) == ("agent@hub.test", "agent")


async def test_jobs_are_listed(api: Api) -> None:
    assert (await api("GET", "/jobs")).items == []


async def test_the_audit_log_is_read_by_admins_and_auditors_page_by_page(api: Api) -> None:
    for title in ("a", "b", "c"):
        await api.made("/tasks", {"title": title}, role="agent")
    first = await api("GET", "/audit", role="auditor", query={"limit": 2})
    second = await api("GET", "/audit", role="auditor", query={"limit": 2, "before": first.body["next"]})
    acts = [each for each in first.items + second.items if each["action"] == "task.added"]
    assert len(acts) == 3
    assert {each["actor"] for each in acts} == {"agent@hub.test"}
    assert "digest" not in acts[0]
