"""What mail servers say about the sender, the sending host, or the message; `a * b` means a, later b."""

from channels.email_message.bounce.report import Reason

CONTENT_FIRST = (
    (Reason.VIRUS_DETECTED, (
        "virus", "malware", "worm detected", "infected", "trojan", "phishing attempt", "dangerous attachment",
    )),
    (Reason.AUTH_FAILURE, (
        "dmarc", "spf fail", "spf check", "spf validation", "spf record", "spf policy", "spf softfail",
        "spf hard fail", "spf unauthorized", "fails spf", "failed spf", "openspf", "sender policy framework",
        "dkim fail", "dkim signature * fail", "dkim verif", "dkim check", "unauthenticated email",
        "unauthenticated sender", "authentication checks failed", "email is unauthenticated",
        "message failed authentication", "not authenticated according to", "sender is unauthenticated",
        "does not pass authentication", "didn't pass authentication", "sender authentication",
        "fails to pass authentication", "authentication results", "unauthorized to send on behalf",
        "is not authorized to send", "not allowed to send mail from", "sender id (pra)",
    )),
    (Reason.REQUIRE_PTR, (
        "ptr record", "dns ptr", "no ptr", "ptr resource record", "bad dns ptr", "reverse dns entry",
        "no reverse dns", "reverse dns lookup fail", "reverse dns record", "cannot find your reverse",
        "cannot resolve your address", "cannot find your hostname", "could not find your hostname",
        "client host rejected: cannot find", "reverse lookup", "does not have a reverse", "does not resolve",
        "mismatches client ip", "rdns", "inverse dns", "fcrdns", "iprev", "domain name resolution error for your",
        "can't find your reverse", "hostname does not match the ip", "unresolvable relay host name",
    )),
    (Reason.BAD_REPUTATION, (
        "low reputation", "poor reputation", "bad reputation", "reputation of the sending", "domain reputation",
        "ip reputation", "reputation", "unexpected volume or user complaints",
    )),
    (Reason.NOT_COMPLIANT_RFC, (
        "rfc 5322", "rfc5322", "rfc 2822", "rfc2822", "rfc 822 complian", "not rfc", "not compliant with rfc",
        "rfc-compliant", "rfc compliant", "multiple * addresses in from:", "multiple from",
        "missing required header", "no from: header", "message has no date", "bare lf", "stray newlines",
        "barelinefeed", "missing a valid messageid", "message lacks",
    )),
    (Reason.BLOCKED, ("my name was rejected", "helo command rejected", "weren't sent", "bad helo", "invalid helo")),
    (Reason.POLICY_VIOLATION, ("policy reason", "denied by policy")),
)  # fmt: skip

SIZE = (
    (Reason.EXCEED_LIMIT, (
        "message length exceeds", "message header size exceeds", "exceeds administrative limit",
        "message length * limit", "exceeds the administrative",
    )),
    (Reason.MESSAGE_TOO_BIG, (
        "message too big", "message too large", "message is too large", "message is too big", "mail is too large",
        "mail too large", "message file too big", "message size exceeds", "message size limit",
        "exceeds maximum message size", "exceeds the maximum message size", "exceeds fixed maximum",
        "maximum message size", "exceeds the maximum size", "exceeds size limit", "size limit exceeded",
        "mail size limit", "exceeded maximum * size", "exceeded maximum inbound", "exceeded the maximum incoming",
        "maximum incoming message size", "exceeds max * size", "message exceeds", "message length exceeded",
        "too large for", "too big for", "nachricht zu gross", "message trop volumineux", "mensaje demasiado grande",
        "mensagem muito grande", "mensagem excede", "max message size", "size exceeds",
        "larger than the current system limit", "over the size limit", "サイズが大き",
    )),
)  # fmt: skip

