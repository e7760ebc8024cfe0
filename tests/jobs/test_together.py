"""Several things side by side: all of them, or the first error and nothing left behind."""

from __future__ import annotations

import asyncio

import pytest

from immich_tui.jobs.together import together


async def gives(value: object) -> object:
    await asyncio.sleep(0)
    return value


async def test_all_come_in_their_order() -> None:
    assert await together(gives(1), gives("two"), gives(None)) == (1, "two", None)


async def test_they_go_on_side_by_side() -> None:
    ready = asyncio.Event()

    async def waits() -> bool:
        return await ready.wait()

    async def lets() -> None:
        ready.set()

    async with asyncio.timeout(5):
        assert await together(waits(), gives(2), lets()) == (True, 2, None)


async def test_the_first_error_ends_the_others_before_it_is_raised() -> None:
    ended = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await together(endless(), fails(), endless())
    assert ended == [True, True]
