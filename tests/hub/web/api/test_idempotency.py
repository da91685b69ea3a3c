"""A call repeated under the same key is done once, whatever happens between."""

from __future__ import annotations

import asyncio

import pytest

from tests.hub.web.api.conftest import Api
from tests.stores import store_url as store_url  # on both engines: what happens at once differs

TASK = {"title": "Call Ada back"}


async def test_a_repeated_call_gets_the_first_answer_and_does_nothing(api: Api) -> None:
    first = await api("POST", "/tasks", TASK, Idempotency_Key="k1")
    second = await api("POST", "/tasks", TASK, Idempotency_Key="k1")
    assert (first.status, second.status) == (201, 201)
    assert second.raw == first.raw
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert len((await api("GET", "/tasks")).items) == 1


async def test_several_at_once_do_it_once(api: Api) -> None:
    answers = await asyncio.gather(*[api("POST", "/tasks", TASK, Idempotency_Key="k") for _ in range(8)])
    assert {answer.status for answer in answers} == {201}, [answer.body for answer in answers]
    assert len({answer.body["id"] for answer in answers}) == 1
    assert len((await api("GET", "/tasks")).items) == 1


async def test_a_key_used_for_another_call_is_refused(api: Api) -> None:
    await api.made("/tasks", TASK, Idempotency_Key="k1")
    answer = await api("POST", "/tasks", {"title": "Something else"}, Idempotency_Key="k1")
    assert (answer.status, answer.body["field"]) == (422, "Idempotency-Key")
    assert len((await api("GET", "/tasks")).items) == 1


async def test_keys_of_different_callers_do_not_meet(api: Api) -> None:
    await api.made("/tasks", TASK, Idempotency_Key="k1", role="admin")
    await api.made("/tasks", TASK, Idempotency_Key="k1", role="agent")
    assert len((await api("GET", "/tasks")).items) == 2


async def test_a_call_that_failed_may_be_mended_under_its_key(api: Api) -> None:
    wrong = await api("POST", "/tasks", {**TASK, "customer_id": "99"}, Idempotency_Key="k1")
    assert wrong.status == 404
    await api.made("/tasks", TASK, Idempotency_Key="k1")


async def test_a_key_is_forgotten_after_two_days(api: Api) -> None:
    await api.made("/tasks", TASK, Idempotency_Key="k1")
    api.room.clock.advance(hours=49)
    await api.made("/tasks", TASK, Idempotency_Key="k1")
    assert len((await api("GET", "/tasks")).items) == 2


@pytest.mark.parametrize("key", ["x" * 256, "tab\tinside"], ids=["too long", "not printable"])
async def test_a_key_that_cannot_be_kept_is_refused(api: Api, key: str) -> None:
    answer = await api("POST", "/tasks", TASK, Idempotency_Key=key)
    assert answer.status == 422
    assert (await api("GET", "/tasks")).items == []
