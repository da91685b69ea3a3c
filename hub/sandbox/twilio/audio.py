"""Sound for recordings that nobody spoke: a quiet tone as WAV, silence as MP3; both play everywhere."""

from __future__ import annotations

import io
import math
import struct
import wave

_RATE = 8_000
_TONE_HZ = 400
_LOUDNESS = 6_000
# One MPEG-1 Layer III frame, 128 kbit/s, 44.1 kHz, mono; all-zero side information decodes to silence.
_MP3_FRAME = b"\xff\xfb\x90\xc0" + bytes(413)
_MP3_FRAME_SECONDS = 1152 / 44_100


def wav(seconds: int) -> bytes:
    """Returns a 16-bit mono WAV of 8 kHz, as Twilio serves recordings."""
    period = _RATE // _TONE_HZ
    wave_once = b"".join(struct.pack("<h", int(_LOUDNESS * math.sin(2 * math.pi * n / period))) for n in range(period))
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(wave_once * (_TONE_HZ * seconds))
    return target.getvalue()


def mp3(seconds: int) -> bytes:
    """Returns an MP3 of about that length."""
    return _MP3_FRAME * max(1, round(seconds / _MP3_FRAME_SECONDS))
