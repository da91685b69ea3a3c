"""What reading one mail costs: parting its text, and reading it whole beside the standard library's bare parse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from functools import partial
from statistics import median
from time import process_time

from channels.base import Raw
from channels.email_message.events import mail_events
from channels.email_message.reply import split_reply
from tests.bench.measure import Board, Result

ROUNDS = 9
SENTENCES = (
    "Thank you for your letter of last week, we have read it with interest.",
    "Could you tell us whether the machine may be serviced in May?",
    "Our caretaker is in from Monday to Thursday, between eight and four.",
    "The last service found nothing, but the noise has come back since.",
    "Please send the offer by e-mail; a colleague will sign it here.",
)
ATTRIBUTION = "On Fri, 6 Mar 2026 at 10:19, Ada Byron <ada@example.com> wrote:"
HOSTILE = {
    "letters": "a\n",
    "digits": "1:\n",
    "quotes": "> a\nb\n",
    "rules": "--\nx\n",
    "headers": "To: a@b\nCc: x\n",
    "verbs": "wrote:\n",
    "long lines with a verb": "a" * 290 + " wrote:\n",
    "times, addresses and verbs": "at 10:19 <a@b> wrote\n",
    "a label in each line": "".join(
        f"10:19 a@b {word}:\n" for word in ("From", "De", "Absender", "Afzender", "差出人")
    ),
    "accents": "é\n",
    # The dearest that a search by mutation found.
    "rules among invisible marks": "\xa0htp:/y/>&\ufeffgt; |-Original saht://x.y/10:19<a@b.c>om...: ----\r###＞",
    "half a marker over headers": "10:\n-----BEGIN PGP SIGNED MESSAGE\u200b-- ---|\r差出人:Subject: Fw: x-\n",
    "prose": f"{SENTENCES[0]}\n",
}


def bench_parting_replies(board: Board) -> None:
    for size in (2_000, 10_000):
        _compare_parting(board, f"{size // 1000} KB reply", reply(size), times=20, target=0.15 * size / 2_000)


def bench_parting_hostile_text(board: Board) -> None:
    for name, unit in HOSTILE.items():
        size = len(unit.encode())
        _compare_parting(board, f"80 KB of {name}", unit * (80_000 // size), times=1, target=50)


def bench_reading_mails(board: Board) -> None:
    for name, content in {"text and file": multipart(html=False), "text, HTML and file": multipart(html=True)}.items():
        raw = Raw(content=content, key="1", received_at=datetime(2026, 6, 1, tzinfo=UTC))

        def ours(raw: Raw = raw) -> None:
            mail_events(
                raw,
                channel="support_mail",
                own_addresses=frozenset({"support@example.org"}),
                staff_addresses=frozenset(),
                authserv_ids=("mx.example.org",),
            )

        baseline, figure, ratio = _in_turn(partial(message_from_bytes, content), ours, times=20)
        board.note(
            Result(
                name=f"reading {len(content) / 1000:.0f} KB {name}, to compat32",
                baseline=baseline,
                figure=figure,
                unit="ms",
                ratio=ratio,
                aim="ratio at most",
                target=2.2,
            )
        )


def _compare_parting(board: Board, name: str, text: str, *, times: int, target: float) -> None:
    """Notes the processor's milliseconds; beside them those for folding the white space of each line."""
    baseline, figure, ratio = _in_turn(
        lambda: [" ".join(line.split()) for line in text.split("\n")], lambda: split_reply(text), times=times
    )
    board.note(
        Result(
            name=f"visible text of {name}",
            baseline=baseline,
            figure=figure,
            unit="ms",
            ratio=ratio,
            aim="figure at most",
            target=target,
        )
    )


def reply(size: int) -> str:
    """A letter of about `size` characters that answers another one of the same length."""
    count = size // 140
    own = [SENTENCES[i % 5] if i % 3 else "" for i in range(count)]
    quoted = [f"> {SENTENCES[i % 5]}" if i % 3 else ">" for i in range(count)]
    return "\n".join(
        ["Dear Ada,", *own, "", "Best regards", "Bob", "", "-- ", "Bob Miller", "", ATTRIBUTION, "", *quoted]
    )


def multipart(*, html: bool) -> bytes:
    """A mail of about 10 KB: a reply as text, in HTML too where asked, and a file."""
    mail = MIMEMultipart("mixed")
    for name, value in {
        "Received": "from mx.example.net ([192.0.2.1]) by mail.example.org; Fri, 6 Mar 2026 10:19:01 +0000",
        "Authentication-Results": "mx.example.org; dkim=pass header.d=example.com; dmarc=pass header.from=example.com",
        "From": "Bob Miller <bob@example.com>",
        "To": "Support <support@example.org>",
        "Subject": "Re: the machine",
        "Date": "Fri, 6 Mar 2026 10:19:00 +0100",
        "Message-ID": "<2@example.com>",
        "In-Reply-To": "<1@example.org>",
    }.items():
        mail[name] = value
    text = reply(2_000)
    bodies = MIMEMultipart("alternative")
    bodies.attach(MIMEText(text))
    if html:
        own, _, quoted = text.partition(ATTRIBUTION)
        bodies.attach(
            MIMEText(
                f"<div>{own.replace(chr(10), '<br>')}</div><div class='gmail_quote'>{ATTRIBUTION.replace('<', '&lt;')}"
                f"<blockquote>{quoted.replace('> ', '').replace(chr(10), '<br>')}</blockquote></div>",
                "html",
            )
        )
    mail.attach(bodies)
    mail.attach(MIMEApplication(bytes(range(256)) * ((9_800 - len(mail.as_bytes())) * 3 // 1024), name="offer.pdf"))
    return mail.as_bytes()


def _in_turn(baseline: Callable[[], object], ours: Callable[[], object], *, times: int) -> tuple[float, float, float]:
    """Medians over ROUNDS, in which both run in turn: milliseconds of each, and ours as a multiple of the baseline."""
    rounds = [(_milliseconds(baseline, times), _milliseconds(ours, times)) for _ in range(ROUNDS)]
    bases, figures = zip(*rounds, strict=True)
    return median(bases), median(figures), median(figure / base for base, figure in rounds)


def _milliseconds(work: Callable[[], object], times: int) -> float:
    begin = process_time()
    for _ in range(times):
        work()
    return (process_time() - begin) / times * 1000
