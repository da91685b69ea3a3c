"""The doorway: what a channel adapter may offer (capabilities.py), and what passes between it and the hub (payload.py).

An adapter is a class loaded by dotted path from the configuration (`adapter = "channels.sms:TwilioSms"`). It is built
as `Adapter(name, settings, context)`: `settings` is its own section as a mapping of plain values (secrets already
resolved), `context` what the hub lends it. It validates its settings there and raises ConfigurationError.
"""

from channels.base.capabilities import (
    Bridges,
    Channel,
    Composes,
    Confirms,
    Fetches,
    Files,
    Follows,
    Holds,
    Listed,
    Looks,
    Parses,
    Polls,
    Reads,
    Recalls,
    Receives,
    Sends,
    TakesLong,
    TellsTime,
    Vouches,
)
from channels.base.payload import (
    AccessToken,
    Captured,
    Context,
    Cursor,
    Holding,
    Raw,
    Reply,
    Request,
    Settings,
    Txt,
    Upload,
)

__all__ = [
    "AccessToken",
    "Bridges",
    "Captured",
    "Channel",
    "Composes",
    "Confirms",
    "Context",
    "Cursor",
    "Fetches",
    "Files",
    "Follows",
    "Holding",
    "Holds",
    "Listed",
    "Looks",
    "Parses",
    "Polls",
    "Raw",
    "Reads",
    "Recalls",
    "Receives",
    "Reply",
    "Request",
    "Sends",
    "Settings",
    "TakesLong",
    "TellsTime",
    "Txt",
    "Upload",
    "Vouches",
]
