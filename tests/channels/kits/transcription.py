"""The kit of channels.transcription: a server of one's own, which is not asked before there is a recording."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.channels.contract import MISSING, Kit, Lend


@asynccontextmanager
async def kit(lend: Lend, folder: Path) -> AsyncIterator[Kit]:
    yield Kit(
        settings={"url": "http://127.0.0.1:9000/asr", "token": "token-of-the-contract", "private": False},
        secrets=["token-of-the-contract"],
        wrong={
            "no address": {"url": MISSING},
            "no web address": {"url": "speech.example.com"},
            "in the clear": {"url": "http://speech.example.com/asr"},
            "with a name": {"url": "https://ada@speech.example.com/asr"},
        },
        out_of_reach={"private": {"url": "https://10.0.0.1/asr"}},
    )
