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
from pathlib import Path

from immich_tui.execution.carry.surroundings import read_links, read_people
from immich_tui.execution.carry.wishes import CHANGED, withdrawn
from immich_tui.execution.listing import Listing, objection, read_listing
from immich_tui.execution.planned import Planned
from immich_tui.execution.run import AT_ONCE, Run, batched
from immich_tui.execution.survey import UNKNOWN_SIZE, PlannedCall, Survey, planned_calls, survey
from immich_tui.execution.transfer.partfile import make_folder, spare_of
from immich_tui.immich.capabilities import probe
from immich_tui.jobs.together import together
from immich_tui.verdict.plan import check_plan

HEADROOM = 1.05
"""Free space asked for, as a multiple of what will be downloaded."""

NOTHING_TO_DO = "Plan"
"""Name of the check that something is left to do: a problem for a new run, the end of a resumed one."""

_NOT_BEGUN = "that this run has not begun "


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
    await _hold_withdrawn(run)
    listing, _ = await together(_ask_server(run), _hold_invalid(run))
    run.albums = listing.albums
    groups_check = await _listing_check(run, listing)
    found = await asyncio.to_thread(survey, run, _backup_root(run), count_calls=count_calls)
    downloads = (0, 0) if run.settings.transfer.only_elsewhere else (found.bytes, found.unknown)
    folder_check = await asyncio.to_thread(
        _folder_check, _backup_root(run), *downloads, run.folder if run.id else None, found.inside
    )
    checks = [
        Check(
            "Server", Level.OK, f"Immich {run.capabilities.version} answers as {run.capabilities.user.name}."
        ),
        _trash_check(run),
        *_permission_checks(run, found),
        groups_check,
        *_unread_checks(run),
        _external_check(run, found.external),
        folder_check,
    ]
    if not found.groups:
        checks.append(
            Check(
                NOTHING_TO_DO,
                Level.PROBLEM,
                "There is nothing to carry out.",
                "Decide some groups, then come back.",
            )
        )
    typed = run.settings.permanent
    if typed is not None and not 0 <= typed - found.losers <= _gone_or_withdrawn(run):
        checks.append(
            Check(
                "Permanent deletion",
                Level.PROBLEM,
                f"{typed} was typed, but {found.losers} photos would be deleted for good.",
                "Look at the number again.",
            )
        )
    held = await asyncio.to_thread(_held, run)
    known = found.bytes - UNKNOWN_SIZE * found.unknown
    calls = planned_calls(run, found) if count_calls else ()
    return Preflight(
        tuple(checks), calls, found.groups, found.losers, known, held, found.videos, found.unclosed
    )


async def _ask_server(run: Run) -> Listing:
    """Read what the server is and lets this key do, then the groups and what is around them."""
    with run.pool.lease("asking the server") as slot:
        run.capabilities = await probe(run.paced(slot))
    listing, _ = await together(read_listing(run), _ask_around(run))
    return listing


async def _ask_around(run: Run) -> None:
    """Read who is on the photos of the plan, and which public links show them."""
    with run.pool.lease("asking for people and public links") as slot:
        run.people = await read_people(run, slot)
        run.links = await read_links(run, slot)


def _held(run: Run) -> tuple[tuple[str, str], ...]:
    return tuple((planned.winner.original_file_name, planned.held) for planned in run.groups.held())


def _unread_checks(run: Run) -> list[Check]:
    """What could not be read of albums, people and public links, and therefore is not carried."""
    found = []
    if run.albums is None:
        found.append(
            Check(
                "Albums",
                Level.WARNING,
                "This key may not read albums, so album membership of trashed photos is not carried.",
                "Add album.read and albumAsset.create to the key.",
            )
        )
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
        run.left(planned) if planned.held.startswith(CHANGED) else len(run.gone(planned))
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


def _permission_checks(run: Run, found: Survey) -> list[Check]:
    needed = {"duplicate.read", "asset.read", "asset.download", "asset.update"}
    if found.losing:
        needed.add("asset.delete")
    if found.dismissed:
        needed.add("duplicate.delete")
    if found.stacked:
        needed.add("stack.create")
    if found.grafts:
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


