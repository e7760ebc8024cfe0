"""The text of sidecars, read back by a reader that is not ours."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from immich_tui.demo.xmp import read_xmp
from immich_tui.execution.graft.xmp import merged, plain, ratio, sidecar

EXIFTOOL = shutil.which("exiftool")
needs_exiftool = pytest.mark.skipif(
    EXIFTOOL is None, reason="exiftool is not installed (Debian: libimage-exiftool-perl)"
)

HOSTILE = [
    "]]>",
    "<x:xmpmeta>",
    "&amp;",
    "a\0b",
    "\x0bNikon\x1f",
    "\ud800",
    "\ufffe",
    "\"'",
    "日本 📷",
    "-execute",
]

texts = st.text(max_size=40) | st.sampled_from(HOSTILE)
zones = st.sampled_from(["UTC+2", "UTC-3:30", "UTC", "UTC+5:45", "Europe/Rome", "Asia/Tokyo"])
wholes = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
moments = st.builds(
    lambda moment, zone: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=zone),
    st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1)),
    wholes | st.none(),
)


@st.composite
def contents(draw: st.DrawFn) -> dict[str, object]:
    """Anything that a sidecar may be asked to hold."""
    fields: dict[str, object] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "make": texts,
                "model": texts,
                "lensModel": texts,
                "fNumber": st.floats(0.5, 99),
                "focalLength": st.floats(0.5, 3000),
                "iso": st.integers(1, 409_600).map(float),
                "exposureTime": st.integers(1, 32_000).map(lambda n: f"1/{n}")
                | st.floats(0.001, 3600).map(str),
            },
        )
    )
    if draw(st.booleans()):
        fields["latitude"] = draw(st.floats(-90, 90))
        fields["longitude"] = draw(st.floats(-180, 180))
    if draw(st.booleans()):
        moment = draw(moments)
        fields["dateTimeOriginal"] = moment.isoformat()
        if moment.tzinfo is not None:
            fields["timeZone"] = draw(zones)
    return fields


def by_exiftool(xmp: bytes, folder: Path) -> dict[str, object]:
    """What exiftool reads: plain names, numbers as numbers."""
    assert EXIFTOOL is not None
    file = folder / "photo.xmp"
    file.write_bytes(xmp)
    done = subprocess.run(
        [EXIFTOOL, "-json", "-n", "-XMP:all", "-charset", "utf8", str(file)], capture_output=True, check=True
    )
    (found,) = json.loads(done.stdout)
    assert "Warning" not in found, found["Warning"]
    return dict(found)


def agrees(fields: Mapping[str, object], found: Mapping[str, object]) -> None:
    for name, tag in (
        ("make", "Make"),
        ("model", "Model"),
        ("lensModel", "LensModel"),
        ("lensModel", "Lens"),
    ):
        wanted = plain(str(fields.get(name) or ""))
        assert (
            str(found.get(tag, "")) == wanted or _as_number(found.get(tag)) == _as_number(wanted) is not None
        )
    for name, tag in (
        ("fNumber", "FNumber"),
        ("focalLength", "FocalLength"),
        ("exposureTime", "ExposureTime"),
    ):
        wanted_number = ratio(fields[name]) if name in fields else None
        assert (tag in found) == (wanted_number is not None)
        if wanted_number is not None:
            assert float(str(found[tag])) == pytest.approx(float(wanted_number), rel=1e-6)
    assert found.get("ISO") == fields.get("iso")
    if "latitude" in fields:
        assert float(str(found["GPSLatitude"])) == pytest.approx(fields["latitude"], abs=5e-8)
        assert float(str(found["GPSLongitude"])) == pytest.approx(fields["longitude"], abs=5e-8)
    else:
        assert not any(tag.startswith("GPS") for tag in found)
    if "dateTimeOriginal" not in fields:
        assert "DateTimeOriginal" not in found
        return
    moment = datetime.fromisoformat(str(fields["dateTimeOriginal"]))
    text = str(found["DateTimeOriginal"]).replace("Z", "+00:00")
    assert datetime.fromisoformat(text.replace(":", "-", 2).replace(" ", "T")) == moment
    zone = fields.get("timeZone")
    if zone is None:
        assert not {"TimeZone", "OffsetTimeOriginal"} & found.keys()
    elif "/" in str(zone):
        assert found["TimeZone"] == zone
    else:
        offset = moment.utcoffset()
        assert (
            datetime.fromisoformat(f"2000-01-01T00:00:00{found['OffsetTimeOriginal']}").utcoffset() == offset
        )


def _as_number(value: object) -> Fraction | None:
    """Exiftool writes texts that look like numbers as numbers, which may shorten them."""
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        return None


@needs_exiftool
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=contents())
@example(fields={"make": "]]><&'\"", "model": "<rdf:li>", "lensModel": "a\0b\x1f\ud800c"})
@example(fields={"latitude": -0.0000001, "longitude": 179.9999999999})
def test_an_independent_reader_finds_what_was_written(fields: dict[str, object], tmp_path: Path) -> None:
    agrees(fields, by_exiftool(sidecar(fields), tmp_path))


@given(fields=contents())
def test_it_is_always_well_formed_and_holds_nothing_else(fields: dict[str, object]) -> None:
    xmp = sidecar(fields)
    root = ElementTree.fromstring(xmp)
    assert len(list(root.iter())) == 3 + len(list(root[0][0]))
    names = {element.tag.rsplit("}", 1)[-1] for element in root[0][0]}
    assert not names & {"Orientation", "ImageWidth", "ImageLength", "PixelXDimension", "PixelYDimension"}
    said = read_xmp(xmp)
    assert said.get("make", "") == plain(str(fields.get("make") or ""))
    assert ("latitude" in said) == ("latitude" in fields)


def test_an_empty_one_is_a_whole_sidecar() -> None:
    assert read_xmp(sidecar({})) == {}
    assert b"Description" in sidecar({})


@pytest.mark.parametrize(
    "fields",
    [
        {"orientation": "6"},
        {"latitude": float("nan"), "longitude": 1.0},
        {"latitude": 91.0, "longitude": 1.0},
        {"latitude": 1.0},
        {"exposureTime": "fast"},
        {"fNumber": float("inf")},
        {"iso": -1},
        {"timeZone": "UTC+2"},
        {"dateTimeOriginal": "yesterday"},
    ],
)
def test_what_no_sidecar_can_hold_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        sidecar(fields)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1/250", Fraction(1, 250)),
        ("0.5 s", Fraction(1, 2)),
        (1.8, Fraction(9, 5)),
        ("1/0", None),
        ("", None),
        ("-1", None),
        ("nan", None),
    ],
)
def test_numbers(value: object, expected: Fraction | None) -> None:
    assert ratio(value) == expected


def test_the_offset_is_that_of_the_date() -> None:
    moment = datetime(2023, 7, 2, 17, 44, 10, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))
    said = read_xmp(sidecar({"dateTimeOriginal": moment.isoformat(), "timeZone": "UTC-3:30"}))
    assert said["timeZone"] == "UTC-3:30"
    assert said["dateTimeOriginal"] == moment.astimezone(UTC)


@given(fields=contents(), other=contents())
def test_what_else_stands_in_a_sidecar_stays(fields: dict[str, object], other: dict[str, object]) -> None:
    crop = '<crs:CropTop xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/">0.25</crs:CropTop>'
    existing = sidecar(other).replace(b"</rdf:Description>", b"%s</rdf:Description>" % crop.encode())
    if b"</rdf:Description>" not in existing:
        existing = existing.replace(b"/></rdf:RDF>", b">%s</rdf:Description></rdf:RDF>" % crop.encode())
    both = merged(existing, fields)
    assert b"0.25" in both
    assert {**read_xmp(existing), **read_xmp(sidecar(fields))}.items() >= read_xmp(both).items()
    assert read_xmp(both).items() >= read_xmp(sidecar(fields)).items()


@pytest.mark.parametrize("existing", [b"", b"not XML", b"<x/>"])
def test_what_is_no_sidecar_is_not_added_to(existing: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        merged(existing, {"make": "Canon"})
