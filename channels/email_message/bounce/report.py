"""What a delivery report says: which recipients failed, how badly, and about which message of ours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Reason(StrEnum):
    """Why a message was not delivered, in one word; the words follow Sisimai's so that figures can be compared."""

    USER_UNKNOWN = "userunknown"
    HOST_UNKNOWN = "hostunknown"
    HAS_MOVED = "hasmoved"
    NOT_ACCEPT = "notaccept"
    MAILBOX_FULL = "mailboxfull"
    SUSPEND = "suspend"
    FILTERED = "filtered"
    REJECTED = "rejected"
    BLOCKED = "blocked"
    BAD_REPUTATION = "badreputation"
    REQUIRE_PTR = "requireptr"
    SPAM_DETECTED = "spamdetected"
    VIRUS_DETECTED = "virusdetected"
    POLICY_VIOLATION = "policyviolation"
    NOT_COMPLIANT_RFC = "notcompliantrfc"
    AUTH_FAILURE = "authfailure"
    SECURITY_ERROR = "securityerror"
    NO_RELAYING = "norelaying"
    CONTENT_ERROR = "contenterror"
    SYNTAX_ERROR = "syntaxerror"
    MESSAGE_TOO_BIG = "mesgtoobig"
    EXCEED_LIMIT = "exceedlimit"
    RATE_LIMITED = "ratelimited"
    TOO_MANY_CONNECTIONS = "toomanyconn"
    EXPIRED = "expired"
    NETWORK_ERROR = "networkerror"
    SYSTEM_ERROR = "systemerror"
    SYSTEM_FULL = "systemfull"
    MAILER_ERROR = "mailererror"
    ON_HOLD = "onhold"
    FEEDBACK = "feedback"
    UNDEFINED = "undefined"

    @property
    def address_is_dead(self) -> bool:
        return self in _DEAD


_DEAD = frozenset({Reason.USER_UNKNOWN, Reason.HOST_UNKNOWN, Reason.HAS_MOVED, Reason.NOT_ACCEPT})


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient that was not reached (or complained, in a feedback report).

    `status` is an RFC 3463 code or empty; `permanent` is its class (5); `hard` says that the address itself is
    dead; `delayed` is a notice of a server that is still trying; `diagnostic` is the server's own sentence.
    """

    recipient: str
    status: str
    permanent: bool
    hard: bool
    delayed: bool
    reason: Reason
    diagnostic: str


@dataclass(frozen=True, slots=True)
class BounceReport:
    """A delivery or feedback report; a report of success alone (RFC 3464 `delivered`, `relayed`) has no failures.

    `original_message_id` keeps its angle brackets; it is empty where the report does not tell.
    """

    kind: Literal["bounce", "feedback"]
    failures: tuple[Failure, ...]
    original_message_id: str = ""
    original_subject: str = ""
    original_recipients: tuple[str, ...] = ()
    feedback_type: str = ""

    @property
    def complains(self) -> bool:
        """Whether a recipient objected; `not-spam` (RFC 5965 7.3) and `auth-failure` (RFC 6591) are no objections."""
        return self.kind == "feedback" and self.feedback_type not in ("not-spam", "auth-failure", "dmarc")
