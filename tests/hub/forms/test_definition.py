"""What a form may say: every rule refuses with the field's name, and what is read is written back the same."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from hub.config import shipped
from hub.desk.forms import get_form, list_forms, save_form, set_open, shown_form
from hub.model.errors import NotFound, Refused
from hub.model.form import Form
from hub.model.form_definition import form_as_json, read_form
from hub.model.submission import Fault, faults_of, read_submission
from hub.store.session import Database
from tests.builders import NOW

FOLDER = shipped("config", "starter", "forms")


def definition(**changes: Any) -> dict[str, Any]:
    return {
        "slug": "visit",
        "name": "Visits",
        "channel": "forms",
        "languages": ["en", "cs"],
        "title": {"en": "Visit", "cs": "Návštěva"},
        "fields": [field(), field(name="words", kind="multiline", part="message")],
        **changes,
    }


def field(**changes: Any) -> dict[str, Any]:
    return {"name": "email", "kind": "email", "part": "email", "label": "E-mail", **changes}


def consent(**changes: Any) -> dict[str, Any]:
    return {"name": "news", "kind": "consent", "label": "News, please", **changes}


QUESTION = field(name="colour", kind="text", part="")
BROKEN: list[tuple[str, dict[str, Any], str]] = [
    ("no address", definition(slug=""), "slug"),
    ("address with capitals", definition(slug="Visit"), "slug"),
    ("address with a slash", definition(slug="a/b"), "slug"),
    ("no channel", definition(channel=""), "channel"),
    ("no language", definition(languages=[]), "languages"),
    ("odd language", definition(languages=["english"]), "languages"),
    ("no title", definition(title={}), "title"),
    ("title in another language", definition(title={"en": "x", "pl": "y"}), "title"),
    ("no fields", definition(fields=[]), "fields"),
    ("too many fields", definition(fields=[field(name=f"f{n}", part="") for n in range(61)]), "fields"),
    ("unknown part of the form", definition(admin=True), "admin"),
    ("unknown part of a field", definition(fields=[field(role="admin")]), "fields.0.role"),
    ("unknown kind", definition(fields=[field(kind="password")]), "fields.0.kind"),
    ("reserved name", definition(fields=[field(name="homepage")]), "fields.0.name"),
    ("name like a source", definition(fields=[field(name="utm_source")]), "fields.0.name"),
    ("name with a space", definition(fields=[field(name="e mail")]), "fields.0.name"),
    ("two of one name", definition(fields=[field(), field(part="")]), "fields.1.name"),
    ("two e-mail addresses", definition(fields=[field(), field(name="other")]), "fields.1.part"),
    ("a part of another kind", definition(fields=[field(kind="text")]), "fields.0.part"),
    ("a choice without choices", definition(fields=[field(kind="choice", part="")]), "fields.0.options"),
    ("a rating up to 100", definition(fields=[field(kind="rating", part="", scale=100)]), "fields.0.scale"),
    ("consent about nothing asked for", definition(fields=[consent()]), "fields.0.scheme"),
    ("consent as a price", definition(fields=[field(), QUESTION, consent(required=True)]), "fields.2.required"),
    ("an unknown purpose", definition(fields=[field(), consent(purpose="spam")]), "fields.1.purpose"),
    ("an origin with a path", definition(origins=["https://example.com/x"]), "origins"),
    ("any origin", definition(origins=["*"]), "origins"),
    ("no limit", definition(per_address=0), "per_address"),
    ("fields that are no list", definition(fields="x"), "fields"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "where"), [(given, where) for _, given, where in BROKEN], ids=[b[0] for b in BROKEN])
def test_what_breaks_a_rule_is_refused_with_its_place(given: dict[str, Any], where: str) -> None:
    with pytest.raises(Refused) as refused:
        read_form(given)
    assert refused.value.field == where


def test_a_newsletter_that_asks_for_nothing_else_may_require_its_consent() -> None:
    form = read_form(definition(fields=[field(), consent(required=True)]))
    assert form.fields[1].required


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.toml")), ids=lambda file: file.stem)
def test_what_a_new_hub_starts_with_is_whole_in_every_language(file: Any) -> None:
    definition = tomllib.loads(file.read_text("utf-8"))
    assert set(definition.pop("name")) == {"en", "pt", "cs", "ru"}
    form = read_form(definition)
    assert form.languages == ("en", "pt", "cs", "ru")
    said = [form.title, form.intro, form.submit, form.thanks, *(each.label for each in form.fields)]
    for words in said:
        assert set(words) == set(form.languages)
    assert read_form({**form_as_json(form), "slug": form.slug, "name": form.name}) == form


SUBMITTED: list[tuple[str, dict[str, Any], list[tuple[str, str]], dict[str, Fault]]] = [
    ("nothing that must be", field(), [], {}),
    ("nothing, though it must be", field(required=True), [("email", "  ")], {"email": Fault.MISSING}),
    ("an address", field(), [("email", "ada@example.com")], {}),
    ("no address", field(), [("email", "ada@")], {"email": Fault.EMAIL}),
    ("two answers", field(), [("email", "a@example.com"), ("email", "b@example.com")], {"email": Fault.ONE_ONLY}),
    ("the same twice", field(), [("email", "a@example.com"), ("email", "a@example.com")], {}),
    ("a number of the country", field(kind="phone", part="phone"), [("email", "601 123 456")], {}),
    ("no number", field(kind="phone", part="phone"), [("email", "12")], {"email": Fault.PHONE}),
    ("a date", field(kind="date", part=""), [("email", "2026-02-28")], {}),
    ("no date", field(kind="date", part=""), [("email", "2026-02-30")], {"email": Fault.DATE}),
    ("a score", field(kind="nps", part=""), [("email", "10")], {}),
    ("too high a score", field(kind="nps", part=""), [("email", "11")], {"email": Fault.NUMBER}),
    ("no rating", field(kind="rating", part=""), [("email", "0")], {"email": Fault.NUMBER}),
    ("digits of another script", field(kind="rating", part=""), [("email", "٣")], {"email": Fault.NUMBER}),
    ("too long", field(kind="text", part=""), [("email", "x" * 501)], {"email": Fault.TOO_LONG}),
    (
        "no such choice",
        field(kind="choice", part="", options=[{"value": "n", "label": "North"}]),
        [("email", "s")],
        {"email": Fault.CHOICE},
    ),
]


@pytest.mark.parametrize(("asked", "sent", "faults"), [case[1:] for case in SUBMITTED], ids=[c[0] for c in SUBMITTED])
def test_an_answer_fits_its_question_or_is_told(
    asked: dict[str, Any], sent: list[tuple[str, str]], faults: dict[str, Fault]
) -> None:
    form = read_form(definition(fields=[asked]))
    assert faults_of(form, read_submission(form, sent), "CZ") == faults


def test_consent_without_the_address_that_it_is_about_is_told() -> None:
    form = read_form(definition(fields=[field(), consent()]))
    assert faults_of(form, read_submission(form, [("news", "on")]), "CZ") == {"news": Fault.NO_ADDRESS}


@pytest.mark.parametrize(
    ("wanted", "spoken"), [(["cs-CZ"], "cs"), (["de", "cs"], "cs"), (["EN-us"], "en"), (["de"], "en"), ([], "en")]
)
def test_a_form_speaks_the_first_language_that_it_knows(wanted: list[str], spoken: str) -> None:
    assert read_form(definition()).language(wanted) == spoken


async def save(database: Database, form: Form, based_on: int = 0) -> Form:
    return await database.write(lambda conn, _: save_form(conn, form, "ada@example.com", NOW, based_on=based_on), None)


async def test_a_form_is_kept_in_versions_and_the_newest_is_shown(database: Database) -> None:
    first = await save(database, read_form(definition()))
    second = await save(database, read_form(definition(title="Another")), first.version)
    again = await save(database, read_form(definition(title="Another")), second.version)
    assert (first.version, second.version, again.version) == (1, 2, 2)
    shown = await database.read(shown_form, "visit")
    assert shown is not None
    assert shown.title["en"] == "Another"
    old = await database.read(lambda conn, _: get_form(conn, "visit", 1), None)
    assert old.title["cs"] == "Návštěva"


@pytest.mark.parametrize("based_on", [0, 1, 7], ids=["as new", "an older one", "one that is not"])
async def test_what_somebody_saved_meanwhile_is_not_overwritten(database: Database, based_on: int) -> None:
    await save(database, read_form(definition()))
    await save(database, read_form(definition(title="Another")), 1)
    with pytest.raises(Refused):
        await save(database, read_form(definition(title="A third")), based_on)


async def test_a_closed_form_is_shown_to_nobody_and_stays_closed_when_it_is_changed(database: Database) -> None:
    await save(database, read_form(definition()))
    await database.write(lambda conn, _: set_open(conn, "visit", False), None)
    await save(database, read_form(definition(title="Another")), 1)
    assert await database.read(shown_form, "visit") is None
    with pytest.raises(NotFound):
        await database.write(lambda conn, _: set_open(conn, "other", True), None)


async def test_a_new_form_is_listed_open_and_without_submissions(database: Database) -> None:
    await save(database, read_form(definition()))
    (listed,) = await database.read(lambda conn, _: list_forms(conn), None)
    assert (listed.form.slug, listed.active, listed.submissions, listed.robots) == ("visit", True, 0, 0)
