"""A webhook leaves for the internet by https alone, and follows nobody elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.model.errors import HubError, Refused, Unavailable
from tests.hub.connections.test_mail_servers import World


async def test_a_webhook_goes_to_a_name_of_the_internet_and_is_never_led_on(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.outside() as outside:
        world.host("shop.example")
        world.names["inside.example"] = ("127.0.0.2", world.https)
        world.pages["shop.example/away"] = "-> https://inside.example/"
        # The stand-in answers GET alone: 405 comes from it, over TLS, and nothing was followed.
        assert await outside.post("https://shop.example/hub", b"{}", {}) == 405
        assert world.asked == ["shop.example"]
        refused: list[tuple[str, type[HubError]]] = [
            ("http://shop.example/", Refused),
            ("https://127.0.0.1/", Refused),
            ("https://shop.example:8443/", Refused),
            ("https://a:b@shop.example/", Refused),
            ("https://inside.example/", Unavailable),
            ("https://unknown.example/", Unavailable),
        ]
        for url, error in refused:
            with pytest.raises(error):
                await outside.post(url, b"{}", {})
