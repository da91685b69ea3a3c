"""Reasons in plain words: one sentence for each reason that a step or a skipped reminder can carry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hub.model.never_said import WHY
from hub.model.outbound import State

# {names} are the values that were seen; one that is missing is left out of the sentence.
SENTENCES: Mapping[str, str] = {
    "ack_asked_not_to": "Not acknowledged: the mail asks not to be answered automatically.",
    "ack_list": "Not acknowledged: the mail came by a mailing list or as a bulk mail.",
    "ack_machine": "Not acknowledged: a machine wrote the mail (a bounce, an automatic reply or a report).",
    "ack_no_channel": "Not acknowledged: the mailbox has no channel that sends.",
    "ack_no_reply": "Not acknowledged: nobody reads what is sent to the sender's address.",
    "ack_no_template": "Not acknowledged: there is no template {template}.",
    "ack_not_first": "Not acknowledged: the mail is not the first of its conversation.",
    "ack_not_to_us": "Not acknowledged: the mail names none of our addresses.",
    "ack_once_a_day": "Not acknowledged: {address} has had one within a day.",
    "ack_open": "Not acknowledged: the mail came within the opening hours.",
    "ack_ours": "Not acknowledged: the mail says it is from one of our own addresses.",
    "ack_unproven": "Not acknowledged: nobody has proved who sent the mail.",
    "address_closed": "Not sent: {address} does not belong to the customer any more.",
    "address_not_confirmed": "Not sent: nobody has confirmed that {address} is the customer's.",
    "appointment_attended": "Not sent: the appointment is over.",
    "appointment_cancelled": "Not sent: the appointment was cancelled.",
    "appointment_changed": "Not sent: the appointment was changed; a new message takes its place.",
    "appointment_booked": "Not sent: the appointment was booked again; a new message takes its place.",
    "appointment_confirmed": "Not sent: the appointment was confirmed meanwhile; a new message takes its place.",
    "appointment_gone": "Not sent: the appointment does not exist any more.",
    "appointment_missed": "Not sent: the appointment is over.",
    "appointment_moved": "Not sent: the appointment was moved; a new message takes its place.",
    "asked_to_rest": "Not sent: the customer asked for no offers to {address} until {rests_until}.",
    "asked_to_rest_waits": "Held: the customer asked for no offers to {address} until {rests_until}.",
    "birthday_gone": "Not sent: the birthday is not known any more.",
    "birthday_moved": "Not sent: the birthday was corrected; a new message takes its place.",
    "callback_done": "Not sent: somebody has called back.",
    "callback_gone": "Not sent: the task does not exist any more.",
    "callback_moved": "Not sent: the task is due at another time; a new message takes its place.",
    "child": "Not sent: the customer is a child, and no guardian has agreed ({place}).",
    "deceased": "Not sent: the customer has died.",
    "do_not_call": "Not sent: {address} is on the do-not-call list {list}.",
    "do_not_call_old": "Held: the do-not-call list {list} of {at} is too old to be asked; load it anew.",
    "existing_customer_elsewhere": (
        "Not sent: {address} has not agreed, and having bought is not enough where the customer may be."
    ),
    "existing_customer_kind": (
        "Not sent: {address} has not agreed; who bought is told of similar goods only, not of a {kind}."
    ),
    "existing_customer_unsaid": "Held: it must first say that it rests on what the customer has bought.",
    "restriction": "Not sent: the customer had the use of their data restricted on {since}.",
    "cannot_be_written": "Not sent, because it could not be written: {error}",
    "channel_broken": "Put back: the channel does not work. {said}",
    "channel_paused": "Held: the channel {channel} is paused. {why}",
    "channel_switched": "Not sent: it was planned before {channel} was switched to {mode}.",
    "consent_withdrawn": "Not sent: consent was withdrawn on {at}.",
    "no_call_consent": "Not called: {address} has not agreed to automatic calls, which the law asks for ({place}).",
    "promotion_by_call": "Not called: promotions are not spoken by a machine.",
    "counts_as_promotion": "Not sent: it counts as a promotion there ({place}); a new message asks for consent.",
    "country_not_allowed": "Not sent: {channel} may not write to this country ({country}).",
    "day_passed": "Not planned: it was due on {due_at}, and that day is over.",
    "erased": "Not sent: the customer's data were erased.",
    "expired": "Not sent: it was too late for it.",
    "frequency_cap": "Not sent: {address} has had {sent} of at most {cap} a {period}.",
    "frequency_cap_waits": "Held until {until}: {address} has had {sent} of at most {cap} a {period}.",
    "gave_up": "Not sent: it was tried for a day. {said}",
    "kill_switch": "Held: sending is stopped for the whole hub. {why}",
    "left_lying": "Put back: the process that had it stopped before sending.",
    "never_known": "Nobody knows whether it arrived; it is not sent again.",
    "no_address": "Not planned: the customer has no address for {channel}.",
    "no_answer": "Nobody knows whether it was accepted: no answer came. {said}",
    "no_channel": "Not planned: there is no channel {channel} that sends.",
    "no_consent": "Not sent: the customer has not agreed to promotions to {address}.",
    "no_open_hours": "Not planned: there is no hour at which {address} may be written to.",
    "no_template": "Not planned: there is no template {template}.",
    "no_time_left": "Not sent: there was no time left to try again. {said}",
    "not_found_yet": "Not in the provider's list yet; looked at again later.",
    "once_more": "Sent once more, close to its time: it may have arrived twice.",
    "open_complaint": "Held: the customer's complaint is still open (task {complaint}).",
    "open_conversation": "Held: the customer waits for an answer (conversation {conversation}).",
    "asked_lately": "Not planned: the customer was asked within the last half year.",
    "inquiry_answered": "Not sent: the customer has answered, or the conversation was closed.",
    "inquiry_done": "Not sent: the customer has bought or booked something since.",
    "inquiry_gone": "Not sent: the request does not exist any more.",
    "inquiry_moved": "Not sent: the conversation went on; a new message takes its place.",
    "lapse_bought": "Not sent: the customer has bought something since.",
    "lapse_gone": "Not sent: the purchase does not exist any more.",
    "lapse_moved": "Not sent: the purchase was corrected; a new message takes its place.",
    "lapse_undone": "Not sent: the purchase was refunded or cancelled.",
    "offer_closed": "Not sent: the offer was closed.",
    "offer_expired_before": "Not planned: the customer had a code of {offer} before, and it is over.",
    "offer_gone": "Not sent: the code of the offer does not exist any more.",
    "offer_had": "Not planned: the customer has redeemed their code of {offer} already.",
    "offer_moved": "Not sent: the end of the offer has changed; a new message takes its place.",
    "offer_no_category": "Not planned: it is not known what the customer buys, so {offer} has nothing for them.",
    "offer_no_code_left": "Not planned: {offer} has no code left.",
    "offer_over": "Not planned: {offer} is closed or over.",
    "offer_prescription": "Not planned: {offer} is for a prescription medicine, which is never promoted.",
    "offer_redeemed": "Not sent: the customer has redeemed their code already.",
    "offer_unknown": "Not planned: there is no offer {offer}.",
    "opted_out": "Not sent: the customer told the provider to stop. {said}",
    "premium_rate": "Not sent: {address} is a premium-rate number.",
    "process_died": "Nobody knows whether it was accepted: the process that sent it stopped.",
    "promotions_held": "Held: promotions wait until staff lets them go. {why}",
    "proven_absent": "The provider never had it, so it is sent again.",
    "proven_absent_too_late": "The provider never had it, and now it is too late.",
    "purchase_gone": "Not sent: the purchase does not exist any more.",
    "purchase_moved": "Not sent: the purchase was corrected; a new message takes its place.",
    "purchase_undone": "Not sent: the purchase was refunded or cancelled.",
    "quiet_hours": "Held until {until}: it is {local_time} at the customer ({zone}).",
    "quiet_hours_until_too_late": "Not sent: it would be too late when the quiet hours end.",
    "rejected": "Not sent: it was refused. {said}",
    "run_cancelled": "Not sent: the campaign was cancelled.",
    "run_paused": "Waits: the campaign is paused.",
    "holdout": "Not written to: one of the {percent}% who get nothing, by whom the result is measured.",
    "sequence_bought": "Not sent: the customer has bought meanwhile.",
    "sequence_cart_changed": "Not sent: the customer has gone on with the cart.",
    "sequence_cart_emptied": "Not sent: the customer has emptied the cart.",
    "sequence_cart_gone": "Not sent: the cart does not exist any more.",
    "sequence_gone": "Not sent: the customer is not on the way through the sequence any more.",
    "sequence_left": "Not sent: the customer has left the sequence.",
    "sequence_merged": "Not sent: the customer was merged into another.",
    "sequence_off": "Not sent: the sequence was switched off.",
    "sequence_paused": "Held: the sequence is paused.",
    "sequence_reply": "Not sent: the customer has answered, which ends the sequence.",
    "sequence_staff": "Not sent: staff took the customer out of the sequence.",
    "sequence_stop": "Not sent: the customer asked us to stop, which ends the sequence.",
    "sequence_unreadable": "Not sent: this hub cannot read the sequence any more.",
    "service_changed": "Not sent: the equipment was changed; a new message takes its place.",
    "service_gone": "Not sent: no service of the equipment is due any more.",
    "service_moved": "Not sent: the service was done or is due on another day; a new message takes its place.",
    "service_retired": "Not sent: the equipment is not in use any more.",
    "shared_address": "Not planned: {address} is also another customer's, who gets this message.",
    "slot_closed": "Not sent: the slot was withdrawn.",
    "slot_gone": "Not sent: the slot does not exist any more.",
    "slot_moved": "Not sent: the slot was moved.",
    "slot_taken": "Not sent: somebody else has the slot already.",
    "spend_cap": "Not sent: {channel} has spent {spent} of at most {most} today, and later is too late.",
    "spend_cap_waits": "Held until {until}: {channel} has spent {spent} of at most {most} today.",
    "staff": "Taken back by staff.",
    "stop": "Not sent: the customer asked us to stop.",
    "suppressed_bounce": "Not sent: {address} does not exist (it bounced on {since}).",
    "suppressed_complaint": "Not sent: the customer complained on {since}.",
    "suppressed_erased": "Not sent: the data of whoever had {address} were erased on {since}; offers go there no more.",
    "suppressed_stop": "Not sent: the customer asked us to stop on {since}.",
    "suppressed_unsure": "Not sent: it is not clear whether the customer wants to be written to; staff was asked.",
    "suppressed_withdrawn": "Not sent: consent was withdrawn on {since}.",
    "time_passed": "Not planned: it was due on {due_at}, too long before it could be planned.",
    "too_late": "Not planned: it was due on {due_at}, long past when the appointment was made or changed.",
    "try_again": "Not accepted yet; tried again at {until}. {said}",
    "undo": "Taken back by staff.",
    "warm_up": "Not sent: {channel} may send {most} promotions today while it is new, and later is too late.",
    "warm_up_waits": "Held until {until}: {channel} may send {most} promotions today while it is new.",
    "whatsapp_session_over": (
        "Not sent: WhatsApp takes a message only within 24 hours of the customer's last one (last heard: {heard_at}). "
        "Use a template that WhatsApp has approved, write by text or mail, or call; "
        "it is open again as soon as they write."
    ),
    **{reason: f"Not sent: {why}." for reason, why in WHY.items()},
}
STATES: Mapping[str, str] = {
    State.PLANNED: "Planned.",
    State.READY: "Waits to be sent.",
    State.CLAIMED: "About to be sent.",
    State.SUBMITTING: "Handed to the channel.",
    State.ACCEPTED: "Accepted by the provider.",
    State.RETRY_WAIT: "Waits to be tried again.",
    State.HELD: "Held.",
    State.SUPPRESSED: "Not sent.",
    State.CANCELLED: "Cancelled.",
    State.EXPIRED: "Not sent: it was too late for it.",
    State.FAILED: "Not sent: it was refused.",
    State.UNKNOWN: "Nobody knows whether it was accepted.",
    State.ABANDONED: "Nobody knows whether it arrived; it is not sent again.",
}
# The same of many at once, where leaving out the values of one would leave no sentence.
OF_ALL: Mapping[str, str] = {
    "do_not_call": "Not sent: the number is on a do-not-call list.",
    "do_not_call_old": "Held: a do-not-call list is too old to be asked; load it anew.",
    "existing_customer_kind": "Not sent: the customer has not agreed; who bought is told of similar goods only.",
    "asked_to_rest": "Not sent: the customer asked for some weeks without offers.",
    "asked_to_rest_waits": "Held: the customer asked for some weeks without offers.",
    "warm_up": "Not sent: the channel is new and sends a few more each day, and later is too late.",
    "warm_up_waits": "Held: the channel is new and sends a few more each day.",
    "channel_paused": "Held: the channel is paused.",
    "channel_switched": "Not sent: it was planned before the channel was switched.",
    "frequency_cap": "Not sent: the address has been written to as often as is allowed.",
    "spend_cap": "Not sent: the day's money for texts was spent, and later is too late.",
    "spend_cap_waits": "Held: the day's money for texts is spent.",
    "whatsapp_session_over": "Not sent: WhatsApp takes a message only within 24 hours of the customer's last one.",
    "holdout": "Not written to: those who get nothing, by whom the result is measured.",
    "frequency_cap_waits": "Held: the address has been written to as often as is allowed for now.",
    "day_passed": "Not planned: the day was over.",
    "names_health": "Not sent: it names a fact that is about health, which never stands in a message.",
    "chosen_by_health": "Not sent: no promotion is chosen by what is about health.",
    "chosen_by_prescription": "Not sent: no promotion is chosen by what is prescription only.",
    "prescription": "Not sent: it is about a medicine that is prescription only and never promoted.",
    "no_template": "Not planned: there is no such template.",
    "ack_no_template": "Not acknowledged: there is no such template.",
    "no_channel": "Not planned: there is no such channel that sends.",
    "offer_expired_before": "Not planned: the customer had a code of this offer before, and it is over.",
    "offer_had": "Not planned: the customer has redeemed their code already.",
    "offer_no_category": "Not planned: it is not known what the customer buys.",
    "offer_no_code_left": "Not planned: the offer has no code left.",
    "offer_over": "Not planned: the offer is closed or over.",
    "offer_unknown": "Not planned: there is no such offer.",
    "offer_prescription": "Not planned: the offer is for a prescription medicine, which is never promoted.",
    "quiet_hours": "Held: it is not the hour for it at the customer.",
    "quiet_hours_until_too_late": "Not sent: it would be too late when the quiet hours end.",
    "time_passed": "Not planned: it was due too long before it could be planned.",
    "too_late": "Not planned: it was due long before the appointment was made or changed.",
    "try_again": "Not accepted yet; tried again later.",
}
_VALUES_OF_ONE = re.compile(r" on \{\w+\}| ?\([^()]*\{\w+\}[^()]*\)|\{(\w+)\}")
_INSTEAD = {"address": "the address", "channel": "the channel"}
_TIMES = frozenset({"at", "since", "until", "due_at", "heard_at", "rests_until"})


def in_words(state: str, reason: str, seen: Mapping[str, Any] | None = None) -> str:
    """Returns one sentence for people about a step, with the values that were seen."""
    values = {name: _shown(name, value) for name, value in (seen or {}).items()}
    return " ".join(_sentence(state, reason).format_map(_Known(values)).split())


def _sentence(state: str, reason: str) -> str:
    if reason in SENTENCES:
        return SENTENCES[reason]
    told = STATES.get(state, state)
    return f"{told} ({reason.replace('_', ' ')})" if reason else told


def in_general(state: str, reason: str) -> str:
    """Returns the sentence about everybody to whom it happened, without the values of one of them."""
    told = OF_ALL.get(reason) or _VALUES_OF_ONE.sub(
        lambda found: _INSTEAD.get(found[1] or "", ""), _sentence(state, reason)
    )
    return " ".join(told.split())


class _Known(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "" if name in ("said", "why", "error") else "?"


def _shown(name: str, value: Any) -> str:
    text = str(value)
    if name == "address":  # people write an address without its scheme
        return text.removeprefix("mailto:").removeprefix("tel:")
    return text[:16].replace("T", " ") + " UTC" if name in _TIMES and len(text) >= 16 else text
