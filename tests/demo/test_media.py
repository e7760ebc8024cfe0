"""Originals, ranges and thumbnails, as each version sends them."""

import base64
import hashlib
import io
from typing import Protocol

import pytest
from PIL import Image

from immich_tui.demo import DemoServer

from .conftest import Caller, JsonObject, Serve, Served

UNKNOWN = "00000000-0000-4000-a000-000000000000"


class Original(Protocol):
    """Starts a server and picks an asset; gives the path of its original as well."""

    def __call__(self, dialect: str = "3") -> tuple[DemoServer, Caller, JsonObject, str]: ...


@pytest.fixture
def original(serve: Serve) -> Original:
    def of(dialect: str = "3") -> tuple[DemoServer, Caller, JsonObject, str]:
        server, caller = serve(dialect=dialect)
        asset = caller.groups()[0]["assets"][0]
        return server, caller, asset, f"/assets/{asset['id']}/original"

    return of


def test_the_whole_file_and_its_headers(original: Original) -> None:
    server, caller, asset, path = original()
    answer = caller.get(path)
    assert answer.content == server.library.bytes_of(asset["id"])
    assert len(answer.content) == asset["exifInfo"]["fileSizeInByte"]
    assert base64.b64encode(hashlib.sha1(answer.content).digest()).decode() == asset["checksum"]
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"].startswith('W/"')
    assert answer.headers["content-disposition"].startswith("inline; filename*=UTF-8''IMG_")
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=1000-", 1000, None),
        ("bytes=-100", -100, None),
        ("bytes=0-99999999", 0, None),
    ],
)
def test_a_part(original: Original, wanted: str, start: int, end: int | None) -> None:
    server, caller, asset, path = original()
    whole = server.library.bytes_of(asset["id"])
    answer = caller.get(path, headers={"Range": wanted})
    assert answer.status_code == 206
    assert answer.content == whole[start:end]
    first, rest = answer.headers["content-range"].removeprefix("bytes ").split("-")
    assert rest == f"{int(first) + len(answer.content) - 1}/{len(whole)}"


@pytest.mark.parametrize("wanted", ["bytes=0-9,20-29", "items=0-5"])
def test_ranges_that_mean_the_whole_file(original: Original, wanted: str) -> None:
    _, caller, asset, path = original()
    answer = caller.get(path, headers={"Range": wanted})
    assert (answer.status_code, len(answer.content)) == (200, asset["exifInfo"]["fileSizeInByte"])


@pytest.mark.parametrize(
    ("dialect", "wanted", "status"),
    [
        ("1.135", "bytes=99999999-", 500),
        ("2.7", "bytes=99999999-", 500),
        ("3", "bytes=99999999-", 404),
        ("2.7", "bytes=abc", 500),
        ("3", "bytes=abc", 200),
    ],
)
def test_bad_ranges_fail_under_the_type_of_the_picture(
    original: Original, dialect: str, wanted: str, status: int
) -> None:
    _, caller, asset, path = original(dialect)
    answer = caller.get(path, headers={"Range": wanted})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("image/jpeg")
    if status != 200:
        assert answer.headers["content-range"] == f"bytes */{asset['exifInfo']['fileSizeInByte']}"
        assert "message" in answer.json()


def test_if_range(original: Original) -> None:
    _, caller, _, path = original()
    etag = caller.head(path).headers["etag"]
    assert caller.get(path, headers={"Range": "bytes=0-9", "If-Range": etag}).status_code == 206
    assert caller.get(path, headers={"Range": "bytes=0-9", "If-Range": '"x"'}).status_code == 200
    assert caller.get(path, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(("dialect", "status"), [("1.135", 400), ("2.7", 400), ("3", 404)])
def test_an_unknown_original(serve: Serve, dialect: str, status: int) -> None:
    _, caller = serve(dialect=dialect)
    assert caller.get(f"/assets/{UNKNOWN}/original").status_code == status
    assert caller.head(f"/assets/{UNKNOWN}/original").status_code == status


@pytest.mark.parametrize(
    ("dialect", "status", "kind"), [("2.7", 500, "image/"), ("3", 404, "application/json")]
)
def test_a_missing_file(serve: Serve, dialect: str, status: int, kind: str) -> None:
    server, caller = serve(dialect=dialect, groups=None)
    offline = next(a for a in server.library.assets.values() if a.offline)
    answer = caller.get(f"/assets/{offline.id}/original")
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith(kind)


def test_thumbnails_are_small_pictures(photos: Served) -> None:
    _, caller = photos
    asset = caller.groups()[0]["assets"][0]["id"]
    small = caller.get(f"/assets/{asset}/thumbnail")
    assert small.headers["content-type"] == "image/webp"
    assert min(Image.open(io.BytesIO(small.content)).size) == 250
    large = caller.get(f"/assets/{asset}/thumbnail?size=preview")
    assert large.headers["content-type"] == "image/jpeg"
    assert max(Image.open(io.BytesIO(large.content)).size) >= 720


def test_what_the_server_could_not_read_has_no_thumbnail(photos: Served) -> None:
    _, caller = photos
    asset = next(a for g in caller.groups() for a in g["assets"] if a["thumbhash"] is None)
    assert caller.get(f"/assets/{asset['id']}/thumbnail").status_code == 404


def test_full_size_redirects_to_the_original(photos: Served) -> None:
    _, caller = photos
    asset = next(a for g in caller.groups() for a in g["assets"] if a["originalMimeType"] == "image/jpeg")
    answer = caller.get(f"/assets/{asset['id']}/thumbnail?size=fullsize")
    assert (answer.status_code, answer.headers["location"]) == (302, "original?")


def test_videos_play_in_parts(photos: Served) -> None:
    server, caller = photos
    video = next(a for g in caller.groups() for a in g["assets"] if a["type"] == "VIDEO")
    answer = caller.get(f"/assets/{video['id']}/video/playback", headers={"Range": "bytes=4-11"})
    assert answer.content == b"ftypqt  "
    assert server.library.bytes_of(video["id"])[4:12] == answer.content
