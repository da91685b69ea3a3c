"""Timelines, search, one interaction, files and raw payloads."""

from __future__ import annotations

import pytest

from hub.capture.incoming import StoredFile
from hub.model.contact import Answer, Attachment, Medium
from hub.model.event import CallStep
from tests.builders import call, incoming, later, mail, sms
from tests.hub.web.api.conftest import Api


async def ada(api: Api) -> str:
    [found] = (await api("GET", "/customers", query={"identity": "mailto:ada@example.com"})).items
    identity: str = found["id"]
    return identity


async def test_a_timeline_tells_each_interaction_whole(api: Api) -> None:
    blobs = api.room.services.blobs
    contact = mail(
        text="My order?",
        attachments=(Attachment(filename="receipt.pdf", content_type="application/pdf", content=b"%PDF"),),
    )
    stored = StoredFile(blobs.put(b"%PDF"), 4)
    await api.capture(incoming(contact, files=[(stored, None)]))
    answer = await api("GET", f"/customers/{await ada(api)}/timeline", role="viewer")
    [entry] = answer.items
    assert answer.body["next"] is None
    assert isinstance(entry["id"], str)
    assert isinstance(entry["conversation_id"], str)
    told = {name: entry[name] for name in ("medium", "direction", "kind", "channel", "subject", "text", "trust")}
    assert told == {
        "medium": "email",
        "direction": "in",
        "kind": "message",
        "channel": "support_mail",
        "subject": "A question",
        "text": "My order?",
        "trust": "unverified",
    }
    assert entry["occurred_at"] == "2026-03-02T10:00:00.000Z"
    assert entry["customer_why"]
    assert entry["conversation_why"]
    assert (entry["delivery"], entry["message"], entry["events"], entry["answers"]) == ("", None, [], [])
    [file] = entry["attachments"]
    assert {**file, "id": ""} == {
        "id": "", "filename": "receipt.pdf", "content_type": "application/pdf", "size": 4, "inline": False,
        "state": "stored",
    }  # fmt: skip
    assert (await api("GET", f"/interactions/{entry['id']}")).body == entry
    assert (await api("GET", f"/interactions/{entry['id']}/attachments")).items == [file]


async def test_a_timeline_is_paged_newest_first_and_filtered(api: Api) -> None:
    await api.capture(
        *[incoming(mail(id=f"m{hour}", text=f"word{hour}", at=later(hours=hour))) for hour in range(3)],
    )
    path = f"/customers/{await ada(api)}/timeline"
    first = await api("GET", path, query={"limit": 2})
    assert [each["text"] for each in first.items] == ["word2", "word1"]
    second = await api("GET", path, query={"limit": 2, "before": first.body["next"]})
    assert [each["text"] for each in second.items] == ["word0"]
    assert second.body["next"] is None
    assert (await api("GET", path, query={"medium": "sms"})).items == []
    assert len((await api("GET", path, query=[("medium", "sms"), ("medium", "email")])).items) == 3
    assert [each["text"] for each in (await api("GET", path, query={"q": "word1"})).items] == ["word1"]
    assert len((await api("GET", f"{path}?before=&medium=&q=")).items) == 3
    assert (await api("GET", path, query={"medium": "email' OR 1=1"})).body["field"] == "medium"


async def test_survey_answers_and_calls_are_told(api: Api) -> None:
    survey = mail(
        id="s1",
        medium=Medium.SURVEY,
        answers=(Answer("How likely?", "9", "nps"), Answer("Why?", "Fast")),
    )
    await api.capture(incoming(survey))
    await api.capture(incoming(call(CallStep.ENDED, status="no-answer", duration=0)))
    [entry] = (await api("GET", f"/customers/{await ada(api)}/timeline")).items
    assert entry["answers"] == [
        {"question": "How likely?", "value": "9", "kind": "nps"},
        {"question": "Why?", "value": "Fast", "kind": "text"},
    ]
    [caller] = (await api("GET", "/customers", query={"identity": "tel:+14155550101"})).items
    [entry] = (await api("GET", f"/customers/{caller['id']}/timeline")).items
    assert (entry["medium"], entry["call"]["missed"]) == ("call", True)
    assert [each["kind"] for each in entry["events"]] == ["call.ended"]


