"""The first promotion: purchases in, a campaign launched, text and mail received; STOP and one click end it."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.walks.conftest import SANDBOX
from tests.walks.running import Person, RunningHub, wait_for
from tests.walks.test_reminders_and_answers import book, caught, phone

# Open at every hour, whenever this walk is taken.
_ALWAYS = """
[[hours]]
place = "{place}"
from = "00:00"
to = "23:59:59.999999"
source = "of this walk"
since = 2020-01-01
"""
_WALKERS = """
title = "Bought in the last 90 days"
[[all]]
about = "purchases"
is = "has"
days = 90
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub in the sandbox whose own rulebook keeps no quiet hours."""
    data = tmp_path_factory.mktemp("shop") / "data"
    data.mkdir(parents=True)
    (data / "rulebook.toml").write_text("".join(_ALWAYS.format(place=place) for place in ("default", "unknown")))
    with RunningHub(data, config=SANDBOX) as running:
        yield running


def buyer(hub: RunningHub, number: int, *, agreed: bool = True) -> tuple[Person, dict[str, Any]]:
    """Somebody who bought last week and agreed to offers by mail and by text, or did not."""
    person, bought = Person(number), datetime.now(UTC) - timedelta(days=7)
    told = {
        "identities": person.identities,
        "name": f"Ada {number}",
        "source": "shop",
        "external_id": f"order-{number}",
        "bought_at": bought.isoformat(),
        "amount": "19.90",
        "currency": "EUR",
        "lines": [{"name": "Tea", "amount": "19.90", "category": "tea"}],
    }
    customer = hub.api("GET", f"/customers/{hub.api('POST', '/purchases', told)['customer_id']}")
    held = {one["scheme"] for one in customer["identities"]}
    for scheme, address in (("mailto", person.email), ("tel", person.phone)):
        if scheme not in held:
            hub.api("POST", f"/customers/{customer['id']}/identities", {"identity": f"{scheme}:{address}"})
    customer = hub.api("GET", f"/customers/{customer['id']}")
    for one in customer["identities"]:
        if one["scheme"] not in ("mailto", "tel"):
            continue
        hub.api("POST", f"/customers/{customer['id']}/identities/{one['id']}/confirm")
        if agreed:
            consent = {"identity_id": one["id"], "purpose": "promotional", "granted": True, "wording": "Yes, offers"}
            hub.api("POST", f"/customers/{customer['id']}/consents", consent)
    return person, customer


def campaign(hub: RunningHub, name: str, channel: str) -> dict[str, Any]:
    definition = {
        "segment": "walkers",
        "template": "walk_offer",
        "channel": channel,
        "schedule": {"kind": "once", "at": "now"},
        "variables": {"code": "TEA10"},
    }
    made: dict[str, Any] = hub.api("POST", "/campaigns", {"name": name, "title": name, "definition": definition})
    return made


def launch(hub: RunningHub, made: dict[str, Any]) -> dict[str, Any]:
    plan = hub.api("POST", f"/campaigns/{made['id']}/flight-plan")
    assert plan["ready"], plan
    hub.api("POST", f"/campaigns/{made['id']}/launch", {"plan_hash": plan["hash"]})
    return dict(plan)


def done(hub: RunningHub, made: dict[str, Any]) -> dict[str, Any]:
    """Waits for the end of a campaign's run and returns its results."""

    def ask() -> Any:
        runs = hub.api("GET", f"/campaigns/{made['id']}/runs")["items"]
        return runs[0] if runs and runs[0]["state"] == "done" else None

    run = wait_for(ask, f"the end of {made['name']}")
    results: dict[str, Any] = hub.api("GET", f"/runs/{run['id']}")
    return results


def one_click(mail: Any) -> int:
    """Presses the mail program's own button to unsubscribe (RFC 8058) and returns the status."""
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = mail["List-Unsubscribe"].strip("<>")
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    with urllib.request.urlopen(urllib.request.Request(link, b"List-Unsubscribe=One-Click", kind)) as answer:
        return int(answer.status)


