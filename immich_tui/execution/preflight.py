"""What stands in the way of a run, and what it would call: asked before anything is touched.

The same answer is the dry run.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil
from pathlib import Path, PurePosixPath

from immich_tui.execution.backup.names import is_inside
from immich_tui.execution.carry.surroundings import read_links, read_people
from immich_tui.execution.carry.wishes import CHANGED, withdrawn
from immich_tui.execution.listing import Listing, objection, read_listing
from immich_tui.execution.run import Run
from immich_tui.execution.transfer.partfile import spare_of
from immich_tui.immich.capabilities import probe
from immich_tui.review.decisions import DecisionKind
from immich_tui.verdict.ledger import ledger
from immich_tui.verdict.model import Channel, Fate
from immich_tui.verdict.plan import check_plan

HEADROOM = 1.05
"""Free space asked for, as a multiple of what will be downloaded."""

NOTHING_TO_DO = "Plan"
"""Name of the check that something is left to do: a problem for a new run, the end of a resumed one."""

UNKNOWN_SIZE = 20 << 20
"""Bytes assumed for a file whose size the server does not know."""


class Level(StrEnum):
    """How a check came out; one problem refuses the run."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: a sentence on what was found, and what to do about it."""

    name: str
    level: Level
    sentence: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A kind of call that the run will make, and how often at most."""

    method: str
    path: str
    purpose: str
    count: int


@dataclass(frozen=True, slots=True)
class Preflight:
    """The outcome: checks, calls, and what is left to do.

    `losers` are still to be trashed; `unclosed` of the `groups` were trashed by an earlier attempt and lack
    their last step only. `bytes` are to be downloaded, as far as sizes are known; `videos` are those of live
    photos among the losers, which the server keeps
    as files of their own: they are backed up, too, and go to the trash with their photo.
    """

    checks: tuple[Check, ...]
    calls: tuple[PlannedCall, ...]
    groups: int
    losers: int
    bytes: int
    held: tuple[tuple[str, str], ...]
    videos: int = 0
    unclosed: int = 0

    @property
    def refused(self) -> bool:
        """Whether a problem forbids the run."""
        return any(check.level is Level.PROBLEM for check in self.checks)


async def preflight(run: Run, *, count_calls: bool = True) -> Preflight:
    """Check a run against the server and the disk as they are now, and hold back what must not be touched.

    Without `count_calls` nothing is said of the calls: that weighs every group's metadata. Raises
    `ImmichError` when the server cannot be asked at all.
    """
    with run.pool.lease("asking the server") as slot:
        run.capabilities = await probe(run.paced(slot))
    checks = [
        Check(
            "Server", Level.OK, f"Immich {run.capabilities.version} answers as {run.capabilities.user.name}."
        ),
        _trash_check(run),
        *_permission_checks(run),
    ]
    await _hold_withdrawn(run)
    await _hold_invalid(run)
    listing = await read_listing(run)
    run.albums = listing.albums
    checks.append(await _listing_check(run, listing))
    if run.albums is None:
        checks.append(
            Check(
                "Albums",
                Level.WARNING,
                "This key may not read albums, so album membership of trashed photos is not carried.",
                "Add album.read and albumAsset.create to the key.",
            )
        )
    with run.pool.lease("asking for people and public links") as slot:
        run.people = await read_people(run, slot)
        run.links = await read_links(run, slot)
    checks += _unread_checks(run)
    checks.append(await asyncio.to_thread(_external_check, run))
    to_download = await asyncio.to_thread(bytes_to_download, run)
    unknown = await asyncio.to_thread(files_of_unknown_size, run)
    checks.append(
        await asyncio.to_thread(
            lambda: _folder_check(
                _backup_root(run),
                *((0, 0) if run.settings.transfer.only_elsewhere else (to_download, unknown)),
                _server_paths(run),
                run.folder if run.id else None,
            )
        )
    )
    open_groups = list(run.open_groups())
    losers = sum(len(run.waiting(planned)) for planned in open_groups)
    unclosed = sum(bool(planned.choice.trash) and not run.waiting(planned) for planned in open_groups)
    if not open_groups:
        checks.append(
            Check(
                NOTHING_TO_DO,
                Level.PROBLEM,
                "There is nothing to carry out.",
                "Decide some groups, then come back.",
            )
        )
    typed = run.settings.permanent
    if typed is not None and not 0 <= typed - losers <= _gone_or_withdrawn(run):
        checks.append(
            Check(
                "Permanent deletion",
                Level.PROBLEM,
                f"{typed} was typed, but {losers} photos would be deleted for good.",
                "Look at the number again.",
            )
        )
    held = tuple(
        (planned.winner.original_file_name, planned.held) for planned in run.groups.values() if planned.held
    )
    videos = sum(
        asset.live_photo_video_id is not None for planned in open_groups for asset in run.waiting(planned)
    )
    known = to_download - UNKNOWN_SIZE * unknown
    calls = await asyncio.to_thread(_calls, run) if count_calls else ()
    return Preflight(tuple(checks), calls, len(open_groups), losers, known, held, videos, unclosed)


def _unread_checks(run: Run) -> list[Check]:
    """What could not be read of people and public links, and therefore is not carried."""
    found = []
    if run.people is None:
        found.append(
            Check(
                "People",
                Level.WARNING,
                "This key may not read people, so who is on trashed photos is not carried.",
                "Add person.read, face.read and face.create to the key.",
            )
        )
    if run.links is None:
        found.append(
            Check(
                "Public links",
                Level.WARNING,
                "This key may not read public links, so those that show trashed photos lose them.",
                "Add sharedLink.read and asset.copy to the key.",
            )
        )
    return found


def _gone_or_withdrawn(run: Run) -> int:
    """Photos that a run has trashed or was told to leave: they may have been counted when it began."""
    return sum(
        len(run.waiting(planned)) if planned.held.startswith(CHANGED) else len(run.gone(planned))
        for planned in run.groups.values()
    )


def _trash_check(run: Run) -> Check:
    if run.settings.permanent is not None:
        past = ", past Immich's trash, which is switched on" if run.capabilities.trash else ""
        return Check(
            "Trash",
            Level.WARNING,
            f"LOSERS WILL BE DELETED FOR GOOD{past}. Immich cannot bring them back; the backup is then"
            " the only other copy.",
            "Leave permanent deletion out to move them to the trash." if past else "",
        )
    if run.capabilities.trash:
        days = run.capabilities.trash_days
        return Check("Trash", Level.OK, f"Losers go to Immich's trash and stay there for {days} days.")
    return Check(
        "Trash",
        Level.PROBLEM,
        "The trash is switched off on this server: what is deleted would be gone for good.",
        "Switch the trash on in Immich's settings, or ask for permanent deletion and type the number.",
    )


def _permission_checks(run: Run) -> list[Check]:
    needed = {"duplicate.read", "asset.read", "asset.download", "asset.update"}
    if any(planned.choice.trash for planned in run.open_groups()):
        needed.add("asset.delete")
    if any(planned.kind is DecisionKind.KEEP_ALL for planned in run.open_groups()):
        needed.add("duplicate.delete")
    if any(planned.choice.stack for planned in run.open_groups()):
        needed.add("stack.create")
    if _grafts(run):
        needed.update(run.capabilities.graft_needs)
    permissions = run.capabilities.permissions
    if permissions is None:
        return [
            Check("Permissions", Level.OK, "This server does not tell what the key may do; calls will show.")
        ]
    missing = sorted(needed - permissions) if "all" not in permissions else []
    if missing:
        return [
            Check(
                "Permissions",
                Level.PROBLEM,
                f"The API key lacks {', '.join(missing)}.",
                "Edit the key in Immich under Account settings, API keys.",
            )
        ]
    return [Check("Permissions", Level.OK, "The API key has every permission that this plan needs.")]


def _grafts(run: Run) -> bool:
    """Whether the plan grafts to any photo."""
    return any(
        ledger(planned.group, planned.choice, run.context).with_fate(Fate.GRAFTED)
        for planned in run.open_groups()
        if planned.choice.trash and run.context.of(planned.choice).graft
    )


async def _hold_withdrawn(run: Run) -> None:
    """Hold back what was decided otherwise since the run was planned; a plan that has not begun is new."""
    if run.id:
        for planned in list(run.open_groups()):
            await withdrawn(run, planned, "check")


async def _hold_invalid(run: Run) -> None:
    """Hold back what breaks an invariant of the plan: an asset in two groups, a group without a keeper."""
    protected = run.session.policy.protected
    for problem in await asyncio.to_thread(lambda: check_plan(run.choices, protected)):
        await run.hold(run.groups[problem.group_id], "plan", problem.sentence)
    doubled = await run.session.store.in_thread(run.session.store.in_two_groups)
    for groups in doubled.values():
        for group_id in groups:
            if group_id in run.groups:
                await run.hold(
                    run.groups[group_id],
                    "plan",
                    "One of its photos stands in two groups; neither is touched.",
                )


async def _listing_check(run: Run, listing: Listing) -> Check:
    fresh = [planned for planned in run.open_groups() if not run.has_begun(planned)]
    reasons = await asyncio.to_thread(lambda: [objection(planned, listing) for planned in fresh])
    for planned, reason in zip(fresh, reasons, strict=True):
        if reason:
            await run.hold(planned, "preflight", reason)
    asked, stale = len(fresh), sum(map(bool, reasons))
    if stale:
        return Check(
            "Groups",
            Level.WARNING,
            f"{stale:,} of {asked:,} changed since decided: nothing is done with those groups.",
            "Fetch again to decide them anew.",
        )
    sentences = {
        0: "This run has begun every group that is left; none is compared with how it was decided.",
        1: "The group is as it was when it was decided.",
    }
    alike = sentences.get(asked, f"All {asked:,} groups are as they were when they were decided.")
    return Check("Groups", Level.OK, alike)


def _external_check(run: Run) -> Check:
    external = [a for planned in run.open_groups() for a in planned.losers if a.library_id is not None]
    if not external:
        return Check("Checksums", Level.OK, "Immich has a checksum of every file that will be trashed.")
    if run.settings.trash_external:
        return Check(
            "Checksums",
            Level.WARNING,
            f"{len(external)} files are in external libraries, where only size and two equal readings verify"
            " a backup. You agreed to trash them.",
        )
    return Check(
        "Checksums",
        Level.WARNING,
        f"{len(external)} files are in external libraries, where Immich has no checksum of the content. Their"
        " groups are backed up but not trashed.",
        "Agree to weak verification for this run to trash them too.",
    )


def files_of_unknown_size(run: Run) -> int:
    """Files of open groups that are not backed up yet and whose size is not known, live videos among them."""
    losers = (asset for planned in run.open_groups() for asset in planned.losers)
    return sum(
        (asset.size is None) + (asset.live_photo_video_id is not None)
        for asset in losers
        if asset.id not in run.backups
    )


def bytes_to_download(run: Run) -> int:
    """Bytes of open groups that are not backed up yet, with `UNKNOWN_SIZE` where a size is not known."""
    total = 0
    for planned in run.open_groups():
        for asset in planned.losers:
            if asset.id in run.backups:
                continue
            total += UNKNOWN_SIZE if asset.size is None else asset.size
            total += UNKNOWN_SIZE if asset.live_photo_video_id else 0
    return total


def _server_paths(run: Run) -> frozenset[PurePosixPath]:
    """Folders on the server that hold originals of the plan, and where they are mounted here."""
    mounted = (PurePosixPath(ours.absolute()) for ours in run.settings.transfer.path_map.values())
    theirs = (
        PurePosixPath(asset.original_path).parent
        for planned in run.groups.values()
        for asset in planned.group.assets
        if asset.original_path.startswith("/")
    )
    return frozenset((*mounted, *theirs))


def _backup_root(run: Run) -> Path:
    """Where backups go: a run that has begun stays with its folder, whatever the settings say now."""
    return run.folder.parent if run.id else run.settings.backup_root


def _folder_check(
    root: Path, needed: int, unknown: int, server_folders: frozenset[PurePosixPath], begun: Path | None
) -> Check:
    """Whether the backup folder takes what will be written. Blocks on the disk.

    `needed` are bytes, and `unknown` is how many files in them are taken to have `UNKNOWN_SIZE`.

    `begun` is the folder of a run that is taken up again: its unfinished files are continued, so what they
    hold needs no room any more.
    """
    here = PurePosixPath(root.absolute())
    if any(
        is_inside(here, folder) or is_inside(folder, here)
        for folder in server_folders
        if folder != folder.parent
    ):
        return Check(
            "Backup folder",
            Level.PROBLEM,
            f"{root} lies where Immich keeps or imports its photos; backups there would"
            " come back as new photos.",
            "Choose a folder outside every upload and library path.",
        )
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=root, prefix=".immich-tui-") as probe_file:
            probe_file.write(b"can this folder be written?")
            probe_file.flush()
            os.fsync(probe_file.fileno())
        total, _, free = shutil.disk_usage(root)
        unfinished = sum(part.stat().st_size for part in begun.glob("*.part")) if begun else 0
    except OSError as error:
        return Check(
            "Backup folder",
            Level.PROBLEM,
            f"{root} cannot be written: {error.strerror}.",
            "Choose another folder with --backup-dir.",
        )
    wanted = ceil(max(0, needed - unfinished) * HEADROOM) + (spare_of(total) if needed else 0)
    if free < wanted:
        return Check(
            "Backup folder",
            Level.PROBLEM,
            f"{root} has {size_text(free)} free where {size_text(wanted)} are needed.",
            "Make room, or choose another folder with --backup-dir.",
        )
    takes = size_text(needed - unknown * UNKNOWN_SIZE)
    if unknown:
        files = "1 file" if unknown == 1 else f"{unknown:,} files"
        takes += f", and up to {size_text(unknown * UNKNOWN_SIZE)} more for {files} of unknown size"
    return Check("Backup folder", Level.OK, f"{root} takes {takes}; {size_text(free)} are free.")


def size_text(number: float) -> str:
    """A number of bytes as people read it."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:,.0f} {unit}" if unit == "B" else f"{number:,.1f} {unit}"
        number /= 1024
    return f"{number:,.1f} TiB"