async def _hold_withdrawn(run: Run) -> None:
    """Hold back what was decided otherwise since the run was planned; a plan that has not begun is new."""
    if run.id:
        for some in batched(run.open_groups(), AT_ONCE):
            for planned in some:
                await withdrawn(run, planned, "check")
            await asyncio.sleep(0)


async def _hold_invalid(run: Run) -> None:
    """Hold back what breaks an invariant of the plan: an asset in two groups, a group without a keeper."""
    protected = run.session.policy.protected
    for problem in await asyncio.to_thread(lambda: check_plan(run.choices, protected)):
        await run.hold(run.groups[problem.group_id], "plan", problem.sentence)
    doubled = await run.session.store.in_thread(run.session.store.fetched.in_two_groups)
    for groups in doubled.values():
        for group_id in groups:
            if group_id in run.groups:
                await run.hold(
                    run.groups[group_id],
                    "plan",
                    "One of its photos stands in two groups; neither is touched.",
                )


def _objections(run: Run, listing: Listing) -> tuple[int, int, list[tuple[Planned, str]]]:
    """How many groups this run has begun and how many not, and which of these changed, with why.

    Blocks on the disk.
    """
    begun = fresh = 0
    found = []
    for planned in run.open_groups():
        if run.has_begun(planned):
            begun += 1
        else:
            fresh += 1
            if reason := objection(planned, listing):
                found.append((planned, reason))
    return begun, fresh, found


async def _listing_check(run: Run, listing: Listing) -> Check:
    begun, asked, objections = await asyncio.to_thread(_objections, run, listing)
    for planned, reason in objections:
        await run.hold(planned, "preflight", reason)
    stale = len(objections)
    if stale:
        return Check(
            "Groups",
            Level.WARNING,
            f"{stale:,} of {asked:,} changed since decided: nothing is done with those groups.",
            "Fetch again to decide them anew.",
        )
    sentences = {
        0: "This run has begun every group that is left; none is compared with how it was decided.",
        1: f"The group {_NOT_BEGUN * bool(begun)}is as it was when it was decided.",
    }
    which = f"The {asked:,} groups {_NOT_BEGUN}" if begun else f"All {asked:,} groups "
    alike = sentences.get(asked, f"{which}are as they were when they were decided.")
    return Check("Groups", Level.OK, alike)


def _external_check(run: Run, external: int) -> Check:
    if not external:
        return Check("Checksums", Level.OK, "Immich has a checksum of every file that will be trashed.")
    if run.settings.trash_external:
        return Check(
            "Checksums",
            Level.WARNING,
            f"{external} files are in external libraries, where only size and two equal readings verify"
            " a backup. You agreed to trash them.",
        )
    return Check(
        "Checksums",
        Level.WARNING,
        f"{external} files are in external libraries, where Immich has no checksum of the content. Their"
        " groups are backed up but not trashed.",
        "Agree to weak verification for this run to trash them too.",
    )


def _backup_root(run: Run) -> Path:
    """Where backups go: a run that has begun stays with its folder, whatever the settings say now."""
    return run.folder.parent if run.id else run.settings.backup_root


def _folder_check(root: Path, needed: int, unknown: int, begun: Path | None, inside: bool) -> Check:
    """Whether the backup folder takes what will be written. Blocks on the disk.

    `needed` are bytes, and `unknown` is how many files in them are taken to have `UNKNOWN_SIZE`.

    `begun` is the folder of a run that is taken up again: its unfinished files are continued, so what they
    hold needs no room any more. `inside` is whether it shares a folder with photos of the server.
    """
    if inside:
        return Check(
            "Backup folder",
            Level.PROBLEM,
            f"{root} lies where Immich keeps or imports its photos; backups there would"
            " come back as new photos.",
            "Choose a folder outside every upload and library path.",
        )
    try:
        make_folder(root)
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


async def still_allowed(run: Run) -> str:
    """Whether the trash is as the preflight found it; a sentence when it is not. Raises `ImmichError`."""
    with run.pool.lease("asking for the trash") as slot:
        features = await run.pool.call(run.client.features, slot, repeatable=True)
    run.capabilities = replace(run.capabilities, features=features)
    check = _trash_check(run)
    return check.sentence if check.level is Level.PROBLEM else ""
