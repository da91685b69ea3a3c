"""Twilio's codes of texts: refused at once (21xxx), not delivered (30xxx), WhatsApp (63xxx)."""

from __future__ import annotations

from hub.model.problem import Severity
from hub.model.problem_codes.entry import CHANNEL, ERROR, N_, NOTICE, TRIES_ITSELF, WARNING, Known

_THEM = N_("Nothing to mend here; the customer's page shows that the number takes no texts.")
_LATER = N_("Nothing to mend here; a later text may arrive.")
_NUMBER = N_("Correct the customer's number.")


def _ours(number: str, severity: Severity, message: str, cause: str, mend: str) -> Known:
    return Known(f"twilio_{number}", severity, message, cause, mend, CHANNEL)


def _theirs(number: str, message: str, cause: str, mend: str = _THEM) -> Known:
    return Known(f"twilio_{number}", NOTICE, message, cause, mend, theirs=True)


_REACHABLE = N_("A number that {place} wrote to cannot be reached.")
_NO_NUMBER = N_("A number that {place} wrote to is no phone number.")

TEXTS = (
    _theirs("21211", _NO_NUMBER, N_("It has too few or too many digits, or an unknown country code."), _NUMBER),
    _theirs("21214", _REACHABLE, N_("No carrier reaches it."), _NUMBER),
    _theirs("21217", _NO_NUMBER, N_("It has too few or too many digits, or an unknown country code."), _NUMBER),
    _ours(
        "21212",
        ERROR,
        N_("Twilio does not accept the sender number of {place}."),
        N_("from_number is written wrongly."),
        N_("Copy the number from the Twilio console, with + and country code."),
    ),
    _ours(
        "21408",
        WARNING,
        N_("Texts from {place} to this country are switched off in the Twilio account."),
        N_("Twilio texts only the countries that were switched on (Messaging geographic permissions)."),
        N_("Switch the country on in the Twilio console: Messaging, Settings, Geo permissions."),
    ),
    _ours(
        "21603",
        ERROR,
        N_("{place} has no sender number."),
        N_("Neither from_number nor messaging_service_sid is set."),
        N_("Set one of them in the channel's settings."),
    ),
    _ours(
        "21606",
        ERROR,
        N_("The number of {place} cannot send texts."),
        N_("It is not a number of this account, or it can only make calls, or not reach this country."),
        N_("Use a number with the capability SMS as from_number."),
    ),
    _ours(
        "21608",
        WARNING,
        N_("The Twilio trial of {place} may text only numbers that were verified."),
        N_("Trial accounts are limited so."),
        N_("Upgrade the Twilio account, or verify the number in its console."),
    ),
    _ours(
        "21609",
        ERROR,
        N_("Twilio does not accept the hub's address for news of texts from {place}."),
        N_("The public address is not one that can be reached from the internet."),
        N_("Set public_url to the address under which the world reaches the hub."),
    ),
    _theirs(
        "21610",
        N_("Somebody whom {place} wrote to has replied STOP."),
        N_("Twilio sends nothing to them from this number."),
        N_("Nothing to mend: the hub notes it and does not write to them again until they reply START."),
    ),
    _ours(
        "21611",
        WARNING,
        N_("Too many texts of {place} wait at Twilio."),
        N_("They were handed in faster than the number may send."),
        TRIES_ITSELF,
    ),
    _theirs("21612", _REACHABLE, N_("Twilio has no route from this sender to it.")),
    _theirs("21614", N_("A number that {place} texted is not a mobile number."), N_("It cannot take texts.")),
    _theirs(
        "21617",
        N_("A text of {place} is too long."),
        N_("Twilio takes 1600 characters at most."),
        N_("Shorten the template or the answer."),
    ),
    _theirs("21620", N_("Twilio could not use a file that {place} sent along."), N_("Its address is not public.")),
    _theirs("21635", N_("A number that {place} texted is a landline."), N_("It cannot take texts.")),
    _ours(
        "21704",
        ERROR,
        N_("The Messaging Service of {place} has no sender."),
        N_("No number was added to it."),
        N_("Add a number to the Messaging Service in the Twilio console."),
    ),
    _ours(
        "30001",
        WARNING,
        N_("Too many texts of {place} waited at Twilio."),
        N_("They were handed in faster than the number may send."),
        TRIES_ITSELF,
    ),
    _ours(
        "30002",
        ERROR,
        N_("The Twilio account of {place} was suspended."),
        N_("Most often the balance is used up, or Twilio saw something against its rules."),
        N_("Open the Twilio console; it says why, and how to lift it."),
    ),
    _theirs("30003", _REACHABLE, N_("The phone is off or out of reach."), _LATER),
    _theirs("30004", _REACHABLE, N_("The recipient or the carrier blocks texts from this sender.")),
    _theirs("30005", _REACHABLE, N_("The number does not exist any more.")),
    _theirs("30006", _REACHABLE, N_("It is a landline, or its carrier takes no texts.")),
    _ours(
        "30007",
        WARNING,
        N_("Carriers filter texts of {place} as unwanted."),
        N_("Their words or links look like spam, or the number is not registered for what it sends."),
        N_(
            "Name the business, leave shortened links out, say how to stop; register the number (A2P 10DLC, toll-free)."
        ),
    ),
    _theirs("30008", _REACHABLE, N_("The carrier gave no reason."), _LATER),
    _ours(
        "30010",
        WARNING,
        N_("Texts of {place} cost more than the highest price that was set."),
        N_("A highest price is set in the Messaging Service."),
        N_("Raise it in the Twilio console, or leave the country out."),
    ),
    _theirs("30017", _REACHABLE, N_("The carrier's network was congested."), _LATER),
    _ours(
        "30022",
        WARNING,
        N_("{place} sends faster than carriers in the United States allow it."),
        N_("The limit depends on the registered campaign (A2P 10DLC)."),
        N_("Send more slowly, or apply for a higher class of campaign."),
    ),
    _ours(
        "30023",
        WARNING,
        N_("{place} has reached a carrier's limit for the day."),
        N_("The limit depends on the registered brand (A2P 10DLC)."),
        N_("The rest goes out tomorrow; apply for a higher limit if this is usual."),
    ),
    _ours(
        "30032",
        ERROR,
        N_("The toll-free number of {place} is not verified, so its texts are blocked."),
        N_("Toll-free numbers in the United States and Canada must be verified before they text."),
        N_("Hand in the verification in the Twilio console, or use another number."),
    ),
    _ours(
        "30033",
        ERROR,
        N_("The registered campaign of {place} was suspended."),
        N_("Carriers saw texts that do not fit what was registered (A2P 10DLC)."),
        N_("Ask Twilio's support how to lift it."),
    ),
    _ours(
        "30034",
        ERROR,
        N_("The number of {place} is not registered for texts to the United States, so they are blocked."),
        N_("Numbers of ten digits must belong to a registered brand and campaign (A2P 10DLC)."),
        N_("Register brand and campaign in the Twilio console and add the number to them, or use a toll-free number."),
    ),
    _ours(
        "30035",
        WARNING,
        N_("The registration of the number of {place} is not finished."),
        N_("Carriers still take it up (A2P 10DLC)."),
        N_("Wait until the Twilio console shows it as registered; this may take a day."),
    ),
    _theirs("30036", _REACHABLE, N_("The text could not be delivered while it was of use."), _LATER),
    _ours(
        "30044",
        WARNING,
        N_("The Twilio trial of {place} sends only short texts."),
        N_("A text of several parts is blocked in a trial; one curly quote or emoji makes more parts."),
        N_("Upgrade the Twilio account, or shorten the template."),
    ),
    _ours(
        "30450",
        WARNING,
        N_("Twilio blocks texts of {place} against fraud."),
        N_("Many numbers of one range were texted (SMS pumping protection)."),
        N_("See who asked for these texts; close the form that was misused."),
    ),
    _ours(
        "63007",
        ERROR,
        N_("Twilio does not know the WhatsApp sender of {place}."),
        N_("whatsapp_number is not registered for WhatsApp in this account."),
        N_("Register it in the Twilio console, or correct whatsapp_number."),
    ),
    _ours(
        "63016",
        WARNING,
        N_("WhatsApp refuses what {place} wrote."),
        N_("More than 24 hours after somebody's last message only approved templates may be sent."),
        N_("Use an approved WhatsApp template, or write by text or mail."),
    ),
    _ours(
        "63018",
        WARNING,
        N_("WhatsApp asks {place} to go slower."),
        N_("The sender's limit for now is reached."),
        TRIES_ITSELF,
    ),
)
