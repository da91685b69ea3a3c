"""Named errors.

HubError                        anything the hub says in words a person can act on
├── ConfigurationError          settings or secrets are missing, unknown or wrong        exit 2
├── NotFound                    no such thing                                            exit 3
├── NotAllowed                  this role may not                                        exit 4
├── Refused                     the input breaks a rule; `field` names where             exit 1
│   └── TooLarge                the input is over a limit
├── Unavailable                 the database or a server cannot be reached; try again    exit 6
├── NotAuthentic                a request is not signed by who it claims to come from
├── Unreadable                  a payload cannot be parsed; its raw is kept
└── SendError                   a message was not accepted; `retryable` says whether to try again
    ├── Temporary               the provider asks to come back later (4xx, 429)
    ├── Rejected                the provider refused this message for good
    ├── ChannelBroken           the provider refused us, not the recipient (login, 401): pause
    └── Unknown                 nobody knows whether it was accepted; never send blindly again
"""

from __future__ import annotations


class HubError(Exception):
    """Says what happened, why, and what to do next."""

    code = "error"
    exit_code = 1

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


class ConfigurationError(HubError):
    code = "configuration"
    exit_code = 2


class NotFound(HubError):
    code = "not_found"
    exit_code = 3


class NotAllowed(HubError):
    code = "not_allowed"
    exit_code = 4


class Refused(HubError):
    """The input breaks a rule; `field` names where."""

    code = "refused"

    def __init__(self, message: str, *, field: str = "", next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.field = field


class TooLarge(Refused):
    code = "too_large"


class Unavailable(HubError):
    code = "unavailable"
    exit_code = 6


class NotAuthentic(HubError):
    code = "not_authentic"


class Unreadable(HubError):
    code = "unreadable"


class SendError(HubError):
    """A message was not accepted; `provider_code` is the provider's own code, verbatim."""

    code = "send_failed"
    retryable = False
    unknown = False

    def __init__(
        self, message: str, *, provider_code: str = "", phase: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.provider_code = provider_code
        self.phase = phase
        self.retry_after = retry_after


class Temporary(SendError):
    code = "temporary"
    retryable = True


class Rejected(SendError):
    """`opted_out`: the provider says that the recipient asked to be left alone (Twilio 21610)."""

    code = "rejected"

    def __init__(self, message: str, *, provider_code: str = "", phase: str = "", opted_out: bool = False) -> None:
        super().__init__(message, provider_code=provider_code, phase=phase)
        self.opted_out = opted_out


class ChannelBroken(SendError):
    code = "channel_broken"
    retryable = True


class Unknown(SendError):
    code = "unknown"
    unknown = True
