"""Being let in by an SMTP server: the login by a token, and why it did not come to that."""

from __future__ import annotations

import aiosmtplib

from channels.mail_wire import BEARER_ENDS, MailServer, NotAccepted, Unreachable, bearer_mechanism, challenge_text


async def login_by_token(client: aiosmtplib.SMTP, server: MailServer) -> None:
    """AUTH with the token of a consent (RFC 4954). Raises SMTPAuthenticationError, NotAccepted and Unreachable."""
    mechanism = bearer_mechanism([offered.upper() for offered in client.server_auth_methods])
    if not mechanism:
        raise NotAccepted(
            server.problem(
                "no_oauth",
                f"{server.address} takes no sign-in by consent (OAuth).",
                cause=f"It offers {', '.join(client.server_auth_methods).upper() or 'no way to log in'}.",
                mend="Log in there with a password.",
            )
        )
    token = ""
    for _attempt in (1, 2):  # a token may end before its time: then once more with a fresh one
        token = await server.token(refused=token)
        said = (b"AUTH", mechanism.encode(), server.bearer(mechanism, token).encode())
        answer, why = await client.execute_command(*said), ""
        if answer.code == 334:
            why = challenge_text(answer.message.strip())
            answer = await client.execute_command(BEARER_ENDS[mechanism].encode())
        if answer.code == 235:
            return
        if 400 <= answer.code < 500:
            break
    raise aiosmtplib.SMTPAuthenticationError(answer.code, f"{answer.message} {why}".strip())


def not_let_in(server: MailServer, error: aiosmtplib.SMTPResponseException) -> Unreachable | NotAccepted:
    """Returns what to tell where the server answered, and not as it should."""
    answer = f"{error.code} {error.message}"
    if not 500 <= error.code < 600:
        return Unreachable(
            server.problem("busy", f"{server.address} does not let us in now.", cause=answer, mend="Try again later.")
        )
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        told = f"{server.address} refuses the login of {server.username}."
        if server.access_token is not None:
            again = "Connect the channel again, as the account that owns this mailbox."
            return NotAccepted(server.problem("token_refused", told, cause=answer, mend=again))
        check = "Check user name and password; many providers want an app password for mail programs."
        return NotAccepted(server.problem("login", told, cause=answer, mend=check))
    return NotAccepted(
        server.problem(
            "turned_away",
            f"{server.address} turned us away.",
            cause=answer,
            mend="Ask the provider whether this machine may send through it, and under which name (ehlo_name).",
        )
    )


def not_connected(server: MailServer, error: Exception) -> Unreachable | NotAccepted:
    """Returns what to tell where no answer came, or none that lets anybody in."""
    if isinstance(error.__cause__, OSError):
        return server.failure(error.__cause__)
    if isinstance(error, OSError):
        return server.failure(error)
    message = str(error)
    if "STARTTLS" in message and "AUTH" not in message:
        return NotAccepted(
            server.problem(
                "no_starttls", f"{server.address} offers no STARTTLS.", mend='Use port 465 with tls = "tls".'
            )
        )
    return NotAccepted(
        server.problem(
            "no_login",
            f"{server.address} offers no way to log in.",
            cause=message,
            mend="Check port and tls, or leave username out.",
        )
    )
