"""Every adapter says in words what is wrong with its settings and what is out of reach."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import channels
from channels.base import Channel, Parses, Polls, Reads, Receives, Sends
from hub.model.errors import ConfigurationError
from hub.model.problem import Problem
from tests.channels.adapters.conftest import ADAPTERS, every
from tests.channels.contract import CONTEXT, NAME, Kit, adapters, changed, having, is_one_sentence, leaked, maker

ODD_VALUES: list[Any] = [
    *(
        None,
        0,
        -1,
        1.5,
        10**30,
        True,
        "",
        " ",
        "x\r\nBcc: y",
        "\x00",
        "x" * 10_000,
        b"x",
        [],
        [1],
        [None],
        {},
        {"a": 1},
    ),
]


def test_a_new_adapter_is_picked_up_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "class Pigeon:\n    name = ''\n" + "".join(
        f"    async def {method}(self): ...\n" for method in ("open", "close", "check")
    )
    (tmp_path / "pigeon_post.py").write_text(lines)
    monkeypatch.setattr(channels, "__path__", [*channels.__path__, str(tmp_path)])
    assert set(adapters()) == {*ADAPTERS, "channels.pigeon_post:Pigeon"}
    with pytest.raises(AssertionError, match=r"write tests/channels/kits/pigeon_post\.py"):
        maker("channels.pigeon_post:Pigeon")


@every(Channel)
async def test_it_is_what_it_offers_and_opens_closes_and_opens_again(path: str, channel: Any) -> None:
    assert isinstance(channel, Channel)
    assert channel.name == NAME
    assert ADAPTERS[path].__doc__
    for capability in (Parses, Polls, Receives, Sends, Reads):
        if path in having(capability):
            assert isinstance(channel, capability)
    for _ in range(2):
        await channel.open()
        await channel.open()
        await channel.close()
        await channel.close()


@every(Channel)
async def test_wrong_settings_are_refused_in_one_sentence(path: str, kit: Kit) -> None:
    for case, changes in kit.wrong.items():
        with pytest.raises(ConfigurationError) as refused:
            ADAPTERS[path](NAME, changed(kit.settings, changes), CONTEXT)
        message = refused.value.message
        assert is_one_sentence(message), f"{case}: {message}"
        assert NAME in message, f"{case}: {message}"
        assert not leaked([message, repr(refused.value)], kit.secrets), case


@every(Channel)
async def test_an_odd_value_of_any_setting_is_refused_in_words_or_taken(path: str, kit: Kit) -> None:
    for name in kit.settings:
        for odd in ODD_VALUES:
            try:
                ADAPTERS[path](NAME, {**kit.settings, name: odd}, CONTEXT)
            except ConfigurationError as refused:
                unclear = "" if NAME in refused.message else refused.message
            except Exception as error:  # noqa: BLE001  # the finding itself
                unclear = f"{type(error).__name__}: {error}"
            else:
                unclear = ""
            assert unclear == "", f"{name} = {str(odd)[:40]!r}"


@every(Channel)
async def test_check_says_what_is_out_of_reach_and_how_to_mend_it(path: str, kit: Kit) -> None:
    for case, changes in kit.out_of_reach.items():
        channel = ADAPTERS[path](NAME, changed(kit.settings, changes), CONTEXT)
        async with asyncio.timeout(60):
            problems = await channel.check()
        await channel.close()
        assert problems, case
        for problem in problems:
            assert isinstance(problem, Problem)
            assert problem.where == NAME
            assert problem.message, case
            assert problem.mend, case
            assert not leaked([repr(problem)], kit.secrets), case


@every(Channel)
async def test_check_of_a_channel_that_works_finds_no_error(channel: Any) -> None:
    await channel.open()
    problems = await channel.check()
    await channel.close()
    assert [problem for problem in problems if problem.severity == "error"] == []
