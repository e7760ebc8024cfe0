"""Assets and groups for tests: built by hand where a test tells a story, at random where it states a law.

The random ones hold what servers, cameras and people have come up with: fields that are missing, null, blank,
extreme or hostile, clocks around summer time and in odd zones, epochs, NaN, empty files, groups of sixty.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict, Unpack
from uuid import UUID

from hypothesis import strategies as st

from immich_tui.immich.models import Album, Asset, Exif, Group, Person, StackRef, Tag
from immich_tui.verdict.model import Abilities, Context, Surroundings

# --- by hand ------------------------------------------------------------------------------------------

#: Thumbhashes that a 2.7.5 server made: a photo, the same re-encoded, its black-and-white edit, another.
LOOK = "2ZgJHYJ3eHePd4h3iFeIeYiAdD77"
LOOK_AGAIN = "2ZgJHYJ3eHePd4h3iFeIeYiAdD73"
LOOK_GREY = "HAgKBYB3eHePeIh3iFd4eQAAAAAA"
LOOK_CROPPED_FROM, LOOK_CROPPED = "WAkKFYh2h5aPeIeLh3h3hnFABMhV", "GAkKHYiGZnqPd3hrmFh4h1UQYfh2"
LOOK_OTHER = "mBYOLYh4h4h/iHh4eGeHeHdwNgpm"

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NOON = datetime(2024, 6, 12, 12, 0, 0)
UPLOADED = datetime(2025, 3, 1, 8, 0, 0, tzinfo=UTC)
PARIS, LONDON, NEW_YORK = (48.8584, 2.2945), (51.5007, -0.1246), (40.6892, -74.0445)
IPHONE = ("Apple", "iPhone 15 Pro")
CANON = ("Canon", "Canon EOS R6")
NIKON = ("NIKON CORPORATION", "NIKON Z6 II")
EXPOSURE = (1.8, 6.765, 64.0, "1/120")
MIB = 1024 * 1024

_MIMES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "heic": "image/heic",
    "avif": "image/avif",
    "png": "image/png",
    "tif": "image/tiff",
    "webp": "image/webp",
    "cr3": "image/x-canon-cr3",
    "dng": "image/x-adobe-dng",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
}


def uuid(number: int) -> str:
    """The number-th id; they sort as their numbers do."""
    return str(UUID(int=number << 80 | 0x4000 << 64 | 0x8000 << 48 | number))


class Facts(TypedDict, total=False):
    """What may be said of a photo; see `photo`."""

    name: str | None
    size: int | None
    pixels: tuple[int, int] | None
    camera: tuple[str | None, str | None] | None
    lens: str | None
    exposure: tuple[float | None, float | None, float | None, str | None] | None
    wall: datetime | None
    zone: float | None
    zone_name: str | None
    gps: tuple[float | None, float | None] | None
    city: str | None
    description: str
    rating: float | None
    favourite: bool
    thumbhash: str | None
    uploaded: datetime | None
    visibility: str
    library: str | None
    path: str | None
    live: str | None
    edited: bool
    seconds: float | None
    tags: tuple[Tag, ...] | None
    orientation: str | None


def photo(
    number: int = 1,
    *,
    name: str | None = None,
    size: int | None = 3 * MIB,
    pixels: tuple[int, int] | None = (4032, 3024),
    camera: tuple[str | None, str | None] | None = IPHONE,
    lens: str | None = "iPhone 15 Pro back triple camera 6.765mm f/1.78",
    exposure: tuple[float | None, float | None, float | None, str | None] | None = EXPOSURE,
    wall: datetime | None = NOON,
    zone: float | None = 2.0,
    zone_name: str | None = None,
    gps: tuple[float | None, float | None] | None = PARIS,
    city: str | None = None,
    description: str = "",
    rating: float | None = None,
    favourite: bool = False,
    thumbhash: str | None = LOOK,
    uploaded: datetime | None = UPLOADED,
    visibility: str = "timeline",
    library: str | None = None,
    path: str | None = None,
    live: str | None = None,
    edited: bool = False,
    seconds: float | None = None,
    tags: tuple[Tag, ...] | None = (),
    orientation: str | None = None,
) -> Asset:
    """A photo straight from a phone, but for what is said otherwise.

    `wall` is the local clock, `zone` its offset in hours; `zone=None` is a date without a zone. `seconds`
    makes it a video. The city follows the coordinates, as on a server.
    """
    name = name or f"IMG_{number:04}.jpg"
    suffix = name.rpartition(".")[2].lower()
    identity = uuid(number)
    make, model = camera or (None, None)
    f_number, focal, iso, time = exposure or (None, None, None, None)
    width, height = pixels or (None, None)
    latitude, longitude = gps or (None, None)
    located = latitude is not None and longitude is not None and (latitude, longitude) != (0, 0)
    local = wall.replace(tzinfo=UTC) if wall is not None else None
    taken = local - timedelta(hours=zone or 0) if local is not None else None
    if zone_name is None and zone is not None:
        zone_name = f"UTC{zone:+g}" if zone else "UTC"
    return Asset(
        id=identity,
        owner_id=uuid(999),
        library_id=library,
        type="VIDEO" if seconds is not None else "IMAGE",
        original_path=path if path is not None else f"/data/upload/{identity}.{suffix}",
        original_file_name=name,
        original_mime_type=_MIMES.get(suffix),
        thumbhash=thumbhash,
        checksum=f"{identity[:27]}=",
        file_created_at=taken,
        file_modified_at=uploaded,
        local_date_time=local,
        created_at=uploaded,
        updated_at=uploaded,
        is_favorite=favourite,
        is_archived=visibility == "archive",
        visibility=visibility,  # type: ignore[arg-type]  # a test may pass what no server sends
        duration_ms=round(seconds * 1000) if seconds is not None else None,
        live_photo_video_id=live,
        duplicate_id=uuid(500),
        width=height if orientation in ("5", "6", "7", "8") else width,
        height=width if orientation in ("5", "6", "7", "8") else height,
        is_edited=edited,
        exif=Exif(
            make=make,
            model=model,
            exif_image_width=width,
            exif_image_height=height,
            file_size_in_byte=size,
            orientation=orientation,
            date_time_original=taken,
            modify_date=uploaded,
            time_zone=zone_name,
            lens_model=lens,
            f_number=f_number,
            focal_length=focal,
            iso=iso,
            exposure_time=time,
            latitude=latitude,
            longitude=longitude,
            city=city if city is not None or not located else "Somewhere",
            country=None if not located else "Someland",
            description=description,
            rating=rating,
        ),
        tags=tags,
    )


def bare(number: int = 1, **changes: Unpack[Facts]) -> Asset:
    """A photo of which only the file is left: its date is the file's, filled in by Immich."""
    nothing: Facts = {
        "camera": None,
        "lens": None,
        "exposure": None,
        "zone": None,
        "gps": None,
        "wall": datetime(2025, 2, 20, 18, 30),
    }
    return photo(number, **(nothing | changes))


