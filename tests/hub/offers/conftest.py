"""Settings of a hub without a channel; what is planned is looked at, not sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.config import Settings, load


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"data": tmp_path / "data"}, file=None, environment={})