def why(hub: RunningHub, customer: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    run = hub.api("GET", f"/campaigns/{made['id']}/runs")["items"][0]
    told: dict[str, Any] = hub.api("GET", f"/runs/{run['id']}/customers/{customer['id']}")
    return told


@pytest.fixture(scope="module")
def offer(shop: RunningHub) -> None:
    """What campaigns say, and to whom."""
    faces = {
        "subject": "{{ customer.first_name }}, {{ campaign.code }}",
        "text": "Tea for {{ customer.first_name }}: {{ campaign.code }}",
        "sms": "Tea: {{ campaign.code }}",
    }
    template = {"name": "walk_offer", "language": "en", "purpose": "promotional", "faces": faces}
    shop.api("POST", "/templates", template)
    files = shop.data.parent / "files" / "segments"
    files.mkdir(parents=True)
    (files / "walkers.toml").write_text(_WALKERS)
    applied = shop.command("apply", str(files.parent))
    assert applied.returncode == 0, applied.stderr


@pytest.mark.usefixtures("offer")
def test_a_promotion_from_the_purchase_to_the_last_stop(shop: RunningHub) -> None:
    ada, ada_known = buyer(shop, 801)
    bob, bob_known = buyer(shop, 802)
    _, silent = buyer(shop, 803, agreed=False)
    by_text, by_mail = campaign(shop, "walk_text", "main_number"), campaign(shop, "walk_mail", "outgoing_mail")
    plan = launch(shop, by_text)
    assert (plan["audience"], plan["messages"], plan["skipped"]) == (3, 2, {"no_consent": 1})
    launch(shop, by_mail)
    results = done(shop, by_text)
    assert (results["audience"], results["accepted"], results["states"]) == (3, 2, {"accepted": 2, "skipped": 1})
    for person in (ada, bob):
        (text,) = wait_for(lambda person=person: phone(shop, person.phone), "a text")
        assert text["body"] == "Tea: TEA10\nExample Ltd. Reply STOP to end."
    assert done(shop, by_mail)["accepted"] == 2
    (mail,) = wait_for(lambda: caught(shop, ada.email), "a mail")
    assert mail["Subject"] == "Ada, TEA10"
    assert "Tea for Ada: TEA10" in mail.get_content()
    assert mail["List-Unsubscribe"].strip("<>") in mail.get_content()

    assert one_click(mail) == 200
    assert shop.command("simulate", "text", "STOP", "--from", bob.phone).returncode == 0
    wait_for(lambda: len(phone(shop, bob.phone)) > 1, "the answer to STOP")
    text_again, mail_again = campaign(shop, "text_again", "main_number"), campaign(shop, "mail_again", "outgoing_mail")
    launch(shop, text_again)
    launch(shop, mail_again)
    done(shop, text_again)
    done(shop, mail_again)
    assert (len(caught(shop, ada.email)), len(caught(shop, bob.email))) == (1, 2)
    assert [text["body"] for text in phone(shop, ada.phone)].count("Tea: TEA10\nExample Ltd. Reply STOP to end.") == 2

    assert why(shop, ada_known, by_mail)["words"] == "Accepted by the provider."
    assert why(shop, ada_known, mail_again)["skipped"] == "suppressed_withdrawn"
    assert why(shop, bob_known, text_again)["skipped"] == "suppressed_stop"
    told = why(shop, silent, by_text)
    assert (told["skipped"], told["in_segment_now"], told["story"]) == ("no_consent", True, None)
    plain = shop.command("why", ada.email, "--campaign", "mail_again")
    assert plain.returncode == 0, plain.stderr
    assert "Not sent: consent was withdrawn" in plain.stdout


def play(hub: RunningHub, what: str, person: Person, **more: Any) -> None:
    """Lets a person's phone do something, as `hub simulate` does."""
    twilio = json.loads((hub.data / "running.json").read_text())["twilio"]
    told = json.dumps({"from": person.phone, "to": "+14155550100", **more}).encode()
    kind = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{twilio}/sandbox/{what}", told, kind)) as answer:
        assert answer.status == 200


@pytest.mark.usefixtures("offer")
def test_one_customer_by_text_and_phone_and_every_step_on_one_timeline(shop: RunningHub) -> None:
    ada, known = buyer(shop, 811)
    play(shop, "texts", ada, body="Is my order ready?")
    asked = next(row for row in shop.timeline(known, 2) if row["medium"] == "sms")
    shop.api("POST", f"/conversations/{asked['conversation_id']}/reply", {"text": "Tomorrow at nine."})
    wait_for(lambda: [each for each in phone(shop, ada.phone) if each["body"] == "Tomorrow at nine."], "the answer")
    play(shop, "calls", ada, say="Please call me back", seconds=3)
    starts = datetime.now(UTC) + timedelta(hours=2, seconds=2)
    booked = book(shop, known, starts)
    reminded = wait_for(lambda: [each for each in phone(shop, ada.phone) if "YES" in each["body"]], "the reminder")
    assert "Service" in reminded[0]["body"]
    play(shop, "texts", ada, body="1")
    wait_for(lambda: shop.api("GET", f"/appointments/{booked['id']}")["state"] == "confirmed", "the appointment")
    wait_for(lambda: [each for each in phone(shop, ada.phone) if "onfirmed" in each["body"]], "thanks")
    play(shop, "texts", ada, body="STOP")
    withheld = campaign(shop, "withheld", "main_number")
    launch(shop, withheld)
    done(shop, withheld)
    told_why = why(shop, known, withheld)
    assert (told_why["skipped"], "asked us to stop" in told_why["words"]) == ("suppressed_stop", True), told_why

    def whole() -> list[tuple[str, str]] | None:
        rows = [row for row in shop.timeline(known) if row["medium"] in ("sms", "call")]
        files = [file for row in rows for file in row["attachments"]]
        if len(rows) < 7 or not files or files[0]["state"] != "stored":
            return None
        return [(row["medium"], row["direction"]) for row in reversed(rows)]

    told = wait_for(whole, "all of it on the timeline")
    assert told[:3] == [("sms", "in"), ("sms", "out"), ("call", "in")]
    assert [each for each in told[3:] if each[1] == "in"] == [("sms", "in")] * 2, "1, then STOP"


LETTER = """# News of {{ business.name }}

Hello {{ customer.first_name }}, there is **new tea**.

[See it](https://shop.example.com/tea){button}

::: footer
[No more of these]({{ unsubscribe_url }})
::: end
"""


@pytest.mark.law("separate-consents", "written-us", "how-to-stop", "withdrawal", "who-sends")
def test_a_newsletter_from_the_form_to_the_issue_that_somebody_no_longer_gets(shop: RunningHub) -> None:
    readers = [Person(821), Person(822)]
    visitors = [shop.browser() for _reader in readers]
    pages = [visitor.open("/f/newsletter?lang=en")[1] for visitor in visitors]
    opened = time.monotonic()
    faces = {"subject": "News of {{ campaign.month }}", "blocks": LETTER}
    written = {"name": "news", "language": "en", "purpose": "promotional", "kind": "newsletter", "faces": faces}
    shop.api("POST", "/templates", written)
    # Sooner than this only machines answer.
    wait_for(lambda: time.monotonic() - opened > 2.2, "what a person needs to fill in a form")
    for visitor, page, reader in zip(visitors, pages, readers, strict=True):
        fields = {**visitor.hidden(page), "email": reader.email, "name": "Ada Lovelace", "news": "on"}
        assert visitor.open("/f/newsletter", fields)[0] == 200
    # Nobody has proved yet that the address is theirs: nothing goes out before the link in the mail was pressed.
    for visitor, reader in zip(visitors, readers, strict=True):
        (mail,) = wait_for(lambda reader=reader: caught(shop, reader.email), "the question whose address it is")
        link = re.search(r"(/c/[\w-]+)", mail.get_content())
        assert link
        assert "Yes, this is my address" in visitor.open(link[1])[1]
        assert "Your address is confirmed" in visitor.open(link[1], {})[1]
    ada = shop.customer(f"mailto:{readers[0].email}")
    evidence = shop.api("GET", f"/customers/{ada['id']}/consents")["items"]
    proof = [(one["wording"][:26], one["source"]) for one in evidence]
    assert proof == [
        ("I agree to receive news an", "form, confirmed by the link in a mail"),
        ("I agree to receive news an", "form newsletter"),
    ]

    def issue(month: str) -> dict[str, Any]:
        definition = {
            "segment": "newsletter_readers", "template": "news", "channel": "outgoing_mail",
            "schedule": {"kind": "once", "at": "now"}, "variables": {"month": month},
        }  # fmt: skip
        told = {"name": f"news_{month.lower()}", "title": month, "definition": definition}
        made: dict[str, Any] = shop.api("POST", "/campaigns", told)
        launch(shop, made)
        return made

    first = issue("May")
    assert done(shop, first)["accepted"] >= 2
    mail = wait_for(lambda: [one for one in caught(shop, readers[0].email) if one["Subject"] == "News of May"], "May")[
        0
    ]
    letter: Any = mail
    page = letter.get_body(("html",)).get_content()
    assert "<strong>new tea</strong>" in page
    assert 'href="https://shop.example.com/tea"' in page
    assert "Example Ltd" in letter.get_body(("plain",)).get_content()
    assert one_click(mail) == 200
    second = issue("June")
    results = done(shop, second)
    assert [one["Subject"] for one in caught(shop, readers[0].email)][1:] == ["News of May"]
    assert [one["Subject"] for one in caught(shop, readers[1].email)][1:] == ["News of May", "News of June"]
    assert why(shop, ada, second)["words"]
    assert results["accepted"] == done(shop, first)["accepted"] - 1
