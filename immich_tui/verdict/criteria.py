"""The criteria that policies are made of. To add one, write one function here; it is found by its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate

from immich_tui.verdict import normalise, phrases
from immich_tui.verdict.criterion import CRITERIA, Criterion, Direction, criterion
from immich_tui.verdict.formats import Family
from immich_tui.verdict.reading import Reading

__all__ = ["CRITERIA", "PARAMETRIC", "Criterion"]

HIGHEST, LOWEST = Direction.HIGHEST, Direction.LOWEST
NOT_READ = "not read yet"


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


@criterion(
    "metadata score", HIGHEST, lambda r: f"{r.score:g}", "has more of the metadata", "it had more metadata"
)
def score(reading: Reading) -> float:
    """How complete the metadata is, 0 to 100."""
    return reading.score


@criterion(
    "exposure fields",
    HIGHEST,
    lambda r: f"{r.exposure_fields} of 4",
    "has more exposure fields",
    "it had more than {} exposure fields",
    best=(4, "it had all exposure fields"),
)
def exposure_fields(reading: Reading) -> float:
    """How many of aperture, focal length, ISO and exposure time are there."""
    return reading.exposure_fields


@criterion(
    "pixels",
    HIGHEST,
    lambda r: phrases.megapixels(r.pixels),
    "has more pixels",
    "it had more than {}",
    unit="pixels",
)
def pixels(reading: Reading) -> float | None:
    """Pixels of the original."""
    return reading.pixels


@criterion(
    "format",
    HIGHEST,
    lambda r: r.family.label,
    "is in a format nearer to the original",
    "it were in a format nearer to the original than {}",
    best=(Family.RAW.rank, "it were a RAW file"),
)
def format_rank(reading: Reading) -> float:
    """RAW before HEIC and AVIF before TIFF and PNG before JPEG before WebP and GIF."""
    return reading.family.rank


@criterion(
    "duration",
    HIGHEST,
    lambda r: phrases.span(r.duration) if r.duration is not None else ("" if not r.is_video else "unknown"),
    "is longer",
    "it were longer than {}",
)
def duration(reading: Reading) -> float | None:
    """How long a video is; pictures are all alike."""
    return reading.duration


@criterion(
    "file size",
    HIGHEST,
    lambda r: phrases.file_size(r.size),
    "is the larger file",
    "its file were larger than {}",
    unit="bytes",
)
def file_size(reading: Reading) -> float | None:
    """Bytes of the original."""
    return reading.size


@criterion(
    "smallest file",
    LOWEST,
    lambda r: phrases.file_size(r.size),
    "is the smaller file",
    "its file were smaller than {}",
    unit="bytes",
)
def smallest_file(reading: Reading) -> float | None:
    """Bytes of the original, fewer first."""
    return reading.size


def _show_capture(reading: Reading) -> str:
    offset = reading.offset
    return reading.taken_label if offset is None else f"{reading.taken_label} {phrases.offset(offset)}"


@criterion(
    "capture time",
    LOWEST,
    _show_capture,
    "was taken earlier",
    "it had been taken before {}",
)
def earliest_capture(reading: Reading) -> float | None:
    """Capture time, where it is known."""
    return reading.instant


#: Ids are 36 characters long; whatever a damaged answer adds beyond this does not count.
_ID_BYTES = 64


@criterion(
    "lowest id",
    LOWEST,
    lambda r: r.id,
    "is equal in all that counts and comes first by its id",
    "its id came first",
)
def lowest_id(reading: Reading) -> float | None:
    """The order of ids: means nothing, but is always the same."""
    return int.from_bytes(reading.id.encode(errors="replace")[:_ID_BYTES].ljust(_ID_BYTES, b"\0"), "big")


@criterion(
    "least lost",
    LOWEST,
    lambda r: f"{r.loss:.3g}" if r.loss is not None else phrases.UNKNOWN,
    "loses less when it is kept",
    "keeping it lost less than {}",
    costly="loss",
)
def least_lost(reading: Reading) -> float | None:
    """Weight of what would be lost if this one were kept and the others trashed."""
    return reading.loss


@criterion(
    "file size (Immich)",
    HIGHEST,
    lambda r: phrases.file_size(r.size),
    "is the larger file",
    "its file were larger than {}",
    unit="bytes",
)
def immich_size(reading: Reading) -> float:
    """Bytes of the original as Immich compares them: unknown is 0."""
    return reading.size or 0


@criterion(
    "count of EXIF fields",
    HIGHEST,
    lambda r: f"{r.exif_count} of 22",
    "has more EXIF fields in Immich's count",
    "it had more than {} EXIF fields",
)
def exif_count(reading: Reading) -> float:
    """EXIF values that Immich counts."""
    return reading.exif_count


@criterion(
    "last in Immich's order",
    HIGHEST,
    lambda r: f"place {r.index + 1}",
    "comes last in Immich's order",
    "it came last in Immich's order",
)
def last_in_order(reading: Reading) -> float:
    """Place in the server's answer."""
    return reading.index


