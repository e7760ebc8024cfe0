"""The verify job: are the backups whole, and is the server as the run left it? Changes nothing anywhere.

It works with the folder alone, offline too; with the journal of the run it also looks at what was carried.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from immich_tui.execution.backup.folder import BackupFolder, NoBackup, SavedPhoto, open_backup
from immich_tui.execution.past import Past, PastGroup, read_past
from immich_tui.execution.stopping import ServerPhase, classify
from immich_tui.execution.undo.job import trashed_later
from immich_tui.execution.undo.taken_back import undone
from immich_tui.execution.verify.beside import follow
from immich_tui.execution.verify.photo import (
    Verified,
    Verify,
    check_files,
    check_group,
    check_place,
    lost_from_sight,
    unsaved,
)
from immich_tui.immich.client import ImmichClient
from immich_tui.jobs import phase as jobs
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.pool import Patience, Pool, Slot
from immich_tui.jobs.processor import Processor
from immich_tui.jobs.steering import Steered

KIND = "verify"
RESULT = "verify.result"
"""Step under which the journal keeps what came of it."""


class FilesPhase(ServerPhase[Verify]):
    """Hash every file of the backup again."""

    name = "files"
    label = "Hash backups"

    async def work(self, context: jobs.Context[Verify]) -> jobs.Outcome:
        """Read every file from its first byte to its last."""
        verify = context.subject
        photos = verify.backup.photos
        done = bytes_done = 0
        total = sum(photo.bytes for photo in photos)
        for missing in await asyncio.to_thread(unsaved, verify):
            verify.files[missing.asset_id] = missing
            context.non_fatal(_item(missing), " ".join(missing.faults))
        context.progress(0, len(photos), 0, total, units="files")

        async def one(photo: SavedPhoto, slot: Slot) -> None:
            nonlocal done, bytes_done
            await context.interrupt_point()
            slot.show(f"hashing {photo.file.name}", 0, photo.bytes)
            result = await check_files(verify.backup, photo)
            verify.files[photo.id] = result
            if not result.ok:
                context.non_fatal(_item(result), " ".join(result.faults))
            done += 1
            bytes_done += photo.bytes
            context.progress(done, len(photos), bytes_done, total, units="files")

        await verify.pool.work(photos, one)
        return jobs.Continue()


class ServerStatePhase(ServerPhase[Verify]):
    """Look where trashed and kept photos are, and whether what was carried is still there."""

    name = "server"
    label = "Check server"

    def wanted(self, context: jobs.Context[Verify]) -> bool:
        """Whether there is a server to ask."""
        return context.subject.client is not None

    async def work(self, context: jobs.Context[Verify]) -> jobs.Outcome:
        """Ask for every photo of the backup, then for every group of the run.

        Where a kept photo is gone, folders of later runs may tell why. They are read once, for all of these.
        """
        verify = context.subject
        groups = [group for group in verify.past.groups.values() if group.touched] if verify.past else []
        todo: list[SavedPhoto | PastGroup] = [*verify.backup.photos, *groups]
        waiting: list[SavedPhoto | PastGroup] = []
        gone: set[str] = set()
        done = 0
        context.progress(0, len(todo), units="photos")

        async def look(item: SavedPhoto | PastGroup, slot: Slot) -> None:
            await context.interrupt_point()
            slot.show(f"looking for {item.file.name if isinstance(item, SavedPhoto) else item.title}")
            if lost := await lost_from_sight(verify, item, slot):
                gone.update(lost)
                waiting.append(item)
            else:
                await tell(item, slot)

        async def tell(item: SavedPhoto | PastGroup, slot: Slot) -> None:
            nonlocal done
            await context.interrupt_point()
            if isinstance(item, SavedPhoto):
                faults, notes = await check_place(verify, item, slot)
                known = verify.files[item.id]
                verify.files[item.id] = found = replace(
                    known, faults=(*known.faults, *faults), notes=(*known.notes, *notes)
                )
            else:
                verify.kept[item.id] = found = await check_group(verify, item, slot)
            if not found.ok:
                context.non_fatal(_item(found), " ".join(found.faults))
            done += 1
            context.progress(done, len(todo), units="photos")

        await verify.pool.work(todo, look)
        await follow(verify, gone)
        await verify.pool.work(waiting, tell)
        return jobs.Continue()


def _item(found: Verified) -> str:
    return f"{found.name} ({found.asset_id[:8]})"


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a verify found. `of` is the run, empty when only the folder was known.

    `bytes` are those of files that are whole; `unlisted` are names of files in the folder that its manifest
    does not speak of.
    """

    verify: str
    of: str
    folder: str
    state: str
    reason: str
    finished: str
    offline: bool
    bytes: int
    photos: tuple[Verified, ...]
    unlisted: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether everything was looked at and nothing was found wrong."""
        return self.state == "done" and not self.problems and all(photo.ok for photo in self.photos)

    @property
    def failed(self) -> tuple[Verified, ...]:
        """Photos of which something is wrong."""
        return tuple(photo for photo in self.photos if not photo.ok)


class VerifyJob(Steered):
    """One verify, as the screen and the command line drive it: `async with`, and `await run()` once."""

    def __init__(
        self, verify: Verify, journal: Journal, problems: tuple[str, ...], cleanup: AsyncExitStack
    ) -> None:
        self._verify = verify
        self._journal = journal
        self._problems = problems
        self._cleanup = cleanup
        self.report: VerifyReport | None = None

    @classmethod
    async def of_folder(
        cls,
        folder: Path,
        client: ImmichClient | None = None,
        *,
        workers: int = 5,
        rate: float | None = 10.0,
        patience: Patience | None = None,
    ) -> VerifyJob:
        """Verify a backup folder by itself; without a client only its files. Raises `NoBackup`."""
        backup = await asyncio.to_thread(open_backup, folder)
        cleanup = AsyncExitStack()
        passing = cleanup.enter_context(tempfile.TemporaryDirectory(prefix="immich-tui-"))
        journal = await Journal.open(Path(passing) / "verify.db")
        cleanup.push_async_callback(journal.close)
        pool = Pool(workers=workers, rate=rate, classify=classify, patience=patience or Patience())
        verify = Verify("", client, pool, backup, None, frozenset())
        return cls(verify, journal, _problems(backup, None), cleanup)

    @classmethod
    async def of_run(
        cls,
        journal: Journal,
        run_id: str,
        client: ImmichClient | None = None,
        *,
        workers: int = 5,
        rate: float | None = 10.0,
        patience: Patience | None = None,
    ) -> VerifyJob:
        """Verify a run of this journal: its backups, and what it did. Raises `UnknownRun`."""
        past = await read_past(journal, run_id)
        problems: tuple[str, ...] = ()
        try:
            backup = await asyncio.to_thread(open_backup, past.folder)
        except NoBackup as error:
            backup = BackupFolder(past.folder, (), (), 0)
            problems = (str(error),) if past.backups else ()
        pool = Pool(workers=workers, rate=rate, classify=classify, patience=patience or Patience())
        verify = Verify("", client, pool, backup, past, await undone(journal, run_id))
        verify.replaced = await trashed_later(journal, past)
        return cls(verify, journal, (*problems, *_problems(backup, past)), AsyncExitStack())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._cleanup.aclose()

    @property
    def pool(self) -> Pool:
        """The worker pool: adjustable while it runs."""
        return self._verify.pool

    async def run(self) -> VerifyReport:
        """Look at everything; return what was found. Raises `JournalUnavailable`."""
        verify, past = self._verify, self._verify.past
        detail: dict[str, object] = {
            "folder": str(verify.backup.path),
            "of": past.run.id if past else "",
            "photos": len(verify.backup.photos),
            "groups": len(past.groups) if past else 0,
        }
        verify.id = await self._journal.start_run(KIND, detail)
        self._processor = Processor(self._journal, verify.id, (FilesPhase(), ServerStatePhase()), verify)
        result = await self._processor.run()
        self.report = report = VerifyReport(
            verify.id,
            past.run.id if past else "",
            str(verify.backup.path),
            result.state,
            result.reason,
            datetime.now(UTC).isoformat(),
            verify.client is None,
            sum(photo.bytes for photo in verify.files.values()),
            # In the order of names: files are looked at side by side, and end as they like.
            tuple(sorted((*verify.files.values(), *verify.kept.values()), key=_place)),
            verify.backup.unlisted,
            self._problems,
        )
        found = {"faults": len(report.failed) + len(report.problems)}
        await self._journal.outcome(verify.id, RESULT, "", "ok" if report.ok else "failed", found)
        return report


def _problems(backup: BackupFolder, past: Past | None) -> tuple[str, ...]:
    """What is wrong with the folder as a whole, as sentences."""
    found = []
    if backup.unreadable:
        lines = "1 line" if backup.unreadable == 1 else f"{backup.unreadable:,} lines"
        found.append(f"{lines} of the manifest in {backup.path} cannot be read.")
    if not backup.photos and backup.unlisted:
        found.append(f"The manifest in {backup.path} lists no photo, and there are other files.")
    found += [
        f"The manifest in {backup.path} lists the video {video.name} of a live photo, and not the photo."
        for video in backup.alone
    ]
    known = {file.line.asset_id for photo in backup.photos for file in photo.files}
    if past and (lost := past.backups.keys() - known):
        found.append(f"The manifest in {backup.path} does not speak of {len(lost)} backups that were made.")
    return tuple(found)


def _place(photo: Verified) -> tuple[str, str, str]:
    """Where a photo stands in a report: backups first, then photos that were kept, each by name."""
    return photo.kind, photo.name, photo.asset_id
