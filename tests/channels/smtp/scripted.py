"""An SMTP server that answers one phase as told; the others as any server does."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self


class ScriptedServer:
    """`answers` maps a phase (connect, ehlo, mail, rcpt, data, dot) to its line; an empty one breaks off.

    Of several lines each is said once, in turn, and then what any server says.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        answers: Mapping[str, str | list[str]],
        *,
        silent_at: str = "",
        extensions: Sequence[str] = (),
        certificate: Path | None = None,
        key: Path | None = None,
        tls: str = "none",
        password: str = "",
    ) -> None:
        self.senders: list[str] = []
        self.connections = 0
        self.has_heard = asyncio.Event()
        self.content = b""
        self.port = 0
        self._answers = answers
        self._silent_at = silent_at
        self._extensions = [*extensions, *(["AUTH PLAIN"] if password else [])]
        self._tls = tls
        self._password = password
        self._context: ssl.SSLContext | None = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate, key)

    async def __aenter__(self) -> Self:
        direct = self._context if self._tls == "tls" else None
        self._server = await asyncio.start_server(self._serve, self.host, 0, ssl=direct)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._answer(writer, "connect", "220 scripted ESMTP")
        while line := (await reader.readuntil(b"\r\n")).decode().strip():
            verb = line[:4].lower()
            if verb == "ehlo":
                offered = [*self._extensions, *(["STARTTLS"] if self._tls == "starttls" else []), "HELP"]
                lines = [f"250-{each}" for each in ["scripted", *offered[:-1]]] + [f"250 {offered[-1]}"]
                await self._answer(writer, "ehlo", "\r\n".join(lines))
            elif verb == "star":
                assert self._context
                writer.write(b"220 go ahead\r\n")
                await writer.start_tls(self._context)
            elif verb == "auth":
                given = base64.b64decode(line.split()[-1]).split(b"\0")[-1].decode()
                await self._answer(writer, "auth", "235 welcome" if given == self._password else "535 5.7.8 no")
            elif verb == "mail":
                self.has_heard.set()
                self.senders.append(line.partition(":")[2].split()[0])
                await self._answer(writer, "mail", "250 ok")
            elif verb == "data":
                await self._answer(writer, "data", "354 go ahead")
                if self._answers.get("data") is None:
                    self.content = await reader.readuntil(b"\r\n.\r\n")
                    await self._answer(writer, "dot", "250 2.0.0 Ok: queued as 4C1F")
            elif verb == "quit":
                return
            else:
                await self._answer(writer, verb, "250 ok")

    async def _answer(self, writer: asyncio.StreamWriter, phase: str, usual: str) -> None:
        if phase == self._silent_at:
            await asyncio.sleep(5)
        answer = self._answers.get(phase, usual)
        if isinstance(answer, list):
            answer = answer.pop(0) if answer else usual
        if not answer:
            raise ConnectionAbortedError
        writer.write(answer.encode() + b"\r\n")
        await writer.drain()
