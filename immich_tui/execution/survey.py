"""What a run is about to do, in numbers: one reading of its open groups, and the calls that follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from math import ceil
from pathlib import Path, PurePosixPath
from typing import Final

from immich_tui.execution.backup.names import is_inside
from immich_tui.execution.planned import Planned
from immich_tui.execution.run import Run
from immich_tui.review.decisions import DecisionKind
from immich_tui.verdict.ledger import ledger
from immich_tui.verdict.model import Channel, Fate

UNKNOWN_SIZE: Final = 20 << 20
"""Bytes assumed for a file whose size the server does not know."""

LOOKS: Final = 4
"""Times that a winner is read around a carry: before it, and until what was written holds still."""

PICTURED: Final = 200
FEW: Final = 20
"""Groups whose pictures are fetched for the report, and pictures beyond one a group."""

_ONE_CALL = frozenset({Channel.UPDATE_ASSET, Channel.TAG_ASSETS})
"""Channels by which all values of a winner go in one call."""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A kind of call that the run will make, and how often at most if nothing goes wrong."""

    method: str
    path: str
    purpose: str
    count: int


@dataclass(slots=True)
class Survey:
    """What one reading of all open groups tells.

    `losing` groups lose members; of `trashing` ones some are still to go, and these are `losers`, `videos` of
    them live photos, `edited` ones turned or cropped. `keepers` are looked at before a delete, `ended` ones
    when a group that keeps several is closed. `unclosed` groups lack their last step only, `whole` ones are
    stacked and trash nothing. `bytes` are to be downloaded, with `UNKNOWN_SIZE` for each of the `unknown`
    files, in `files` and `files_of_videos`. `external` are losers in external libraries. `inside` says that
    backups would lie among photos of the server. `carried` winners are written to, `writes` counts the calls
    by channel.
    """

    groups: int = 0
    members: int = 0
    losing: int = 0
    trashing: int = 0
    losers: int = 0
    videos: int = 0
    edited: int = 0
    keepers: int = 0
    ended: int = 0
    unclosed: int = 0
    dismissed: int = 0
    stacked: int = 0
    whole: int = 0
    external: int = 0
    bytes: int = 0
    unknown: int = 0
    files: int = 0
    files_of_videos: int = 0
    grafts: int = 0
    carried: int = 0
    inside: bool = False
    writes: Counter[Channel] = field(default_factory=Counter)

    def count(self, run: Run, planned: Planned) -> None:
        """Count one group."""
        choice = planned.choice
        left = run.left(planned)
        self.groups += 1
        self.members += len(planned.group.assets)
        self.losing += bool(choice.trash)
        self.trashing += bool(left)
        self.losers += left
        self.keepers += len(choice.keep) if left else 0
        self.unclosed += bool(choice.trash) and not left
        self.dismissed += planned.kind is DecisionKind.KEEP_ALL
        self.stacked += choice.stack
        self.whole += choice.stack and not choice.trash
        if len(choice.keep) > 1 and planned.kind is not DecisionKind.KEEP_ALL:
            self.ended += len(choice.keep) * (2 if choice.stack else 1)
        self.external += sum(asset.library_id is not None for asset in planned.losers)
        self.videos += sum(asset.live_photo_video_id is not None for asset in run.waiting(planned))
        self.weigh(run, planned)

    def weigh(self, run: Run, planned: Planned) -> None:
        """Count what is to be downloaded of a group."""
        for asset in planned.losers:
            if asset.id in run.backups:
                continue
            video = asset.live_photo_video_id is not None
            self.files += 1
            self.files_of_videos += video
            self.edited += asset.is_edited
            self.unknown += (asset.size is None) + video
            self.bytes += UNKNOWN_SIZE if asset.size is None else asset.size
            self.bytes += UNKNOWN_SIZE if video else 0

    def carry(self, run: Run, planned: Planned, *, count_calls: bool) -> None:
        """Count the calls that carry to a group's winner, and whether it is grafted to."""
        if not planned.choice.trash or not (count_calls or run.context.of(planned.choice).graft):
            return
        if planned.carry_confirmed:
            return
        book = ledger(planned.group, planned.choice, run.context, run.around(planned))
        carried, grafted = book.with_fate(Fate.CARRIED), book.with_fate(Fate.GRAFTED)
        self.grafts += bool(grafted)
        self.carried += bool(carried or grafted)
        self.writes.update({one.channel for one in carried if one.channel in _ONE_CALL})
        self.writes.update(one.channel for one in carried if one.channel not in _ONE_CALL)


