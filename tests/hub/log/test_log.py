"""The log hides secrets and masks addresses, whoever wrote the line."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Iterator

import pytest

from hub import log

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    written = io.StringIO()
    yield written
    root.handlers[:], level = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def _last(stream: io.StringIO) -> dict[str, object]:
    line = json.loads(stream.getvalue().splitlines()[-1])
    assert isinstance(line, dict)
    return line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to ada.lovelace@example.com", "to a***@example.com"),
        ("GET /?email=ada%40example.com", "GET /?email=a***%40example.com"),
        ("+14155550123 rang", "+1415***0123 rang"),
        ("+1 (415) 555-0123 rang", "+1415***0123 rang"),
        ("From=%2B14155550123&x=1", "From=%2B1415***0123&x=1"),
        ("+3712345678", "+37***78"),
        ("postgresql+asyncpg://hub:pw@db/hub", "postgresql+asyncpg://***@db/hub"),
        ("Authorization: Basic QUM6dG9rZW4=", "Authorization: ***"),
        ("{'Cookie': 'session=1; a=2'}", "{'Cookie': ***"),
        ("sent Bearer eyJhbGciOi.abc.def on", "sent Bearer *** on"),
        ("/reset?token=abc-123&x=1", "/reset?token=***&x=1"),
        ('{"api_key": "k 1", "n": 2}', '{"api_key": ***, "n": 2}'),
        (f"signed with {TOKEN}.", "signed with ***."),
        (f"sid SM{TOKEN} stays", f"sid SM{TOKEN} stays"),
        ("2026-11-21T19:00:00+00:00 took 12.5 ms", "2026-11-21T19:00:00+00:00 took 12.5 ms"),
        ("order 1234567890 of sha 3a7bd3e2360a3d29", "order 1234567890 of sha 3a7bd3e2360a3d29"),
    ],
)
def test_scrub(text: str, shown: str) -> None:
    assert log.scrub(text) == shown


@pytest.mark.parametrize("text", ["a" * 200_000, "a@" * 100_000, "+1" * 100_000, "token" * 40_000, "h://" * 50_000])
def test_scrubbing_costs_linear_time(text: str) -> None:
    start = time.process_time()
    log.scrub(text)
    assert time.process_time() - start < 5


def test_values_under_secret_names_are_hidden_at_any_depth(stream: io.StringIO) -> None:
    log.configure("info", json=True, stream=stream)
    told = {"headers": {"Authorization": "Basic x", "Host": "h"}, "rows": [{"password": 1, "n": 2}]}
    logging.getLogger("hub.web").info("request", extra={**told, "twilio_auth_token": TOKEN})
    line = _last(stream)
    assert line["headers"] == {"Authorization": "***", "Host": "h"}
    assert line["rows"] == [{"password": "***", "n": 2}]
    assert line["twilio_auth_token"] == "***"
    assert (line["event"], line["level"], line["logger"]) == ("request", "info", "hub.web")


def test_a_registered_secret_is_hidden_in_other_peoples_lines_and_tracebacks(stream: io.StringIO) -> None:
    log.configure("info", json=True, stream=stream)
    log.hide(["correct horse", "abc"])
    try:
        raise ValueError("login failed: correct horse, abc")
    except ValueError:
        logging.getLogger("library").exception("sent %s to %s", "correct horse", "ada@example.com")
    line = _last(stream)
    assert line["event"] == "sent *** to a***@example.com"
    assert "login failed: ***, abc" in str(line["exception"])
    assert "correct horse" not in stream.getvalue()


def test_objects_are_scrubbed_in_their_own_words(stream: io.StringIO) -> None:
    class Account:
        def __str__(self) -> str:
            return "Account(password='pw', owner='ada@example.com')"

    log.configure("info", json=True, stream=stream)
    logging.getLogger().info("opened", extra={"account": Account()})
    assert _last(stream)["account"] == "Account(password=***, owner='a***@example.com')"


def test_people_get_lines_of_text(stream: io.StringIO) -> None:
    log.configure("info", json=False, stream=stream)
    logging.getLogger("hub").warning("mail not sent", extra={"to": "ada@example.com"})
    assert "mail not sent" in stream.getvalue()
    assert "to=a***@example.com" in stream.getvalue()


def test_every_line_names_the_request_it_was_written_for_and_the_trace_stands_below(stream: io.StringIO) -> None:
    log.configure("info", json=False, stream=stream)
    token = log.REQUEST.set("00f1")
    try:
        raise ValueError("for ada@example.com")
    except ValueError:
        logging.getLogger("hub").exception("it broke")
    finally:
        log.REQUEST.reset(token)
    first, *below = stream.getvalue().splitlines()
    assert first.endswith("[error    ] it broke                       [hub] request=00f1")
    assert below[-1] == "ValueError: for a***@example.com"


def test_the_level_holds_for_everybody(stream: io.StringIO) -> None:
    log.configure("warning", json=True, stream=stream)
    logging.getLogger("hub").info("hidden")
    logging.getLogger("library").info("hidden")
    assert stream.getvalue() == ""


def test_libraries_that_log_whole_commands_stay_quiet_even_when_debugging(stream: io.StringIO) -> None:
    log.configure("debug", json=True, stream=stream)
    logging.getLogger("aioimaplib.aioimaplib").debug("LOGIN ada pw")
    logging.getLogger("hub").debug("shown")
    assert "LOGIN" not in stream.getvalue()
    assert "shown" in stream.getvalue()
