"""Watching: one look a minute at everything that may need somebody; what is found becomes rows."""

from hub.app.watching.beats import Beat
from hub.app.watching.watch import Watch

__all__ = ["Beat", "Watch"]
