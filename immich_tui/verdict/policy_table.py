"""Policies as a person writes them in the settings file, and what is wrong with them.

Weights, protection and the tolerance for places stand at the top of the file and hold under every policy, so
that nobody loses the protection of a folder by switching the policy. A policy of one's own is a list of
criteria, and may weigh differently.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType

from immich_tui.verdict.criteria import CRITERIA, PARAMETRIC, Criterion
from immich_tui.verdict.policy import GPS_TOLERANCE_M, PRESETS, Policy, Protected
from immich_tui.verdict.score import DEFAULT_WEIGHTS, WEIGHT_NAMES, Weights

POLICIES = "policies"

#: Settings that hold under every policy.
COMMON = ("weights", "protect_paths", "protect_libraries", "gps_tolerance_m")
_OF_A_POLICY = ("label", "criteria", "weights")

Path = tuple[str | int, ...]
"""Where something stands in the file: keys, and places in lists counted from 1."""


class PolicyError(ValueError):
    """A policy, or a setting that goes with it, that cannot be used.

    `path` is where it stands, `problem` what is wrong with it, without a full stop, and `nearest` the valid
    name that was probably meant, if any. File and line are added by whoever read the file.
    """

    def __init__(self, path: Path, problem: str, nearest: str | None = None) -> None:
        self.path = path
        self.problem = problem
        self.nearest = nearest
        hint = f" Did you mean {nearest!r}?" if nearest else ""
        super().__init__(f"{self.key}: {problem}.{hint}")

    @property
    def key(self) -> str:
        """The path as a person reads it ("policies.family.criteria[2].matches")."""
        steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path]
        return "".join(steps).lstrip(".")


def policies_from_config(content: Mapping[str, object]) -> Mapping[str, Policy]:
    """Every policy there is, by name: the presets, then those of the settings file.

    `content` is the file's top level; what does not concern policies in it is left alone. Raises
    `PolicyError`.
    """
    weights = _weights(("weights",), content.get("weights", {}), DEFAULT_WEIGHTS)
    protected = Protected(
        tuple(_texts("protect_paths", content.get("protect_paths", ()))),
        frozenset(_texts("protect_libraries", content.get("protect_libraries", ()))),
    )
    tolerance = _number(("gps_tolerance_m",), content.get("gps_tolerance_m", GPS_TOLERANCE_M))

    def with_common(policy: Policy, weights: Weights) -> Policy:
        return replace(policy, weights=weights, protected=protected, gps_tolerance_m=tolerance)

    found = {name: with_common(preset, weights) for name, preset in PRESETS.items()}
    own = content.get(POLICIES, {})
    if not isinstance(own, Mapping):
        raise PolicyError((POLICIES,), "policies are tables: [policies.NAME]")
    for name, table in own.items():
        path = (POLICIES, name)
        if not isinstance(table, Mapping):
            raise PolicyError(path, f"a policy is a table: [policies.{name}]")
        if name in PRESETS:
            raise PolicyError(path, "this is the name of a policy that comes with the program")
        policy = _policy(path, name, table)
        found[name] = with_common(policy, _weights((*path, "weights"), table.get("weights", {}), weights))
    return MappingProxyType(found)


def _policy(path: Path, name: str, table: Mapping[str, object]) -> Policy:
    for key in table:
        if key in _OF_A_POLICY:
            continue
        if key in COMMON:
            raise PolicyError((*path, key), "this holds under every policy, so it stands above all tables")
        raise PolicyError((*path, key), "a policy has no such setting", _nearest(key, _OF_A_POLICY))
    entries = table.get("criteria")
    if not isinstance(entries, Sequence) or isinstance(entries, str) or not entries:
        raise PolicyError((*path, "criteria"), "a policy needs a list of at least one criterion")
    label = table.get("label", name)
    if not isinstance(label, str) or not label.strip():
        raise PolicyError((*path, "label"), "a label is a text")
    criteria = [_criterion((*path, "criteria", place), entry) for place, entry in enumerate(entries, start=1)]
    return Policy(name, label, tuple(criteria))


def _weights(path: Path, table: object, base: Weights) -> Weights:
    if not isinstance(table, Mapping):
        raise PolicyError(path, "weights are a table of numbers")
    found: dict[str, float] = {}
    for name, value in table.items():
        if name not in WEIGHT_NAMES:
            raise PolicyError((*path, name), "there is no such weight", _nearest(name, WEIGHT_NAMES))
        found[name] = _number((*path, name), value)
    return replace(base, **found)


def _criterion(path: Path, entry: object) -> Criterion:
    if isinstance(entry, Mapping):
        return _choosing(path, entry)
    if not isinstance(entry, str):
        raise PolicyError(path, "a criterion is a word or a table")
    name = _spelled(entry)
    if name in PARAMETRIC:
        word, _ = PARAMETRIC[name]
        raise PolicyError(path, f'{entry!r} needs a value: {{prefer = "{entry}", {word} = "..."}}')
    if name not in _WORDS:
        known = [_as_written(word) for word in (*_WORDS, *PARAMETRIC)]
        raise PolicyError(path, f"there is no criterion {entry!r}", _nearest(_as_written(name), known))
    return CRITERIA[name]


def _choosing(path: Path, entry: Mapping[object, object]) -> Criterion:
    chosen = [word for word in ("prefer", "avoid") if word in entry]
    if len(chosen) != 1:
        raise PolicyError(path, "a criterion with a value says either prefer or avoid")
    verb = chosen[0]
    what = entry[verb]
    name = _spelled(what) if isinstance(what, str) else ""
    if name not in PARAMETRIC:
        known = [_as_written(word) for word in PARAMETRIC]
        raise PolicyError(
            (*path, verb), f"{what!r} cannot be preferred or avoided", _nearest(_as_written(name), known)
        )
    word, make = PARAMETRIC[name]
    for other in entry:
        if other not in (verb, word):
            raise PolicyError((*path, str(other)), f"{other!r} is not understood here", word)
    argument = entry.get(word)
    if not isinstance(argument, str) or not argument:
        raise PolicyError((*path, word), f"{what} needs a text here")
    try:
        return make(argument, verb == "prefer")
    except re.error as error:
        raise PolicyError((*path, word), f"this is no regular expression ({error})") from error


#: Criteria that a policy may name; protection is no criterion to choose, it stands before all.
_WORDS = tuple(name for name in CRITERIA if name != "protected")

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


def _spelled(word: str) -> str:
    """A name as the registry has it: "file size" and "file-size" are `file_size`."""
    folded = "_".join(word.lower().replace("-", " ").replace("_", " ").split())
    return _ALIASES.get(folded, folded)


def _as_written(name: str) -> str:
    """A name of the registry as a person writes it."""
    return "format" if name == "format_rank" else name.replace("_", " ")


def _nearest(name: str, valid: Iterable[str]) -> str | None:
    found = get_close_matches(name, tuple(valid), n=1, cutoff=0.5)
    return found[0] if found else None


def _texts(key: str, value: object) -> Sequence[str]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise PolicyError((key,), "this is a list of texts")
    for place, item in enumerate(value, start=1):
        if not isinstance(item, str) or not item:
            raise PolicyError((key, place), "this is a list of texts")
    return value


def _number(path: Path, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise PolicyError(path, f"{value!r} is no number of at least 0")
    return float(value)
