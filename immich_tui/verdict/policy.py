"""Policies: which criteria decide, in which order, and what is never trashed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import translate
from hashlib import blake2b
from types import MappingProxyType

from immich_tui import __version__
from immich_tui.immich.models import Asset
from immich_tui.verdict.criteria import CRITERIA, Criterion
from immich_tui.verdict.normalise import composed
from immich_tui.verdict.score import DEFAULT_WEIGHTS, Weights

#: Positions nearer than this are the same place: the error of a phone under open sky, in metres.
GPS_TOLERANCE_M = 11.0


@dataclass(frozen=True, slots=True)
class Protected:
    """What is never trashed: globs on the original's path, and ids of libraries (`upload` for uploads)."""

    paths: tuple[str, ...] = ()
    libraries: frozenset[str] = frozenset()
    _patterns: tuple[re.Pattern[str], ...] = field(default=(), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        patterns = tuple(re.compile(translate(composed(glob))) for glob in self.paths)
        object.__setattr__(self, "_patterns", patterns)

    def __bool__(self) -> bool:
        return bool(self.paths or self.libraries)

    def covers(self, asset: Asset) -> bool:
        """Whether this asset must be kept."""
        if self.libraries and (asset.library_id or "upload") in self.libraries:
            return True
        path = composed(asset.original_path)
        return any(pattern.match(path) for pattern in self._patterns)


@dataclass(frozen=True, slots=True)
class Policy:
    """Ordered criteria; the first one on which two assets differ decides and is the explanation.

    `ordering` is what really decides: protection first, and the lowest id last, so that the order is always
    total. `costly` names what its criteria need to have read beforehand, `protects` says whether it protects
    anything at all.
    """

    name: str
    label: str
    criteria: tuple[Criterion, ...]
    protected: Protected = Protected()
    weights: Weights = DEFAULT_WEIGHTS
    gps_tolerance_m: float = GPS_TOLERANCE_M
    ordering: tuple[Criterion, ...] = field(init=False, repr=False, compare=False)
    costly: frozenset[str] = field(init=False, repr=False, compare=False)
    protects: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "protects", bool(self.protected))
        first = (CRITERIA["protected"],) if self.protects else ()
        object.__setattr__(self, "ordering", (*first, *self.criteria, CRITERIA["lowest_id"]))
        object.__setattr__(self, "costly", frozenset(c.costly for c in self.criteria if c.costly))

    @property
    def rules(self) -> str:
        """A digest of all that this policy decides by, this program's version included.

        Verdicts that were kept are made again when it changes.
        """
        criteria = [(criterion.name, criterion.label) for criterion in self.ordering]
        libraries = sorted(self.protected.libraries)
        text = repr((criteria, self.protected.paths, libraries, self.weights, self.gps_tolerance_m))
        return blake2b(f"{__version__} {text}".encode(), digest_size=16).hexdigest()

    def with_protected(self, protected: Protected) -> Policy:
        """The same policy, with these assets protected."""
        return replace(self, protected=protected)


def _named(*names: str) -> tuple[Criterion, ...]:
    return tuple(CRITERIA[name] for name in names)


_RICHEST = _named(
    "score",
    "exposure_fields",
    "pixels",
    "format_rank",
    "duration",
    "file_size",
    "earliest_capture",
    "lowest_id",
)
_QUALITY = _named("pixels", "format_rank", "duration", "file_size", "score", "earliest_capture", "lowest_id")
_LOSSLESS = _named("least_lost", "pixels", "score", "file_size", "lowest_id")
_IMMICH = _named("immich_size", "exif_count", "last_in_order")

PRESETS: Mapping[str, Policy] = MappingProxyType(
    {
        "metadata": Policy("metadata", "Keep the richest metadata", _RICHEST),
        "quality": Policy("quality", "Keep the best picture", _QUALITY),
        "lossless": Policy("lossless", "Lose as little as possible", _LOSSLESS),
        "immich": Policy("immich", "Keep what Immich would keep", _IMMICH),
    }
)
