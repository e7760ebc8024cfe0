from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from immich_tui.jobs.gate import Gate
from tests.jobs.virtual_time import VirtualLoop, virtually


class Visitor:
    """Someone who goes in and stays until told to leave."""

    def __init__(self, gate: Gate) -> None:
        self.inside = False
        self._leave = asyncio.Event()
        self.task = asyncio.create_task(self._visit(gate))

    async def _visit(self, gate: Gate) -> None:
        async with gate:
            self.inside = True
            try:
                await self._leave.wait()
            finally:
                self.inside = False

    def leave(self) -> None:
        self._leave.set()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@virtually
async def test_no_more_than_the_permits_are_inside_and_the_first_come_is_first_served() -> None:
    gate = Gate(2)
    visitors = [Visitor(gate) for _ in range(4)]
    await settle()
    assert [visitor.inside for visitor in visitors] == [True, True, False, False]
    visitors[1].leave()
    await settle()
    assert [visitor.inside for visitor in visitors] == [True, False, True, False]


@virtually
async def test_fewer_permits_throw_nobody_out_and_more_let_waiters_in() -> None:
    gate = Gate(3)
    visitors = [Visitor(gate) for _ in range(6)]
    await settle()
    gate.set_permits(1)
    assert sum(visitor.inside for visitor in visitors) == 3
    visitors[0].leave()
    visitors[1].leave()
    await settle()
    assert sum(visitor.inside for visitor in visitors) == 1
    gate.set_permits(4)
    await settle()
    assert [visitor.inside for visitor in visitors[2:]] == [True] * 4


@virtually
async def test_a_permit_handed_to_a_waiter_that_is_cancelled_in_the_same_moment_goes_to_the_next() -> None:
    gate = Gate(1)
    first, second, third = (Visitor(gate) for _ in range(3))
    await settle()
    first.leave()
    while gate.inside and first.inside:
        await asyncio.sleep(0)
    second.task.cancel()
    await settle()
    assert second.task.cancelled()
    assert third.inside


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("come"), st.just(0)),
            st.tuples(st.just("leave"), st.integers(0, 20)),
            st.tuples(st.just("cancel"), st.integers(0, 20)),
            st.tuples(st.just("permits"), st.integers(1, 4)),
            st.tuples(st.just("turn of the loop"), st.just(0)),
        ),
        max_size=60,
    )
)
def test_whatever_happens_no_permit_is_lost_or_made_up(steps: list[tuple[str, int]]) -> None:
    async def play() -> None:
        gate = Gate(2)
        permits = most = 2
        visitors: list[Visitor] = []
        for what, number in steps:
            match what:
                case "come":
                    visitors.append(Visitor(gate))
                case "leave" if visitors:
                    visitors[number % len(visitors)].leave()
                case "cancel" if visitors:
                    visitors[number % len(visitors)].task.cancel()
                case "permits":
                    permits = number
                    most = max(most, permits)
                    gate.set_permits(permits)
                case "turn of the loop":
                    await asyncio.sleep(0)
            assert sum(visitor.inside for visitor in visitors) <= gate.inside <= most
        await settle()
        waiting = sum(not visitor.inside and not visitor.task.done() for visitor in visitors)
        assert sum(visitor.inside for visitor in visitors) == gate.inside
        assert not waiting or gate.inside >= permits
        for visitor in visitors:
            visitor.leave()
        await asyncio.gather(*(visitor.task for visitor in visitors), return_exceptions=True)
        assert gate.inside == 0

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(play())
