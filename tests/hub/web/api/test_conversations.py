"""Conversations: listed, looked after, answered; what was queued can be taken back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import incoming, later, mail, sms
from tests.hub.web.api.conftest import Api


async def asked(api: Api, **more: Any) -> dict[str, Any]:
    """Lets Ada ask something and returns the conversation."""
    await api.capture(incoming(mail(**more)))
    [talk] = (await api("GET", "/conversations")).items
    return talk


async def test_conversations_are_listed_with_whom_and_what(api: Api) -> None:
    talk = await asked(api, text="Where is my order?")
    assert (talk["address"], talk["subject"], talk["state"], talk["unread"]) == (
        "ada@example.com",
        "A question",
        "open",
        True,
    )
    assert (await api("GET", f"/conversations/{talk['id']}")).body == {**talk, "came_in": 1}
    [entry] = (await api("GET", f"/conversations/{talk['id']}/interactions")).items
    assert entry["text"] == "Where is my order?"


async def test_conversations_are_filtered_and_paged(api: Api) -> None:
    await api.capture(
        incoming(mail(id="m1")),
        incoming(mail("bob@example.com", id="m2", at=later(hours=1), subject="Else")),
        incoming(sms(id="SM1", at=later(hours=2))),
    )
    first = await api("GET", "/conversations", query={"limit": 2})
    second = await api("GET", "/conversations", query={"limit": 2, "before": first.body["next"]})
    assert [each["medium"] for each in first.items + second.items] == ["sms", "email", "email"]
    assert len((await api("GET", "/conversations", query={"medium": "sms"})).items) == 1
    assert len((await api("GET", "/conversations", query={"unassigned": "true"})).items) == 3
    assert (await api("GET", "/conversations", query={"state": "closed"})).items == []
    assert (await api("GET", "/conversations", query={"state": "x' OR 1=1"})).body["field"] == "state"
    assert (await api("GET", "/conversations", query={"before": "1-1; DROP"})).status == 422


async def test_a_conversation_is_assigned_closed_and_opened_again(api: Api) -> None:
    path = f"/conversations/{(await asked(api))['id']}"
    agent = str(api.room.ids["agent"])
    taken = await api("PATCH", path, {"assignee_id": agent}, role="agent")
    assert (taken.body["assignee_id"], taken.body["assignee_name"]) == (agent, "The agent")
    assert (await api("GET", "/conversations", query={"assignee": agent})).items[0]["id"] == taken.body["id"]
    assert (await api("PATCH", path, {"state": "closed"})).body["state"] == "closed"
    assert (await api("PATCH", path, {"state": "open", "assignee_id": None})).body["assignee_id"] is None
    assert (await api("PATCH", path, {"assignee_id": "999"})).status == 404
    assert (await api("PATCH", path, {"assignee_id": str(api.room.ids["viewer"])})).status == 404


async def test_an_answer_waits_in_the_outbox_and_is_sent_once(api: Api) -> None:
    talk = await asked(api)
    path = f"/conversations/{talk['id']}/reply"
    first = await api.made(path, {"text": "On its way."}, role="agent", Idempotency_Key="k")
    again = await api.made(path, {"text": "On its way."}, role="agent", Idempotency_Key="k")
    assert first == again
    assert first["due_at"] == "2026-03-02T10:00:10.000Z"
    [message] = (await api("GET", "/messages", query={"customer": talk["customer_id"]})).items
    assert (message["id"], message["state"], message["channel"], message["subject"], message["text"]) == (
        first["id"],
        "ready",
        "outgoing_mail",
        "Re: A question",
        "On its way.",
    )
    told = (await api("GET", f"/messages/{first['id']}")).body
    assert [step["state"] for step in told["steps"]] == ["ready"]
    assert told["words"]
    assert all(step["words"] for step in told["steps"])
    assert (await api("GET", f"/conversations/{talk['id']}")).body["state"] == "waiting"


async def test_an_answer_past_something_unseen_is_refused(api: Api) -> None:
    talk = await asked(api)
    seen = (await api("GET", f"/conversations/{talk['id']}")).body["came_in"]
    again = mail(id="m2", in_reply_to="m1", subject="Re: A question", at=later(minutes=5))
    await api.capture(incoming(again))
    assert len((await api("GET", f"/conversations/{talk['id']}/interactions")).items) == 2
    answer = await api("POST", f"/conversations/{talk['id']}/reply", {"text": "Yes.", "seen": seen})
    assert (answer.status, answer.body.get("field")) == (422, "seen"), answer.body


async def test_an_answer_can_be_taken_back_while_it_waits(api: Api) -> None:
    talk = await asked(api)
    queued = await api.made(f"/conversations/{talk['id']}/reply", {"text": "Oops"})
    back = await api("POST", f"/messages/{queued['id']}/take-back")
    assert (back.status, back.body["text"]) == (200, "Oops")
    [message] = (await api("GET", "/messages", query={"state": "cancelled"})).items
    assert message["id"] == queued["id"]
    assert (await api("GET", "/messages", query={"state": "nonsense"})).body["field"] == "state"


async def test_a_new_message_is_written_to_an_address_that_the_customer_holds(api: Api) -> None:
    ada = await api.made("/customers", {"display_name": "Ada", "identities": ["ada@example.com"]})
    bob = await api.made("/customers", {"display_name": "Bob", "identities": ["bob@example.com"]})
    body = {"customer_id": ada["id"], "identity_id": ada["identities"][0]["id"], "text": "Hello", "subject": "Hi"}
    queued = await api.made("/messages", body)
    assert (await api("GET", f"/messages/{queued['id']}")).body["address"] == "ada@example.com"
    answer = await api("POST", "/messages", {**body, "identity_id": bob["identities"][0]["id"]})
    assert answer.status == 404
    answer = await api("POST", "/messages", {**body, "subject": ""})
    assert (answer.status, answer.body["field"]) == (422, "subject")


async def test_a_number_to_which_no_channel_sends_is_refused(api: Api) -> None:
    await api.capture(incoming(sms()))
    [talk] = (await api("GET", "/conversations")).items
    answer = await api("POST", f"/conversations/{talk['id']}/reply", {"text": "Yes"})
    assert (answer.status, answer.body["field"]) == (422, "channel")


@pytest.mark.parametrize("channel", ["support_mail", "nothing"])
async def test_a_channel_that_cannot_send_it_is_refused(api: Api, channel: str) -> None:
    talk = await asked(api)
    answer = await api("POST", f"/conversations/{talk['id']}/reply", {"text": "Yes", "channel": channel})
    assert (answer.status, answer.body["field"]) == (422, "channel")
    assert (await api("GET", "/messages")).items == []


async def test_notes_stay_in_the_house(api: Api) -> None:
    talk = await asked(api)
    note = await api.made(f"/conversations/{talk['id']}/notes", {"text": "Called the carrier"}, role="agent")
    assert (note["medium"], note["text"], note["author"]) == ("note", "Called the carrier", "agent@hub.test")
    await api.made(f"/customers/{talk['customer_id']}/notes", {"text": "A regular"})
    entries = (await api("GET", f"/customers/{talk['customer_id']}/timeline", query={"medium": "note"})).items
    assert {each["text"] for each in entries} == {"Called the carrier", "A regular"}
    assert (await api("GET", "/messages")).items == []
