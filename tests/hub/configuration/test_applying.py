"""Applying files: what an export holds changes nothing, what differs becomes a version, a fault stops all of it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from hub.desk.configuration import Outcome
from hub.model.errors import Refused
from hub.store import audit, campaigns, forms, reminders, segments, templates
from hub.store.tables import AuditRow
from tests.hub.configuration.conftest import ADA, Configured

OFFER = "templates/personal_offer/en/sms.txt"
SEGMENT = "segments/birthday_today.toml"
CAMPAIGN = "campaigns/thank_you_offer.toml"


def outcomes(report: Any) -> dict[str, str]:
    return {
        f"{change.kind}/{change.key}": change.outcome.value
        for change in report.changes
        if change.outcome is not Outcome.SAME
    }


async def test_applying_an_export_changes_nothing(configured: Configured) -> None:
    files = await configured.files()
    report = await configured.apply(files)
    assert outcomes(report) == {}
    assert report.counts["same"] > 20
    assert await configured.files() == files
    assert await configured.database.read(lambda conn, _: audit.page(conn), None) == []


async def test_an_export_makes_the_same_hub_elsewhere(configured: Configured) -> None:
    files = await configured.files()
    emptied = await configured.apply({}, prune=True)
    assert emptied.counts["same"] == 0
    back = await configured.apply(files)
    assert back.counts["same"] == back.counts["only_here"] == back.counts["retired"] == 0
    assert await configured.files() == files


async def test_what_differs_becomes_the_next_version_by_whoever_applied_it(configured: Configured) -> None:
    files = await configured.files()
    files[OFFER] = "An offer from {{ business.name }}. STOP to opt out."
    files["forms/contact.toml"] = files["forms/contact.toml"].replace('en = "Contact us"', 'en = "Write to us"')
    files[SEGMENT] = files[SEGMENT].replace("days = 0", "days = 7")
    files[CAMPAIGN] = files[CAMPAIGN].replace("THANKS10", "THANKS15")
    files["reminders.toml"] = files["reminders.toml"].replace('before = "2 h"', 'before = "3 h"')
    foretold = await configured.foretell(files)
    report = await configured.apply(files)
    assert foretold.changes == report.changes
    assert not foretold.applied
    assert outcomes(report) == {
        "template/personal_offer/en": "changed",
        "form/contact": "changed",
        "reminder/Appointment by e-mail, 2 hours before": "changed",
        "reminder/Appointment by text, 2 hours before": "changed",
        "segment/birthday_today": "changed",
        "campaign/thank_you_offer": "changed",
    }
    assert next(c.parts for c in report.changes if c.key == "contact") == ("title",)

    def look(conn: Any, _: None) -> Any:
        offer = templates.versions(conn, "personal_offer", "en")
        contact = forms.versions(conn, "contact")
        birthday = segments.versions(conn, "birthday_today")
        campaign = campaigns.by_name(conn, "thank_you_offer")
        assert campaign is not None
        made = campaigns.versions(conn, campaign["id"])
        return [[(row["version"], row["created_by"]) for row in rows] for rows in (offer, contact, made)] + [
            [(row.version, row.created_by) for row in birthday]
        ]

    kept = await configured.database.read(look, None)
    assert kept == [[(2, ADA.name), (1, "starter")]] * 4
    acts = await configured.database.read(
        lambda conn, _: list(conn.execute(select(AuditRow.action, AuditRow.actor, AuditRow.subject))), None
    )
    assert {act.actor for act in acts} == {ADA.name}
    assert {act.subject for act in acts} == set(outcomes(report))
    again = await configured.apply(files)
    assert outcomes(again) == {}


async def test_what_is_only_here_stays_unless_it_is_pruned(small: Configured) -> None:
    files = await small.files()
    for gone in (CAMPAIGN, SEGMENT, "forms/feedback.toml", "reminders.toml"):
        del files[gone]
    files = {path: text for path, text in files.items() if "/ru/" not in path}
    kept = await small.apply(files)
    assert set(outcomes(kept).values()) == {"only_here"}
    gone = await small.apply(files, prune=True)
    assert outcomes(gone) == dict.fromkeys(outcomes(kept), "retired")

    def look(conn: Any, _: None) -> Any:
        campaign = campaigns.by_name(conn, "thank_you_offer")
        assert campaign is not None
        return (
            reminders.rules(conn),
            forms.shown(conn, "feedback"),
            campaign["state"],
            sorted(templates.active(conn, "personal_offer")),
            len(templates.versions(conn, "personal_offer", "ru")),
        )

    assert await small.database.read(look, None) == ([], None, "cancelled", ["cs", "en", "pt"], 1)
    # A closed form is still there, closed; all else is out of sight.
    assert outcomes(await small.apply(files, prune=True)) == {"form/feedback": "only_here"}


async def test_a_form_travels_closed(small: Configured) -> None:
    files = await small.files()
    files["forms/contact.toml"] = files["forms/contact.toml"].replace('name = "', 'open = false\nname = "', 1)
    report = await small.apply(files)
    assert outcomes(report) == {"form/contact": "changed"}
    assert await small.database.read(lambda conn, _: forms.shown(conn, "contact"), None) is None
    assert "open = false" in (await small.files())["forms/contact.toml"]


async def test_every_fault_is_named_and_nothing_is_written(small: Configured) -> None:
    before = await small.files()
    files = {
        **before,
        "forms/contact.toml": before["forms/contact.toml"].replace('kind = "email"', 'kind = "mail"'),
        SEGMENT: before[SEGMENT] + "days = = 0",
        OFFER: "{{ customer.__class__ }}",
        CAMPAIGN: before[CAMPAIGN].replace('kind = "once"', 'kind = "twice"'),
        "reminders.toml": before["reminders.toml"].replace('"24 h"', '"soon"', 1),
        "template/typo/en/sms.txt": "Hello",
        "templates/no_meta/en/sms.txt": "Hello",
        "segments/new.toml": 'title = "New"\n[[all]]\nabout = "moon"\nis = "full"\n',
    }
    report = await small.foretell(files)
    assert (report.changes, report.applied) == ((), False)
    told = {fault.file: (fault.where, fault.message) for fault in report.faults}
    assert told["forms/contact.toml"][0] == "fields.1.kind"
    assert "line" in told[SEGMENT][1]
    assert "line 1" in told[OFFER][1]
    assert told[CAMPAIGN][0] == "schedule.kind"
    assert told["reminders.toml"][0] == "reminder.4.before"
    assert "Nothing of the hub" in told["template/typo/en/sms.txt"][1]
    assert "missing" in told["templates/no_meta/meta.toml"][1]
    assert told["segments/new.toml"][0] == "all.0.about"
    with pytest.raises(Refused) as refused:
        await small.apply({**files, "segments/another.toml": 'title = "All"\nall = []\n'})
    assert refused.value.message.count("\n") == len(told) - 1
    assert await small.files() == before


@pytest.mark.parametrize(
    ("path", "old", "new", "words"),
    [
        pytest.param("reminders.toml", "main_number", "my_number", "no channel 'my_number'", id="no channel"),
        pytest.param(CAMPAIGN, "personal_offer", "offer", "no template 'offer'", id="no template"),
        pytest.param(CAMPAIGN, "recent_buyers_by_text", "all", "no segment 'all'", id="no segment"),
    ],
)
async def test_what_a_thing_names_must_be_there(small: Configured, path: str, old: str, new: str, words: str) -> None:
    files = await small.files()
    files[path] = files[path].replace(old, new)
    with pytest.raises(Refused, match=words):
        await small.apply(files)


async def test_what_another_thing_needs_cannot_leave_without_it(small: Configured) -> None:
    files = await small.files()
    del files["segments/recent_buyers_by_text.toml"]
    assert (await small.foretell(files)).faults == ()
    with pytest.raises(Refused, match="no segment 'recent_buyers_by_text'"):
        await small.apply(files, prune=True)


async def test_a_campaign_on_its_way_is_not_changed(small: Configured) -> None:
    files = await small.files()
    found = await small.database.read(lambda conn, _: campaigns.by_name(conn, "thank_you_offer"), None)
    assert found is not None
    await small.write(campaigns.change, found["id"], state="running")
    assert outcomes(await small.apply(files)) == {}
    for changed, prune in (({**files, CAMPAIGN: files[CAMPAIGN] + 'until = "1. 5."\n'}, False), ({}, True)):
        foretold = await small.foretell(changed, prune=prune)
        assert [fault.file for fault in foretold.faults] == ["campaign thank_you_offer"]
        with pytest.raises(Refused, match="It is running"):
            await small.apply(changed, prune=prune)
    assert await small.files() == files


async def test_a_template_may_have_its_purpose_by_language(small: Configured) -> None:
    files = await small.files()
    meta = "templates/personal_offer/meta.toml"
    others = 'cs = "promotional", pt = "promotional", ru = "promotional"'
    files[meta] = f'purpose = {{ en = "service", {others} }}\nkind = "offer"\n'
    assert outcomes(await small.apply(files)) == {"template/personal_offer/en": "changed"}
    assert 'en = "service"' in (await small.files())[meta]
    assert outcomes(await small.apply(await small.files())) == {}


async def test_lines_of_a_browser_are_no_difference(small: Configured) -> None:
    faces = {"sms": "One.\r\nTwo.\r\n", "voice": ""}
    await small.write(templates.save, name="typed", language="en", purpose="service", faces=faces, now=ADA.at)
    files = await small.files()
    assert files["templates/typed/en/sms.txt"] == "One.\nTwo.\n"
    assert outcomes(await small.apply(files)) == {}
