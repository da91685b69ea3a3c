"""Signs in the headers and in the notice that a mail is a report of a mail system and not a person's letter."""

from __future__ import annotations

import re
from email.message import Message

from channels.email_message.bounce.phrases_notice import AUTO_REPLY_SUBJECT, BODY, SUBJECT
from channels.email_message.bounce.reasons import Phrases
from channels.email_message.bounce.text import folded, header_text

_SUBJECT = Phrases(SUBJECT)
_BODY = Phrases(BODY)
_AUTO_REPLY = Phrases(AUTO_REPLY_SUBJECT)
_MAILER = re.compile(
    r"mailer-?_?daemon|mail-?daemon|mdaemon|po{1,2}stmaster|mail[. ]deliver|delivery (?:sub)?system|delivery service|"
    r"mail administrator|mail ?system|mailserv|mail ?router|mmsc|mta@|microsoftexchange|_smtp_|smtp gateway|mailmarshal"
)
# Nobody else writes under these names; "postmaster" and "gateway" are people's too.
_POSTMAN = re.compile(r"mailer-?_?daemon|mail-?daemon|mdaemon|mail delivery (?:sub)?system")
_AUTOMATIC = re.compile(
    r"no-?_?reply|do-?not-?reply|notif|automat|robot|system|server|gateway|admin|daemon|abuse|amazonses|smtp|virus"
)
_FORWARD = re.compile(r"^(?:fwd?|wg|tr|rv|enc|i|fs|vs|doorst|转发|轉寄|転送) ?[::]")
_REPLY = re.compile(r"^(?:re|aw|sv|antw|res|rif|odp|回复|回覆|答复)(?:\[\d+\])? ?[::]")
_NULL_PATH = re.compile(r"^<\s*>$|^<?mailer-daemon\b", re.IGNORECASE)
_REPLY_LINE = re.compile(r"(?:^|[\s:<(\[])[45][0-5]\d[ -](?:[245]\.\d{1,3}\.\d{1,3}|[<A-Za-z:])", re.MULTILINE)

# A parcel is delivered too: without a mail system among the senders the notice must speak of mail.
_MAIL = re.compile(
    r"message|e-?mail|mailbox|domino|配信|收件人|\bmail|smtp|nachricht|mensaje|correo|mensagem|messaggio|courriel|\bbericht|wiadomosc|zprav|\bsprav|"
    r"сообщени|письм|повідомлен|meddelande|meddelelse|\bmelding|viesti|\bileti|uzenet|mesaj|μηνυμα|הודעה|رسالة|メール|"
    r"メッセージ|邮件|郵件|메일|메시지"
)

_NAMES = re.compile(r"\S{1,100}@\S{1,100}|https?://\S{1,500}")

# "Your mail to ... has not reached its destination": what a server says in words of its own.
_UNDELIVERED = re.compile(
    r"\b(?:mail|message)\b[^.]{0,80}\b(?:not|never|cannot|unable|failed|refused|returned|came back|bounced)\b"
    r"[^.]{0,40}\b(?:deliver\w*|reach\w*|accept\w*|by|to us|recipient|destination)\b|\bpermanent failure\b"
)

ENOUGH = 4


class HeaderSigns:
    """What the headers say: `weight` is their evidence, `mail_system` whether a mail system wrote the mail."""

    __slots__ = (
        "answer",
        "auto_reply",
        "automatic",
        "daemon",
        "forwarded",
        "mail_system",
        "mailing",
        "null_path",
        "postman",
        "subject",
        "subject_says",
        "weight",
    )

    def __init__(self, mail: Message) -> None:
        heads: dict[str, object] = {}
        for name, value in mail.raw_items():
            heads.setdefault(name.lower(), value)
        sender = f"{header_text(heads.get('from', ''))} {header_text(heads.get('sender', ''))}".lower()
        subject = folded(header_text(heads.get("subject", ""))).strip()
        path = heads.get("return-path")
        self.subject = subject
        self.null_path = path is not None and bool(_NULL_PATH.match(str(path).strip()))
        daemon = bool(_MAILER.search(sender)) or ("from" in heads and sender.strip() in ("<>", ""))
        self.postman = bool(_POSTMAN.search(sender))
        failed = "x-failed-recipients" in heads
        self.daemon = daemon or failed
        self.mailing = ("list-unsubscribe" in heads or "list-id" in heads) and not daemon and not self.null_path
        self.forwarded = bool(_FORWARD.match(subject)) and not daemon
        said = subject.partition(":")[2].rpartition(":")[2] if subject.count(":") > 1 else ""
        self.answer = bool(_REPLY.match(subject)) and not (self.null_path or failed or _SUBJECT.in_text(said))
        answer = bool(_REPLY.match(subject)) and not daemon and not self.null_path
        self.mail_system = daemon or self.null_path or failed
        self.subject_says = _SUBJECT.in_text(subject[-80:] if answer else subject)
        if answer and self.subject_says:
            # A person answers "Re: Undeliverable: ..."; a gateway writes "RE: your subject: not delivered".
            self.subject_says = _SUBJECT.in_text(subject.rpartition(":")[2])
        self.automatic = automatic = (
            bool(_AUTOMATIC.search(sender)) or "x-mlserver" in heads or "auto-submitted" in heads
        )
        self.weight = 2 * daemon + self.null_path + 2 * self.subject_says + (automatic and not daemon)
        self.weight += 3 * failed
        self.auto_reply = self.weight > 0 and not daemon and not self.subject_says and _AUTO_REPLY.in_text(subject)


def is_about_mail(notice: str, subject: str) -> bool:
    """Return whether a notice of non-delivery is about mail, not about a parcel."""
    return bool(_MAIL.search(_NAMES.sub(" ", folded(f"{subject} {notice[:4000]}"))))


def quotes_a_server(notice: str) -> bool:
    """Return whether the text holds the answer of a mail server, such as `550 5.1.1 User unknown`."""
    return bool(_REPLY_LINE.search(notice[:20_000]))


def notice_weight(notice: str, *, from_a_person: bool) -> int:
    """Return the evidence in the server's own words; 0 where no sentence says that something was not delivered."""
    text = folded(notice[:20_000])
    if from_a_person:
        # Without any mail system among the senders only a text that begins with the news counts.
        text = folded(" ".join([line for line in notice[:4000].splitlines() if any(c.isalnum() for c in line)][:3]))
    if not (_BODY.in_text(text) or _UNDELIVERED.search(_NAMES.sub(" ", text))):
        return 0
    return 2 + quotes_a_server(notice)
