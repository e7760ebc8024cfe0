"""Reading the XMP sidecars that an upload brings."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.etree import ElementTree

from immich_tui.demo.jobs import CLOCK_ONLY, KEEPS_ZONE, zone_name

_TEXTS = {
    "Make": "make",
    "Model": "model",
    "Lens": "lensModel",
    "LensModel": "lensModel",
    "ExposureTime": "exposureTime",
    "description": "description",
    "ImageDescription": "description",
}
_NUMBERS = {"FNumber": "fNumber", "FocalLength": "focalLength", "ISOSpeedRatings": "iso", "Rating": "rating"}


def read_xmp(data: bytes) -> dict[str, object]:
    """The fields of a sidecar under Immich's names; what cannot be read is left out."""
    try:
        root = ElementTree.fromstring(data)  # noqa: S314
    except ElementTree.ParseError:
        return {}
    said: dict[str, str] = {}
    for element in root.iter():
        for name, value in element.attrib.items():
            said.setdefault(_local(name), value)
        if text := _text(element):
            said.setdefault(_local(element.tag), text)
    fields: dict[str, object] = {ours: said[name] for name, ours in _TEXTS.items() if name in said}
    for name, ours in _NUMBERS.items():
        if (number := _number(said.get(name, ""))) is not None:
            fields[ours] = int(number) if ours in {"iso", "rating"} else number
    latitude, longitude = _coordinate(said.get("GPSLatitude", "")), _coordinate(said.get("GPSLongitude", ""))
    if latitude is not None and longitude is not None:
        fields |= {"latitude": latitude, "longitude": longitude}
    return fields | _date(said)


def _local(name: str) -> str:
    return name.rsplit("}", 1)[-1]


def _text(element: ElementTree.Element) -> str:
    """The value of an element, or of the first entry of the list in it."""
    if element.text and element.text.strip():
        return element.text.strip()
    entry = next((one for one in element.iter() if _local(one.tag) == "li"), None)
    return (entry.text or "").strip() if entry is not None else ""


def _number(text: str) -> float | None:
    match = re.fullmatch(r"(-?\d+(?:\.\d+)?)(?:/(\d+))?", text.strip())
    if match is None or match.group(2) == "0":
        return None
    return float(match.group(1)) / float(match.group(2) or 1)


def _coordinate(text: str) -> float | None:
    """Degrees from `48,51.504N`, `48,51,30.24N` or a plain number."""
    match = re.fullmatch(r"(\d+),(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?([NSEW])", text.strip())
    if match is None:
        return _number(text)
    degrees = int(match.group(1)) + float(match.group(2)) / 60 + float(match.group(3) or 0) / 3600
    return -degrees if match.group(4) in "SW" else degrees


def _date(said: dict[str, str]) -> dict[str, object]:
    text = said.get("DateTimeOriginal") or said.get("DateCreated")
    if not text:
        return {}
    offset = said.get("OffsetTimeOriginal", "")
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None and offset:
            moment = datetime.fromisoformat(text + offset)
    except ValueError:
        return {}
    if moment.tzinfo is None:
        return {"dateTimeOriginal": moment.replace(tzinfo=UTC), "timeZone": None, CLOCK_ONLY: True}
    fields: dict[str, object] = {"dateTimeOriginal": moment.astimezone(UTC), "timeZone": zone_name(moment)}
    if zone := said.get("TimeZone"):
        fields["timeZone"] = zone
    if offset or zone:
        fields[KEEPS_ZONE] = True
    return fields
