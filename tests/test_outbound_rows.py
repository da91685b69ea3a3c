"""The rules of the way out: each is named by a test that proves it, or stands among those that nothing proves yet."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
RULES = {
    # States of a message.
    "state-planned": "planned: of a run, with the template's and the segment's version, a page and its cursor at once",
    "state-gated": "suppressed, held and ready keep the reason, until when, and the values that were seen",
    "state-claimed": "claimed by one worker under a lease; another process takes others",
    "state-submitting": "one transaction asks every gate again and commits attempt and body hash before a byte leaves",
    "state-at-once": "a channel has at most so many in submitting as its setting says",
    "state-outcome": "accepted, retry_wait, failed and unknown keep the provider's reference, code and the phase",
    "state-reconciled": "unknown becomes accepted, retry_wait or abandoned, with its evidence",
    "state-news": "what is told of the delivery only rises in rank and is kept once",
    "state-cancelled": "staff or the clock cancels and expires only what is not submitted yet, and it is noted",
    "dedupe-run": "run, purpose, channel and address are one message: two who share a phone get one text",
    "dedupe-rule": "rule, what it is about, its start, local date, channel and address are one message",
    "dedupe-moved": "an appointment moved within its day is a new occurrence",
    "dedupe-reply": "a draft is one message",
    "dedupe-acknowledgement": "a conversation is acknowledged once a local day",
    "dedupe-system": "what the hub says by itself is said once for its cause",
    "message-id": "the Message-ID is fixed at planning and the same on every attempt",
    "return-path": "the return path names the message and proves it",
    "status-callback": "the status callback names message and attempt, and is signed",
    "run-sums": "the states of a run always sum to its audience",
    "run-why": "who did not get it, and why, has an answer for every person",
    # The promise.
    "never-twice": "a promotion never goes out twice",
    "nothing-lost": "every message ends in a final state with its evidence",
    "unknown-bounded": "a kill leaves no more unknown than were in flight, each with what is known of it",
    # Mail.
    "smtp-one-recipient": "one recipient a transaction: what one mail meets is not told of the next",
    "smtp-before-dot": "an I/O error or 4xx before the dot is tried again",
    "smtp-refused": "5xx before the dot fails",
    "smtp-dot-accepted": "250 after the dot is accepted",
    "smtp-dot-refused": "4xx and 5xx after the dot are a refusal",
    "smtp-dot-silence": "silence or a lost connection after the dot is unknown",
    "smtp-dot-wait": "the answer to the dot is waited for up to 600 s, and the lease outlasts it",
    "smtp-phase": "the same failure means another thing in another phase",
    "smtp-channel": "5xx at AUTH or MAIL pauses the channel and burns no recipient",
    "smtp-24h": "4xx is tried again for 24 hours",
    # Texts.
    "twilio-once": "the client tries nothing again by itself",
    "twilio-10s": "an answer is waited for 10 s, and never beyond the deadline",
    "twilio-accepted": "201 is accepted",
    "twilio-429": "429 is tried again after Retry-After",
    "twilio-21610": "21610 fails and takes the consent back for that sender",
    "twilio-4xx": "other 4xx fail",
    "twilio-login": "401 and 403 pause the channel",
    "twilio-unknown": "no answer to what was written, or 5xx, is unknown",
    "twilio-looks": "the list is looked at after 30 s, 2 min and 10 min, by recipient, time and body",
    "twilio-absent": "proven absent, it is tried again while it is still valid",
    "unknown-promotion": "an unknown promotion is given up when no look finds it",
    "unknown-reminder": "an unknown reminder close to its time may go once more, and says so",
    # Crashes.
    "crash-plan": "in the middle of planning",
    "crash-claimed": "claimed",
    "crash-before-bytes": "submitting, before the bytes",
    "crash-after-bytes": "submitting, after the bytes",
    "crash-answered": "answered and not committed",
    "crash-callback": "the callback comes before our commit",
    "crash-database": "the database is down after the send: kept on disk, stored before anything is claimed",
    "crash-lease": "a worker past its lease sends nothing",
    "crash-deadline": "the deadline is looked at just before the dot or the POST",
    "crash-restored": "a restored backup holds promotions until staff lets them go",
    "crash-pause": "a pause that comes between the claim and the send counts",
    "crash-stop": "a STOP that comes between the claim and the send counts",
    # Gates.
    "gate-kill-switch": "the kill switch holds everything",
    "gate-run": "the run is not paused or cancelled",
    "gate-expired": "the message is not too late",
    "gate-consent": "consent for purpose and channel",
    "gate-suppressed": "the address is not one that must not be written to",
    "gate-quiet-hours": "the recipient's hours are open",
    "gate-cap": "the frequency cap has room, reserved in the same transaction",
    "gate-appointment": "the appointment is neither cancelled nor moved",
    "gate-equipment": "the equipment was not serviced meanwhile",
    "gate-offer": "the offer was not redeemed meanwhile",
    "gate-open-matter": "no open complaint or unanswered question, for promotions",
    "gate-pace": "the channel's limit counts parts",
    "gate-spend": "the day's money is not spent",
    "gate-country": "the country is allowed",
    "stop-cancels": "STOP and suppression cancel what waits to be tried again",
    "why": "every refusal keeps its reason and values; `hub why` and the page tell the story",
    # Quiet hours and law.
    "hours-default": "promotions go from 8:00 to 21:00 at the recipient, other hours by country and state",
    "hours-own": "a hub may have hours of its own",
    "hours-texas": "Texas: on Sundays from 12:00",
    "hours-connecticut-florida": "Connecticut and Florida: until 20:00",
    "hours-provenance": "the zone is what was stated, else the address's, else the number's; disagreeing, all count",
    "hours-unknown": "where nobody knows: the channel's zone and the narrow window",
    "hours-closed": "never fails open",
    "hours-validity": "Twilio's ValidityPeriod ends where the window ends",
    "law-as-data": "which law holds where is data with dates and sources",
    "law-promotional": "what counts as promotional in a country is such data too",
    "reminder-consent": "reminders need no promotional consent and honour STOP, suppression and their own hours",
    "cap-calendar": "N a day, week and month by purpose and channel, on the recipient's calendar",
    "cap-unset": "unset is no cap, 0 is no promotion at all",
    # Consent and leaving.
    "consent-evidence": "append-only, with wording, version, source, IP, user agent and time",
    "consent-chain": "chained by keyed digests: a changed row is found",
    "consent-erasure": "the chain can be verified after somebody's data were erased",
    "consent-purpose": "by purpose and channel",
    "consent-export": "evidence can be read out",
    "consent-revoke-all": "one switch takes everything back",
    "leave-headers": "every promotional mail has List-Unsubscribe and List-Unsubscribe-Post",
    "leave-signed": "and the DKIM signature covers both",
    "leave-post": "the POST works without cookies or login",
    "leave-get": "a GET only shows a page",
    "auto-submitted": "what the hub writes by itself says Auto-Submitted: auto-generated",
    # Time.
    "ticker": "the truth is rows with next_run_at, claimed by compare-and-set on every node",
    "cron-weekdays": "numeric weekdays are refused",
    "clock-gap": "a time that the clocks skip is the first valid instant after",
    "clock-fold": "a time that comes twice is the first pass",
    "leap-day": "who was born on 29 February is greeted on the 28th",
    "schedule-once": "once, or again and again by cron or plain words",
    "schedule-appointment": "so long before an appointment",
    "schedule-service": "by the date of the next service",
    "schedule-purchase": "so long after the last purchase",
    "schedule-form": "when a form is posted",
    "schedule-detractor": "when a survey has a bad score",
    "schedule-cart": "when a cart is left behind",
    "schedule-no-reply": "when there is no reply for 3 days",
    "schedule-recipient": "on the recipient's own clock",
    "late-promotion": "a promotion is skipped when it is over 60 min late or outside its window",
    "late-birthday": "a birthday only on its local day",
    "late-appointment": "an appointment only with enough lead left",
    "late-service": "a service at the next open window",
    "late-downtime": "three days of downtime never end in a burst",
    # Segments.
    "segment-language": "conditions over everything that is known of a customer",
    "segment-no-sql": "nothing that staff types is SQL",
    "segment-rows": "rows on a page, kept as JSON",
    "segment-one-statement": "compiled to one SQL statement",
    "segment-count": "count and sample are shown while it is edited",
    # Templates.
    "template-sandbox": "a sandbox without methods, and no globals but those on the list",
    "template-undefined": "what is not there is an error",
    "template-escaping": "HTML is escaped",
    "template-copies": "only plain copies go in",
    "template-limits": "rendered with limits of time, memory and output",
    "template-preview": "all faces are seen for any real customer",
    "template-parts": "GSM-7 160/153, UCS-2 70/67",
    "template-cost": "the cost of a text is told in money",
    "template-quote": "one curly quote costs parts: that is said and the plain one offered",
    # Campaigns.
    "plan-audience": "the whole audience is rendered: errors, empty fields, who is held or left out and why",
    "plan-parts": "parts of all texts",
    "plan-cost": "cost of all texts",
    "plan-hours": "a histogram of local times",
    "plan-shared": "shared addresses",
    "plan-finish": "when the last one leaves at the channel's limit",
    "plan-hash": "the launch is bound to what was looked at",
    "plan-test": "a test goes to staff",
    "pause": "pause, resume and cancel at any moment; a pause says how many are in flight",
    "arms": "variants and a holdout by deterministic hash",
    "winner": "a winner only with significance",
    "results": "replies, opt-outs and purchases within a window, beside the holdout, with an interval",
    "results-clicks": "and clicks",
    "tracking-off": "opens and clicks are not followed by default",
    "tracking-on": "when they are: stored links only, and scanners told from people",
}
# Why nothing proves it. A test that names one of these is a reason to take it off.
UNPROVEN: dict[str, str] = {}
KINDS = (("test_*.py", "test_"), ("fault_*.py", "fault_"))


def _named(file: Path, prefix: str) -> Iterator[str]:
    """Yields the rules that the tests of a file name; a mark on what is no test counts for nothing."""
    text = file.read_text("utf-8")
    if "mark.outbound(" not in text:
        return
    for node in ast.parse(text).body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.startswith(prefix):
            continue
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.outbound":
                yield from (ast.literal_eval(key) for key in mark.args)


@pytest.fixture(scope="module")
def named() -> set[str]:
    return {key for pattern, prefix in KINDS for file in TESTS.rglob(pattern) for key in _named(file, prefix)}


def test_every_rule_is_named_by_a_test_or_said_to_be_unproven(named: set[str]) -> None:
    assert {key: rule for key, rule in RULES.items() if key not in named | set(UNPROVEN)} == {}


def test_what_a_test_proves_is_no_longer_said_to_be_unproven(named: set[str]) -> None:
    assert {key: why for key, why in UNPROVEN.items() if key in named} == {}


def test_nothing_names_a_rule_that_there_is_not(named: set[str]) -> None:
    assert named | set(UNPROVEN) <= set(RULES)
