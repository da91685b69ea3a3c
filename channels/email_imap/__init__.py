"""Mail in over IMAP (RFC 3501), on aioimaplib, with its known defects worked around."""

from channels.email_imap.mailbox import ImapMailbox

__all__ = ["ImapMailbox"]