@criterion("favourite", HIGHEST, lambda r: _yes(r.asset.is_favorite), "is a favourite", "it were a favourite")
def favourite(reading: Reading) -> float:
    """Favourites first."""
    return float(reading.asset.is_favorite)


@criterion(
    "albums",
    HIGHEST,
    lambda r: NOT_READ if r.albums is None else phrases.counted(r.albums, "album"),
    "is in more albums",
    "it were in more than {}",
    costly="albums",
)
def albums(reading: Reading) -> float | None:
    """In how many albums it is."""
    return reading.albums


@criterion(
    "people",
    HIGHEST,
    lambda r: NOT_READ if r.people is None else phrases.counted(r.people, "person"),
    "has more named people in it",
    "more than {} were named in it",
    costly="people",
)
def people(reading: Reading) -> float | None:
    """How many named people are in it."""
    return reading.people


def _uploaded(reading: Reading) -> float | None:
    uploaded = reading.asset.created_at
    return uploaded.timestamp() if uploaded is not None and uploaded.tzinfo is not None else None


def _show_upload(reading: Reading) -> str:
    return phrases.wall_clock(_uploaded(reading))


@criterion("upload", LOWEST, _show_upload, "was uploaded first", "it had been uploaded first")
def oldest_upload(reading: Reading) -> float | None:
    """When it was uploaded, first ones first (servers from 1.140)."""
    return _uploaded(reading)


@criterion("upload", HIGHEST, _show_upload, "was uploaded last", "it had been uploaded last")
def newest_upload(reading: Reading) -> float | None:
    """When it was uploaded, last ones first (servers from 1.140)."""
    return _uploaded(reading)


@criterion(
    "live video",
    HIGHEST,
    lambda r: _yes(r.live_video is not None),
    "has a live video",
    "it had a live video",
    best=(1, "it had a live video"),
)
def live_video(reading: Reading) -> float:
    """Live photos first."""
    return float(reading.live_video is not None)


@criterion(
    "protected",
    HIGHEST,
    lambda r: _yes(r.protected),
    "is protected",
    "it were protected as well",
    best=(1, "it were protected as well"),
)
def protected(reading: Reading) -> float:
    """Whether the person's settings say that it is never trashed. Stands before every policy."""
    return float(reading.protected)


# --- criteria with an argument -----------------------------------------------------------------------


def _choosing(
    name: str,
    label: str,
    matches: Callable[[Reading], bool],
    show: Callable[[Reading], str],
    prefer: bool,
    of_file: Callable[[str, str], bool] | None = None,
) -> Criterion:
    """A criterion that prefers, or avoids, what matches."""
    wish = f"it were {label}" if prefer else f"it were not {label}"
    return Criterion(
        name=name,
        label=label if prefer else f"not {label}",
        direction=HIGHEST if prefer else LOWEST,
        key=lambda reading: float(matches(reading) is prefer),
        show=show,
        because=f"is {label}" if prefer else f"is not {label}",
        wish=wish,
        best=(1, wish),
        of_file=of_file,
    )


def path_matches(pattern: str, prefer: bool) -> Criterion:
    """Prefer or avoid originals whose path on the server matches a glob; `*` matches `/` too."""
    match = re.compile(translate(normalise.composed(pattern))).match

    def under(path: str) -> bool:
        return match(normalise.composed(path)) is not None

    return _choosing(
        "path",
        f"under {pattern}",
        lambda r: under(r.path),
        lambda r: r.path,
        prefer,
        lambda path, _: under(path) is prefer,
    )


def file_name_matches(pattern: str, prefer: bool) -> Criterion:
    """Prefer or avoid originals in whose file name a regular expression is found; raises `re.error`."""
    search = re.compile(normalise.composed(pattern)).search

    def named(name: str) -> bool:
        return search(normalise.composed(name)) is not None

    return _choosing(
        "file_name",
        f"named like {pattern}",
        lambda r: named(r.asset.original_file_name),
        lambda r: r.asset.original_file_name,
        prefer,
        lambda _, name: named(name) is prefer,
    )


def library_is(library: str, prefer: bool) -> Criterion:
    """Prefer or avoid an external library by its id; `upload` stands for what was uploaded."""

    def matches(reading: Reading) -> bool:
        return (reading.library or "upload") == library

    shown = "an upload" if library == "upload" else f"in library {library}"
    return _choosing("library", shown, matches, lambda r: r.library or "upload", prefer)


PARAMETRIC: dict[str, tuple[str, Callable[[str, bool], Criterion]]] = {
    "path": ("matches", path_matches),
    "file_name": ("matches", file_name_matches),
    "library": ("is", library_is),
}
"""Criteria with an argument: the word that introduces it in the config file, and how they are made."""