def video(number: int = 1, **changes: Unpack[Facts]) -> Asset:
    """A video as a phone makes it: its container says UTC."""
    usual: Facts = {
        "name": f"MOV_{number:04}.mp4",
        "seconds": 10.0,
        "camera": None,
        "lens": None,
        "exposure": None,
        "zone": 0.0,
        "gps": None,
        "pixels": (1920, 1080),
        "size": 20 * MIB,
    }
    return photo(number, **(usual | changes))


def group(*members: Asset, number: int = 500, suggested: tuple[str, ...] | None = None) -> Group:
    """A group of these assets, in this order."""
    return Group(id=uuid(number), assets=members, suggested_keep_asset_ids=suggested)


# --- at random ----------------------------------------------------------------------------------------

HOSTILE = (
    "",
    " ",
    "\t\n",
    "../../../etc/passwd.jpg",
    "[/red]",
    "\x1b]0;pwn\x07.jpg",
    "evil\u202egpj.exe",
    "Café \U0001f3d6️.jpg",
    "=cmd|'/C calc'!A0",
    "x" * 600,
    "IMG-20240612-WA0007.jpg",
    "IMG_0001 (1).HEIC",
    "NUL",
    "a/b\\c:d.CR3",
)

_LOCAL = tuple(
    wall.replace(tzinfo=UTC)
    for wall in (
        NOON,
        NOON.replace(microsecond=400_000),
        NOON + timedelta(seconds=1),
        NOON + timedelta(seconds=30),
        NOON + timedelta(hours=8),
        datetime(2024, 10, 27, 2, 30),  # shown twice in Europe that night
        datetime(2024, 3, 31, 2, 30),  # shown by no clock in Europe
        datetime(1, 1, 1),
        datetime(1899, 12, 31, 12),
        datetime(1904, 1, 1),
        datetime(1970, 1, 1),
        datetime(1980, 1, 1),
        datetime(1985, 7, 1, 9),
        datetime(2030, 1, 1),
        datetime(9999, 12, 31, 23, 59, 59, 999_999),
    )
)

