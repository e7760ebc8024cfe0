"""The criteria that policies are made of. To add one, write one function here; it is found by its name.

A criterion is a number that can be shown, and a direction. The first criterion of a policy on which two
assets differ decides between them, so values are compared exactly: a tolerance would break the order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from fnmatch import translate
from typing import cast

from immich_tui.verdict import phrases
from immich_tui.verdict.model import Comparison
from immich_tui.verdict.reading import Reading

UNKNOWN_KEY = float("-inf")


class Direction(Enum):
    """Which end of the scale is better."""

    HIGHEST = 1
    LOWEST = -1


@dataclass(frozen=True, slots=True)
class Criterion:
    """One question that ranks assets.

    `key` is what is compared: larger is better, and an unknown value is worse than any known one. `show`
    gives the value as a person reads it. `because` says of the better one why it is better ("has more
    pixels"), `wish` what the other one would need, given the better one ("it had more than 12.2 MP").
    `costly` names what must be filled into the readings before: the loss, the albums or the people. `unit`
    stands behind exact values, which are shown where rounded ones would look equal.
    """

    name: str
    label: str
    direction: Direction
    key: Callable[[Reading], float]
    show: Callable[[Reading], str]
    because: str
    wish: Callable[[Reading], str]
    costly: str = ""
    unit: str = ""

    def better(self, one: Reading, other: Reading) -> Reading | None:
        """Which of two assets this criterion prefers, `None` on a tie."""
        mine, theirs = self.key(one), self.key(other)
        if mine == theirs:
            return None
        return one if mine > theirs else other

    def compare(self, ours: Reading, theirs: Reading) -> Comparison:
        """The two values beside each other."""
        mine, other = self.key(ours), self.key(theirs)
        shown, other_shown = self.show(ours), self.show(theirs)
        if mine == other:
            return Comparison(self.name, self.label, shown, other_shown, None)
        if shown == other_shown:
            # Rounded for reading they would look equal, and a person would ask why one of them won.
            shown, other_shown = (f"{abs(key):,.12g} {self.unit}".rstrip() for key in (mine, other))
        return Comparison(self.name, self.label, shown, other_shown, (ours if mine > other else theirs).id)


CRITERIA: dict[str, Criterion] = {}
"""Criteria that need no argument, by name."""

Value = Callable[[Reading], float | None]
"""The value of one criterion; a function that says `-> float` is never unknown."""


def _key(value: Value, direction: Direction) -> Callable[[Reading], float]:
    if direction is Direction.HIGHEST and value.__annotations__["return"] == "float":
        return cast("Callable[[Reading], float]", value)
    if direction is Direction.HIGHEST:

        def highest(reading: Reading) -> float:
            found = value(reading)
            return UNKNOWN_KEY if found is None else found

        return highest

    def lowest(reading: Reading) -> float:
        found = value(reading)
        return UNKNOWN_KEY if found is None else -found

    return lowest


def _criterion(
    label: str,
    direction: Direction,
    show: Callable[[Reading], str],
    because: str,
    wish: Callable[[Reading], str] | str,
    costly: str = "",
    unit: str = "",
) -> Callable[[Value], Value]:
    """Register the decorated function under its name; it returns the value, `None` for unknown."""

    def register(value: Value) -> Value:
        wished = (lambda _: wish) if isinstance(wish, str) else wish
        name = value.__name__
        CRITERIA[name] = Criterion(
            name, label, direction, _key(value, direction), show, because, wished, costly, unit
        )
        return value

    return register


HIGHEST, LOWEST = Direction.HIGHEST, Direction.LOWEST


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


@_criterion(
    "metadata score", HIGHEST, lambda r: f"{r.score:g}", "has more of the metadata", "it had more metadata"
)
def score(reading: Reading) -> float:
    """How complete the metadata is, 0 to 100."""
    return reading.score


@_criterion(
    "exposure fields",
    HIGHEST,
    lambda r: f"{r.exposure_fields} of 4",
    "has more exposure fields",
    lambda r: f"it had more than {r.exposure_fields} exposure fields",
)
def exposure_fields(reading: Reading) -> float:
    """How many of aperture, focal length, ISO and exposure time are there."""
    return reading.exposure_fields


@_criterion(
    "pixels",
    HIGHEST,
    lambda r: phrases.megapixels(r.pixels),
    "has more pixels",
    lambda r: f"it had more than {phrases.megapixels(r.pixels)}",
    unit="pixels",
)
def pixels(reading: Reading) -> float | None:
    """Pixels of the original."""
    return reading.pixels


@_criterion(
    "format",
    HIGHEST,
    lambda r: r.family.label,
    "is in a format nearer to the original",
    lambda r: f"its format ranked as high as {r.family.label}",
)
def format_rank(reading: Reading) -> float:
    """RAW before HEIC and AVIF before TIFF and PNG before JPEG before WebP and GIF."""
    return reading.family.rank


@_criterion(
    "duration",
    HIGHEST,
    lambda r: phrases.span(r.duration) if r.duration is not None else ("" if not r.is_video else "unknown"),
    "is longer",
    lambda r: f"it were longer than {phrases.span(r.duration or 0)}",
)
def duration(reading: Reading) -> float | None:
    """How long a video is; pictures are all alike."""
    return reading.duration


@_criterion(
    "file size",
    HIGHEST,
    lambda r: phrases.file_size(r.size),
    "is the larger file",
    lambda r: f"its file were larger than {phrases.file_size(r.size)}",
    unit="bytes",
)
def file_size(reading: Reading) -> float | None:
    """Bytes of the original."""
    return reading.size


@_criterion(
    "smallest file",
    LOWEST,
    lambda r: phrases.file_size(r.size),
    "is the smaller file",
    lambda r: f"its file were smaller than {phrases.file_size(r.size)}",
    unit="bytes",
)
def smallest_file(reading: Reading) -> float | None:
    """Bytes of the original, fewer first."""
    return reading.size


@_criterion(
    "capture time",
    LOWEST,
    lambda r: r.taken_label if r.offset is None else f"{r.taken_label} {phrases.offset(r.offset)}",
    "was taken earlier",
    lambda r: f"it had a capture time before {r.taken_label}",
)
def earliest_capture(reading: Reading) -> float | None:
    """Capture time, where it is known."""
    return reading.instant


#: Ids are 36 characters long; whatever a damaged answer adds beyond this does not count.
_ID_BYTES = 64


@_criterion(
    "lowest id",
    LOWEST,
    lambda r: r.id,
    "is equal in all that counts and comes first by its id",
    "its id came first",
)
def lowest_id(reading: Reading) -> float | None:
    """The order of ids: means nothing, but is always the same."""
    return int.from_bytes(reading.id.encode(errors="replace")[:_ID_BYTES].ljust(_ID_BYTES, b"\0"), "big")


@_criterion(
    "least lost",
    LOWEST,
    lambda r: f"{r.loss:.3g}" if r.loss is not None else phrases.UNKNOWN,
    "loses less when it is kept",
    lambda r: f"keeping it lost less than {r.loss or 0:.3g}",
    costly="loss",
)
def least_lost(reading: Reading) -> float | None:
    """Weight of what would be lost if this one were kept and the others trashed."""
    return reading.loss


@_criterion(
    "file size (Immich)",
    HIGHEST,
    lambda r: phrases.file_size(r.size),
    "is the larger file",
    lambda r: f"its file were larger than {phrases.file_size(r.size or 0)}",
    unit="bytes",
)
def immich_size(reading: Reading) -> float:
    """Bytes of the original as Immich compares them: unknown is 0."""
    return reading.size or 0


@_criterion(
    "count of EXIF fields",
    HIGHEST,
    lambda r: f"{r.exif_count} of 22",
    "has more EXIF fields in Immich's count",
    lambda r: f"it had more than {r.exif_count} EXIF fields",
)
def exif_count(reading: Reading) -> float:
    """EXIF values that Immich counts."""
    return reading.exif_count


@_criterion(
    "last in Immich's order",
    HIGHEST,
    lambda r: f"place {r.index + 1}",
    "comes last in Immich's order",
    "it came last in Immich's order",
)
def last_in_order(reading: Reading) -> float:
    """Place in the server's answer."""
    return reading.index


@_criterion(
    "favourite", HIGHEST, lambda r: _yes(r.asset.is_favorite), "is a favourite", "it were a favourite"
)
def favourite(reading: Reading) -> float:
    """Favourites first."""
    return float(reading.asset.is_favorite)


@_criterion(
    "albums",
    HIGHEST,
    lambda r: "not read yet" if r.albums is None else str(r.albums),
    "is in more albums",
    lambda r: f"it were in more than {phrases.counted(r.albums or 0, 'album')}",
    costly="albums",
)
def albums(reading: Reading) -> float | None:
    """In how many albums it is."""
    return reading.albums


@_criterion(
    "people",
    HIGHEST,
    lambda r: "not read yet" if r.people is None else str(r.people),
    "has more named people in it",
    lambda r: f"more than {phrases.counted(r.people or 0, 'person')} were named in it",
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


@_criterion("upload", LOWEST, _show_upload, "was uploaded first", "it had been uploaded first")
def oldest_upload(reading: Reading) -> float | None:
    """When it was uploaded, first ones first (servers from 1.140)."""
    return _uploaded(reading)


@_criterion("upload", HIGHEST, _show_upload, "was uploaded last", "it had been uploaded last")
def newest_upload(reading: Reading) -> float | None:
    """When it was uploaded, last ones first (servers from 1.140)."""
    return _uploaded(reading)


@_criterion(
    "live video",
    HIGHEST,
    lambda r: _yes(r.live_video is not None),
    "has a live video",
    "it had a live video",
)
def live_video(reading: Reading) -> float:
    """Live photos first."""
    return float(reading.live_video is not None)


@_criterion("protected", HIGHEST, lambda r: _yes(r.protected), "is protected", "it were protected as well")
def protected(reading: Reading) -> float:
    """Whether the person's settings say that it is never trashed. Stands before every policy."""
    return float(reading.protected)


# --- criteria with an argument -----------------------------------------------------------------------


def _choosing(
    name: str, label: str, matches: Callable[[Reading], bool], show: Callable[[Reading], str], prefer: bool
) -> Criterion:
    """A criterion that prefers, or avoids, what matches."""
    return Criterion(
        name=name,
        label=label if prefer else f"not {label}",
        direction=HIGHEST if prefer else LOWEST,
        key=lambda reading: float(matches(reading) is prefer),
        show=show,
        because=f"is {label}" if prefer else f"is not {label}",
        wish=lambda _: f"it were {label}" if prefer else f"it were not {label}",
    )


def path_matches(pattern: str, prefer: bool) -> Criterion:
    """Prefer or avoid originals whose path on the server matches a glob; `*` matches `/` too."""
    match = re.compile(translate(pattern)).match
    return _choosing(
        "path", f"under {pattern}", lambda r: match(r.path) is not None, lambda r: r.path, prefer
    )


def file_name_matches(pattern: str, prefer: bool) -> Criterion:
    """Prefer or avoid originals in whose file name a regular expression is found; raises `re.error`."""
    search = re.compile(pattern).search
    return _choosing(
        "file_name",
        f"named like {pattern}",
        lambda r: search(r.asset.original_file_name) is not None,
        lambda r: r.asset.original_file_name,
        prefer,
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
