"""Item 6: one customer, one timeline over all channels and both directions."""

from __future__ import annotations

import urllib.parse

from tests.walks.running import Person, RunningHub
from tests.walks.test_forms_and_surveys import fill_in


def test_every_channel_meets_on_one_timeline(hub: RunningHub, person: Person) -> None:
    identities = person.identities
    made = hub.api("POST", "/customers", {"display_name": "Ada Lovelace", "identities": identities})
    hub.command("simulate", "mail", "My fridge is broken", "--from", person.email)
    hub.command("simulate", "text", "It is loud", "--from", person.phone)
    hub.command("simulate", "call", "Please call me back", "--from", person.phone)
    fill_in(hub, person.email)
    for identity in identities:
        assert hub.customer(identity)["id"] == made["id"]
    rows = hub.timeline(made, 4)
    assert {row["medium"] for row in rows} == {"email", "sms", "call", "form"}
    assert [int(row["id"]) for row in rows] == sorted((int(row["id"]) for row in rows), reverse=True)
    assert all(row["customer_why"].startswith("holds ") for row in rows)
    assert all(row["conversation_why"] for row in rows)

    first = hub.api("GET", f"/customers/{made['id']}/timeline?limit=3")
    rest = hub.api("GET", f"/customers/{made['id']}/timeline?limit=3&before={first['next']}")
    assert [row["id"] for row in first["items"] + rest["items"]] == [row["id"] for row in rows]
    only = hub.api("GET", f"/customers/{made['id']}/timeline?medium=sms")["items"]
    assert [row["text"] for row in only] == ["It is loud"]
    found = hub.api("GET", f"/customers/{made['id']}/timeline?q={urllib.parse.quote('FRÍDGE')}")["items"]
    assert [row["medium"] for row in found] == ["email"]