#: What may stand in a number's place.
WEIRD = (None, math.nan, math.inf, -math.inf, 0.0, -1.0, 1e300, 5e-324)

#: Values for fields of an asset, and of its EXIF part: what an asset of `assets()` may have instead.
_ASSET_CHANGES: dict[str, tuple[Any, ...]] = {
    "library_id": (uuid(901),),
    "type": ("VIDEO", "OTHER", "AUDIO"),
    "original_path": ("/mnt/photos/a.jpg", "/mnt/photos/b.jpg", "", "\n"),
    "original_file_name": (*HOSTILE, "b.HEIC", "c.CR3", "d.mp4", "e.png"),
    "original_mime_type": (
        None,
        "",
        "image/heic",
        "image/avif",
        "image/png",
        "image/x-canon-cr3",
        "video/mp4",
        "x",
    ),
    "thumbhash": (LOOK_AGAIN, LOOK_GREY, LOOK_OTHER, None, "", "!!!", "AAAA", "AAAAAAAA", "\x00é"),
    "checksum": (None, "", "Fvj9TnbHDQwE5mvPYKxTOpZBk7Q="),
    "local_date_time": (None, NOON, *_LOCAL),
    "created_at": (None, UPLOADED.replace(tzinfo=None), datetime(1, 1, 1, tzinfo=UTC)),
    "is_favorite": (True,),
    "visibility": ("archive", "hidden"),
    "is_trashed": (True,),
    "duration_ms": (0, 2000, 2400, 10_000, -3),
    "live_photo_video_id": (uuid(801), uuid(802)),
    "duplicate_id": (None,),
    "width": (*WEIRD, 1080.0, 3024.0),
    "height": (*WEIRD, 1080.0, 4032.0),
    "is_edited": (True,),
    "exif": (None,),
    "tags": (
        None,
        (Tag(id=uuid(710), name="France", value="Trips/France"),),
        (Tag(id=uuid(710), name="France", value="Trips/France"), Tag(id=uuid(711), name="", value="[/red]")),
    ),
    "people": ((Person(id=uuid(730), name="Ada"),), (Person(id=uuid(732), name=""),)),
    "stack": (StackRef(id=uuid(601), primary_asset_id=uuid(1)),),
}
_EXIF_CHANGES: dict[str, tuple[Any, ...]] = {
    "make": (None, "", " ", "NIKON", "NIKON CORPORATION", "samsung", "SAMSUNG", "----", *HOSTILE[:6]),
    "model": (None, "", "Z6 II", "NIKON Z6 II", "Canon EOS R6", "\x1b[31m"),
    "exif_image_width": (*WEIRD, 1600.0, 3024.0, 0.5),
    "exif_image_height": (*WEIRD, 1200.0, 4032.0),
    "file_size_in_byte": (None, 0, 1, 100_000, 100_001, 15_000_000, -5, 2**63),
    "orientation": ("1", "6", "9", ""),
    "date_time_original": (None, NOON, *_LOCAL, *(local - timedelta(hours=5.75) for local in _LOCAL[:5])),
    "time_zone": (None, "", " ", "UTC", "UTC-5", "Asia/Kathmandu", "UTC+5:45", "UTC+14", "UTC-12", "x"),
    "lens_model": (None, "RF24-105mm", "----", " ", "\x1b[31m"),
    "f_number": WEIRD,
    "focal_length": (*WEIRD, 50.0),
    "iso": WEIRD,
    "exposure_time": (None, "", "1/250", "0.5", "1/0", "bulb", "1e999", "nan"),
    "latitude": (*WEIRD, LONDON[0], 48.85841, 91.0, -90.0),
    "longitude": (*WEIRD, LONDON[1], 2.29449, 180.0, 181.0),
    "city": (None, "", " ", "Paris"),
    "country": (None, "", "France"),
    "description": (None, "", " ", "Beach", "Beach\nSummer", " Beach ", "海\n\n\U0001f3d6️", *HOSTILE[:6]),
    "rating": (None, *WEIRD, 3.0, 5.0),
}
_CHANGES = tuple(
    (part, field, value)
    for part, fields in (("asset", _ASSET_CHANGES), ("exif", _EXIF_CHANGES))
    for field, values in fields.items()
    for value in values
)
_BASES = (photo(), photo(camera=CANON, size=15 * MIB), bare(), video(), photo(pixels=(1600, 1200), size=MIB))


