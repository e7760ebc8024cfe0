"""What is sent to the server rests on a look at it; a call that has to wait too long is not sent.

Between a look and the call that rests on it lies the pool: a pause, a server that asks for patience, a night
in which the machine was asleep. Somebody else may have been at work meanwhile. So the last question is asked
where nothing is waited for any more, right before a call goes out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from immich_tui.jobs.pool import Pool
from immich_tui.jobs.sleepless import sleepless

R = TypeVar("R")

LOOKS: Final = 4
"""Times that is looked again for a call whose turn came too late."""


class OldLook(Exception):
    """What a call rests on has grown old before it could be sent; it was not."""


def good_until(pool: Pool, seconds: float, turns: int) -> float:
    """Until when, `sleepless`, a call may rest on what is seen from now on.

    That is for so many seconds, and for the turns of so many calls at the rate in force.
    """
    return sleepless() + seconds + pool.turns_s(turns)


def while_good(send: Callable[[], Awaitable[R]], until: float) -> Callable[[], Awaitable[R]]:
    """A call that raises `OldLook` in place of being sent after this moment, at each attempt."""

    async def sent() -> R:
        if sleepless() > until:
            raise OldLook
        return await send()

    return sent
