"""Twilio's codes of calling the hub (11xxx) and of reading what it answers (12xxx)."""

from __future__ import annotations

from hub.model.problem import Severity
from hub.model.problem_codes.entry import CHANNEL, ERROR, N_, WARNING, Known

_REACH = N_("Twilio could not call the hub for {place}.")
_READ = N_("Twilio did not understand what the hub answered for {place}.")
_FOUND_LATER = N_(
    "See that the public address leads to the hub, from outside too. What was missed is found by looking every"
    " 5 minutes."
)
_REPORT = N_("Please report it: this is a fault of the hub, or of a proxy before it that changes answers.")
_CERTIFICATE = N_("Renew the certificate of the public address; it must be complete, with its chain.")


def _code(number: str, severity: Severity, message: str, cause: str, mend: str) -> Known:
    return Known(f"twilio_{number}", severity, message, cause, mend, CHANNEL)


WEBHOOKS = (
    _code(
        "webhook_failed",
        WARNING,
        _REACH,
        N_("Twilio noted an error when it called the hub; its console tells more of the code."),
        _FOUND_LATER,
    ),
    _code("11100", ERROR, _REACH, N_("The webhook's address is no web address."), _FOUND_LATER),
    _code(
        "11200",
        ERROR,
        _REACH,
        N_("It got no answer, or an error: the hub was down, a proxy refused it, or the signature did not fit."),
        _FOUND_LATER,
    ),
    _code(
        "11205",
        ERROR,
        _REACH,
        N_("No connection could be made within 10 seconds: a firewall, or the hub was down."),
        _FOUND_LATER,
    ),
    _code(
        "11206", WARNING, _REACH, N_("The connection broke off, or http was spoken to a port for https."), _FOUND_LATER
    ),
    _code("11210", ERROR, _REACH, N_("The host name of the public address was not found."), _FOUND_LATER),
    _code("11215", ERROR, _REACH, N_("The address leads on and on (too many redirects)."), _FOUND_LATER),
    _code("11217", ERROR, _REACH, N_("The hub, or a proxy before it, answered with an error."), _FOUND_LATER),
    _code("11220", ERROR, _REACH, N_("The encryption of the public address could not be agreed on."), _CERTIFICATE),
    _code("11235", ERROR, _REACH, N_("The certificate of the public address is made for another name."), _CERTIFICATE),
    _code("11236", ERROR, _REACH, N_("The certificate of the public address has expired."), _CERTIFICATE),
    _code("11237", ERROR, _REACH, N_("The certificate of the public address lacks its chain."), _CERTIFICATE),
    _code("11750", WARNING, _READ, N_("The answer was too large (64 kB at most)."), _REPORT),
    _code("11751", WARNING, _READ, N_("A file of a text is too large to be sent."), N_("Send a smaller file.")),
    _code("12100", ERROR, _READ, N_("The answer is no XML; often it is an error page of a proxy."), _REPORT),
    _code("12200", WARNING, _READ, N_("The answer holds words that Twilio does not know."), _REPORT),
    _code("12300", ERROR, _READ, N_("The answer has a content type that Twilio does not take."), _REPORT),
    _code(
        "12400",
        WARNING,
        _READ,
        N_("Twilio had a fault of its own."),
        N_("Nothing to mend here; see status.twilio.com."),
    ),
    _code(
        "15003",
        WARNING,
        _REACH,
        N_("The news of a call could not be delivered to the hub."),
        _FOUND_LATER,
    ),
)
