"""Sidecars on the demo server: what was seen of real ones, races and losses included."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from immich_tui.demo.server import DemoServer
from immich_tui.execution.graft.carrier import made, picture
from immich_tui.execution.graft.xmp import sidecar
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import ImmichError, Rejected
from immich_tui.immich.models import Asset
from immich_tui.immich.secret import Secret
from immich_tui.immich.upload import Upload
from immich_tui.immich.wire import Connection
from tests.shelf import BERLIN, CAMERA, EXPOSURE, KYOTO, Shelf, rich

CAMERA_FIELDS = {**CAMERA, **EXPOSURE}
DATE = {"dateTimeOriginal": "2023-07-02T17:44:10+02:00", "timeZone": "UTC+2"}
PLACE = {"latitude": KYOTO[0], "longitude": KYOTO[1]}
LOCAL = datetime(2023, 7, 2, 17, 44, 10, tzinfo=UTC)


class Bench:
    """A server with a client, and a way to give a photo a sidecar."""

    def __init__(self, server: DemoServer, client: ImmichClient) -> None:
        self.server = server
        self.client = client
        self.shelf = Shelf(server)
        self._number = 0

    async def carrier(self, xmp: bytes) -> str:
        self._number += 1
        carrier = made("20260101T000000-abcdef", "8d3e5f2a", self._number, {})
        now = datetime.now(UTC)
        content = picture(carrier.name)
        upload = Upload(content, carrier.name, now, now, visibility="hidden", sidecar=xmp)
        return (await self.client.upload(upload)).id

    async def graft(self, target: str, fields: dict[str, object] | None = None, xmp: bytes = b"") -> None:
        await self.client.copy_sidecar(await self.carrier(xmp or sidecar(fields or {})), target)

    async def quiet(self) -> None:
        assert await asyncio.to_thread(self.server.jobs.wait_quiet)

    async def asset(self, asset_id: str) -> Asset:
        await self.quiet()
        return await self.client.asset(asset_id)


@pytest.fixture(params=["2.7", "3"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    with DemoServer("empty", dialect=request.param, jobs_delay=0.05) as server:
        async with ImmichClient(Connection(f"{server.url}/api", Secret(server.key))) as client:
            yield Bench(server, client)


async def test_fields_arrive_and_the_photo_keeps_its_size_when_the_carrier_goes(bench: Bench) -> None:
    photo = bench.shelf.put("a.jpg", None, **rich(camera=None, place=None))
    carrier = await bench.carrier(sidecar(CAMERA_FIELDS | DATE | PLACE))
    # Its file is there at once, before any job has read it.
    await bench.client.copy_sidecar(carrier, photo.id)
    assert (await bench.client.asset(photo.id)).known_exif.make is None
    now = await bench.asset(photo.id)
    await bench.client.trash([carrier], force=True)
    after = await bench.asset(photo.id)
    assert after.known_exif == now.known_exif
    exif = after.known_exif
    assert (exif.make, exif.lens_model, exif.f_number) == ("Canon", CAMERA["lensModel"], 4.0)
    assert (exif.exif_image_width, exif.file_size_in_byte) == (1600, 30_000)
    assert (exif.time_zone, exif.city is not None) == ("UTC+2", True)
    assert after.local_date_time == LOCAL


async def test_what_was_edited_is_lost_by_the_copy_and_what_is_edited_later_stays(bench: Bench) -> None:
    photo = bench.shelf.put("a.jpg", None, **rich(camera=None, tags=("Dog",)))
    await bench.client.update_asset(photo.id, {"description": "mine", "rating": 5})
    await bench.quiet()
    await bench.graft(photo.id, CAMERA_FIELDS)
    now = await bench.asset(photo.id)
    assert (now.known_exif.description, now.known_exif.rating, now.tags) == ("", None, ())
    await bench.client.update_asset(photo.id, {"description": "again"})
    now = await bench.asset(photo.id)
    assert (now.known_exif.description, now.known_exif.make) == ("again", "Canon")


async def test_an_edit_right_before_the_copy_is_lost_as_well(bench: Bench) -> None:
    photo = bench.shelf.put("a.jpg", None, **rich(camera=None))
    carrier = await bench.carrier(sidecar(CAMERA_FIELDS))
    await bench.client.update_asset(photo.id, {"description": "mine"})
    await bench.client.copy_sidecar(carrier, photo.id)
    assert (await bench.asset(photo.id)).known_exif.description == ""


@pytest.mark.parametrize("zone", [{}, {"timeZone": "UTC+2"}, {"timeZone": "Europe/Rome"}])
async def test_coordinates_move_the_clock_unless_a_zone_stands_beside_the_date(
    bench: Bench, zone: dict[str, object]
) -> None:
    photo = bench.shelf.put("a.jpg", None, **rich(place=None))
    xmp = sidecar(PLACE | DATE | zone)
    if not zone:
        xmp = xmp.replace(b"OffsetTimeOriginal", b"SomethingElse")
    await bench.graft(photo.id, xmp=xmp)
    now = await bench.asset(photo.id)
    assert (now.local_date_time == LOCAL) == bool(zone)
    assert now.known_exif.time_zone == zone.get("timeZone", "Asia/Tokyo")
    # A place through the API behind it moves nothing either, where the zone stands in the sidecar.
    await bench.client.update_asset(photo.id, {"latitude": BERLIN[0], "longitude": BERLIN[1]})
    assert (await bench.asset(photo.id)).known_exif.time_zone == zone.get("timeZone", "Europe/Berlin")


async def test_a_date_without_an_offset_is_what_the_clock_said(bench: Bench) -> None:
    photo = bench.shelf.put("a.jpg", None, size=30_000)
    await bench.graft(photo.id, PLACE | {"dateTimeOriginal": "2023-07-02T17:44:10"})
    now = await bench.asset(photo.id)
    assert now.local_date_time == LOCAL
    assert now.known_exif.time_zone == "Asia/Tokyo"


async def test_an_empty_sidecar_clears_a_location(bench: Bench) -> None:
    photo = bench.shelf.put("a.jpg", None, **rich(place=None))
    await bench.client.update_asset(photo.id, {"latitude": KYOTO[0], "longitude": KYOTO[1]})
    assert (await bench.asset(photo.id)).known_exif.city is not None
    await bench.graft(photo.id)
    now = await bench.asset(photo.id)
    assert (now.known_exif.latitude, now.known_exif.city, now.local_date_time) == (None, None, LOCAL)


async def test_a_library_that_is_mounted_read_only_refuses(bench: Bench) -> None:
    photo = bench.shelf.put("a.jpg", None, **rich(external=True, camera=None))
    with pytest.raises(ImmichError, match="Failed to copy asset"):
        await bench.graft(photo.id, CAMERA_FIELDS)
    assert (await bench.asset(photo.id)).known_exif.make is None


async def test_a_locked_carrier_could_not_be_deleted_and_a_hidden_one_is_in_nobodys_way(bench: Bench) -> None:
    hidden = await bench.carrier(sidecar({}))
    locked = await bench.carrier(sidecar({}))
    await bench.client.update_asset(locked, {"visibility": "locked"})
    with pytest.raises(Rejected):
        await bench.client.trash([locked], force=True)
    assert [one.id for one in await bench.client.hidden_named("immich-tui-carrier")] == [hidden]
    groups = [one async for one in bench.client.duplicates()]
    assert groups == []
