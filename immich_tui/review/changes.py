"""What is different between two fetches: of a group in one sentence, of the session in numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from immich_tui.immich.models import Asset, Group
from immich_tui.verdict.fingerprint import LABELS, changed

TOLD = 3
"""Differences of one group that are named; more are counted."""

_FILE = {LABELS[name] for name in ("checksum", "file_size_in_byte")}
_TRASH = LABELS["trashed"]
_GROUP = LABELS["duplicate_id"]


class ChangeKind(StrEnum):
    """Why a group is marked since the last fetch."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    RETURNED = "returned"


RETURNED = "You said before that these are not duplicates; the same files are listed again."
NEW = "New since the last fetch."
MOVED = "The server lists these photos as another group now."
_OTHERWISE = "Its data changed."


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference between two fetches, in groups.

    `carried_out` are gone because a run dealt with them, `vanished` for other reasons. `moved` have the same
    members under another number. `returned` were dismissed once and are listed again. `again` is how many
    decisions do not stand any more, because their group changed: these have to be looked at again.
    """

    new: int = 0
    vanished: int = 0
    carried_out: int = 0
    changed: int = 0
    moved: int = 0
    returned: int = 0
    again: int = 0

    def __bool__(self) -> bool:
        return any((self.new, self.vanished, self.carried_out, self.changed, self.moved, self.returned))


def what_changed(before: Group, after: Group) -> str:
    """What is different about a group, as a sentence: who joined, who left, what of a photo is different."""
    old = {asset.id: asset for asset in before.assets}
    new = {asset.id: asset for asset in after.assets}
    told = [f"{_name(asset)} joined" for asset in after.assets if asset.id not in old]
    told += [f"{_name(asset)} left" for asset in before.assets if asset.id not in new]
    for asset in after.assets:
        if asset.id in old:
            told += _of_one(old[asset.id], asset)
    if not told:
        return _OTHERWISE
    more = len(told) - TOLD
    listed = "; ".join(told[:TOLD]) + (f"; and {more} more" if more > 0 else "")
    return f"{listed}."


def _of_one(before: Asset, after: Asset) -> Iterable[str]:
    """What is different about one member."""
    names = [name for name in changed(before, after) if name != _GROUP]
    if _TRASH in names:
        yield f"{_name(after)} {'was trashed' if after.is_trashed else 'is no longer in the trash'}"
    if not _FILE.isdisjoint(names):
        yield f"the file of {_name(after)} was replaced"
    edited = [name for name in names if name != _TRASH and name not in _FILE]
    if edited:
        shown = ", ".join(edited[:TOLD]) + (" and more" if len(edited) > TOLD else "")
        yield f"{_name(after)}: {shown} edited"


def _name(asset: Asset) -> str:
    return asset.original_file_name or asset.id


def checksums(group: Group) -> str | None:
    """What a dismissed group is recognised by: its files, whatever their ids.

    `None` where the files cannot be told: a checksum is missing, or is one of a path (external library).
    """
    found = [asset.checksum for asset in group.assets if asset.library_id is None]
    known = sorted(checksum for checksum in found if checksum)
    if len(known) < len(group.assets):
        return None
    return hashlib.blake2b("\n".join(known).encode(), digest_size=16).hexdigest()
