"""Uploads."""

import hashlib
import io
from collections.abc import Mapping

import httpx
import pytest
from PIL import Image

from .conftest import Caller, Serve

DATES = {"fileCreatedAt": "2024-01-02T03:04:05.000Z", "fileModifiedAt": "2024-01-02T03:04:05.000Z"}
XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 xmlns:exifEX="http://cipa.jp/exif/1.0/" tiff:Make="Canon" tiff:Model="R6" exif:FNumber="28/10"
 exif:ExposureTime="1/250" exif:GPSLatitude="40,41.352N" exif:GPSLongitude="74,2.67W"
 exif:DateTimeOriginal="2023-06-15T14:23:07" exifEX:OffsetTimeOriginal="+02:00">
<exif:ISOSpeedRatings><rdf:Seq><rdf:li>200</rdf:li></rdf:Seq></exif:ISOSpeedRatings>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def picture(shade: int = 90) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), (shade, 60, 30)).save(buffer, "JPEG")
    return buffer.getvalue()


def upload(
    caller: Caller,
    data: bytes,
    name: str = "a.jpg",
    sidecar: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    **fields: str,
) -> httpx.Response:
    files = {"assetData": (name, data)}
    if sidecar is not None:
        files["sidecarData"] = (fields.pop("sidecar_name", "a.jpg.xmp"), sidecar)
    return caller.post("/assets", data=DATES | fields, files=files, headers=headers)


def test_new_bytes_are_stored_as_sent(serve: Serve) -> None:
    server, caller = serve()
    data = picture() + b"\r\n--tail\r\n\0"
    answer = upload(caller, data, isFavorite="true", visibility="archive")
    assert answer.status_code == 201
    asset_id = answer.json()["id"]
    assert server.library.bytes_of(asset_id) == data
    asset = caller.asset(asset_id)
    assert (asset["isFavorite"], asset["visibility"], asset["originalFileName"]) == (True, "archive", "a.jpg")
    assert (asset["width"], asset["height"]) == (40, 30)
    assert caller.get(f"/assets/{asset_id}/thumbnail").status_code == 200


def test_known_bytes_are_a_duplicate_also_in_the_trash(serve: Serve) -> None:
    server, caller = serve()
    known = caller.groups()[0]["assets"][0]["id"]
    data = server.library.bytes_of(known)
    caller.send_json("DELETE", "/assets", {"ids": [known]})
    for headers in ({}, {"x-immich-checksum": hashlib.sha1(data).hexdigest()}):
        answer = upload(caller, data, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"status": "duplicate", "id": known})
    assert server.library.state(known) == "trashed"
    check = {"assets": [{"id": "mine", "checksum": hashlib.sha1(data).hexdigest()}]}
    (result,) = caller.post("/assets/bulk-upload-check", json=check).json()["results"]
    assert result == {
        "id": "mine",
        "action": "reject",
        "reason": "duplicate",
        "assetId": known,
        "isTrashed": True,
    }


def test_a_sidecar_is_read_by_the_jobs(serve: Serve) -> None:
    server, caller = serve()
    asset_id = upload(caller, picture(), sidecar=XMP).json()["id"]
    server.jobs.wait_quiet()
    exif = caller.asset(asset_id)["exifInfo"]
    assert (exif["make"], exif["model"], exif["fNumber"], exif["iso"]) == ("Canon", "R6", 2.8, 200)
    assert (exif["latitude"], exif["longitude"]) == (40.6892, -74.0445)
    # The offset in the sidecar keeps the coordinates from moving the clock.
    assert exif["timeZone"] == "UTC+2"
    assert caller.asset(asset_id)["localDateTime"] == "2023-06-15T14:23:07.000Z"


def test_copying_only_the_sidecar_grafts_what_the_api_cannot_write(serve: Serve) -> None:
    server, caller = serve()
    bare = next(a for g in caller.groups() for a in g["assets"] if a["exifInfo"]["make"] is None)
    carrier = upload(caller, picture(7), sidecar=XMP, visibility="hidden").json()["id"]
    server.jobs.wait_quiet()
    only = {"albums": False, "sharedLinks": False, "stack": False, "favorite": False, "sidecar": True}
    answer = caller.put("/assets/copy", json={"sourceId": carrier, "targetId": bare["id"]} | only)
    assert answer.status_code == 204
    server.jobs.wait_quiet()
    after = caller.asset(bare["id"])
    assert after["exifInfo"]["make"] == "Canon"
    assert after["exifInfo"]["fileSizeInByte"] == bare["exifInfo"]["fileSizeInByte"]
    assert after["localDateTime"] == "2023-06-15T14:23:07.000Z"
    caller.send_json("DELETE", "/assets", {"ids": [carrier], "force": True})
    server.jobs.wait_quiet()
    assert caller.asset(bare["id"])["exifInfo"]["make"] == "Canon"


@pytest.mark.parametrize(
    ("name", "fields", "sidecar", "message"),
    [
        ("noext", {}, None, "Unsupported file type noext"),
        ("x.txt", {}, None, "Unsupported file type x.txt"),
        ("b.jpg", {"filename": "b.jpg"}, XMP, "Unsupported file type b.jpg"),
        ("b.jpg", {"sidecar_name": "a.txt"}, XMP, "Unsupported file type a.txt"),
        ("b.jpg", {"duration": "0:00:01"}, None, "Validation failed"),
        ("b.jpg", {"fileCreatedAt": "2024-01-02T03:04:05"}, None, "Validation failed"),
        ("b.jpg", {"isFavorite": "yes"}, None, "Validation failed"),
    ],
)
def test_what_is_refused(
    serve: Serve, name: str, fields: dict[str, str], sidecar: bytes | None, message: str
) -> None:
    _, caller = serve()
    answer = upload(caller, picture(), name, sidecar, None, **fields)
    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_an_empty_file(serve: Serve) -> None:
    _, caller = serve()
    assert upload(caller, b"").json()["message"] == "File is empty"


def test_names_keep_what_is_not_a_folder(serve: Serve) -> None:
    _, caller = serve()
    asset_id = upload(caller, picture(), "写真_東京.jpg").json()["id"]
    assert caller.asset(asset_id)["originalFileName"] == "写真_東京.jpg"
