"""The drawn library: what is in it, and that files, EXIF and claims agree."""

import base64
import collections
import hashlib
import io
import itertools
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from immich_tui.demo import DemoServer
from immich_tui.demo.pictures import Studio, View, cache_folder
from immich_tui.demo.scenes import SCENES, draw_scene
from immich_tui.demo.thumbhash import thumbhash

from .conftest import AskWith, JsonObject, Served


@pytest.fixture(scope="module")
def groups(photos: Served) -> list[JsonObject]:
    return photos[1].groups()


def test_the_missions_example_comes_first(groups: list[JsonObject]) -> None:
    for group in groups[:2]:
        rich, bare = group["assets"]
        assert round(rich["exifInfo"]["fileSizeInByte"] / 2**20, 1) == 1.2
        assert round(bare["exifInfo"]["fileSizeInByte"] / 2**20, 1) == 2.5
        assert rich["exifInfo"]["city"] == "Palma"
        assert rich["exifInfo"]["timeZone"] == "UTC+2"
        assert rich["exifInfo"]["model"] == "iPhone 15 Pro"
        assert {bare["exifInfo"][field] for field in ("latitude", "timeZone", "make", "city")} == {None}
        assert (rich["width"], rich["height"]) == (bare["width"], bare["height"])
        assert group["suggestedKeepAssetIds"] == [bare["id"]]


def test_sizes_and_checksums_are_true(photos: Served, groups: list[JsonObject]) -> None:
    server, _ = photos
    for asset in itertools.chain.from_iterable(group["assets"] for group in groups):
        record = server.library.assets[asset["id"]]
        data = server.library.bytes_of(asset["id"])
        assert len(data) == record.file.size
        if asset["exifInfo"]["fileSizeInByte"] is not None:
            assert len(data) == asset["exifInfo"]["fileSizeInByte"]
        digest = hashlib.sha1(data).digest()
        if asset["libraryId"]:
            digest = hashlib.sha1(f"path:{asset['originalPath']}".encode()).digest()
        assert base64.b64encode(digest).decode() == asset["checksum"]


def test_files_are_pictures_of_the_claimed_size_with_the_claimed_exif(
    photos: Served, groups: list[JsonObject]
) -> None:
    server, _ = photos
    checked: collections.Counter[str | None] = collections.Counter()
    for asset in [a for group in groups[:34] for a in group["assets"]]:
        if asset["originalMimeType"] not in {"image/jpeg", "image/png", "image/webp"}:
            continue
        image = Image.open(io.BytesIO(server.library.bytes_of(asset["id"])))
        image.load()
        claimed = asset["exifInfo"]
        assert image.size == (claimed["exifImageWidth"], claimed["exifImageHeight"])
        checked[image.format] += 1
        exif = image.getexif()
        assert exif.get(0x0110) == claimed["model"]
        detail, place = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
        assert bool(place) == (claimed["latitude"] is not None)
        if place:
            degrees, minutes, seconds = (float(part) for part in place[2])
            assert degrees + minutes / 60 + seconds / 3600 == pytest.approx(claimed["latitude"], abs=1e-5)
        if claimed["fNumber"]:
            assert float(detail[0x829D]) == pytest.approx(claimed["fNumber"])
            assert detail[0x9003].replace(":", "-", 2)[:10] == asset["localDateTime"][:10]
    assert set(checked) == {"JPEG", "PNG", "WEBP"}


def test_signatures_of_what_pillow_cannot_encode(photos: Served, groups: list[JsonObject]) -> None:
    server, _ = photos
    starts = {"image/heic": b"ftypheic", "image/cr3": b"ftypcrx ", "video/mp4": b"ftypqt  ", "image/dng": b""}
    seen = set()
    for asset in itertools.chain.from_iterable(group["assets"] for group in groups):
        if asset["originalMimeType"] in starts:
            data = server.library.bytes_of(asset["id"])
            seen.add(asset["originalMimeType"])
            assert data[4:12].startswith(starts[asset["originalMimeType"]])
            assert asset["originalMimeType"] != "image/dng" or data[:4] == b"II*\0"
    assert seen == set(starts)


def test_every_kind_of_trouble_is_there(groups: list[JsonObject]) -> None:
    assets = [asset for group in groups for asset in group["assets"]]
    exif = [asset["exifInfo"] for asset in assets]
    assert 60 <= len(groups) <= 90
    assert any(len(group["assets"]) > 10 for group in groups)
    assert any(asset["libraryId"] for asset in assets)
    assert any(asset["visibility"] == "archive" for asset in assets)
    assert any(asset["isEdited"] for asset in assets)
    assert any(asset["isFavorite"] for asset in assets)
    assert any(asset["thumbhash"] is None for asset in assets)
    assert any(asset["width"] is None for asset in assets)
    assert any(one["latitude"] == 0 and one["longitude"] == 0 for one in exif)
    assert any(one["latitude"] == 0 and one["longitude"] != 0 for one in exif if one["latitude"] is not None)
    assert any(one["fileSizeInByte"] is None for one in exif)
    assert any(one["description"] and "🦊" in one["description"] for one in exif)
    paths = [asset["originalPath"] for asset in assets]
    assert len(set(paths)) < len(paths)
    names = "".join(asset["originalFileName"] for asset in assets)
    for piece in ("../../etc/passwd.jpg", "[red]x[/red]", "\x1b[31m", "\n", "\u202e", "CON.jpg", "(1)"):
        assert piece in names
    assert max(len(asset["originalFileName"].encode()) for asset in assets) == 300