SENDER = (
    (Reason.NO_RELAYING, (
        "relaying denied", "relay access denied", "relay denied", "relaying not", "relay not permitted",
        "relay not allowed", "relay is prohibited", "relay prohibited", "no relaying", "unable to relay",
        "not permitted to relay", "not allowed to relay", "not relay", "insecure mail relay", "relaying prohibited",
        "relaying mail", "refused to relay", "open relay", "rcpthosts", "not configured to relay",
        "unauthorized relay", "we do not relay", "we don't relay", "relay authentication", "relaying is prohibited",
        "relay disallowed", "is not permitted to relay through", "relay rejected",
        "authentication required for relay",
        "mail server requires authentication when attempting to send to a non-local", "that domain isn't in my list",
        "cannot be relayed", "relay operation",
    )),
    (Reason.REJECTED, (
        "sender address rejected", "sender rejected", "sender denied", "sender refused", "sender address refused",
        "sender's mailbox", "sender's address", "sender's account", "sender mailbox",
        "sender address invalid", "sender address is",
        "sender address could", "sender address does",
        "sender not", "sender verify fail", "sender verification failed", "unable to verify sender", "sender is not",
        "invalid sender", "unknown sender", "bad sender", "unverified sender", "unroutable sender",
        "unrouteable sender", "null sender", "domain of sender", "sender domain", "sender's domain",
        "sending domain", "mail from domain", "from: domain is invalid",
        "domain is invalid. please provide a valid from", "return path", "mail from * rejected", "mail from * not",
        "refused mail from", "address * not allowed to send", "not allowed to post", "you are not allowed to send",
        "do not have permission to post", "is not a member", "are not a member", "not member",
        "not allowed to send to", "is not permitted to send", "not authorized to send to",
        "not in the list of allowed senders", "only members", "closed list", "moderated",
        "sender email address rejected", "sender address verification", "envelope sender", "backscatter",
        "rejected your address", "address is denied", "customdenied", "customfromdenied", "send mail as",
        "empty envelope", "notauthorized", "not.authorized", "authenticationrequired",
        "sendernotauthenticatedforgroup", "restrict.not", "access to that list", "rejected by the moderator",
        "groups.google.com/support", "support.google.com/a/answer/168383", "グループ", "absenderadresse",
        "adresse d'expediteur", "remetente",
    )),
    (Reason.SPAM_DETECTED, (
        "uribl", "surbl", "dbl.spamhaus", "spam content", "message content", "spam message", "as spam",
    )),
    (Reason.BLOCKED, (
        "blocked using", "spamhaus", "spamcop", "sorbs", "dnsbl", "client host * blocked", "ip address * listed",
    )),
    (Reason.SPAM_DETECTED, (
        "nevyzadan", "unerwunscht", "indesirable", "non sollicit", "no deseado", "nao solicitad", "indesiderat",
        "niechcian", "нежелательн",
        "spam", "junk", "unsolicited", "bulk mail", "bulk email", "bulk message", "ube,", " uce ", "(uce", "uce/",
        "uce:", "content rejected",
        "content filter", "content is not acceptable", "blacklisted url", "blacklisted uri", "suspicious",
        "high probability", "probable spam", "blocked using uribl", "surbl", "uribl", "mail rejete. mail rejected",
        "ofr_506", "ofr_513", "lpn007_510", "mail appears to be", "message contains * not accept",
        "our bulk email filter", "cyberoam", "bogofilter", "rejected for policy reason: content", "objectionable",
        "advertis", "body part", "pornographic", "rejected because of the content", "considered unwanted",
        "unwanted", "迷惑メール",
    )),
    (Reason.BLOCKED, (
        "blocked using", "blocked by", "blocked - see", "blocked for", "blocked due", "blocked because",
        "ip blocked", "ip address * blocked", "address is blocked", "host blocked", "is blocked", "has been blocked",
        "been blocked", "was blocked", "blocklist", "block list", "block-list", "blacklist", "black list",
        "black-list", "blackholed", "blacklisted", "denylist", "dnsbl", " rbl", "rbl.", "/rbl", "spamhaus",
        "spamcop", "sorbs", "barracuda central", "listed at", "listed in", "listed by", "is on our * list",
        "client host rejected", "client host * rejected", "helo command rejected", "helo/ehlo", "bad helo",
        "invalid helo", "my name was rejected", "invalid domain name in helo", "access denied", "access not allowed",
        "connection refused by policy", "connection rejected", "connections from", "connections not accepted",
        "banned", "bad ip", "your ip", "ip address has been", "client ip address", "from your ip", "ip for sending",
        "invalid ip", "dynamic ip", "dynamic address", "dialup", "dial-up", "dynamic/", "generic ip",
        "messages from * weren't sent", "weren't sent", "not accepting mail from", "mail from your", "mail from ip",
        "refused mail service", "service not available, closing", "refused to talk to me: 5",
        "refused to talk to me", "not allowed to connect", "connection dropped", "connecting host", "no access from",
        "not accepted from", "your host", "your mail server", "your server", "your network", "you're not allowed",
        "you are not allowed to connect", "service refused", "service refuse", "missing reverse dns",
        "error: no valid", "too many unwanted", "relay quota", "aup#", "csi.cloudmark", "rly:b", "rly:n", "(con:b",
        "(dyn:", "esmtp service not available", "no smtp service", "deferred due to user complaints", "bad conf",
    )),
    (Reason.RATE_LIMITED, (
        "rate limit", "ratelimit", "rate-limit", "throttl", "too many messages", "too much traffic",
        "too many emails", "exceeded the maximum number of messages", "messages per", "sent too",
        "receiving mail at a rate", "receiving mail too quickly", "sending rate", "daily limit", "daily quota",
        "hourly", "daily user sending", "exceeded * sending limit", "sending limit", "maximum sending",
        "temporarily rate", "sending too", "frequency limited", "try again later * volume",
    )),
    (Reason.TOO_MANY_CONNECTIONS, (
        "too many connections", "too many concurrent", "too many recipients", "too many sessions", "connection rate",
        "connection limit", "concurrent connections", "simultaneous connections", "maximum number of recipients",
        "maximum connections", "recipients per", "too many smtp", "too many rcpt", "busy, try", "too busy",
    )),
)  # fmt: skip

