"""Twilio's error codes in plain words, and what each says of the address (https://www.twilio.com/docs/api/errors)."""

from __future__ import annotations

from dataclasses import dataclass

OPTED_OUT = "21610"  # The recipient replied STOP to this sender; final, so we suppress.


@dataclass(frozen=True, slots=True)
class Meaning:
    """`hard`: the number itself is dead. `passing`: later the same text may arrive. `ours`: our account is at fault."""

    sentence: str
    hard: bool = False
    passing: bool = False
    ours: bool = False


_MEANINGS = {
    "20003": Meaning("Twilio does not accept the account SID and auth token.", ours=True),
    "20005": Meaning("The Twilio account is not active.", ours=True),
    "20429": Meaning("Twilio asks us to send more slowly.", passing=True),
    "21211": Meaning("The number is not a valid phone number.", hard=True),
    "21212": Meaning("The sender number in the settings is not valid.", ours=True),
    "21214": Meaning("The number cannot be reached.", hard=True),
    "21217": Meaning("The number is not a valid phone number.", hard=True),
    "21205": Meaning("Twilio cannot call the hub at this address.", ours=True),
    "21210": Meaning("The number that calls is not one of the Twilio account's.", ours=True),
    "21215": Meaning("Calls to this country are switched off in the Twilio account (Geo permissions)."),
    "21216": Meaning("Twilio does not call this number."),
    "21220": Meaning("The call is over."),
    "21408": Meaning("Texts to this country are switched off in the Twilio account (Geo permissions)."),
    "21603": Meaning("No sender number is set.", ours=True),
    "21608": Meaning("A Twilio trial account may only text numbers verified in its console."),
    OPTED_OUT: Meaning("The person replied STOP to this sender."),
    "21612": Meaning("Twilio has no route from this sender to this number."),
    "21614": Meaning("The number is not a mobile number.", hard=True),
    "21617": Meaning("The text is longer than 1600 characters."),
    "21620": Meaning("Twilio could not use the address of the picture or file."),
    "21704": Meaning("The Messaging Service has no sender.", ours=True),
    "30001": Meaning("Too many texts were waiting at Twilio.", passing=True),
    "30002": Meaning("The Twilio account is suspended.", ours=True),
    "30003": Meaning("The phone cannot be reached: it is off, or out of reach.", passing=True),
    "30004": Meaning("The recipient or the carrier blocks texts from this sender."),
    "30005": Meaning("The number does not exist any more.", hard=True),
    "30006": Meaning("The number is a landline or its carrier takes no texts.", hard=True),
    "30007": Meaning("The carrier filtered the text as unwanted."),
    "30008": Meaning("The carrier gave no reason.", passing=True),
    "30017": Meaning("The carrier's network was congested.", passing=True),
    "30022": Meaning("The carrier's limit for this sender was reached.", passing=True),
    "30023": Meaning("The carrier's daily limit for this sender was reached.", passing=True),
    "30034": Meaning("The sender number is not registered for texts to the United States (A2P 10DLC)."),
    "30036": Meaning("The text expired before it could be delivered.", passing=True),
    "63016": Meaning("Outside WhatsApp's 24-hour window only approved templates may be sent."),
    "63018": Meaning("WhatsApp asks us to send more slowly.", passing=True),
}


def meaning(code: str) -> Meaning:
    """Returns what a code says; an unknown one says nothing about the address."""
    return _MEANINGS.get(code, Meaning(""))