def test_people_albums_tags_links_and_hidden_videos(photos: Served, groups: list[JsonObject]) -> None:
    server, caller = photos
    albums = caller.get("/albums").json()
    assert {album["albumName"] for album in albums} >= {"Mallorca 2024", "Grandma's 80th", "Garden"}
    assert any(album["shared"] for album in albums)
    assert all(album["albumThumbnailAssetId"] for album in albums if album["assetCount"])
    assert {"Trips", "Trips/Alps", "Trips/Alps/Hiking"} <= {
        tag["value"] for tag in caller.get("/tags").json()
    }
    assert {person["name"] for person in caller.get("/people").json()["people"]} >= {
        "Grandma",
        "Lotte",
        "Ben",
    }
    assert caller.get("/shared-links").json()
    live = next(a for g in groups for a in g["assets"] if a["livePhotoVideoId"])
    video = caller.asset(live["livePhotoVideoId"])
    assert (video["type"], video["visibility"], video["duration"]) == ("VIDEO", "hidden", 2600)
    assert server.library.bytes_of(video["id"])[4:8] == b"ftyp"


def differing_bytes(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(base64.b64decode(one), base64.b64decode(other), strict=False))


def test_hashes_are_alike_for_copies_and_far_apart_for_other_pictures() -> None:
    studio = Studio()
    view = View("mountain", 0)
    image = studio.image(view)
    whole = thumbhash(image)
    for size in ((400, 300), (200, 150), (640, 480)):
        assert differing_bytes(whole, thumbhash(image.resize(size))) <= 9
    assert studio.thumbhash(view) == studio.thumbhash(View("mountain", 0))
    for other in (View("mountain", 0, mono=True), View("mountain", 0, cut=0.18), View("beach", 0)):
        assert differing_bytes(whole, studio.thumbhash(other)) >= 10


def test_a_hash_begins_with_the_mean_colour() -> None:
    red = base64.b64decode(thumbhash(Image.new("RGB", (40, 30), (255, 0, 0))))
    header = int.from_bytes(red[:3], "little")
    luminance, p, q = (header & 63) / 63, (header >> 6 & 63) / 31.5 - 1, (header >> 12 & 63) / 31.5 - 1
    assert luminance == pytest.approx(1 / 3, abs=0.02)
    assert p == pytest.approx(0.5, abs=0.03)
    assert q == pytest.approx(1, abs=0.03)
    assert header >> 23 == 0
    assert red[4] >> 7 == 1


@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_draws_the_same_lively_picture_again(scene: str) -> None:
    one = draw_scene(scene, 3, 1, (160, 120))
    assert one.tobytes() == draw_scene(scene, 3, 1, (160, 120)).tobytes()
    assert one.size == (160, 120)
    colours = one.resize((40, 30)).getcolors(1200)
    assert colours is not None
    assert len(colours) > 150


def test_bursts_move() -> None:
    still, later = (draw_scene("dog", 2, moment, (160, 120)) for moment in (0, 2))
    assert still.tobytes() != later.tobytes()


def test_pictures_are_kept_in_a_private_folder_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cache_folder()
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    studio = Studio(tmp_path)
    studio.thumbnail(View("cat", 0))
    assert {path.suffix for path in tmp_path.iterdir()} == {".jpeg", ".webp"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / folder.parent.name).symlink_to("/")
    assert cache_folder().parent.parent == tmp_path
    assert not str(cache_folder().resolve()).startswith(f"/{folder.name}")


def test_the_program_says_address_and_key_and_ends_when_interrupted() -> None:
    command = [sys.executable, "-m", "immich_tui.demo", "--groups", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        process.send_signal(2)
        assert process.wait(timeout=20) == 0
    assert "http://127.0.0.1:" in lines[0]
    assert lines[1].startswith("API key: ")


def test_two_servers_of_one_seed_are_equal_and_run_side_by_side(ask_with: AskWith) -> None:
    with DemoServer() as one, DemoServer() as other:
        assert one.port != other.port
        first, second = (ask_with(server).groups() for server in (one, other))
        assert [[a["id"] for a in g["assets"]] for g in first] == [
            [a["id"] for a in g["assets"]] for g in second
        ]


def test_the_home_of_the_person_is_left_alone(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    program = "from immich_tui.demo import DemoServer\nwith DemoServer(groups=2): pass"
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=60)
    assert list(tmp_path.iterdir()) == []
