"""Twilio's codes of calls that the hub makes (https://www.twilio.com/docs/api/errors), and of writing them down."""

from __future__ import annotations

from hub.model.problem_codes.entry import CHANNEL, ERROR, N_, NOTICE, WARNING, Known

KNOWN = (
    Known(
        "twilio_21205",
        ERROR,
        N_("Twilio cannot call the hub for the calls of {place}."),
        N_("The public address is not one that can be reached from the internet."),
        N_("Set public_url to the address under which the world reaches the hub."),
        CHANNEL,
    ),
    Known(
        "twilio_21210",
        ERROR,
        N_("Twilio does not let {place} call from its number."),
        N_("The number is not one of this account, and was not verified there."),
        N_("Use a number of the account as from_number."),
        CHANNEL,
    ),
    Known(
        "twilio_21215",
        WARNING,
        N_("Calls from {place} to this country are switched off in the Twilio account."),
        N_("Twilio calls only the countries that were switched on (Voice geographic permissions)."),
        N_("Switch the country on in the Twilio console: Voice, Settings, Geo permissions."),
        CHANNEL,
    ),
    Known(
        "twilio_21216",
        NOTICE,
        N_("Twilio does not call a number that {place} was to call."),
        N_("It is one that is known for abuse, or that Twilio never calls."),
        N_("Correct the customer's number."),
        theirs=True,
    ),
    Known(
        "twilio_21220",
        NOTICE,
        N_("A call of {place} was over before it could be changed."),
        N_("Somebody hung up meanwhile."),
        N_("Nothing to mend here."),
        theirs=True,
    ),
    Known(
        "transcription_unreachable",
        ERROR,
        N_("The server of {place} that writes recordings down cannot be reached."),
        N_("It does not run, its name has no address, or it is in a private network without being said to be."),
        N_("Start the server, or correct url; set private = true where it is in a network of your own."),
        CHANNEL,
    ),
)
