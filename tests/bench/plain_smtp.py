"""A plain SMTP sink and source on raw sockets, where postfix's are not installed; the source takes their options.

`python -m tests.bench.plain_smtp sink PORT`, `... source -s 10 -d -m MAILS -l BYTES HOST:PORT`.
"""

from __future__ import annotations

import argparse
import selectors
import socket
import sys

_STEPS = ("220", "EHLO plain", "MAIL FROM:<foo@example.com>", "RCPT TO:<bar@example.com>", "DATA", "")


def sink(port: int) -> None:
    """Takes mails over any number of connections and forgets them."""
    chosen = selectors.DefaultSelector()
    listening = socket.create_server(("127.0.0.1", port), backlog=128)
    chosen.register(listening, selectors.EVENT_READ)
    held: dict[socket.socket, tuple[bytes, bool]] = {}
    while True:
        for key, _ in chosen.select():
            if key.fileobj is listening:
                connection, _ = listening.accept()
                connection.sendall(b"220 plain ESMTP\r\n")
                held[connection] = (b"", False)
                chosen.register(connection, selectors.EVENT_READ)
                continue
            connection = key.fileobj  # type: ignore[assignment]  # only sockets are registered
            received = connection.recv(65_536)
            answer, rest, in_mail = _answers(held[connection][0] + received, in_mail=held[connection][1])
            held[connection] = (rest, in_mail)
            if answer:
                connection.sendall(answer)
            if not received:
                chosen.unregister(connection)
                connection.close()
                del held[connection]


def _answers(received: bytes, *, in_mail: bool) -> tuple[bytes, bytes, bool]:
    answer = b""
    while True:
        if in_mail:
            end = received.find(b"\r\n.\r\n")
            if end < 0:
                return answer, received[-4:], True
            received, in_mail, answer = received[end + 5 :], False, answer + b"250 2.0.0 Ok\r\n"
        line, found, rest = received.partition(b"\r\n")
        if not found:
            return answer, received, False
        received, verb = rest, line[:4].upper()
        in_mail = verb == b"DATA"
        answer += {
            b"EHLO": b"250-plain\r\n250 PIPELINING\r\n",
            b"DATA": b"354 go ahead\r\n",
            b"QUIT": b"221 bye\r\n",
        }.get(verb, b"250 ok\r\n")


def source(host: str, port: int, sessions: int, mails: int, length: int) -> None:
    """Sends mails, each step as the answer to the one before comes in."""
    content = (b"Subject: plain\r\n\r\n" + b"x" * 70 * (length // 70) + b"\r\n.\r\n").replace(
        b"x" * 70, b"x" * 68 + b"\r\n"
    )
    chosen = selectors.DefaultSelector()
    for _ in range(sessions):
        chosen.register(socket.create_connection((host, port)), selectors.EVENT_READ, [0])
    begun = done = 0
    while done < mails:
        for key, _ in chosen.select():
            connection, step = key.fileobj, key.data
            assert isinstance(connection, socket.socket), "only sockets are registered"
            if not connection.recv(65_536).endswith(b"\r\n"):
                continue
            step[0] += 1
            if step[0] == len(_STEPS):
                done += 1
                step[0] = 2
            if step[0] == 2:
                begun += 1
                if begun > mails:
                    chosen.unregister(connection)
                    continue
            connection.sendall(content if step[0] == len(_STEPS) - 1 else f"{_STEPS[step[0]]}\r\n".encode())


def main() -> None:
    if sys.argv[1] == "sink":
        sink(int(sys.argv[2]))
        return
    options = argparse.ArgumentParser()
    options.add_argument("-s", type=int)
    options.add_argument("-d", action="store_true")
    options.add_argument("-m", type=int)
    options.add_argument("-l", type=int)
    options.add_argument("to")
    given = options.parse_args(sys.argv[2:])
    host, _, port = given.to.partition(":")
    source(host, int(port), given.s, given.m, given.l)


if __name__ == "__main__":
    main()
