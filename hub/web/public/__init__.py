"""What customers see without signing in: hosted forms, and the page behind the link to unsubscribe.

These pages know nobody: they set and read no cookie, so a post that another site makes a browser send could do nothing
that its sender could not do alone, and needs no form token. What they need against machines stands in `taking`. Forms
may stand in frames, since that is how they are put on the business's own site.
"""

from __future__ import annotations

from aiohttp import web


def routes() -> list[web.RouteDef]:
    """Returns the routes of every public page."""
    from hub.web.public import (  # when the first is asked for
        answering,
        confirming,
        hosted,
        leaving,
        led,
        media,
        scripted,
        sounds,
    )

    return [
        *hosted.routes(),
        *scripted.routes(),
        *leaving.routes(),
        *led.routes(),
        *media.routes(),
        *answering.routes(),
        *confirming.routes(),
        *sounds.routes(),
    ]
