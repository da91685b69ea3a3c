"""Questions to the name server that the system's own look-up cannot ask: MX, TXT, SRV, PTR (RFC 1035, RFC 2782)."""

from __future__ import annotations

import asyncio
import logging
import secrets
import struct
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path

log = logging.getLogger(__name__)

_PTR, _MX, _TXT, _SRV = 12, 15, 16, 33
# What a name server says in place of an answer (RFC 1035 section 4.1.1): no such name is one, the others are not.
_NO_ERROR, _NO_SUCH_NAME = 0, 3
_SECONDS = 3.0
_LABELS_AT_MOST = 128
Nameserver = tuple[str, int]


class NoAnswer(Exception):
    """No name server gave an answer: what is published is not known."""


def nameservers(file: Path = Path("/etc/resolv.conf")) -> list[Nameserver]:
    """Returns the name servers of this machine (resolv.conf(5)), that of this machine itself where none is named."""
    lines = file.read_text("utf-8", "replace").splitlines() if file.is_file() else []
    words = [line.split() for line in lines]
    return [(each[1], 53) for each in words if len(each) > 1 and each[0] == "nameserver"] or [("127.0.0.1", 53)]


async def mx(domain: str, servers: Sequence[Nameserver]) -> list[tuple[int, str]]:
    """Returns (preference, exchange) of a domain; empty where nobody says any."""
    found = []
    for message, at, length in await _ask(domain, _MX, servers):
        if length > 2:
            found.append((struct.unpack_from("!H", message, at)[0], _name(message, at + 2)[0]))
    return [(preference, exchange) for preference, exchange in found if exchange]


async def srv(name: str, servers: Sequence[Nameserver]) -> list[tuple[int, int, str, int]]:
    """Returns (priority, minus weight, target, port); a target of "." says that the service is not there."""
    found = []
    for message, at, length in await _ask(name, _SRV, servers):
        if length > 6:
            priority, weight, port = struct.unpack_from("!HHH", message, at)
            found.append((priority, -weight, _name(message, at + 6)[0], port))
    return [each for each in found if each[2]]


async def txt(name: str, servers: Sequence[Nameserver]) -> list[str]:
    """Returns the TXT records of a name, the pieces of each joined (RFC 7208 3.3); empty where there are none."""
    return _texts(await _ask(name, _TXT, servers))


def _texts(records: Sequence[tuple[bytes, int, int]]) -> list[str]:
    found = []
    for message, at, length in records:
        pieces, end = [], at + length
        while at < end:
            pieces.append(message[at + 1 : min(end, at + 1 + message[at])])
            at += 1 + message[at]
        found.append(b"".join(pieces).decode("utf-8", "replace"))
    return found


async def ptr(address: str, servers: Sequence[Nameserver]) -> list[str]:
    """Returns the names that an address is said to have; empty where nobody says any."""
    return [_name(message, at)[0] for message, at, _ in await _ask(ip_address(address).reverse_pointer, _PTR, servers)]


async def told(name: str, servers: Sequence[Nameserver]) -> list[str]:
    """Returns the TXT records of a name as `txt` does. Raises NoAnswer where nobody could be asked."""
    return _texts(await _ask(name, _TXT, servers, surely=True))


async def _ask(
    name: str, kind: int, servers: Sequence[Nameserver], *, surely: bool = False
) -> list[tuple[bytes, int, int]]:
    try:
        labels = [label.encode("ascii") for label in name.rstrip(".").split(".")]
    except UnicodeEncodeError:
        return []
    if any(not 0 < len(label) < 64 for label in labels) or len(name) > 253:
        return []
    question = b"".join(bytes([len(label)]) + label for label in labels) + b"\0" + struct.pack("!HH", kind, 1)
    for server in servers[:3]:
        number = secrets.randbits(16)
        asked = struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + question
        try:
            async with asyncio.timeout(_SECONDS):
                answer = await _by_udp(asked, server)
                if answer[2] & 0x02:  # cut off: once more by TCP
                    answer = await _by_tcp(asked, server)
            found = list(_records(answer, number, question, kind))
        except (OSError, TimeoutError, ValueError, struct.error, IndexError, asyncio.IncompleteReadError) as error:
            log.debug("the name server %s gave no answer about %s: %s", server[0], name, error)
        else:
            if not surely or answer[3] & 0x0F in (_NO_ERROR, _NO_SUCH_NAME):
                return found
    if surely:
        raise NoAnswer(name)
    return []


class _Once(asyncio.DatagramProtocol):
    def __init__(self, asked: bytes) -> None:
        self._asked = asked
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, _addr: object) -> None:
        if len(data) >= 12 and data[:2] == self._asked[:2] and not self.answer.done():
            self.answer.set_result(data)

    def error_received(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


async def _by_udp(asked: bytes, server: Nameserver) -> bytes:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(lambda: _Once(asked), remote_addr=server)
    try:
        transport.sendto(asked)
        return await protocol.answer
    finally:
        transport.close()


async def _by_tcp(asked: bytes, server: Nameserver) -> bytes:
    reader, writer = await asyncio.open_connection(*server)
    try:
        writer.write(struct.pack("!H", len(asked)) + asked)
        (size,) = struct.unpack("!H", await reader.readexactly(2))
        return await reader.readexactly(size)
    finally:
        writer.close()


def _records(answer: bytes, number: int, question: bytes, kind: int) -> Iterator[tuple[bytes, int, int]]:
    """Yields the answer and where the data of each record of this kind begin in it, and their length."""
    told, flags, questions, answers, _, _ = struct.unpack_from("!HHHHHH", answer)
    at = 12 + len(question)
    if told != number or not flags & 0x8000 or questions != 1 or answer[12:at].lower() != question.lower():
        raise ValueError("this is the answer to another question")
    for _ in range(answers):
        _, at = _name(answer, at)
        its_kind, its_class, _, length = struct.unpack_from("!HHIH", answer, at)
        at += 10
        if at + length > len(answer):
            raise ValueError("the answer is cut off")
        if (its_kind, its_class) == (kind, 1):
            yield answer, at, length
        at += length


def _name(message: bytes, at: int) -> tuple[str, int]:
    """Returns a name, compressed or not (RFC 1035 section 4.1.4), and where it ends."""
    labels: list[str] = []
    end = 0
    for _ in range(_LABELS_AT_MOST):
        length = message[at]
        if length >= 0xC0:
            end = end or at + 2
            at = (length & 0x3F) << 8 | message[at + 1]
        elif length:
            labels.append(message[at + 1 : at + 1 + length].decode("ascii"))
            at += 1 + length
        else:
            return ".".join(labels), end or at + 1
    raise ValueError("a name without an end")
