"""A Twilio emulator: for trying the hub out, and for tests over real sockets."""

from hub.sandbox.twilio.emulator import TwilioEmulator
from hub.sandbox.twilio.faults import Fault
from hub.sandbox.twilio.state import Hooks, Media

__all__ = ["Fault", "Hooks", "Media", "TwilioEmulator"]
