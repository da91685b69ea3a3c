"""Reads delivery status notifications, prose bounces and complaints."""

from channels.email_message.bounce.reading import read_bounce
from channels.email_message.bounce.report import BounceReport, Failure, Reason

__all__ = ["BounceReport", "Failure", "Reason", "read_bounce"]
