"""What the law asks of each message about its person: who has died, is restricted, a child, on a list, or bought."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hub.config import shipped
from hub.model.outbound import State
from hub.outreach.children import child_in
from hub.outreach.deadlines import shortest
from hub.outreach.do_not_call import OnList, good_for, rule_of
from hub.outreach.existing_customers import Existing
from hub.outreach.gates import Consent, ask
from hub.outreach.quiet_hours import Rulebook, Where
from hub.store.limits import Held
from tests.builders import NOW
from tests.hub.outreach.test_gates import AGREED, CALL, PROMOTION, REMINDER, REPLY

BOOK = Rulebook.read(shipped("config", "rulebook.toml"))
TODAY = date(2026, 11, 22)
BOUGHT = replace(AGREED, basis="existing_customer")
ALLOWED = Existing(
    places=frozenset({"DE"}), media=frozenset({"sms"}), kinds=frozenset({"offer"}), source="s", since=TODAY
)
SIMILAR = replace(PROMOTION, consent=BOUGHT, existing=ALLOWED, kind="offer")
LISTED, OLD = OnList(named="National", source="s"), OnList(stale="National", loaded_at=NOW, source="s")


def held(kind: str, *, guardian: str = "", since: datetime = NOW) -> dict[str, Any]:
    return {"limits": (Held(1, kind, guardian, since),)}


@pytest.mark.law(
    "existing-customer", "existing-said", "do-not-call", "do-not-call-31", "children", "deceased", "restriction"
)
@pytest.mark.parametrize(
    ("seen", "changes", "state", "reason"),
    [
        pytest.param(SIMILAR, {}, None, "", id="who bought is told of similar goods"),
        pytest.param(
            SIMILAR, {"existing": None}, State.SUPPRESSED, "existing_customer_elsewhere", id="not where it is no basis"
        ),
        pytest.param(
            SIMILAR, {"kind": "greeting"}, State.SUPPRESSED, "existing_customer_kind", id="nothing but similar goods"
        ),
        pytest.param(SIMILAR, {"kind": ""}, State.SUPPRESSED, "existing_customer_kind", id="nor what says no kind"),
        pytest.param(
            SIMILAR, {"says_existing": False}, State.HELD, "existing_customer_unsaid", id="each message says so"
        ),
        pytest.param(
            SIMILAR, {"consent": replace(BOUGHT, granted=False)}, State.SUPPRESSED, "consent_withdrawn",
            id="no means no",
        ),
        pytest.param(PROMOTION, {"existing": None, "kind": ""}, None, "", id="consent needs none of it"),
        pytest.param(REPLY, held("deceased"), State.SUPPRESSED, "deceased", id="deceased stops answers"),
        pytest.param(REMINDER, held("deceased"), State.SUPPRESSED, "deceased", id="and reminders"),
        pytest.param(PROMOTION, held("deceased"), State.SUPPRESSED, "deceased", id="and promotions"),
        pytest.param(REMINDER, held("restriction"), State.SUPPRESSED, "restriction", id="restricted: no reminders"),
        pytest.param(PROMOTION, held("restriction"), State.SUPPRESSED, "restriction", id="restricted: no promotions"),
        pytest.param(REPLY, held("restriction"), None, "", id="restricted: answers go"),
        pytest.param(PROMOTION, held("profiling"), None, "", id="who objected to profiling gets what all get"),
        pytest.param(PROMOTION, {"child_in": "DE"}, State.SUPPRESSED, "child", id="a child by birthday"),
        pytest.param(PROMOTION, held("child"), State.SUPPRESSED, "child", id="a child without a guardian"),
        pytest.param(PROMOTION, held("child", guardian="Ada"), None, "", id="a guardian agreed"),
        pytest.param(
            PROMOTION, held("child", guardian="Ada", since=NOW + timedelta(days=1)), State.SUPPRESSED, "child",
            id="the consent of before was the child's",
        ),
        pytest.param(REMINDER, held("child"), None, "", id="a child is reminded"),
        pytest.param(CALL, {"on_list": LISTED}, State.SUPPRESSED, "do_not_call", id="a number on a list"),
        pytest.param(CALL, {"on_list": OLD}, State.HELD, "do_not_call_old", id="a list that is too old"),
        pytest.param(CALL, {"on_list": LISTED, "consent": AGREED}, None, "", id="consent to calls goes before it"),
        pytest.param(CALL, {"on_list": OnList()}, None, "", id="on no list"),
        pytest.param(SIMILAR, {"on_list": LISTED}, State.SUPPRESSED, "do_not_call", id="texts without consent too"),
        pytest.param(PROMOTION, {"on_list": LISTED}, None, "", id="who agreed to texts gets them"),
    ],
)  # fmt: skip
def test_what_is_known_of_a_person_decides(
    seen: Any, changes: dict[str, Any], state: State | None, reason: str
) -> None:
    refusal = ask(replace(seen, **changes))
    assert (refusal.state if refusal else None, refusal.reason if refusal else "") == (state, reason)
    if state is State.HELD and refusal is not None:
        assert refusal.until is not None
        assert NOW < refusal.until <= seen.expires_at


@pytest.mark.law("automatic-calls")
@pytest.mark.parametrize(
    ("countries", "agreed", "reason"),
    [({"RU"}, None, "no_call_consent"), ({"RU"}, AGREED, ""), ({"DE"}, None, ""), (set(), None, "no_call_consent")],
    ids=["in russia even a reminder", "who agreed is called", "elsewhere reminders ring", "nobody knows where"],
)
def test_a_machine_calls_without_consent_only_where_the_law_lets_it(
    countries: set[str], agreed: Consent | None, reason: str
) -> None:
    place = BOOK.call_consent_asked_in(Where(frozenset(countries)), TODAY)
    refusal = ask(replace(CALL, call_consent_asked_in=place, consent=agreed))
    assert (refusal.reason if refusal else "") == reason


@pytest.mark.law("rulebook")
def test_every_row_of_the_rulebook_has_its_source_and_its_day() -> None:
    topics = (BOOK.rows, BOOK.words, BOOK.calls, BOOK.counts, BOOK.existing, BOOK.labels, BOOK.listed, BOOK.storage,
              BOOK.ages, BOOK.requests, BOOK.breaches)  # fmt: skip
    assert all(topics)
    assert all(row.source and row.since <= TODAY for topic in topics for row in topic)


@pytest.mark.law("stricter-row")
@pytest.mark.parametrize(
    ("countries", "allowed"),
    [({"DE"}, True), ({"CZ", "DE"}, True), ({"DE", "US"}, False), ({"PL"}, False), (set(), False)],
    ids=["germany", "two that allow it", "one that does not", "poland", "nobody knows"],
)
def test_an_existing_customer_is_one_where_every_country_they_may_be_in_says_so(
    countries: set[str], allowed: bool
) -> None:
    assert (BOOK.existing_allowed(frozenset(countries), "email", TODAY) is not None) is allowed


@pytest.mark.law("labels")
@pytest.mark.parametrize(
    ("countries", "medium", "label"),
    [
        ({"CZ"}, "email", "Obchodní sdělení:"), ({"CZ"}, "sms", ""), ({"KR"}, "sms", "(광고)"), ({"DE"}, "email", ""),
        ({"CZ", "KR"}, "email", "Obchodní sdělení: (광고)"),
    ],
)  # fmt: skip
def test_a_label_is_that_of_every_country_where_the_reader_may_be(countries: set[str], medium: str, label: str) -> None:
    assert BOOK.label(frozenset(countries), medium, TODAY) == label


@pytest.mark.law("do-not-call-31")
def test_a_list_holds_for_31_days_by_the_rulebook_and_counts_for_texts_where_it_says_so() -> None:
    assert good_for(BOOK.listed, TODAY) == timedelta(days=31)
    assert rule_of(BOOK.listed, frozenset({"US"}), "sms", TODAY) is not None
    assert rule_of(BOOK.listed, frozenset({"DE"}), "sms", TODAY) is None
    assert rule_of(BOOK.listed, frozenset(), "sms", TODAY) is not None, "nobody knows: the stricter row"


@pytest.mark.law("children")
@pytest.mark.parametrize(
    ("birthday", "countries", "place"),
    [
        (date(2010, 11, 23), {"DE"}, "DE"), (date(2010, 11, 22), {"DE"}, ""), (date(2010, 11, 23), {"CZ"}, ""),
        (date(2012, 3, 1), {"AT"}, ""), (date(2012, 3, 1), {"AT", "CZ"}, "CZ"), (date(2012, 3, 1), set(), "default"),
        (date(1604, 3, 1), {"DE"}, ""), (None, {"DE"}, ""),
    ],
    ids=["a day before 16", "16 today", "15 in Czechia", "14 in Austria", "two countries", "nobody knows where",
         "no year", "no birthday"],
)  # fmt: skip
def test_who_is_a_child_says_the_rulebook(birthday: date | None, countries: set[str], place: str) -> None:
    assert child_in(BOOK.ages, birthday, frozenset(countries), TODAY) == place


@pytest.mark.law("rights-deadline")
def test_a_request_is_due_when_the_strictest_law_of_its_person_says() -> None:
    assert shortest(BOOK.requests, frozenset({"CZ"}), TODAY).within == timedelta(days=30)
    assert shortest(BOOK.requests, frozenset({"CZ", "BR"}), TODAY).within == timedelta(days=15)
    assert shortest(BOOK.breaches, frozenset(), TODAY).within == timedelta(hours=72)


def test_a_consent_is_none_of_a_contract() -> None:
    assert Consent(granted=True, at=datetime(2026, 1, 1, tzinfo=UTC), source="x").basis == "consent"
