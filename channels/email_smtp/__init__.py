"""Mail out over SMTP (RFC 5321), on aiosmtplib, driven step by step so that the phase of a failure is known."""

from channels.email_smtp.compose import build_mail
from channels.email_smtp.sender import SmtpSender

__all__ = ["SmtpSender", "build_mail"]
