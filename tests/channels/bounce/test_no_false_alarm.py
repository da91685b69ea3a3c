"""A parcel is delivered too: letters of customers, carriers and postmasters are no reports of mail."""

from __future__ import annotations

import email

import pytest

from channels.email_message.bounce import BounceReport, read_bounce

CUSTOMER = "Ada Byron <ada@example.org>"
CARRIER = "Carrier <noreply@carrier.example>"


def read(sender: str, subject: str, body: str, more: str = "") -> BounceReport | None:
    raw = f"From: {sender}\nTo: shop@example.com\nSubject: {subject}\n{more}\n{body}\n".encode()
    return read_bounce(email.message_from_bytes(raw), raw)


LETTERS = {
    "order": (CUSTOMER, "My order was not delivered", "It could not be delivered. I am ada@example.org."),
    "returned": (CUSTOMER, "Delivery failure", "The parcel was returned to sender again. ada@example.org"),
    "carrier": (CARRIER, "Delivery notification", "Your parcel for ada@example.org could not be delivered today."),
    "carrier_german": (CARRIER, "Zustellung fehlgeschlagen", "Das Paket an ada@example.org wurde nicht zugestellt."),
    "carrier_spanish": (
        "Correos <noreply@correos.example>",
        "Entrega fallida",
        "No se pudo entregar. a@correos.example",
    ),
    "postmaster_answers": (
        "Postmaster <postmaster@example.org>",
        "Your question about mail delivery",
        "We changed the settings; ada@example.org can receive your mail again.",
    ),
    "quota_warning": (
        "Mail Delivery System <mailer-daemon@example.com>",
        "Mailbox quota warning",
        "The mailbox shop@example.com is nearly full.",
    ),
    "carrier_delay": (CARRIER, "Delivery delayed", "Your parcel is delayed. We will try again. ada@example.org"),
    "postmaster": (
        "Postmaster <postmaster@example.org>",
        "Re: blocked mail",
        "Mail to ada@example.org was rejected by mistake; it is mended.",
    ),
}


@pytest.mark.parametrize(("sender", "subject", "body"), LETTERS.values(), ids=LETTERS.keys())
@pytest.mark.parametrize("more", ["", "Auto-Submitted: auto-generated\n"], ids=["plain", "automatic"])
def test_letters_about_deliveries_are_no_bounces(sender: str, subject: str, body: str, more: str) -> None:
    assert read(sender, subject, body, more) is None


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Undelivered mail", "Your message could not be delivered to ada@example.org."),
        ("Delivery problem", "ada@example.org: 550 5.1.1 User unknown. It could not be delivered."),
        ("RE: Your order: not delivered", "Your message could not be delivered to\nada@example.org"),
    ],
    ids=["speaks_of_mail", "quotes_a_server", "gateway"],
)
def test_a_notice_about_mail_is_a_bounce_whoever_signs_it(subject: str, body: str) -> None:
    report = read("Gateway <relay-7@example.org>", subject, body)
    assert report is not None
    assert [failure.recipient for failure in report.failures] == ["ada@example.org"]
