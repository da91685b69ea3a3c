"""The roof: reads the configuration, opens the channels and wires the rooms together."""

from hub.app.hub import Hub, opened
from hub.app.roles import Role

__all__ = ["Hub", "Role", "opened"]