async def test_the_history_is_searched_over_all_customers(api: Api) -> None:
    await api.capture(incoming(mail(id="m1", text="blue parrot")), incoming(sms(id="SM1", text="red parrot")))
    assert len((await api("GET", "/interactions", query={"q": "parrot"})).items) == 2
    [found] = (await api("GET", "/interactions", query={"q": "parrot blue"})).items
    assert found["identity"] == "mailto:ada@example.com"
    assert (await api("GET", "/interactions", query={"q": 'NEAR("x" OR *)'})).items == []
    assert (await api("GET", "/interactions")).status == 422


@pytest.mark.security_row(4)
async def test_a_file_goes_out_as_an_attachment_whatever_it_says_it_is(api: Api) -> None:
    stored = StoredFile(api.room.services.blobs.put(b"<script>"), 8)
    name = 'x".html\r\nSet-Cookie: a=b'
    contact = mail(attachments=(Attachment(filename=name, content_type="text/html", content=b"<script>"),))
    await api.capture(incoming(contact, files=[(stored, None)]))
    [entry] = (await api("GET", f"/customers/{await ada(api)}/timeline")).items
    path = f"/attachments/{entry['attachments'][0]['id']}"
    answer = await api("GET", path, role="viewer")
    assert (answer.status, answer.raw) == (200, b"<script>")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    assert (await api("GET", path, role="")).status == 401


async def test_a_file_whose_bytes_are_gone_is_not_found(api: Api) -> None:
    blobs = api.room.services.blobs
    stored = StoredFile(blobs.put(b"lost"), 4)
    contact = mail(attachments=(Attachment(filename="a", content_type="text/plain", content=b"lost"),))
    await api.capture(incoming(contact, files=[(stored, None)]))
    [entry] = (await api("GET", f"/customers/{await ada(api)}/timeline")).items
    blobs.remove(stored.sha256)
    answer = await api("GET", f"/attachments/{entry['attachments'][0]['id']}")
    assert (answer.status, answer.body["code"]) == (404, "not_found")


async def test_the_raw_of_an_interaction_is_given_as_it_came(api: Api) -> None:
    await api.capture(incoming(mail(), raw=b"From: ada\r\n\r\nHello", content_type="message/rfc822"))
    [entry] = (await api("GET", f"/customers/{await ada(api)}/timeline")).items
    [arrival] = (await api("GET", f"/interactions/{entry['id']}/arrivals")).items
    assert arrival["content_type"] == "message/rfc822"
    path = f"/interactions/{entry['id']}/arrivals/{arrival['id']}/raw"
    assert (await api("GET", path)).raw == b"From: ada\r\n\r\nHello"
    assert (await api("GET", path, role="viewer")).status == 403
    assert (await api("GET", f"/interactions/1/arrivals/{arrival['id']}/raw")).status == 404


async def test_what_happened_is_told_in_order_from_a_cursor_on(api: Api) -> None:
    await api.capture(incoming(mail(id="m1")), incoming(mail(id="m2")))
    first = await api("GET", "/events", query={"limit": 1})
    rest = await api("GET", "/events", query={"after": first.body["next"]})
    ids = [int(each["id"]) for each in first.items + rest.items]
    assert ids == sorted(set(ids))
    assert all(each["kind"] and each["at"] for each in rest.items)
    end = await api("GET", "/events", query={"after": rest.body["next"]})
    assert (end.items, end.body["next"]) == ([], rest.body["next"])
    kind = first.items[0]["kind"]
    assert {each["kind"] for each in (await api("GET", "/events", query={"kind": kind})).items} == {kind}
