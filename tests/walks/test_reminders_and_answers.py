"""Items 7 and 8: reminders by mail and text, and staff's answers that stay in the thread."""

from __future__ import annotations

import email
import email.policy
import json
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.walks.running import RunningHub, wait_for

ADA = "+14155550123"


def caught(hub: RunningHub, address: str) -> list[EmailMessage]:
    """Returns the mails that the hub sent to an address, as the sandbox's mailbox caught them."""
    found = []
    for folder in ("new", "cur"):
        for file in sorted((hub.data / "sandbox" / "mail" / "caught" / folder).glob("*")):
            message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            if address in str(message["To"]):
                found.append(message)
    return found


def phone(hub: RunningHub, number: str) -> list[dict[str, Any]]:
    """Returns the texts that a phone received."""
    twilio = json.loads((hub.data / "running.json").read_text())["twilio"]
    with urllib.request.urlopen(f"{twilio}/sandbox/phones/{urllib.parse.quote(number)}") as answer:
        texts: list[dict[str, Any]] = json.load(answer)["texts"]
        return texts


def ada(hub: RunningHub, **more: str) -> dict[str, Any]:
    identities = ["mailto:ada@example.com", f"tel:{ADA}"]
    made: dict[str, Any] = hub.api(
        "POST", "/customers", {"display_name": "Ada Lovelace", "identities": identities, **more}
    )
    return made


def book(hub: RunningHub, customer: dict[str, Any], starts: datetime, zone: str = "Europe/Prague") -> dict[str, Any]:
    wanted = {"customer_id": customer["id"], "title": "Service", "starts_at": starts.isoformat(), "time_zone": zone}
    booked: dict[str, Any] = hub.api("POST", "/appointments", wanted)
    return booked


def test_reminders_go_out_by_mail_and_text_in_the_customers_language_and_zone(hub: RunningHub) -> None:
    customer = ada(hub, language="cs")
    for hours in (2, 24):
        starts = datetime.now(UTC) + timedelta(hours=hours, seconds=3)
        book(hub, customer, starts)
    texts = wait_for(lambda: t if len(t := phone(hub, ADA)) >= 2 else None, "two texts", 60)
    mails = wait_for(lambda: m if len(m := caught(hub, "ada@example.com")) >= 2 else None, "two mails", 60)
    assert len(texts) == 2
    assert len(mails) == 2
    local = (datetime.now(UTC) + timedelta(hours=2, seconds=3)).astimezone().strftime("%M")
    assert any(local in each["body"] for each in texts)
    assert all("Ada" in str(mail.get_body(("plain",))) for mail in mails)
    rows = hub.timeline(customer, 4)
    assert {(row["medium"], row["direction"]) for row in rows} == {("email", "out"), ("sms", "out")}


def test_a_cancelled_or_moved_appointment_sends_nothing_stale(hub: RunningHub) -> None:
    customer = ada(hub)
    soon = datetime.now(UTC) + timedelta(hours=2, seconds=8)
    cancelled, moved = book(hub, customer, soon), book(hub, customer, soon)
    wait_for(lambda: len(hub.api("GET", f"/messages?customer={customer['id']}")["items"]) >= 4, "the plan", 40)
    hub.api("PATCH", f"/appointments/{cancelled['id']}", {"state": "cancelled"})
    hub.api("PATCH", f"/appointments/{moved['id']}", {"starts_at": (soon + timedelta(days=9)).isoformat()})
    wait_for(lambda: datetime.now(UTC) > soon - timedelta(hours=2) + timedelta(seconds=4), "the old time", 30)
    assert phone(hub, ADA) == []
    assert caught(hub, "ada@example.com") == []
    states = {row["state"] for row in hub.api("GET", f"/messages?customer={customer['id']}")["items"]}
    assert states == {"cancelled"}


def test_an_answer_by_mail_stays_in_the_thread_and_so_does_what_comes_back(hub: RunningHub) -> None:
    hub.command("simulate", "mail", "My fridge is broken", "--subject", "Fridge")
    customer = hub.customer("mailto:ada@example.com")
    asked = hub.timeline(customer)[0]
    hub.api("POST", f"/conversations/{asked['conversation_id']}/reply", {"text": "We come on Monday."})
    answer = wait_for(lambda: caught(hub, "ada@example.com"), "the answer", 40)[0]
    assert answer["Subject"] == "Re: Fridge"
    assert answer["In-Reply-To"]
    assert "We come on Monday." in str(answer.get_body(("plain",)))
    hub.command("simulate", "mail", "Thank you!", "--subject", "Re: Fridge", "--in-reply-to", str(answer["Message-ID"]))
    rows = hub.timeline(customer, 3)
    assert [row["direction"] for row in rows] == ["in", "out", "in"]
    assert len({row["conversation_id"] for row in rows}) == 1


def test_an_answer_by_text_reaches_the_phone_and_tells_its_delivery(hub: RunningHub) -> None:
    hub.command("simulate", "text", "Can you come on Monday?", "--from", ADA)
    customer = hub.customer(f"tel:{ADA}")
    asked = hub.timeline(customer)[0]
    hub.api("POST", f"/conversations/{asked['conversation_id']}/reply", {"text": "Yes, at nine."})
    wait_for(lambda: phone(hub, ADA), "the text", 40)
    wait_for(lambda: hub.timeline(customer, 2)[0]["delivery"] == "delivered", "the delivery")
    assert [text["body"] for text in phone(hub, ADA)] == ["Yes, at nine."]


def test_why_tells_the_story_of_a_message(hub: RunningHub, tmp_path: Path) -> None:
    customer = ada(hub)
    hub.command("simulate", "text", "STOP", "--from", ADA)
    book(hub, customer, datetime.now(UTC) + timedelta(hours=2, seconds=2))
    withheld = wait_for(
        lambda: [
            m for m in hub.api("GET", f"/messages?customer={customer['id']}")["items"] if m["state"] == "suppressed"
        ],
        "the withheld text",
        60,
    )
    done = hub.command("why", str(withheld[0]["id"]))
    assert done.returncode == 0, done.stderr
    assert "stop" in done.stdout.lower()
    assert hub.command("why", "999999999").returncode == 3
    assert not [text for text in phone(hub, ADA) if "START" not in text["body"]], "only STOP itself was answered"