def survey(run: Run, root: Path, *, count_calls: bool) -> Survey:
    """Read every open group once; `root` is where backups go. Takes 0.1 ms a group, so in a thread."""
    found = Survey()
    beside = _beside(root)
    mounted = run.settings.transfer.path_map.values()
    found.inside = any(beside(str(PurePosixPath(ours.absolute()))) for ours in mounted)
    for planned in run.groups.values():
        if not found.inside:
            # A path as a whole would be kept by the interpreter, part by part.
            paths = (asset.original_path for asset in planned.group.assets)
            found.inside = any(beside(path.rpartition("/")[0]) for path in paths if path.startswith("/"))
        if planned.open:
            found.count(run, planned)
            found.carry(run, planned, count_calls=count_calls)
    return found


def bytes_to_download(run: Run) -> int:
    """Bytes of open groups that are not backed up yet, with `UNKNOWN_SIZE` where a size is not known."""
    found = Survey()
    for planned in run.open_groups():
        found.weigh(run, planned)
    return found.bytes


def _beside(root: Path) -> Callable[[str], bool]:
    """Whether a folder of the server is that of the backups, above or below it; asked again at no cost."""
    here = PurePosixPath(root.absolute())

    @lru_cache(maxsize=1024)
    def beside(folder: str) -> bool:
        there = PurePosixPath(folder or "/")
        return there != there.parent and (is_inside(here, there) or is_inside(there, here))

    return beside


def planned_calls(run: Run, found: Survey) -> tuple[PlannedCall, ...]:
    """Count what would be called if nothing goes wrong, besides some twenty questions about the server."""
    size = run.settings.trash_batch
    batches, deletes = ceil(found.losing / size), ceil(found.trashing / size)
    files, videos = found.files, found.files_of_videos
    looks = found.keepers + LOOKS * found.carried + found.ended + videos + found.external
    readings = 1 + batches + bool(found.groups - found.losing)
    shown = min(found.groups, PICTURED)
    pictures = min(found.groups + FEW, ceil(found.members * shown / max(1, found.groups)) + FEW)
    calls = [
        PlannedCall(method, path, "carry metadata to the kept photos", count)
        for channel, count in sorted(found.writes.items())
        for method, path in [channel.split(" ", 1)]
    ]
    calls += [
        PlannedCall("POST", "/assets", "upload hidden carriers with what is grafted", found.grafts),
        PlannedCall("PUT", "/assets/copy", "put their sidecars in place at the kept photos", found.grafts),
        PlannedCall("DELETE", "/assets", "delete the carriers for good (deletes no photo)", found.grafts),
        PlannedCall("GET", "/assets/{id}/original", _downloads(files, videos), files + videos),
        PlannedCall("GET", "/assets/{id}/original", "see that what stays can be read", found.keepers),
        PlannedCall("GET", "/assets/{id}", "look at what stays, before and after", looks),
        PlannedCall("GET", "/assets/{id}/edits", "read how they were turned or cropped", found.edited),
        PlannedCall("GET", "/duplicates", "look at the groups again", readings),
        PlannedCall("DELETE", "/assets", _fate(run, found.losers), deletes),
        PlannedCall("POST", "/assets/bulk-upload-check", "see what is in the trash", deletes),
        PlannedCall("PUT", "/assets", "take the kept photos out of their groups", batches + found.whole),
        PlannedCall("POST", "/stacks", "stack", found.stacked),
        PlannedCall(
            "DELETE",
            "/duplicates",
            "dismiss groups that are kept whole (deletes no photo)",
            found.dismissed,
        ),
        PlannedCall("GET", "/assets/{id}/thumbnail", "small pictures for the report", pictures),
    ]
    return tuple(call for call in calls if call.count)


def _downloads(photos: int, videos: int) -> str:
    purpose = "download and verify backups"
    files = f"{photos} file{'s' * (photos != 1)}"
    return f"{purpose}: {files} and {videos} video{'s' * (videos != 1)} of live photos" if videos else purpose


def _fate(run: Run, losers: int) -> str:
    photos = "1 photo" if losers == 1 else f"{losers:,} photos"
    if run.settings.permanent is not None:
        return f"delete {photos} for good"
    return f"move {photos} to the trash"
