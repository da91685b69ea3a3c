"""Twilio's errors, in its own form and words."""

from __future__ import annotations

from aiohttp import web

MESSAGES = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    21211: (400, "The 'To' number is not a valid phone number."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number provided is not a valid message-capable Twilio phone number."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21220: (400, "Call is not in-progress. Cannot redirect."),
    21602: (400, "Message body is required."),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    20500: (500, "An internal server error has occurred"),
}


def problem(code: int, headers: dict[str, str] | None = None, *, message: str = "") -> web.Response:
    """Returns an error in Twilio's form."""
    status, known = MESSAGES.get(code, (400, "Bad request"))
    body = {
        "code": code,
        "message": message or known,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return web.json_response(body, status=status, headers=headers)
