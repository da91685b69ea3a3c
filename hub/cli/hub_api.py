"""A command's way to the running hub: its JSON API, with the token that it keeps for the commands of this machine."""

from __future__ import annotations

import http.client
import json
import secrets
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hub.app.data import Running
from hub.model.errors import HubError, NotAllowed, NotFound, Refused, TooLarge, Unavailable

_SECONDS = 60
# A file of tens of thousands of rows is taken in before the answer, at rest between its chunks.
_FILE_SECONDS = 3_600
_PIECE = 1 << 16
_ERRORS: Mapping[int, type[HubError]] = {
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    413: TooLarge,
    422: Refused,
    503: Unavailable,
}


class HubApi:
    """Asks the running hub; its errors come back as the errors that they are."""

    def __init__(self, running: Running) -> None:
        self._base = urllib.parse.urlsplit(running.url)
        self._headers = {"Authorization": f"Bearer {running.token}", "Accept": "application/json"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Returns the answer to a call. Raises the HubError that it says, and Unavailable when nobody answers."""
        content = json.dumps(body).encode() if body is not None else None
        return self._ask(method, path, content, {"Content-Type": "application/json"})

    def send_file(self, path: str, file: Path, name: str, fields: Mapping[str, str]) -> Any:
        """Sends a file with some fields as a form, without holding it in memory."""
        boundary = secrets.token_hex(16)
        head = b"".join(_part(boundary, field) + value.encode() + b"\r\n" for field, value in fields.items())
        quoted = name.replace("\\", "\\\\").replace('"', "%22").replace("\r", " ").replace("\n", " ")
        head += _part(boundary, "file", quoted)
        tail = f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(head) + file.stat().st_size + len(tail)),
        }
        return self._ask("POST", path, _pieces(head, file, tail), headers, seconds=_FILE_SECONDS)

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None,
        headers: Mapping[str, str],
        *,
        seconds: int = _SECONDS,
    ) -> Any:
        connection = http.client.HTTPConnection(self._base.netloc, timeout=seconds)
        try:
            connection.request(method, f"/api/v1{path}", body, {**self._headers, **headers})
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(
                f"The hub does not answer: {error}.",
                next_step="Is it still running? What it has begun it goes on with.",
            ) from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise _error(answer.status, said)
        return json.loads(said) if said else None


def _part(boundary: str, name: str, filename: str = "") -> bytes:
    named = f'; filename="{filename}"' if filename else ""
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode()


def _pieces(head: bytes, file: Path, tail: bytes) -> Iterator[bytes]:
    yield head
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece
    yield tail


def _error(status: int, said: bytes) -> HubError:
    try:
        told = json.loads(said)
        message, next_step = str(told["message"]), str(told.get("next", ""))
    except (ValueError, KeyError, TypeError):
        message, next_step = f"The hub answered {status}: {said[:200].decode(errors='replace')}", ""
    return _ERRORS.get(status, HubError)(message, next_step=next_step)
