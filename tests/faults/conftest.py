"""Faults are measured on a hub as it comes."""

from __future__ import annotations

import os

import pytest

from tests.patience import PATIENT


@pytest.fixture(scope="session", autouse=True)
def as_it_comes() -> None:
    """Takes back what tests/conftest.py sets for every test."""
    for name in PATIENT:
        os.environ.pop(name, None)
