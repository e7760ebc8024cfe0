"""The text of an XMP sidecar: a few fields of one photo, under the names that the API has for them.

Nothing stands in it that nobody asked for. Orientation and sizes in particular are never written: a server
would believe them instead of the photo's own file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Final
from xml.etree import ElementTree

_SPACES: Final = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "exifEX": "http://cipa.jp/exif/1.0/",
}
for _prefix, _uri in _SPACES.items():
    ElementTree.register_namespace(_prefix, _uri)

_TEXTS: Final = {
    "make": ("tiff:Make",),
    "model": ("tiff:Model",),
    # Readers differ in which of the two they look at.
    "lensModel": ("aux:Lens", "exifEX:LensModel"),
}
_RATIOS: Final = {
    "exposureTime": "exif:ExposureTime",
    "fNumber": "exif:FNumber",
    "focalLength": "exif:FocalLength",
}

FIELDS: Final = frozenset({*_TEXTS, *_RATIOS, "iso", "dateTimeOriginal", "timeZone", "latitude", "longitude"})
"""The fields that a sidecar can hold."""

_NO_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FIXED_ZONE: Final = re.compile(r"UTC([+-]\d{1,2}(:\d{2})?)?")
_LARGEST_TERM: Final = 2**31 - 1
"""The largest number that either term of an EXIF rational can be."""


def sidecar(fields: Mapping[str, object]) -> bytes:
    """The XMP with these fields, an empty one for none; `None` and blank texts are left out.

    `dateTimeOriginal` is ISO 8601, with its offset where that is known; `timeZone` is as the API names zones
    (`UTC+2`, `Europe/Rome`). The two belong together: without the zone, coordinates in the same file would
    move the photo's clock into the zone of their place. Raises `ValueError` for what no sidecar can hold.
    """
    if unknown := fields.keys() - FIELDS:
        raise ValueError(f"A sidecar cannot hold {', '.join(sorted(unknown))}.")
    root = ElementTree.Element(_name("x:xmpmeta"))
    description = ElementTree.SubElement(
        ElementTree.SubElement(root, _name("rdf:RDF")), _name("rdf:Description"), {_name("rdf:about"): ""}
    )
    for name, value in _properties(fields):
        ElementTree.SubElement(description, _name(name)).text = value
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def merged(existing: bytes, fields: Mapping[str, object]) -> bytes:
    """A sidecar that a photo has, with these fields in it; whatever else stands in it stays.

    Raises `ValueError` for what is no XMP.
    """
    try:
        root = ElementTree.fromstring(existing)  # noqa: S314 - expat bounds what entities grow to
    except ElementTree.ParseError as error:
        raise ValueError("It is not well-formed XML.") from error
    parts = root.findall(f".//{_name('rdf:Description')}")
    if not parts:
        raise ValueError("There is nothing in it that describes a photo.")
    written = [(_name(name), value) for name, value in _properties(fields)]
    ours = {name for name, _ in written}
    if fields.get("dateTimeOriginal"):
        ours |= {_name("exif:TimeZone"), _name("exifEX:OffsetTimeOriginal")}
    for part in parts:
        for name in ours & part.attrib.keys():
            del part.attrib[name]
        for child in [one for one in part if one.tag in ours]:
            part.remove(child)
    for name, value in written:
        ElementTree.SubElement(parts[0], name).text = value
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def plain(text: str) -> str:
    """A text as a sidecar can hold it and readers give it back: one line, no control characters."""
    return " ".join(_NO_XML.sub("", text).split())


def ratio(value: object) -> Fraction | None:
    """A number, or a text such as `1/250` or `0.5 s`; `None` for what is none, negative or too large."""
    text = str(value).strip().removesuffix("s").strip()
    upper, slash, lower = text.partition("/")
    try:
        number = Fraction(Decimal(upper)) / Fraction(Decimal(lower if slash else 1))
    except (InvalidOperation, ValueError, OverflowError, ZeroDivisionError):
        return None
    return number if 0 <= number <= _LARGEST_TERM else None


def _properties(fields: Mapping[str, object]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for field, names in _TEXTS.items():
        if text := plain(str(fields.get(field) or "")):
            found += [(name, text) for name in names]
    for field, name in _RATIOS.items():
        if (value := fields.get(field)) is not None:
            found.append((name, _rational(field, value)))
    if (iso := fields.get("iso")) is not None:
        found.append(("exif:ISOSpeedRatings", str(_whole(iso))))
    if date := fields.get("dateTimeOriginal"):
        found += _date(str(date), fields.get("timeZone"))
    elif fields.get("timeZone"):
        raise ValueError("A time zone is only written with the time that it belongs to.")
    latitude, longitude = fields.get("latitude"), fields.get("longitude")
    if latitude is not None or longitude is not None:
        found.append(("exif:GPSLatitude", _coordinate(latitude, "N", "S", 90)))
        found.append(("exif:GPSLongitude", _coordinate(longitude, "E", "W", 180)))
    return found


def _rational(field: str, value: object) -> str:
    number = ratio(value)
    if number is None:
        raise ValueError(f"{value!r} is no {field}.")
    if number > 1:
        # The larger term bounds how fine the other one may be.
        number = number.limit_denominator(max(1, int(_LARGEST_TERM / number)))
    else:
        number = number.limit_denominator(_LARGEST_TERM)
    return f"{number.numerator}/{number.denominator}"


def _whole(value: object) -> int:
    number = ratio(value)
    if number is None:
        raise ValueError(f"{value!r} is no iso.")
    return round(number)


def _date(text: str, zone: object) -> list[tuple[str, str]]:
    moment = datetime.fromisoformat(text)
    written = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    found = [("exif:DateTimeOriginal", written)]
    named = plain(str(zone or ""))
    if named and not _FIXED_ZONE.fullmatch(named):
        found.append(("exif:TimeZone", named))
    elif moment.tzinfo is not None:
        found.append(
            ("exifEX:OffsetTimeOriginal", moment.strftime("%z")[:3] + ":" + moment.strftime("%z")[3:5])
        )
    return found


def _coordinate(value: object, positive: str, negative: str, limit: int) -> str:
    """Degrees and minutes, to a few centimetres of the seventh decimal of a degree."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= limit:
        raise ValueError(f"{value!r} is no coordinate.")
    exact = round(Decimal(repr(abs(float(value)))), 9)
    degrees = int(exact)
    minutes = round((exact - degrees) * 60, 8)
    if minutes >= 60:
        degrees, minutes = degrees + 1, Decimal(0)
    return f"{degrees},{minutes:.8f}{negative if value < 0 else positive}"


def _name(prefixed: str) -> str:
    prefix, _, local = prefixed.partition(":")
    return f"{{{_SPACES[prefix]}}}{local}"
