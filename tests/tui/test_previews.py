"""Pictures of the next groups come at a rate of their own, and stop when the person moves on."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from immich_tui.immich.errors import Busy
from immich_tui.immich.models import Asset
from immich_tui.jobs.progress import Status
from immich_tui.tui.pictures import Pictures, Size
from immich_tui.tui.previews import Previews
from immich_tui.tui.technique import Technique

from .review_library import Scenes


async def photos(*names: str) -> AsyncIterator[Asset]:
    for name in names:
        yield Asset(id=name, type="IMAGE")


async def test_they_are_fetched_in_order_and_failures_do_not_matter() -> None:
    source = Scenes(missing={"b"})
    previews = Previews(Pictures(source), workers=1, rate=None)
    await previews.run(photos("a", "b", "c"), 3)
    assert [asset_id for asset_id, _ in source.asked] == ["a", "b", "c"]
    snapshot = previews.snapshot()
    assert (snapshot.status, snapshot.done, snapshot.total, snapshot.errors) == (Status.DONE, 3, 3, 1)


async def test_what_is_here_costs_no_request() -> None:
    source = Scenes()
    pictures = Pictures(source)
    await pictures.fetch(Asset(id="a", type="IMAGE"))
    await Previews(pictures, rate=None).run(photos("a", "b"))
    assert [asset_id for asset_id, _ in source.asked] == ["a", "b"]


async def test_the_rate_is_kept() -> None:
    source = Scenes()
    previews = Previews(Pictures(source), rate=50.0)
    began = asyncio.get_running_loop().time()
    await previews.run(photos(*"abcdefghijklmnopqrst"))
    assert asyncio.get_running_loop().time() - began > 0.2
    assert len(source.asked) == 20


async def test_moving_on_stops_them() -> None:
    started = asyncio.Event()

    class Slow(Scenes):
        async def thumbnail(self, asset_id: str, size: Size = "thumbnail") -> bytes:
            self.asked.append((asset_id, size))
            started.set()
            await asyncio.sleep(30)
            raise AssertionError("nobody stopped it")

    source = Slow()
    previews = Previews(Pictures(source), workers=1)
    task = asyncio.create_task(previews.run(photos("a", "b", "c")))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(source.asked) == 1
    assert previews.snapshot().status is Status.CANCELLED


async def test_a_busy_server_is_left_alone() -> None:
    class Overloaded(Scenes):
        async def thumbnail(self, asset_id: str, size: Size = "thumbnail") -> bytes:
            self.asked.append((asset_id, size))
            raise Busy("The server is busy.", "", retry_after=0.05)

    source = Overloaded()
    previews = Previews(Pictures(source), workers=1, rate=None)
    await asyncio.wait_for(previews.run(photos("a", "b")), 20)
    assert len(source.asked) <= 4
    assert previews.snapshot().errors == 2


async def test_off_fetches_nothing() -> None:
    source = Scenes()
    await Previews(Pictures(source, Technique("off"))).run(photos("a"))
    assert source.asked == []
