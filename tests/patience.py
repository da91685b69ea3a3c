"""How long a hub waits in a test: longer than a machine stalls, but where a test is about waiting itself."""

from __future__ import annotations

from collections.abc import Mapping

SECONDS = 60.0
PATIENT: Mapping[str, str] = {"HUB_LIMITS_PATIENCE_SECONDS": f"{SECONDS:g}"}
