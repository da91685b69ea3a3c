"""Reading e-mail: from the bytes of one message (RFC 5322, MIME) to what it says, who wrote it and what came with it.

`read.read_mail` reads in place, `guard.read_mail_guarded` in a limited process where a mail looks hostile, `events`
turns a mail into channel events, `describe` into plain fields. Message-IDs stand without their angle brackets.
"""