CONTENT = (
    (Reason.POLICY_VIOLATION, (
        "policy reason", "denied by policy", "policy violation", "violates policy", "violat", "security policy",
        "by policy", "for policy", "due to policy", "local policy", "site policy", "company policy", "email policy",
        "policy restrict", "network not allowed", "message not allowed", "not accepted for policy", "attachment",
        "banned file", "file type", "filename", "filetype", "extension", "prohibit", "administrative prohibition",
        "disallowed", "body type not supported", "blocked because * potential security", "we don't accept",
        "because of policy",
    )),
    (Reason.SECURITY_ERROR, (
        "smtp authentication", "authentication required", "authentication needed", "must authenticate",
        "authentication fail", "requires authentication", "not authorized", "unauthorized", "authorization",
        "auth required", "starttls", "tls required", "encryption", "certificate", "insecure", "access control",
        "permission denied", "not permitted", "credential", "password", "login", "security", "authentication",
    )),
    (Reason.CONTENT_ERROR, (
        "content error", "conversion error", "8bitmime", "8-bit", "improper use", "header error", "mime error",
        "malformed", "corrupt", "invalid header", "bad header", "message header", "improperly-formatted",
        "format error", "smtputf8", "not a mime", "transaction failed", "line too long", "line length",
    )),
    (Reason.SYNTAX_ERROR, (
        "syntax error", "command not implemented", "command unrecognized", "unrecognized command", "bad sequence",
        "command not recognized", "improper command", "parameter", "bad address syntax", "address syntax",
        "domain name required", "domain missing",
    )),
)  # fmt: skip
