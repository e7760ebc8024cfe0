"""Which downloader gets which file: detect, offer in batches, cascade, follow, wait.

An order is offered to the best downloader that can do its kind; one that rejects it passes it to the next.
One that goes away keeps what it accepted for a while, since it may come back with it. What nobody can have
now waits, and is offered again when a downloader is there (again).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

from immich_tui.execution.transfer.detectors import Detector, detect
from immich_tui.execution.transfer.disk import on_disk
from immich_tui.execution.transfer.poller import Poller
from immich_tui.execution.transfer.registry import register
from immich_tui.execution.transfer.wanted import (
    Away,
    Downloader,
    Kind,
    Mismatch,
    Order,
    Progress,
    Received,
    Rejected,
    State,
)
from immich_tui.immich.errors import ImmichError
from immich_tui.jobs.slot import Slot

BATCH = 100
"""Orders offered at once."""

AHEAD = 300
"""Orders that may wait for their turn with a downloader."""

SHOWN = 1000
"""Orders that are kept when they are over: for whoever looks, and so that none is offered twice."""

LOOK_S = 0.2
"""Seconds between two looks at whether what waits can go on."""


_WAITS = frozenset({State.NO_DOWNLOADER, State.DOWNLOADER_ERROR})


class Postponed(Exception):
    """Nobody can have this file now; it may be asked for again later. The text says why, as a sentence."""


class NotFetched(Exception):
    """Every downloader that could have had this file rejected it, or it was cancelled; a sentence."""


@dataclass(slots=True)
class Item:
    """An order and where it stands. `tried` are downloaders that rejected it, each with its reason."""

    order: Order
    kind: Kind = Kind.HTTP
    state: State = State.PENDING
    downloader: str = ""
    reason: str = ""
    bytes: int = 0
    tried: dict[str, str] = field(default_factory=dict)
    placed: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class WaySnapshot:
    """A downloader as a screen shows it. `away` says why it does not work now, empty while it does.

    `files` counts its orders by state; `bytes` are of what it completed.
    """

    name: str
    away: str
    files: Mapping[State, int]
    bytes: int


class Dispatcher:
    """Hands orders to downloaders and sees each to its end. Use it with `async with`, in one event loop.

    `grace_s` is how long one that went away is waited for before others get its orders.
    """

    def __init__(
        self,
        database: Path,
        chain: Sequence[Detector],
        downloaders: Sequence[Downloader],
        *,
        poll_s: float = 1.0,
        grace_s: float = 20.0,
        paused: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database = database
        self._chain = chain
        self._downloaders = {one.name: one for one in downloaders}
        self._capable: Mapping[Kind, tuple[str, ...]] = {}
        self._grace_s = grace_s
        self._items: dict[str, Item] = {}
        self._over: dict[str, Item] = {}
        self._some_over = asyncio.Event()
        self._files: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._poller = Poller(downloaders, poll_s, paused)
        self._announcing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._capable = await on_disk(register, self._database, tuple(self._downloaders.values()))
        await self._poller.begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._announcing is not None:
            self._announcing.cancel()
            with suppress(asyncio.CancelledError):
                await self._announcing
        await self._poller.end()
        for downloader in self._downloaders.values():
            await downloader.close()

    # -- orders ----------------------------------------------------------------------------------------------

    def announce(self, orders: Iterable[Order]) -> None:
        """Offer orders ahead of `fetch`, in batches and in this order, so that downloaders can begin.

        They are read as others are brought: at most `AHEAD` of them wait at a time.
        """
        if len(self._chain) == 1 and not any(one.works_ahead for one in self._downloaders.values()):
            # There is nothing to find out, and nobody who could begin.
            return
        following = iter(orders)
        first = self._expected(islice(following, AHEAD))
        self._announcing = asyncio.create_task(self._announce(first, following))

    async def _announce(self, items: Sequence[Item], following: Iterator[Order]) -> None:
        while items:
            try:
                for start in range(0, len(items), BATCH):
                    await self._place(items[start : start + BATCH])
            finally:
                # What could not be offered ahead is offered when it is fetched.
                for item in items:
                    item.placed.set()
            while len(self._items) - len(self._over) > AHEAD - BATCH:
                self._some_over.clear()
                await self._some_over.wait()
            items = self._expected(islice(following, BATCH))

    def _expected(self, orders: Iterable[Order]) -> list[Item]:
        return [self._new(order) for order in orders if order.key not in self._items]

    async def fetch(self, order: Order, slot: Slot, progress: Progress) -> Received:
        """Have a file brought; its bytes are in the `.part` file of the target, verified, or elsewhere.

        Raises `Postponed` when it has to wait, `NotFetched` when nobody has it, and what a downloader raises
        that concerns more than this file (`ImmichError`, `OSError`).
        """
        item = self._items.get(order.key)
        if item is None:
            item = self._new(order)
            item.placed.set()
        await item.placed.wait()
        while True:
            await self._let_go_of_away(item)
            if not item.downloader and item.state is not State.CANCELLED:
                await self._place([item])
            self._check(item)
            received = await self._bring(item, slot, progress)
            if received is not None:
                return received

    async def cancel(self, key: str) -> None:
        """Give one order up, by the name of its target; `fetch` of it raises `NotFetched`."""
        item = self._items.get(key)
        if item is None or item.state in (State.COMPLETED, State.FAILED):
            return
        downloader = self._downloaders.get(item.downloader)
        item.state, item.reason = State.CANCELLED, "It was cancelled."
        if downloader is not None:
            with suppress(Away):
                await downloader.cancel(item.order)

    async def until_some_can_go(self, within_s: float, pulse: Pulse) -> bool:
        """Wait until one of the postponed orders can be fetched; false when the time is over.

        `pulse` is awaited now and then, with the reason for waiting; it may raise.
        """
        until = monotonic() + within_s
        waiting = [item for item in self._items.values() if item.state in _WAITS]
        while monotonic() < until:
            # What was given up since it was postponed does not wait: whoever fetches it is told so at once.
            if not waiting or any(self._can_go(item) for item in waiting):
                return True
            await pulse(waiting[0].reason)
            await asyncio.sleep(LOOK_S)
        return False

    def reason(self, asset_id: str) -> str:
        """Why files of an asset wait, as a sentence."""
        of = (item for item in self._items.values() if item.order.asset_id == asset_id)
        told = (item.reason for item in of if item.state in _WAITS or item.state is State.CANCELLED)
        return next(told, "No downloader is there.")

    def items(self) -> tuple[Item, ...]:
        """The orders that are not over and those that were over last, as they were asked for."""
        return tuple(self._items.values())

    def item(self, key: str) -> Item:
        """Where an order stands, by the name of its target."""
        return self._items[key]

    def snapshot(self) -> tuple[WaySnapshot, ...]:
        """Every downloader in the order of registration, with what it has; last, unnamed, what waits."""
        counts: dict[str, dict[State, int]] = {name: {} for name in self._downloaders}
        done = {name: self._bytes[name] for name in self._downloaders}
        for name, files in self._files.items():
            counts.setdefault(name, {})[State.COMPLETED] = files
        for item in self._items.values():
            of = counts.setdefault(item.downloader, {})
            of[item.state] = of.get(item.state, 0) + 1
            if item.state is State.COMPLETED:
                done[item.downloader] += item.bytes
        return tuple(
            WaySnapshot(name, self._poller.away(name), files, done.get(name, 0))
            for name, files in counts.items()
            if name or any(state is State.NO_DOWNLOADER for state in files)
        )

    # -- placing ---------------------------------------------------------------------------------------------

    def _new(self, order: Order) -> Item:
        item = self._items[order.key] = Item(order)
        return item

    async def _place(self, items: Sequence[Item]) -> None:
        """Offer a batch, and what is rejected to the next, until each is accepted or nobody is left."""
        left = [item for item in items if item.state is not State.CANCELLED]
        kinds = await self._kinds([item.order for item in left])
        for item, kind in zip(left, kinds, strict=True):
            item.kind, item.state = kind, State.PENDING
        while left:
            offers: dict[str, list[Item]] = {}
            for item in left:
                offers.setdefault(self._next(item), []).append(item)
            left = []
            for name, batch in offers.items():
                if not name:
                    for item in batch:
                        self._nobody(item)
                    continue
                try:
                    answers = await self._downloaders[name].submit([item.order for item in batch])
                except Away as error:
                    self._poller.lost(name, str(error))
                    left += batch
                    continue
                for item, reason in zip(batch, answers, strict=True):
                    if item.state is State.CANCELLED:
                        with suppress(Away):
                            await self._downloaders[name].cancel(item.order)
                    elif reason:
                        item.tried[name] = reason
                        left.append(item)
                    else:
                        item.downloader, item.state = name, State.PENDING
        for item in items:
            item.placed.set()

    async def _kinds(self, orders: Sequence[Order]) -> Sequence[Kind]:
        if len(self._chain) == 1:
            return [self._chain[0].kind] * len(orders)
        return await on_disk(lambda: [detect(self._chain, order) for order in orders])

    def _capable_of(self, item: Item) -> Iterator[str]:
        """Who might still have it, best first, away or not. What a mount cannot give, the server can."""
        for kind in dict.fromkeys((item.kind, Kind.HTTP)):
            for name in self._capable.get(kind, ()):
                if name not in item.tried:
                    yield name

    def _next(self, item: Item) -> str:
        return next((name for name in self._capable_of(item) if not self._poller.away(name)), "")

    def _nobody(self, item: Item) -> None:
        item.downloader = ""
        away = [self._poller.away(name) for name in self._capable_of(item)]
        if away:
            item.state, item.reason = State.NO_DOWNLOADER, away[0]
        elif item.tried:
            item.state, item.reason = State.FAILED, " ".join(dict.fromkeys(item.tried.values()))
        else:
            item.state, item.reason = State.NO_DOWNLOADER, "No downloader that could have it is set up."

    # -- bringing --------------------------------------------------------------------------------------------

    def _check(self, item: Item) -> None:
        match item.state:
            case State.CANCELLED:
                raise NotFetched(item.reason)
            case State.FAILED:
                # A later attempt of the same run may find a downloader in a better mood.
                item.tried.clear()
                raise NotFetched(item.reason)
            case State.NO_DOWNLOADER | State.DOWNLOADER_ERROR:
                raise Postponed(item.reason)
            case _:
                pass

    async def _let_go_of_away(self, item: Item) -> None:
        """Mark what a downloader that is away has; take it from there once the grace is over."""
        if not item.downloader or item.state is State.CANCELLED:
            return
        if away := self._poller.away(item.downloader):
            if self._poller.away_for(item.downloader) < self._grace_s or not self._next(item):
                item.state, item.reason = State.DOWNLOADER_ERROR, away
            else:
                with suppress(Away):
                    await self._downloaders[item.downloader].cancel(item.order)
                item.downloader = ""
        elif item.state is State.DOWNLOADER_ERROR:
            item.state = State.PENDING

    def _can_go(self, item: Item) -> bool:
        if item.state is State.CANCELLED:
            return True
        if item.downloader:
            if not self._poller.away(item.downloader):
                return True
            return self._poller.away_for(item.downloader) >= self._grace_s and bool(self._next(item))
        return bool(self._next(item))

    async def _bring(self, item: Item, slot: Slot, progress: Progress) -> Received | None:
        """Have the downloader bring it; `None` when another one has to."""
        name = item.downloader
        item.state = State.DOWNLOADING

        def told(done: int, total: int) -> None:
            item.bytes = done
            progress(done, total)

        try:
            received = await self._downloaders[name].bring(item.order, slot, told)
        except Away as error:
            self._poller.lost(name, str(error))
        except (Rejected, Mismatch) as error:
            if item.state is not State.CANCELLED:
                item.tried[name], item.downloader = str(error), ""
        except (ImmichError, OSError) as error:
            item.state, item.reason = State.FAILED, str(error)
            raise
        except asyncio.CancelledError:
            item.state = State.PENDING
            raise
        else:
            item.state, item.bytes = State.COMPLETED, received.size
            self._is_over(item)
            return replace(received, way=name)
        return None

    def _is_over(self, item: Item) -> None:
        """Keep what was completed last, and of the others their number."""
        self._some_over.set()
        self._over[item.order.key] = item
        if len(self._over) > SHOWN:
            key, oldest = next(iter(self._over.items()))
            del self._over[key], self._items[key]
            self._files[oldest.downloader] += 1
            self._bytes[oldest.downloader] += oldest.bytes


Pulse = Callable[[str], Awaitable[None]]
"""Awaited while waiting, with the reason."""
