"""A part of a mail whose attached mails stay bytes, whoever parsed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.message import Message
from typing import TYPE_CHECKING, Any, Self

from channels.email_message.params import parameters

if TYPE_CHECKING:
    _Message = Message[str, str]  # generic in its stubs only
else:
    _Message = Message


class OpaqueMessage(_Message):
    """A message whose message/* parts stay bytes: an attached mail is kept as it was, and cannot nest without end."""

    _kind: str | None = None
    # Its fields by name, where it was made of them.
    _sent: Mapping[str, str] | None = None
    # The parts; or the body, as text from the standard library's parser and as bytes from ours.
    _payload: object

    def get_content_type(self) -> str:
        # The parser asks several times a part, after the part's header is whole.
        if self._kind is None:
            kind = super().get_content_type()
            if kind == "text/plain" and parameters(self.sent_header("content-type"))[0] == "multipart":
                kind = "multipart/mixed"
            self._kind = "application/octet-stream" if kind.startswith("message/") else kind
        return self._kind

    def sent_header(self, name: str) -> str:
        """The first header of a name (lower case) as it was sent; `get` would replace 8-bit text."""
        if self._sent is not None:
            return self._sent.get(name, "")
        return next((str(value) for key, value in self.raw_items() if key.lower() == name), "")

    def sent_start(self) -> bytes:
        """The first bytes of the body, without a copy of the rest."""
        return _as_bytes(self._payload, 500)

    def sent_bytes(self) -> bytes:
        """The part's body as it was sent. `get_payload` would decode it by its label and lose what does not fit."""
        return _as_bytes(self._payload)

    @classmethod
    def made(cls, header: Sequence[tuple[str, str]]) -> Self:
        """Returns a part with these fields and no body yet."""
        part = cls()
        sent: dict[str, str] = {}
        for name, value in header:
            part.set_raw(name, value)
            sent.setdefault(name.lower(), value)
        part._sent = sent
        return part

    def hold(self, body: bytes | list[OpaqueMessage]) -> None:
        """Gives it its body as it was sent, or its parts."""
        self._payload = body

    def get_content_maintype(self) -> str:
        return self.get_content_type().partition("/")[0]

    def get_boundary(self, failobj: Any = None) -> Any:
        """The boundary as `parameters` reads it: with continuations, without a comment after it."""
        boundary = parameters(self.sent_header("content-type"))[1].get("boundary")
        return failobj if boundary is None else boundary.rstrip()


def _as_bytes(body: object, at_most: int | None = None) -> bytes:
    if isinstance(body, bytes):
        return body[:at_most]
    return body[:at_most].encode("ascii", "surrogateescape") if isinstance(body, str) else b""
