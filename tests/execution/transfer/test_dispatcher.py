"""Offering, cascading, waiting, cancelling: the dispatcher with downloaders made for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from immich_tui.execution.transfer.aria2_trust import daemon_objection, may_travel, route_objection
from immich_tui.execution.transfer.detectors import FromServer
from immich_tui.execution.transfer.dispatcher import BATCH, Dispatcher, NotFetched, Postponed
from immich_tui.execution.transfer.registry import register
from immich_tui.execution.transfer.wanted import (
    Away,
    Expected,
    Kind,
    Mismatch,
    Order,
    Progress,
    Received,
    State,
)
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.slot import Slot


@dataclass
class Made:
    """A downloader that does as it is told."""

    name: str
    kinds: Mapping[Kind, int]
    rejects: dict[str, str] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)
    away: bool = False
    batches: list[list[str]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    waits: asyncio.Event | None = None
    works_ahead: bool = True

    async def submit(self, orders: Sequence[Order]) -> Sequence[str]:
        await self.look()
        self.batches.append([order.asset_id for order in orders])
        return [self.rejects.get(order.asset_id, "") for order in orders]

    async def bring(self, order: Order, slot: Slot, progress: Progress) -> Received:
        if self.waits is not None:
            await self.waits.wait()
        await self.look()
        if order.asset_id in self.wrong:
            raise Mismatch("Other bytes.")
        progress(7, 7)
        return Received(7, "00")

    async def cancel(self, order: Order) -> None:
        self.cancelled.append(order.asset_id)

    async def look(self) -> None:
        if self.away:
            raise Away(f"{self.name} is away.")

    async def hold(self, paused: bool) -> None: ...

    async def close(self) -> None: ...


def order(number: int, folder: Path) -> Order:
    return Order(
        f"{number}", f"{number}.jpg", f"/data/{number}.jpg", folder / f"{number}.jpg", Expected(7, "00")
    )


def unheard(done: int, total: int) -> None: ...


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    async with await Journal.open(tmp_path / "session.db"):
        pass
    return tmp_path / "session.db"


def made(*, first: int = 10, second: int = 20) -> tuple[Made, Made]:
    return Made("best", {Kind.HTTP: first}), Made("next", {Kind.HTTP: second})


async def test_the_database_says_who_comes_first_and_forgets_what_was(database: Path) -> None:
    best, other = made()
    assert register(database, [other, best])[Kind.HTTP] == ("best", "next")
    assert register(database, [Made("best", {Kind.HTTP: 30, Kind.MOUNT: 1}), other]) == {
        Kind.HTTP: ("next", "best"),
        Kind.MOUNT: ("best",),
    }
    assert register(database, [other])[Kind.HTTP] == ("next",)


async def test_batches_go_to_the_best_and_what_it_rejects_to_the_next(database: Path, tmp_path: Path) -> None:
    best, other = made()
    orders = [order(number, tmp_path) for number in range(BATCH + 20)]
    best.rejects = {"3": "Not this one.", "110": "Nor this."}
    async with Dispatcher(database, [FromServer()], [best, other]) as way:
        way.announce(orders)
        for one in orders:
            received = await way.fetch(one, Slot(1), unheard)
            assert received.way == ("next" if one.asset_id in best.rejects else "best")
        assert [len(batch) for batch in best.batches] == [BATCH, 20]
        assert other.batches == [["3"], ["110"]]
        assert {item.state for item in way.items()} == {State.COMPLETED}
        assert way.item("3.jpg").tried == {"best": "Not this one."}


async def test_wrong_bytes_go_to_the_next_and_fail_when_there_is_none(database: Path, tmp_path: Path) -> None:
    best, other = made()
    best.wrong, other.wrong = {"1", "2"}, {"2"}
    async with Dispatcher(database, [FromServer()], [best, other]) as way:
        assert (await way.fetch(order(1, tmp_path), Slot(1), unheard)).way == "next"
        with pytest.raises(NotFetched, match="Other bytes"):
            await way.fetch(order(2, tmp_path), Slot(1), unheard)
        assert way.item("2.jpg").state is State.FAILED


async def test_what_nobody_can_have_waits_until_somebody_can(database: Path, tmp_path: Path) -> None:
    (best, _), heard = made(), []
    best.away = True

    async def pulse(reason: str) -> None:
        heard.append(reason)
        best.away = len(heard) < 3

    async with Dispatcher(database, [FromServer()], [best], poll_s=0.01) as way:
        with pytest.raises(Postponed, match="best is away"):
            await way.fetch(order(1, tmp_path), Slot(1), unheard)
        assert way.item("1.jpg").state is State.NO_DOWNLOADER
        assert way.snapshot()[-1].files == {State.NO_DOWNLOADER: 1}
        assert await way.until_some_can_go(10.0, pulse)
        assert heard[0] == "best is away."
        await way.fetch(order(1, tmp_path), Slot(1), unheard)
        best.away = True
        with pytest.raises(Postponed):
            await way.fetch(order(2, tmp_path), Slot(1), unheard)

        async def silent(reason: str) -> None: ...

        assert not await way.until_some_can_go(0.05, silent)


async def test_one_that_goes_away_keeps_its_orders_for_a_while(database: Path, tmp_path: Path) -> None:
    best, other = made()
    async with Dispatcher(database, [FromServer()], [best, other], poll_s=0.01, grace_s=0.3) as way:
        way.announce([order(1, tmp_path), order(2, tmp_path)])
        async with asyncio.timeout(5):
            while not best.batches:
                await asyncio.sleep(0.01)
        best.away = True
        with pytest.raises(Postponed, match="away"):
            await way.fetch(order(1, tmp_path), Slot(1), unheard)
        assert way.item("1.jpg").state is State.DOWNLOADER_ERROR
        best.away = False

        async def pulse(reason: str) -> None: ...

        assert await way.until_some_can_go(5.0, pulse)
        assert (await way.fetch(order(1, tmp_path), Slot(1), unheard)).way == "best", (
            "its true state is taken up"
        )
        best.away = True
        with pytest.raises(Postponed):
            await way.fetch(order(2, tmp_path), Slot(1), unheard)
        assert await way.until_some_can_go(5.0, pulse)
        assert (await way.fetch(order(2, tmp_path), Slot(1), unheard)).way == "next"
        assert best.cancelled == ["2"]


async def test_a_cancelled_order_is_not_fetched(database: Path, tmp_path: Path) -> None:
    best, other = made()
    async with Dispatcher(database, [FromServer()], [best, other]) as way:
        way.announce([order(1, tmp_path)])
        async with asyncio.timeout(5):
            while not best.batches:
                await asyncio.sleep(0.01)
        await way.cancel("1.jpg")
        with pytest.raises(NotFetched, match="cancelled"):
            await way.fetch(order(1, tmp_path), Slot(1), unheard)
        assert best.cancelled == ["1"]
        assert way.item("1.jpg").state is State.CANCELLED


@pytest.mark.parametrize("accepted", [False, True], ids=["nobody has it", "who has it is away"])
async def test_what_is_given_up_while_it_waits_is_waited_for_no_longer(
    accepted: bool, database: Path, tmp_path: Path
) -> None:
    """Others may still be under way when the only one that waits is given up, or the wait has begun."""
    best, _ = made()

    async def give_up(reason: str) -> None:
        await way.cancel("2.jpg")

    async with Dispatcher(database, [FromServer()], [best], poll_s=0.01, grace_s=60.0) as way:
        if accepted:
            way.announce([order(number, tmp_path) for number in (1, 2, 3)])
            async with asyncio.timeout(5):
                while not best.batches:
                    await asyncio.sleep(0.01)
        best.away = True
        with pytest.raises(Postponed):
            await way.fetch(order(1, tmp_path), Slot(1), unheard)
        await way.cancel("1.jpg")
        assert await way.until_some_can_go(30.0, give_up), "nothing waits"
        with pytest.raises(NotFetched, match="cancelled"):
            await way.fetch(order(1, tmp_path), Slot(1), unheard)
        with pytest.raises(Postponed):
            await way.fetch(order(2, tmp_path), Slot(1), unheard)
        async with asyncio.timeout(5):
            assert await way.until_some_can_go(30.0, give_up)
        with pytest.raises(NotFetched, match="cancelled"):
            await way.fetch(order(2, tmp_path), Slot(1), unheard)


async def test_what_was_given_up_is_told_so_where_others_wait_in_vain(database: Path, tmp_path: Path) -> None:
    best, _ = made()
    best.away = True

    async def silent(reason: str) -> None: ...

    async with Dispatcher(database, [FromServer()], [best], poll_s=0.01) as way:
        for number in (1, 2):
            with pytest.raises(Postponed):
                await way.fetch(order(number, tmp_path), Slot(1), unheard)
        await way.cancel("1.jpg")
        assert not await way.until_some_can_go(0.05, silent)
        assert (way.reason("1"), way.reason("2")) == ("It was cancelled.", "best is away.")


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("http://127.0.0.1:6800/jsonrpc", True),
        ("http://[::1]:6800/jsonrpc", True),
        ("http://localhost:6800/jsonrpc", True),
        ("https://nas.example.org/jsonrpc", True),
        ("http://nas.example.org:6800/jsonrpc", False),
        ("http://192.168.1.4:6800/jsonrpc", False),
        ("http://allowed.example.org/jsonrpc", True),
        ("http://localhost.example.org/jsonrpc", False),
        ("http://127.0.0.1.example.org/jsonrpc", False),
        ("ftp://127.0.0.1.example.org/", False),
        ("http://[broken/jsonrpc", False),
    ],
)
def test_the_key_travels_only_where_it_may(url: str, may: bool) -> None:
    allowed = {"allowed.example.org"}
    assert may_travel(url, allowed) is may
    here = "http://127.0.0.1/x"
    assert bool(route_objection(url, here, allowed)) is not may
    assert bool(route_objection(here, url, allowed)) is not may


@pytest.mark.parametrize(
    ("options", "fine"),
    [
        ({}, True),
        ({"log": "/var/log/aria2.log"}, False),
        ({"log": "/var/log/aria2.log", "log-level": "info"}, False),
        ({"log": "/var/log/aria2.log", "log-level": "notice"}, True),
        ({"save-session": "/var/lib/aria2/session"}, False),
        ({"console-log-level": "debug"}, False),
    ],
)
def test_a_daemon_that_writes_headers_down_gets_no_key(options: dict[str, str], fine: bool) -> None:
    features = {"enabledFeatures": ["HTTPS", "Message Digest"]}
    assert (daemon_objection(features, options) == "") is fine
    assert daemon_objection({"enabledFeatures": ["HTTPS"]}, {})
