"""Several things side by side, of which each is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")


async def together(
    first: Coroutine[None, None, A], second: Coroutine[None, None, B], third: Coroutine[None, None, C]
) -> tuple[A, B, C]:
    """Do these side by side; the first error ends the others and is raised as it is, in no group."""
    tasks = asyncio.ensure_future(first), asyncio.ensure_future(second), asyncio.ensure_future(third)
    try:
        one, two, three = await asyncio.gather(*tasks)
        return one, two, three
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
