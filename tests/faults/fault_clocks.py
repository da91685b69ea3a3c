"""Every IANA zone, every change of its clocks until 2035: times that are skipped and times that come twice."""

from __future__ import annotations

import pytest

from tests.clock_changes import check_change, every_change


@pytest.mark.outbound("clock-gap", "clock-fold")
def fault_every_change_of_clock_until_2035() -> None:
    many = 0
    for change in every_change():
        check_change(change)
        many += 1
    print(f"{many} changes of clock, 48 times of day around each")
    assert many > 2_000
