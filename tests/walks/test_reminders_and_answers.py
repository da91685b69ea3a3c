"""Items 7 and 8: reminders by mail and text, and staff's answers that stay in the thread."""

from __future__ import annotations

import email
import email.policy
import json
import time
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

from tests.walks.running import Person, RunningHub, wait_for


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


def known(hub: RunningHub, person: Person, **more: str) -> dict[str, Any]:
    told = {"display_name": "Ada Lovelace", "identities": person.identities, **more}
    made: dict[str, Any] = hub.api("POST", "/customers", told)
    return made


def book(hub: RunningHub, customer: dict[str, Any], starts: datetime, zone: str = "Europe/Prague") -> dict[str, Any]:
    wanted = {"customer_id": customer["id"], "title": "Service", "starts_at": starts.isoformat(), "time_zone": zone}
    booked: dict[str, Any] = hub.api("POST", "/appointments", wanted)
    return booked


def test_reminders_go_out_by_mail_and_text_in_the_customers_language_and_zone(hub: RunningHub, person: Person) -> None:
    customer = known(hub, person, language="cs")
    now = datetime.now(UTC)
    for hours in (2, 24):
        book(hub, customer, now + timedelta(hours=hours, seconds=3))
    texts = wait_for(lambda: t if len(t := phone(hub, person.phone)) >= 2 else None, "two texts")
    mails = wait_for(lambda: m if len(m := caught(hub, person.email)) >= 2 else None, "two mails")
    assert len(texts) == 2
    assert len(mails) == 2
    local = (now + timedelta(hours=2, seconds=3)).astimezone(ZoneInfo("Europe/Prague")).strftime("%-H:%M")
    assert any(local in each["body"] for each in texts), texts
    plain = [mail.get_body(("plain",)) for mail in mails]
    assert all(part is not None and "Ada" in part.get_content() for part in plain)
    rows = hub.timeline(customer, 4)
    assert {(row["medium"], row["direction"]) for row in rows} == {("email", "out"), ("sms", "out")}


def test_a_cancelled_or_moved_appointment_sends_nothing_stale(hub: RunningHub, person: Person) -> None:
    customer = known(hub, person)
    soon = datetime.now(UTC) + timedelta(hours=2, seconds=22)
    cancelled, moved = book(hub, customer, soon), book(hub, customer, soon)
    wait_for(lambda: len(hub.api("GET", f"/messages?customer={customer['id']}")["items"]) >= 4, "the plan")
    hub.api("PATCH", f"/appointments/{cancelled['id']}", {"state": "cancelled"})
    hub.api("PATCH", f"/appointments/{moved['id']}", {"starts_at": (soon + timedelta(days=9)).isoformat()})
    wait_for(lambda: datetime.now(UTC) > soon - timedelta(hours=2) + timedelta(seconds=4), "the old time")
    assert phone(hub, person.phone) == []
    assert caught(hub, person.email) == []
    states = {row["state"] for row in hub.api("GET", f"/messages?customer={customer['id']}")["items"]}
    assert states == {"cancelled"}


def test_an_answer_by_mail_stays_in_the_thread_and_so_does_what_comes_back(hub: RunningHub, person: Person) -> None:
    hub.command("simulate", "mail", "My fridge is broken", "--subject", "Fridge", "--from", person.email)
    customer = hub.customer(f"mailto:{person.email}")
    asked = hub.timeline(customer)[0]
    hub.api("POST", f"/conversations/{asked['conversation_id']}/reply", {"text": "We come on Monday."})
    answer = wait_for(lambda: caught(hub, person.email), "the answer")[0]
    assert answer["Subject"] == "Re: Fridge"
    assert answer["In-Reply-To"]
    assert "We come on Monday." in str(answer.get_body(("plain",)))
    back = ["--subject", "Re: Fridge", "--in-reply-to", str(answer["Message-ID"]), "--from", person.email]
    time.sleep(1)  # a mail tells its second only, and the answer was written in this one
    hub.command("simulate", "mail", "Thank you!", *back)
    rows = hub.timeline(customer, 3)
    assert [row["direction"] for row in rows] == ["in", "out", "in"]
    assert len({row["conversation_id"] for row in rows}) == 1


def test_an_answer_by_text_reaches_the_phone_and_tells_its_delivery(hub: RunningHub, person: Person) -> None:
    hub.command("simulate", "text", "Can you come on Monday?", "--from", person.phone)
    customer = hub.customer(f"tel:{person.phone}")
    asked = hub.timeline(customer)[0]
    hub.api("POST", f"/conversations/{asked['conversation_id']}/reply", {"text": "Yes, at nine."})
    wait_for(lambda: phone(hub, person.phone), "the text")
    wait_for(lambda: hub.timeline(customer, 2)[0]["delivery"] == "delivered", "the delivery")
    assert [text["body"] for text in phone(hub, person.phone)] == ["Yes, at nine."]


def test_why_tells_the_story_of_a_message(hub: RunningHub, person: Person) -> None:
    customer = known(hub, person)
    hub.command("simulate", "text", "STOP", "--from", person.phone)
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
    assert not [text for text in phone(hub, person.phone) if "START" not in text["body"]], (
        "only STOP itself was answered"
    )
