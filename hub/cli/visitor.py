"""A visitor's browser, as far as a form needs one: fetch the page, fill in its fields, post it back."""

from __future__ import annotations

import time
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser

from hub.model.errors import Refused, Unavailable

# The form takes an answer sooner than this for a machine's.
_READING_SECONDS = 2.2


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden" and given.get("name"):
            self.values[str(given["name"])] = given.get("value") or ""


def fill_in(url: str, answers: dict[str, str]) -> str:
    """Fills in a hosted form and returns the address of its thank-you page. Raises Unavailable and Refused."""
    try:
        with urllib.request.urlopen(url, timeout=10) as page:  # noqa: S310  # the running hub's own address
            fields = _Fields()
            fields.feed(page.read().decode())
        time.sleep(_READING_SECONDS)
        body = urllib.parse.urlencode({**fields.values, **answers}).encode()
        request = urllib.request.Request(url, body)  # noqa: S310  # as above
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # as above
            return str(answer.url)
    except urllib.error.HTTPError as error:
        raise Refused(f"The form was refused with {error.code}.", next_step=f"Open {url} to see why.") from error
    except OSError as error:
        raise Unavailable(f"The hub does not answer: {error}", next_step="Is it still running?") from error
