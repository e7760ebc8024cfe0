"""Two things side by side: both of them, or the first error and nothing left behind."""

from __future__ import annotations

import asyncio

import pytest

from immich_tui.jobs.together import together


async def gives(value: object) -> object:
    await asyncio.sleep(0)
    return value


async def test_both_come_in_their_order() -> None:
    assert await together(gives(1), gives("two")) == (1, "two")


async def test_they_go_on_side_by_side() -> None:
    ready = asyncio.Event()

    async def waits() -> bool:
        return await ready.wait()

    async def lets() -> None:
        ready.set()

    async with asyncio.timeout(5):
        assert await together(waits(), lets()) == (True, None)


@pytest.mark.parametrize("first", [True, False])
async def test_the_first_error_ends_the_other_before_it_is_raised(first: bool) -> None:
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
        await (together(fails(), endless()) if first else together(endless(), fails()))
    assert ended == [True]