def _changed(base: Asset, changes: Sequence[tuple[str, str, Any]], identity: str) -> Asset:
    of_asset = {field: value for part, field, value in changes if part == "asset"}
    of_exif = {field: value for part, field, value in changes if part == "exif"}
    exif = base.exif.model_copy(update=of_exif) if base.exif is not None else None
    path = f"/data/upload/{identity}.jpg"
    return base.model_copy(update={"exif": exif, "original_path": path, **of_asset, "id": identity})


def assets(identity: str | None = None) -> st.SearchStrategy[Asset]:
    """One asset, with the given id or any: a usual one, with up to ten things changed."""
    return st.builds(
        _changed,
        st.sampled_from(_BASES),
        st.lists(st.sampled_from(_CHANGES), max_size=10),
        st.just(identity) if identity else st.integers(1, 400).map(uuid),
    )


def tags() -> st.SearchStrategy[Tag]:
    """One of a few tags."""
    names = ("Trips/France", "best", "[/red]", "")
    return st.integers(0, 3).map(
        lambda n: Tag(id=uuid(710 + n), name=names[n].rpartition("/")[2], value=names[n])
    )


def groups(min_size: int = 2, max_size: int = 5) -> st.SearchStrategy[Group]:
    """A group of different assets."""
    return st.lists(assets(), min_size=min_size, max_size=max_size, unique_by=lambda asset: asset.id).map(
        lambda members: Group(id=uuid(500), assets=tuple(members))
    )


def large_groups() -> st.SearchStrategy[Group]:
    """Sixty members, made from a few different ones: what transitive merging does."""
    return st.lists(assets(), min_size=3, max_size=6).map(
        lambda kinds: Group(
            id=uuid(500),
            assets=tuple(kinds[n % len(kinds)].model_copy(update={"id": uuid(n + 1)}) for n in range(60)),
        )
    )


def abilities() -> st.SearchStrategy[Abilities]:
    """What some server and key can do."""
    return st.builds(Abilities, **{name: st.booleans() for name in Abilities.__slots__})


def contexts() -> st.SearchStrategy[Context]:
    """A context."""
    return st.builds(Context, now=st.sampled_from((None, NOW)), graft=st.booleans(), abilities=abilities())


def surroundings(members: Sequence[Asset]) -> st.SearchStrategy[Surroundings]:
    """What was read around these assets: nothing, some of it, or all."""
    albums = st.lists(
        st.integers(0, 3).map(
            lambda n: Album(
                id=uuid(720 + n),
                album_name=HOSTILE[n + 3],
                album_thumbnail_asset_id=members[n % len(members)].id,
                shared=n == 1,
                has_shared_link=n == 2,
            )
        ),
        max_size=3,
        unique_by=lambda album: album.id,
    ).map(tuple)
    people = st.lists(
        st.integers(0, 3).map(lambda n: Person(id=uuid(730 + n), name=("Ada", "Bo", "", " ")[n])),
        max_size=3,
        unique_by=lambda person: person.id,
    ).map(tuple)

    def read(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        some = st.fixed_dictionaries({}, optional={asset.id: values for asset in members})
        return st.one_of(st.none(), some)

    return st.builds(
        Surroundings,
        albums=read(albums),
        tags=read(st.lists(tags(), max_size=3, unique_by=lambda tag: tag.id).map(tuple)),
        people=read(people),
        shared_links=read(st.lists(st.just(uuid(740)), max_size=1).map(tuple)),
    )
