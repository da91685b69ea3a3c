"""What mail servers say about themselves and the way to each other; `a * b` means a, later b."""

from channels.email_message.bounce.report import Reason

SYSTEM = (
    (Reason.SYSTEM_FULL, (
        "insufficient system storage", "no space left on device", "system storage", "mail system full",
        "requested mail action not taken: insufficient", "filesystem is full", "file system full",
    )),
    (Reason.NETWORK_ERROR, (
        "too many hops", "hop count", "hopcount", "mail loop", "mail forwarding loop", "routing loop",
        "loops back to", "loop detected", "message loop", "loop count", "possible mail loop", "in a loop",
        "mail for * loops", "lost connection", "connection reset", "connection was dropped", "connection lost",
        "connection closed", "connection broken", "broken pipe", "network error", "network is unreachable",
        "no route to host", "host is unreachable", "host unreachable", "connection refused", "could not connect",
        "can't connect", "cannot connect", "unable to connect to * refused", "dns error", "dns lookup", "dns fail",
        "dns server failure", "name lookup", "temporary lookup failure", "name service error",
        "temporarily unable to resolve", "type 'mx' lookup", "malformed or unexpected name server reply",
        "server disconnected", "bad connection", "remote protocol error", "nameserver", "malformed name server",
        "misconfigured dns", "tls negotiation", "tls is required", "handshake",
    )),
    (Reason.EXPIRED, (
        "retry timeout", "retry time not reached", "retry time", "timed out", "timeout", "time out",
        "message expired", "message has expired", "delivery expired", "delivery time expired", "expired",
        "in the queue too long", "in queue too long", "queue too long", "could not deliver for the last",
        "giving up", "given up", "time limit", "has been in * queue", "maximum time", "maximum-time",
        "did not accept our requests to connect", "recipient server did not accept", "unable to deliver in",
        "unable to deliver * for", "cannot send message for", "cannot send message within",
        "could not be delivered for", "not been able to deliver", "unable to deliver message after",
        "delivery attempts", "failed * attempts", "wasn't able to establish an smtp connection", "aborted after",
        "could not find a gateway", "delivery temporarily suspended", "delayed", "delay", "host * did not respond",
        "no response", "not responding", "did not respond", "unreachable", "host is down", "machine is down",
        "no answer from host", "all hosts * failing", "unable to connect", "connection attempt failed",
        "will keep trying", "will continue to", "be retried", "still in the queue", "connexion impossible", "delai",
        "zeituberschreitung", "zustellung * verzogert", "tempo esgotado", "таймаут", "タイムアウト",
    )),
    (Reason.MAILER_ERROR, (
        "mailer error", "command died", "unknown mailer error", "procmail", "maildrop", "pipe", "exit status",
        "exited with", "exit code", "x-unix", "child crashed", "returned error", "signal", "/usr/",
        "local delivery failed", "can't create output", "qmail-local", "child status",
    )),
    (Reason.SYSTEM_ERROR, (
        "system error", "local error", "server error", "internal error", "configuration error", "config error",
        "misconfigur", "out of memory", "cannot allocate", "can't create", "cannot create", "could not load",
        "unable to open", "unable to lock", "temporary local problem", "local problem", "internal server",
        "service unavailable", "local configuration", "server configuration", "unexpected error", "processing error",
        "error while being processed", "encountered an error", "system incorrectly", "duplicated message-id",
        "loop alert", "loop back", "i/o error", "database", "ldap", "aliasing", "forwarding loop", "unbalanced",
        "service currently unavailable", "proxy", "error in processing", "requested action aborted",
        "action not taken", "insufficient resources", "interface", "unhandled",
    )),
    (Reason.ON_HOLD, (
        "temporary failure", "greylist", "graylist", "grey list", "try again later", "please try later",
        "temporarily", "temporary error", "temporary", "try again", "deferred", "deferral", "later", "warteschlange",
        "plus tard", "mas tarde",
    )),
    (Reason.REJECTED, (
        "message rejected", "mail rejected", "message refused", "rejected", "refused", "not accepted", "denied",
        "message blocked", "mail blocked", "blockiert", "gesperrt", "bloque", "bloquead", "bloccat", "zablok",
        "заблокир", "odmitnut", "odrzucon", "abgelehnt", "abgewiesen", "refuse",
        "rejete", "rechazado", "rechazada", "rejeitad", "rifiutat", "отклонен",
        "拒否", "拒绝",
    )),
)  # fmt: skip

# Exim gives up a host that has only ever answered 4xx with these words, so the class stays 4
# (spec chapter "Retry configuration": "retry timeout exceeded", "retry time not reached ...").
PASSING = (
    "retry timeout exceeded", "retry time not reached", "all hosts have been failing for a long time",
    "all hosts for * have been failing",
)  # fmt: skip

DELAYED = (
    "has been delayed", "is delayed", "was delayed", "message delayed", "delivery delayed", "delivery is delayed",
    "not yet been delivered", "has not yet been", "not yet delivered", "still trying", "still being attempted",
    "still awaiting delivery", "will be retried", "will retry", "will be re-tried", "keep trying",
    "will continue trying", "continue to attempt", "continue to try", "continue trying",
    "delivery attempts will continue", "attempts will continue", "will try again", "attempts will be made",
    "still in the queue", "still queued", "warning message only", "this is a warning", "only a temporary failure",
    "delivery incomplete", "temporary problem delivering", "you do not need to resend", "do not need to re-send",
    "no action is required", "is delayed for more than", "could not be delivered for more than",
    "not been able to deliver * yet", "undelivered for", "could not send message for past", "queued on", "verzogert",
    "verzogerung", "weiterhin versucht", "retarde", "a ete differe", "sera a nouveau", "se ha retrasado",
    "retrasado", "demorado", "se reintentara", "atrasad", "adiada", "tentaremos novamente", "ritardat", "vertraagd",
    "opoznion", "zpozden", "fordrojd", "forsinket", "задержан", "отложен", "будут продолжены", "遅延", "再送を試み",
    "zpozdil", "zatim neby", "jeste neby", "zkusi znovu", "zkusi to znovu", "dalsi pokus", "noch nicht zugestellt",
    "weitere zustellversuche", "erneut versuch", "n'a pas encore", "reessaiera", "reessayer", "nouvelles tentatives",
    "est differee", "aun no se ha", "todavia no se ha", "volvera a intentar", "seguira intentando", "demorada",
    "ainda nao foi", "tentara novamente", "continuaremos tentando", "non e ancora stat", "riprovera", "altri tentativi",
    "jeszcze dostarcz", "nie zostala jeszcze", "sprobuje ponownie", "kolejne proby", "еще не доставлен",
    "повторные попытки", "再試行", "延迟", "继续尝试", "지연",
)  # fmt: skip
GIVEN_UP = (
    "failed permanently", "permanent error", "permanent failure", "permanent fatal", "given up", "giving up",
    "not going to try again", "will not be retried", "will not retry", "no further", "has failed", "delivery failed",
    "keine weiteren", "aufgegeben", "endgultig", "aucune autre tentative", "aucune nouvelle tentative", "no se volvera",
    "no se reintentara", "nao tentar", "nessun altro tentativo", "non riprover", "nebude zkous", "dalsi pokusy nebud",
    "nie bedzie ponawi", "попытки прекращ", "больше не буд", "прекращен",
    "was aborted", "undeliverable", "returned to sender", "could not be delivered to one or more",
)  # fmt: skip
