"""Logging in to a mail server: passwords, app passwords, refusals for now (RFC 5530, RFC 4954, Google, Microsoft)."""

from __future__ import annotations

from hub.model.problem_codes.entry import CHANNEL, ERROR, MEND, N_, NOTICE, TRIES_ITSELF, WARNING, Act, Known

_PASSWORD = N_(
    "Write the right user name and password: where the channel was added here, on its page; else into its settings,"
    " then start the hub again."
)
_BY_CONSENT = N_(
    "Connect the mailbox by consent: add it on the channels page and choose to sign in with Microsoft; or send"
    " through a mail server that takes passwords."
)

KNOWN = (
    Known(
        "google_app_password",
        ERROR,
        N_("Google wants an app password for {place}."),
        N_("The account has 2-step verification; then mail programs get a password of their own."),
        N_("Make one at myaccount.google.com/apppasswords and write it into the channel's settings as its password."),
        CHANNEL,
        says=r"application-specific password|app(?:lication)? password required|5\.7\.9\b",
    ),
    Known(
        "google_browser_login",
        ERROR,
        N_("Google wants somebody to sign in to the account of {place} in a browser."),
        N_("The sign-in looked unusual to Google, so it blocks mail programs until a person confirms it."),
        N_("Sign in at accounts.google.com, confirm that it was you, and use an app password from then on."),
        CHANNEL,
        says=r"5\.7\.14\b|\[WEBALERT|web login required|log ?in via your web browser",
    ),
    Known(
        "google_imap_off",
        ERROR,
        N_("IMAP is switched off in the account of {place}."),
        N_("The provider lets mail programs in only after IMAP was switched on in the account."),
        N_("Switch IMAP on in the mailbox's settings (Gmail: Forwarding and POP/IMAP)."),
        CHANNEL,
        says=r"not enabled for imap|imap (?:access )?is (?:disabled|not enabled)|imap (?:is )?disabled",
    ),
    Known(
        "too_many_logins",
        WARNING,
        N_("The provider of {place} takes no more logins for now."),
        N_("There were too many logins, or too many at the same time; other programs count too."),
        N_("Close other programs that read this mailbox. The hub waits and tries again by itself."),
        CHANNEL,
        says=r"too many (?:simultaneous connections|login attempts|concurrent|connections)|\[LIMIT\]|4\.7\.0 too many"
        r"|maximum number of connections",
    ),
    Known(
        "bandwidth",
        WARNING,
        N_("The mailbox of {place} was read too much today; the provider makes it wait."),
        N_("The provider counts commands and bytes a day, of all programs that read this mailbox."),
        TRIES_ITSELF,
        CHANNEL,
        says=r"exceeded (?:command or )?bandwidth|bandwidth limits|\[OVERQUOTA\]|throttled",
    ),
    Known(
        "mail_unavailable",
        WARNING,
        N_("The mail server of {place} cannot check logins at the moment."),
        N_("A part of the server is down; it says nothing about the password."),
        TRIES_ITSELF,
        CHANNEL,
        says=r"\[(?:UNAVAILABLE|SERVERBUG|INUSE)\]|temporary authentication failure|454 4\.7\.0",
    ),
    Known(
        "contact_admin",
        ERROR,
        N_("The provider of {place} wants to be asked."),
        N_("The server lets nobody into this mailbox until its administrator has looked at it."),
        N_("Ask the provider or the administrator of the mail server; the answer below helps them."),
        CHANNEL,
        says=r"\[CONTACTADMIN\]",
    ),
    Known(
        "password_expired",
        ERROR,
        N_("The password of {place} has expired."),
        N_("The provider wants a new one from time to time."),
        N_("Set a new password with the provider and write it into the channel's settings."),
        CHANNEL,
        says=r"\[EXPIRED\]|password (?:has )?expired",
    ),
    Known(
        "not_authorized",
        ERROR,
        N_("The account of {place} may not open this mailbox."),
        N_("The login is right, but the account has no right to the mailbox or folder."),
        N_("Give the account that right with the provider, or log in as the mailbox's own account."),
        CHANNEL,
        says=r"\[(?:AUTHORIZATIONFAILED|NOPERM)\]",
    ),
    Known(
        "needs_encryption",
        ERROR,
        N_("The mail server of {place} takes logins only over an encrypted connection."),
        N_("The connection is not encrypted, or the server demands STARTTLS first."),
        N_('Set tls = "tls" (993, 465) or "starttls" (143, 587) in the channel\'s settings.'),
        CHANNEL,
        says=r"\[PRIVACYREQUIRED\]|must issue a starttls|starttls (?:command )?(?:first|required)|5\.7\.11\b"
        r"|(?<!\S)538[ -]|encryption required for",
    ),
    Known(
        "microsoft_smtp_off",
        ERROR,
        N_("Sending by password is switched off for the Microsoft account of {place}."),
        N_("SMTP AUTH is disabled for the mailbox or for the whole organisation."),
        N_(
            "An Exchange administrator switches Authenticated SMTP on for this mailbox. Microsoft ends passwords for"
            " SMTP step by step from the end of 2026 on: sign in by consent instead, on the channels page."
        ),
        CHANNEL,
        says=r"smtpclientauthentication is disabled",
    ),
    Known(
        "microsoft_basic_off",
        ERROR,
        N_("Microsoft no longer takes a password from {place}."),
        N_("Basic authentication is off for this organisation; only OAuth is let in."),
        _BY_CONSENT,
        CHANNEL,
        says=r"5\.7\.30\b|basic authentication is (?:not supported|disabled)|BasicAuthBlocked|basicauthdisabled",
    ),
    Known(
        "microsoft_login",
        ERROR,
        N_("Microsoft refuses the login of {place}."),
        N_("User name or password is wrong, or sign-in by password is blocked (security defaults, MFA)."),
        N_(
            "Check them at outlook.office.com; with MFA use an app password, and let the administrator allow SMTP AUTH."
        ),
        CHANNEL,
        says=r"5\.7\.139\b|5\.7\.3\b.*authentication unsuccessful|user is authenticated but not connected",
    ),
    Known(
        "login",
        ERROR,
        N_("The mail server refuses the login of {place}."),
        N_("User name or password is wrong, or was changed; or the provider wants an app password for mail programs."),
        _PASSWORD,
        CHANNEL,
        says=r"\[AUTHENTICATIONFAILED\]|5\.7\.8\b|(?<!\S)535[ -]|invalid credentials|login failed|authentication failed"
        r"|refuses the login|username and password not accepted",
    ),
    Known(
        "no_oauth",
        ERROR,
        N_("The mail server of {place} takes no sign-in by consent."),
        N_("It offers neither XOAUTH2 nor OAUTHBEARER; it is perhaps not the provider that the consent is for."),
        N_("Connect the mailbox with a password, or correct host."),
        MEND,
    ),
    Known(
        "token_refused",
        ERROR,
        N_("The mail server of {place} refuses the sign-in by consent."),
        N_("The account that gave the consent may not open this mailbox, or mail programs are switched off for it."),
        N_(
            "Connect again and sign in as the account that owns the mailbox; or ask its administrator to allow IMAP and"
            " SMTP."
        ),
        MEND,
    ),
    Known(
        "disconnected",
        NOTICE,
        N_("{place} is disconnected: nothing is read by it, and what is to be sent waits."),
        N_("Somebody disconnected it. Its history is kept."),
        N_("Connect it again when it is to go on, or remove it."),
        Act(N_("Connect again"), "/channels/{place}/connection", "hub channel connect {place}"),
    ),
    Known(
        "connection_hidden",
        WARNING,
        N_("There are two channels named {place}: one in the settings file, one added here. The file's is in use."),
        N_("The settings file comes first, and a name stands for one channel."),
        N_("Remove the one that was added here, or rename the section in the settings file and start the hub again."),
        MEND,
    ),
    Known(
        "login_missing",
        ERROR,
        N_("The mail server of {place} wants a login, and none is set."),
        N_("It sends mail only for accounts that it knows."),
        N_("Write username and password into the channel's settings."),
        CHANNEL,
        says=r"authentication (?:is )?required|5\.7\.57\b|client was not authenticated|(?<!\S)530[ -]",
    ),
    Known(
        "login_mechanism",
        ERROR,
        N_("The mail server of {place} offers no login that the hub can use."),
        N_('It demands another kind of login ("534", "504"), or offers none before encryption.'),
        N_("Check port and tls; ask the provider whether passwords are taken there at all."),
        CHANNEL,
        says=r"(?<!\S)534[ -]|(?<!\S)504 5\.7\.4|no suitable authentication|unrecognized authentication type",
    ),
    Known(
        "no_login",
        ERROR,
        N_("The mail server of {place} offers no way to log in."),
        N_("On that port, or without encryption, it takes no logins."),
        N_("Check port and tls in the channel's settings, or leave username out."),
        CHANNEL,
    ),
    Known(
        "login_disabled",
        ERROR,
        N_("The mail server of {place} takes no password over this connection."),
        N_("The connection is not encrypted."),
        N_('Set tls = "tls" or "starttls" in the channel\'s settings.'),
        CHANNEL,
    ),
    Known(
        "busy",
        WARNING,
        N_("The mail server of {place} does not let us in now."),
        N_("It is busy, or makes us wait after several tries."),
        TRIES_ITSELF,
        CHANNEL,
    ),
    Known(
        "turned_away",
        ERROR,
        N_("The mail server of {place} turned us away."),
        N_("It does not talk to this machine: its address, its name (ehlo_name) or the account is blocked."),
        N_("Ask the provider whether this machine may use it, and under which name; the answer below helps them."),
        CHANNEL,
    ),
    Known(
        "folder",
        ERROR,
        N_("A folder that {place} should read cannot be opened."),
        N_("It was renamed or removed, or is written otherwise (INBOX.Sent, Sent Items)."),
        N_("Correct folders or sent_folder in the channel's settings; what was seen names the folders there are."),
        CHANNEL,
        says=r"\[NONEXISTENT\]",
    ),
    Known(
        "append",
        WARNING,
        N_("Copies of sent mail cannot be kept in the mailbox of {place}."),
        N_("The folder is missing, or the mailbox is full."),
        N_("Check sent_folder, and whether the mailbox has room left. The mails themselves were sent."),
        CHANNEL,
    ),
    Known(
        "uidvalidity",
        ERROR,
        N_("A folder of {place} gives its mails no lasting numbers."),
        N_("Without them the hub could read a mail twice or miss one."),
        N_("Choose another folder, or ask the provider."),
        CHANNEL,
    ),
)
