"""Sounds by their content: what a provider of calls plays is an MP3 or a WAV, whatever its name says."""

from __future__ import annotations

import struct

from hub.model.errors import Refused, TooLarge

MP3, WAV = "audio/mpeg", "audio/wav"
# A minute of telephone sound is half a megabyte; hold music of ten minutes in good quality is less than this.
LARGEST = 20_000_000
_RATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLES = (44_100, 48_000, 32_000)
_LOOKED_AT = 64 * 1024


def sound_type(content: bytes) -> str:
    """Returns the type of a sound. Raises Refused for anything that is no MP3 or WAV, and TooLarge."""
    if len(content) > LARGEST:
        raise TooLarge(f"A recording has at most {LARGEST // 1_000_000} MB.", field="file")
    if _is_wav(content):
        return WAV
    if _is_mp3(content):
        return MP3
    raise Refused("This is no MP3 and no WAV.", field="file", next_step="Save the recording as MP3 or WAV.")


def _is_wav(content: bytes) -> bool:
    """Walks the chunks of a RIFF file: it needs `fmt ` before `data`."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return False
    at, formatted = 12, False
    while at + 8 <= len(content):
        name, size = content[at : at + 4], struct.unpack("<I", content[at + 4 : at + 8])[0]
        if name == b"data":
            return formatted and at + 8 < len(content)
        formatted = formatted or (name == b"fmt " and size >= 16)
        at += 8 + size + size % 2
    return False


def _is_mp3(content: bytes) -> bool:
    """Looks for two frames of MPEG layer III behind each other, after what ID3 has put before them."""
    at = 0
    if content[:3] == b"ID3" and len(content) > 10:
        at = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(content[6:10], (21, 14, 7, 0), strict=True))
    for start in range(at, min(at + _LOOKED_AT, len(content) - 4)):
        length = _frame(content[start : start + 4])
        if length and _frame(content[start + length : start + length + 4]):
            return True
    return False


def _frame(header: bytes) -> int:
    """Returns the length of the frame that begins with these four bytes, 0 where none does (ISO 11172-3, 2.4.1.3)."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0 or header[1] & 0x06 != 0x02:
        return 0
    version, rate, samples = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or rate in (0, 15) or samples == 3:
        return 0
    frequency = _SAMPLES[samples] >> {3: 0, 2: 1, 0: 2}[version]
    kilobits = (_RATES if version == 3 else _RATES_2)[rate]
    return int((144 if version == 3 else 72) * kilobits * 1_000 // frequency + (header[2] >> 1 & 1))
