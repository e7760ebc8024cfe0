"""Policies: which criteria decide, in which order, and what is never trashed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from fnmatch import translate
from types import MappingProxyType

from immich_tui.immich.models import Asset
from immich_tui.verdict.criteria import CRITERIA, PARAMETRIC, Criterion
from immich_tui.verdict.score import DEFAULT_WEIGHTS, WEIGHT_NAMES, Weights

#: Positions nearer than this are the same place: the error of a phone under open sky, in metres.
GPS_TOLERANCE_M = 11.0


class PolicyError(ValueError):
    """A policy in the config file that cannot be used.

    `key` is the path of the offending entry inside the table ("criteria[2].matches"), `value` what stands
    there, `nearest` the valid name that was probably meant, if any. The text is a whole sentence; file and
    line are added by whoever read the file.
    """

    def __init__(self, key: str, value: object, problem: str, nearest: str | None = None) -> None:
        self.key = key
        self.value = value
        self.nearest = nearest
        hint = f" Did you mean {nearest!r}?" if nearest else ""
        super().__init__(f"{key} = {value!r}: {problem}.{hint}")


@dataclass(frozen=True, slots=True)
class Protected:
    """What is never trashed: globs on the original's path, and ids of libraries (`upload` for uploads)."""

    paths: tuple[str, ...] = ()
    libraries: frozenset[str] = frozenset()
    _patterns: tuple[re.Pattern[str], ...] = field(default=(), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_patterns", tuple(re.compile(translate(glob)) for glob in self.paths))

    def __bool__(self) -> bool:
        return bool(self.paths or self.libraries)

    def covers(self, asset: Asset) -> bool:
        """Whether this asset must be kept."""
        if self.libraries and (asset.library_id or "upload") in self.libraries:
            return True
        return any(pattern.match(asset.original_path) for pattern in self._patterns)


@dataclass(frozen=True, slots=True)
class Policy:
    """Ordered criteria; the first one on which two assets differ decides and is the explanation.

    `ordering` is what really decides: protection first, and the lowest id last, so that the order is always
    total. `costly` names what its criteria need to have read beforehand.
    """

    name: str
    label: str
    criteria: tuple[Criterion, ...]
    protected: Protected = Protected()
    weights: Weights = DEFAULT_WEIGHTS
    gps_tolerance_m: float = GPS_TOLERANCE_M
    ordering: tuple[Criterion, ...] = field(init=False, repr=False, compare=False)
    costly: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        first = (CRITERIA["protected"],) if self.protected else ()
        object.__setattr__(self, "ordering", (*first, *self.criteria, CRITERIA["lowest_id"]))
        object.__setattr__(self, "costly", frozenset(c.costly for c in self.criteria if c.costly))

    def with_protected(self, protected: Protected) -> Policy:
        """The same policy, with these assets protected."""
        return replace(self, protected=protected)

    def with_weights(self, weights: Weights) -> Policy:
        """The same policy, with other weights."""
        return replace(self, weights=weights)


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

_KEYS = ("label", "criteria", "protect_paths", "protect_libraries", "weights", "gps_tolerance_m")


def policy_from_config(name: str, table: Mapping[str, object]) -> Policy:
    """The policy that a table of the config file describes; raises `PolicyError`.

    `criteria` is a list. A word names a criterion without argument ("pixels"); a table prefers or avoids what
    matches: `{prefer = "path", matches = "*/originals/*"}`, `{avoid = "file name", matches = "-edited"}`,
    `{prefer = "library", is = "<id>"}`. `protect_paths`, `protect_libraries`, `weights` and `gps_tolerance_m`
    are optional.
    """
    for key, value in table.items():
        if key not in _KEYS:
            raise PolicyError(key, value, "a policy has no such setting", _nearest(key, _KEYS))
    if name in PRESETS:
        raise PolicyError("name", name, "this is the name of a policy that comes with the program")
    entries = table.get("criteria")
    if not isinstance(entries, Sequence) or isinstance(entries, str) or not entries:
        raise PolicyError("criteria", entries, "a policy needs a list of at least one criterion")
    criteria = tuple(_criterion(f"criteria[{index}]", entry) for index, entry in enumerate(entries, start=1))
    label = table.get("label", name)
    if not isinstance(label, str):
        raise PolicyError("label", label, "a label is a text")
    return Policy(
        name=name,
        label=label,
        criteria=criteria,
        protected=protected_from_config(table),
        weights=weights_from_config(table.get("weights", {})),
        gps_tolerance_m=_positive("gps_tolerance_m", table.get("gps_tolerance_m", GPS_TOLERANCE_M)),
    )


def protected_from_config(table: Mapping[str, object]) -> Protected:
    """`protect_paths` and `protect_libraries` of a table; raises `PolicyError`."""
    return Protected(
        tuple(_texts("protect_paths", table.get("protect_paths", ()))),
        frozenset(_texts("protect_libraries", table.get("protect_libraries", ()))),
    )


def weights_from_config(table: object) -> Weights:
    """Weights, as far as the table names them; raises `PolicyError`."""
    if not isinstance(table, Mapping):
        raise PolicyError("weights", table, "weights are a table of numbers")
    found: dict[str, float] = {}
    for name, value in table.items():
        key = f"weights.{name}"
        if name not in WEIGHT_NAMES:
            raise PolicyError(key, value, "there is no such weight", _nearest(str(name), WEIGHT_NAMES))
        found[name] = _positive(key, value)
    return replace(DEFAULT_WEIGHTS, **found)


def _criterion(key: str, entry: object) -> Criterion:
    if isinstance(entry, str):
        name = _spelled(entry)
        if name in CRITERIA and name != "protected":
            return CRITERIA[name]
        if name in PARAMETRIC:
            word, _ = PARAMETRIC[name]
            raise PolicyError(
                key, entry, f'this criterion needs a value: {{prefer = "{entry}", {word} = "..."}}'
            )
        raise PolicyError(key, entry, "there is no such criterion", _nearest_criterion(name))
    if not isinstance(entry, Mapping):
        raise PolicyError(key, entry, "a criterion is a word or a table")
    return _parametric(key, entry)


def _parametric(key: str, entry: Mapping[object, object]) -> Criterion:
    chosen = [word for word in ("prefer", "avoid") if word in entry]
    if len(chosen) != 1:
        raise PolicyError(key, dict(entry), "a criterion with a value says either prefer or avoid")
    verb = chosen[0]
    what = entry[verb]
    name = _spelled(what) if isinstance(what, str) else ""
    if name not in PARAMETRIC:
        raise PolicyError(
            f"{key}.{verb}", what, "this cannot be preferred or avoided", _nearest(name, tuple(PARAMETRIC))
        )
    word, make = PARAMETRIC[name]
    for other in entry:
        if other not in (verb, word):
            raise PolicyError(f"{key}.{other}", entry[other], "not understood here", word)
    argument = entry.get(word)
    if not isinstance(argument, str) or not argument:
        raise PolicyError(f"{key}.{word}", argument, f"{what} needs a text here")
    try:
        return make(argument, verb == "prefer")
    except re.error as error:
        raise PolicyError(f"{key}.{word}", argument, f"not a regular expression ({error})") from error


def _spelled(name: str) -> str:
    """A name as the registry writes it: "file size" and "file-size" are `file_size`."""
    folded = "_".join(name.strip().lower().replace("-", " ").replace("_", " ").split())
    return _ALIASES.get(folded, folded)


_ALIASES = {
    "format": "format_rank",
    "size": "file_size",
    "favorite": "favourite",
    "favourite_first": "favourite",
    "favorite_first": "favourite",
    "in_most_albums_first": "albums",
    "in_most_albums": "albums",
    "has_live_video": "live_video",
    "has_people": "people",
    "filename": "file_name",
}


def _nearest(name: str, valid: Sequence[str]) -> str | None:
    found = get_close_matches(name, valid, n=1, cutoff=0.5)
    return found[0] if found else None


def _nearest_criterion(name: str) -> str | None:
    return _nearest(name, [*(known for known in CRITERIA if known != "protected"), *PARAMETRIC])


def _texts(key: str, value: object) -> Sequence[str]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise PolicyError(key, value, "this is a list of texts")
    for index, item in enumerate(value, start=1):
        if not isinstance(item, str) or not item:
            raise PolicyError(f"{key}[{index}]", item, "this is a list of texts")
    return value


def _positive(key: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise PolicyError(key, value, "this is a number of at least 0")
    return float(value)
