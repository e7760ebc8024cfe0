"""Uploads: what arrives is what was sent, in every dialect, and the loop goes on meanwhile."""

from __future__ import annotations

import hashlib
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from immich_tui.demo.server import DemoServer
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import PermissionMissing, Rejected, Unreachable
from immich_tui.immich.upload import Form, Upload
from tests.immich.replay import Replay, hang_up
from tests.immich.test_dialects import connected, demo, dialect, first_group, immich, in_every_dialect

__all__ = ["demo", "dialect", "immich"]

WHEN = datetime(2021, 7, 3, 14, 5, 6, tzinfo=timezone(timedelta(hours=2)))
XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Make="Canon" tiff:Model="R6"/>
</rdf:RDF></x:xmpmeta>"""


def picture(tag: bytes = b"") -> bytes:
    """The start of a JPEG and something that tells it from others."""
    return b"\xff\xd8\xff\xe0" + tag + b"\r\n--not-a-boundary\r\n\0" + b"x" * 3000


def sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


@in_every_dialect
@pytest.mark.parametrize(
    "name", ["plain.jpg", 'odd "näme" \r\n; ../../x.JPG', "n" * 300 + ".jpg"], ids=["plain", "odd", "long"]
)
async def test_a_file_arrives_with_its_name_dates_and_marks(
    demo: DemoServer, immich: ImmichClient, tmp_path: Path, name: str
) -> None:
    data = picture(name.encode())
    path = tmp_path / "file"
    path.write_bytes(data)
    made = await immich.upload(Upload(path, name, WHEN, WHEN, favourite=True, visibility="archive"))
    assert made.status == "created"
    assert demo.library.bytes_of(made.id) == data
    asset = await immich.asset(made.id)
    assert (asset.original_file_name, asset.is_favorite, asset.visibility) == (name, True, "archive")
    assert (asset.file_created_at, asset.file_modified_at) == (WHEN, WHEN)


@in_every_dialect
async def test_known_bytes_are_named_and_not_stored_again(demo: DemoServer, immich: ImmichClient) -> None:
    there = (await first_group(immich)).assets[0]
    data = demo.library.bytes_of(there.id)
    await immich.trash([there.id])
    for checksum in (None, sha1(data)):
        again = await immich.upload(Upload(data, "again.jpg", WHEN, WHEN, sha1=checksum))
        assert (again.status, again.id) == ("duplicate", there.id)
    known, new = await immich.known_uploads([sha1(data), sha1(b"nobody has this")])
    assert (known.action, known.asset_id, known.is_trashed) == ("reject", there.id, True)
    assert (new.action, new.asset_id) == ("accept", None)
    assert (await immich.asset(there.id)).is_trashed


@in_every_dialect
async def test_a_live_photo_is_its_video_and_then_its_still(demo: DemoServer, immich: ImmichClient) -> None:
    video = await immich.upload(Upload(b"\0\0\0\x18ftypqt", "live.mov", WHEN, WHEN, visibility="hidden"))
    still = await immich.upload(Upload(picture(), "live.jpg", WHEN, WHEN, live_video=video.id))
    assert (await immich.asset(still.id)).live_photo_video_id == video.id
    assert (await immich.asset(video.id)).visibility == "hidden"


@in_every_dialect
async def test_a_sidecar_goes_along(demo: DemoServer, immich: ImmichClient) -> None:
    made = await immich.upload(Upload(picture(), "carrier.jpg", WHEN, WHEN, visibility="hidden", sidecar=XMP))
    demo.jobs.wait_quiet()
    asset = await immich.asset(made.id)
    assert (asset.original_file_name, asset.known_exif.make) == ("carrier.jpg", "Canon")


def test_a_name_that_a_form_header_cannot_hold_is_refused_with_a_sidecar() -> None:
    for name in ("ü.jpg", 'a".jpg', "a\r\nb.jpg", "a/b.jpg"):
        with pytest.raises(ValueError, match="sidecar"):
            Upload(b"", name, WHEN, WHEN, sidecar=XMP)


async def test_refusals_say_why(demo: DemoServer, immich: ImmichClient) -> None:
    with pytest.raises(Rejected, match="Unsupported file type"):
        await immich.upload(Upload(b"text", "notes.txt", WHEN, WHEN))
    async with connected(demo, demo.new_key(("asset.read",))) as limited:
        with pytest.raises(PermissionMissing) as caught:
            await limited.upload(Upload(picture(), "a.jpg", WHEN, WHEN))
    assert caught.value.permission == "asset.upload"


async def test_a_lost_answer_may_have_happened(replay: Replay, client: ImmichClient) -> None:
    replay.on("POST", "/api/assets", hang_up)
    with pytest.raises(Unreachable) as caught:
        await client.upload(Upload(picture(), "a.jpg", WHEN, WHEN))
    assert caught.value.may_have_happened
    assert len(replay.requests) == 1


async def test_a_large_file_is_never_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with path.open("wb") as file:
        file.truncate(64 << 20)
    form = Form(Upload(path, "film.mp4", WHEN, WHEN))
    tracemalloc.start()
    sent = 0
    async for chunk in form.chunks():
        sent += len(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sent == form.length == int(form.headers["content-length"])
    assert peak < 4 << 20


async def test_a_file_that_changes_meanwhile_is_not_sent_as_something_else(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"1" * 1000)
    for size in (10, 2_000_000):
        form = Form(Upload(path, "a.jpg", WHEN, WHEN))
        path.write_bytes(b"2" * size)
        with pytest.raises(OSError, match="changed"):
            assert [chunk async for chunk in form.chunks()]


async def test_moments_without_a_zone_are_sent_as_utc(tmp_path: Path) -> None:
    form = Form(Upload(b"", "a.jpg", datetime(2020, 1, 2), datetime(2020, 1, 2, tzinfo=UTC)))
    body = b"".join([chunk async for chunk in form.chunks()])
    assert body.count(b"2020-01-02T00:00:00.000Z") == 2
