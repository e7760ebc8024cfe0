"""Taking back what a sidecar brought: what a winner's next sidecar must hold so that it shows what it was.

A carrier with what the photo had itself replaces the grafted sidecar. It can also empty a location or a date
that was written through the API, which no call can. What somebody changed since is theirs and is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from immich_tui.execution.carry.clock import CLOCK
from immich_tui.execution.carry.readback import is_there, same, value_of
from immich_tui.execution.graft.graft import stated_date
from immich_tui.execution.past import PastGroup, Write
from immich_tui.execution.undo.revert import ONE_WAY
from immich_tui.immich.models import Asset
from immich_tui.verdict.model import Channel

_CAMERA = ("make", "model", "lensModel", "exposureTime", "fNumber", "focalLength", "iso")
_REPEATED = ("description", "rating")
_PLACE = ("latitude", "longitude")


@dataclass(frozen=True, slots=True)
class Ungrafting:
    """What is to be done: `names` are fields that must become what they were before the run.

    Without any, no carrier is needed. `sidecar` is what the carrier brings, and `repeat` what the API must
    write again behind it, as the photo loses all that was edited in Immich; `tags` are ids.
    """

    names: tuple[str, ...]
    sidecar: Mapping[str, object]
    repeat: Mapping[str, object]
    tags: tuple[str, ...]

    def data(self) -> dict[str, object]:
        """What the journal keeps."""
        return {
            "names": list(self.names),
            "sidecar": dict(self.sidecar),
            "repeat": dict(self.repeat),
            "tags": list(self.tags),
        }

    @classmethod
    def read(cls, data: Mapping[str, object]) -> Ungrafting:
        """Read it from the journal."""
        names, fields, repeat, tags = (data[name] for name in ("names", "sidecar", "repeat", "tags"))
        assert isinstance(names, list)
        assert isinstance(fields, dict)
        assert isinstance(repeat, dict)
        assert isinstance(tags, list)
        return cls(tuple(names), fields, repeat, tuple(tags))


def needs_sidecar(prior: Asset, writes: Iterable[Write]) -> bool:
    """Whether a run wrote something that only another sidecar takes away."""
    return any(
        not is_there(name, value, prior)
        for write in writes
        if write.channel in (Channel.UPDATE_ASSET, Channel.GRAFT)
        for name, value in write.payload.items()
        if write.channel is Channel.GRAFT or name in ONE_WAY
    )


def ungrafting(group: PastGroup, prior: Asset, now: Asset, done: Collection[str] = ()) -> Ungrafting | None:
    """Compare a winner with what a run wrote to it; `None` when no sidecar has to be put in place.

    `done` are names of fields that were taken back already.
    """
    written: dict[str, object] = {}
    carried: set[str] = set()
    grafted: set[str] = set()
    given: set[str] = set()
    for write in group.writes:
        if write.channel in (Channel.UPDATE_ASSET, Channel.GRAFT):
            written.update(write.payload)
            if write.field != CLOCK:
                carried |= write.payload.keys()
        if write.channel is Channel.GRAFT:
            grafted |= write.payload.keys()
        if write.channel is Channel.TAG_ASSETS:
            given |= _ids(write.payload.get("tagIds"))
    # A date that put the clock right is replaced by the photo's own, which the next sidecar holds.
    takes = grafted | (ONE_WAY & carried)
    names = tuple(
        name
        for name in sorted(takes - set(done))
        if not same(name, now, prior) and is_there(name, written[name], now)
    )
    # A run that was cut off, or that held the group back, did not give everything back that its copy took.
    unfinished = group.copied and not group.planned.carry_confirmed

    def lost(name: str) -> bool:
        if group.after is not None:
            return unfinished and same(name, now, group.after)
        return unfinished and value_of(now, name) in (None, "")

    def wanted(name: str) -> object:
        ours = name in written and name not in done and is_there(name, written[name], now)
        return value_of(prior if ours or lost(name) or same(name, now, prior) else now, name)

    def gone(name: str) -> bool:
        return lost(name) and not same(name, now, prior)

    names += tuple(name for name in _CAMERA if name not in names and gone(name))
    if not names and not any(map(gone, _REPEATED)):
        return None
    had, has = [{tag.id for tag in asset.tags or ()} for asset in (prior, now)]
    keep = {tag_id for tag_id in has if tag_id in had or tag_id not in given - set(done)}
    return Ungrafting(
        names,
        _sidecar(prior, now, wanted, names),
        {name: value for name in _REPEATED if (value := _sendable(wanted(name)))},
        tuple(sorted(keep | had if unfinished else keep)),
    )


def _sidecar(
    prior: Asset, now: Asset, wanted: Callable[[str], object], names: Collection[str]
) -> dict[str, object]:
    """The fields that the photo had itself, or has from somebody since.

    A date that was taken back was none of its own, and is left to the server to fill in again.
    """
    fields = {name: value for name in _CAMERA if (value := wanted(name)) not in (None, "")}
    latitude, longitude = map(wanted, _PLACE)
    if latitude is not None and longitude is not None:
        fields |= {"latitude": latitude, "longitude": longitude}
    dated = now if value_of(now, "dateTimeOriginal") == wanted("dateTimeOriginal") else prior
    if not {"dateTimeOriginal", "timeZone"} & set(names) and (date := stated_date(dated)):
        fields |= {"dateTimeOriginal": date, "timeZone": dated.known_exif.time_zone}
    return fields


def _sendable(value: object) -> object:
    return int(value) if isinstance(value, float) else value


def _ids(value: object) -> set[str]:
    return set(map(str, value)) if isinstance(value, list | tuple) else set()
