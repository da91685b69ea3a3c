"""What texts and calls through Twilio share: signatures, the client, media, statuses, settings."""

from channels.twilio_wire.hook import hook_url
from channels.twilio_wire.signature import check_signature, signature

__all__ = ["check_signature", "hook_url", "signature"]
