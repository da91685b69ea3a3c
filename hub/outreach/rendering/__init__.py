"""Rendering: templates checked when they are saved, compiled once, filled in with plain copies of values."""

from hub.outreach.rendering.faces import FACES, Rendered, render

__all__ = ["FACES", "Rendered", "render"]