def _calls(run: Run) -> tuple[PlannedCall, ...]:
    """Count what would be called. Reads that confirm are counted with what they confirm."""
    groups = list(run.open_groups())
    losing = [planned for planned in groups if planned.choice.trash]
    trashing = [planned for planned in losing if run.waiting(planned)]
    losers = [asset for planned in losing for asset in run.waiting(planned)]
    unsaved = [asset for asset in losers if asset.id not in run.backups]
    writes: dict[Channel, set[str]] = {}
    grafts = 0
    for planned in losing:
        if planned.carry_confirmed:
            continue
        book = ledger(planned.group, planned.choice, run.context, run.around(planned))
        grafts += bool(book.with_fate(Fate.GRAFTED))
        for number, entry in enumerate(book.with_fate(Fate.CARRIED)):
            one_call = entry.channel in (Channel.UPDATE_ASSET, Channel.TAG_ASSETS)
            key = planned.id if one_call else f"{planned.id}/{number}"
            writes.setdefault(entry.channel, set()).add(key)
    calls = [
        PlannedCall(method, path, "carry metadata to the kept photos", len(keys))
        for channel, keys in sorted(writes.items())
        for method, path in [channel.split(" ", 1)]
    ]
    calls += [
        PlannedCall("POST", "/assets", "upload hidden carriers with what is grafted", grafts),
        PlannedCall("PUT", "/assets/copy", "put their sidecars in place at the kept photos", grafts),
        PlannedCall("DELETE", "/assets", "delete the carriers for good (deletes no photo)", grafts),
    ]
    videos = sum(asset.live_photo_video_id is not None for asset in unsaved)
    batches = ceil(len(losing) / run.settings.trash_batch)
    deletes = ceil(len(trashing) / run.settings.trash_batch)
    calls += [
        PlannedCall("GET", "/assets/{id}/original", _downloads(len(unsaved), videos), len(unsaved) + videos),
        PlannedCall("GET", "/duplicates", "look at the groups again before deleting", max(1, batches)),
        PlannedCall("GET", "/assets/{id}", "check kept and trashed photos", 3 * len(losing) + len(losers)),
        PlannedCall("DELETE", "/assets", _fate(run, len(losers)), deletes),
        PlannedCall("PUT", "/assets", "take the kept photos out of their groups", batches),
        PlannedCall("POST", "/stacks", "stack", sum(planned.choice.stack for planned in groups)),
        PlannedCall(
            "DELETE",
            "/duplicates/{id}",
            "dismiss groups that are kept whole (deletes no photo)",
            sum(planned.kind is DecisionKind.KEEP_ALL for planned in groups),
        ),
    ]
    return tuple(call for call in calls if call.count)


def _downloads(photos: int, videos: int) -> str:
    purpose = "download and verify backups"
    return f"{purpose}: {photos} files and {videos} videos of live photos" if videos else purpose


def _fate(run: Run, losers: int) -> str:
    photos = "1 photo" if losers == 1 else f"{losers:,} photos"
    if run.settings.permanent is not None:
        return f"delete {photos} for good"
    return f"move {photos} to the trash"


async def still_allowed(run: Run) -> str:
    """Whether the trash is as the preflight found it; a sentence when it is not. Raises `ImmichError`."""
    with run.pool.lease("asking for the trash") as slot:
        features = await run.pool.call(run.client.features, slot, repeatable=True)
    run.capabilities = replace(run.capabilities, features=features)
    check = _trash_check(run)
    return check.sentence if check.level is Level.PROBLEM else ""
