"""The restore job: photos of a backup folder come back to a server, with nothing but the folder to go by.

It works on another machine, for another server, and may be run again: what lives is left alone. What it did
is in a journal of its own beside the backup.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from immich_tui import __version__
from immich_tui.execution.backup.folder import BackupFolder, SavedPhoto, open_backup
from immich_tui.execution.backup.names import safe_id
from immich_tui.execution.json_file import write_json
from immich_tui.execution.preflight import Check, Level, size_text
from immich_tui.execution.restore.lock import held
from immich_tui.execution.restore.photo import (
    DRESS,
    FILE,
    Found,
    Outcome,
    Restore,
    Restored,
    bring_back,
    dress,
    locate,
)
from immich_tui.execution.run import RunSettings
from immich_tui.execution.stopping import ServerPhase, classify, concerns_all
from immich_tui.immich.capabilities import Capabilities, probe
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import ImmichError
from immich_tui.jobs import phase as jobs
from immich_tui.jobs.journal import Journal, JournalUnavailable
from immich_tui.jobs.pool import Patience, Pool, Slot
from immich_tui.jobs.processor import Processor
from immich_tui.jobs.steering import Steered

KIND = "restore"
JOURNAL = "restore.db"
"""Name of the journal beside the backup, for a restore without a session."""


class CheckPhase(ServerPhase[Restore]):
    """Look at the server and the key; refuse when something forbids the restore."""

    name = "check"
    label = "Check"

    async def work(self, context: jobs.Context[Restore]) -> jobs.Outcome:
        """Raises `Fatal` when nothing can be restored."""
        for check in await _checks(context.subject):
            if check.level is Level.PROBLEM:
                raise jobs.Fatal(f"{check.sentence} {check.next_step}".strip())
        return jobs.Continue()


class BringBackPhase(ServerPhase[Restore]):
    """Take photos out of the trash, and upload those that are gone."""

    name = "bring back"
    label = "Bring back"

    async def work(self, context: jobs.Context[Restore]) -> jobs.Outcome:
        """Bring every photo back; one that cannot be does not stop the others."""
        restore = context.subject
        done = bytes_done = 0
        total = sum(photo.bytes for photo in restore.photos)

        async def one(photo: SavedPhoto, slot: Slot) -> None:
            nonlocal done, bytes_done
            await context.interrupt_point()
            try:
                result = await bring_back(restore, photo, slot)
            except ImmichError as error:
                if await concerns_all(restore, error, slot):
                    raise
                result = _failed(photo, error.sentence)
            except OSError as error:
                result = _failed(photo, f"Its backup cannot be read: {error.strerror or error}")
            restore.results[photo.id] = result
            if result.outcome is Outcome.FAILED:
                context.non_fatal(f"{photo.file.name} ({photo.id[:8]})", " ".join(result.problems))
            done += 1
            bytes_done += photo.bytes
            context.progress(done, len(restore.photos), bytes_done, total, units="photos")

        context.progress(0, len(restore.photos), 0, total, units="photos")
        await restore.pool.work(restore.photos, one)
        return jobs.Continue()


class DressPhase(ServerPhase[Restore]):
    """Give uploaded photos their albums, tags and values back."""

    name = "values"
    label = "Albums, tags, values"

    def wanted(self, context: jobs.Context[Restore]) -> bool:
        """Whether anything was uploaded that has not got them yet."""
        return bool(_undressed(context.subject))

    async def work(self, context: jobs.Context[Restore]) -> jobs.Outcome:
        """Dress every uploaded photo; what cannot be given back is told."""
        restore = context.subject
        todo = _undressed(restore)
        done = 0
        context.progress(0, len(todo), units="photos")

        async def one(photo: SavedPhoto, slot: Slot) -> None:
            nonlocal done
            await context.interrupt_point()
            notes: tuple[str, ...] = ()
            try:
                problems, notes = await dress(restore, photo, slot)
            except ImmichError as error:
                if await concerns_all(restore, error, slot):
                    raise
                problems = (f"Its albums, tags and values could not be given back: {error.sentence}",)
            result = restore.results[photo.id]
            restore.results[photo.id] = replace(result, problems=problems, notes=notes)
            if problems:
                context.non_fatal(f"{photo.file.name} ({photo.id[:8]})", " ".join(problems))
            done += 1
            context.progress(done, len(todo), units="photos")

        await restore.pool.work(todo, one)
        return jobs.Continue()


@dataclass(frozen=True, slots=True)
class RestorePreview:
    """What a restore would do. `bytes` would be uploaded; `missing` names backups whose file is not there."""

    folder: Path
    checks: tuple[Check, ...]
    photos: int
    alive: int
    trashed: int
    gone: int
    bytes: int
    missing: tuple[str, ...]

    @property
    def refused(self) -> bool:
        """Whether a problem forbids it."""
        return any(check.level is Level.PROBLEM for check in self.checks)


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """A whole restore; `path` is empty where no report could be written."""

    restore: str
    folder: str
    state: str
    reason: str
    tool: str
    server_version: str
    finished: str
    alive: int
    untrashed: int
    uploaded: int
    failed: int
    left: int
    photos: tuple[Restored, ...]
    path: str = ""

    @property
    def complete(self) -> bool:
        """Whether every photo that was asked for is on the server now, with what can be given back."""
        whole = not any(photo.problems for photo in self.photos)
        return self.state == "done" and whole and not (self.failed or self.left)


class RestoreJob(Steered):
    """One restore, as the screen and the command line drive it. Use it with `async with`.

    `await preview()` may be called any number of times; `await run()` once.
    """

    def __init__(self, restore: Restore, cleanup: AsyncExitStack) -> None:
        self._restore = restore
        self._cleanup = cleanup
        self.report: RestoreReport | None = None

    @classmethod
    async def of(
        cls,
        client: ImmichClient,
        capabilities: Capabilities,
        folder: Path,
        assets: Iterable[str] | None = None,
        *,
        journal: Journal | None = None,
        settings: RunSettings | None = None,
        workers: int = 5,
        rate: float | None = 10.0,
        patience: Patience | None = None,
    ) -> RestoreJob:
        """Plan to bring back what a backup folder holds, or these of its assets (by the ids they had).

        Without a journal, one beside the backup is used, or a passing one where that cannot be written.
        Raises `NoBackup`, and `KeyError` for an asset that is not in it.
        """
        backup = await asyncio.to_thread(open_backup, folder)
        photos = {photo.id: photo for photo in backup.photos}
        chosen = photos if assets is None else {asset_id: photos[asset_id] for asset_id in assets}
        cleanup = AsyncExitStack()
        if journal is None:
            journal = await _own_journal(folder, cleanup)
        pool = Pool(workers=workers, rate=rate, classify=classify, patience=patience or Patience())
        restore = Restore(
            "",
            client,
            capabilities,
            journal,
            pool,
            settings or RunSettings(folder.parent),
            backup,
            tuple(chosen.values()),
        )
        await _remember(restore)
        return cls(restore, cleanup)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._cleanup.aclose()

    @property
    def pool(self) -> Pool:
        """The worker pool: adjustable while it runs."""
        return self._restore.pool

    async def preview(self) -> RestorePreview:
        """Say what is where, and what would be uploaded; touches nothing. Raises `ImmichError`."""
        restore = self._restore
        checks = await _checks(restore)
        found: dict[str, Found] = {}

        async def look(photo: SavedPhoto, slot: Slot) -> None:
            found[photo.id] = (await locate(restore, photo.file, slot))[0]

        if not any(check.level is Level.PROBLEM for check in checks):
            await restore.pool.work(restore.photos, look)
        where = Counter(found.values())
        gone = [photo for photo in restore.photos if found.get(photo.id) is Found.GONE]
        missing = await asyncio.to_thread(_missing, restore.backup, gone)
        size = sum(photo.bytes for photo in gone)
        if gone:
            sentence = f"{len(gone)} photos are gone from the server; {size_text(size)} would be uploaded."
            checks.append(Check("Upload", Level.OK, sentence))
        return RestorePreview(
            restore.backup.path,
            tuple(checks),
            len(restore.photos),
            where[Found.ALIVE],
            where[Found.TRASHED],
            len(gone),
            size,
            missing,
        )

    async def run(self) -> RestoreReport:
        """Bring everything back; return the report, whatever the end.

        Raises `JournalUnavailable`, also while another restore of the folder goes on.
        """
        with held(self._restore.backup.path):
            return await self._run()

    async def _run(self) -> RestoreReport:
        restore = self._restore
        # Another restore may have come and gone since this one was planned.
        await _remember(restore)
        restore.id = await restore.journal.start_run(
            KIND, {**_whose(restore), "photos": len(restore.photos), "groups": 0}
        )
        phases = (CheckPhase(), BringBackPhase(), DressPhase())
        self._processor = Processor(restore.journal, restore.id, phases, restore)
        result = await self._processor.run()
        report = _report(restore, result.state, result.reason)
        path = restore.backup.path / f"restore-{safe_id(restore.id)}.json"
        try:
            await asyncio.to_thread(write_json, path, asdict(report))
            report = replace(report, path=str(path))
        except OSError:
            # A backup on a medium that cannot be written is as good as any; the report is shown all the same.
            pass
        self.report = report
        return report


async def _own_journal(folder: Path, cleanup: AsyncExitStack) -> Journal:
    try:
        journal = await Journal.open(folder / JOURNAL)
    except JournalUnavailable:
        passing = cleanup.enter_context(tempfile.TemporaryDirectory(prefix="immich-tui-"))
        journal = await Journal.open(Path(passing) / JOURNAL)
    cleanup.push_async_callback(journal.close)
    return journal


def _whose(restore: Restore) -> dict[str, object]:
    """What tells restores of this folder to this user from others in the same journal."""
    return {
        "folder": str(restore.backup.path.absolute()),
        "server": restore.client.connection.host,
        "user": restore.capabilities.user.id,
    }


def _is_of(restore: Restore, detail: Mapping[str, object]) -> bool:
    """Whether a restore in the journal was of this backup, wherever it lay then, to this user.

    What is in a journal beside the backup is about it; in another one the folder's name tells, that of a run.
    """
    now = _whose(restore)
    beside = restore.journal.path.parent == restore.backup.path
    same = beside or Path(str(detail["folder"])).name == Path(str(now["folder"])).name
    return same and all(detail[name] == now[name] for name in ("server", "user"))


async def _remember(restore: Restore) -> None:
    """Take up what earlier restores of the folder did; an upload that was cut off may have happened."""
    for run in reversed(await restore.journal.runs()):
        if run.kind != KIND or not _is_of(restore, run.detail):
            continue
        for key, entry in (await restore.journal.latest(run.id, FILE)).items():
            if entry.state == "uploaded":
                restore.uploaded[key] = str(entry.data["id"])
            elif entry.state == "intent" and "sha1" in entry.data:
                restore.begun.add(key)
        for key, entry in (await restore.journal.latest(run.id, DRESS)).items():
            if entry.state == "done":
                restore.dressed.add(key)
            if isinstance(names := entry.data.get("written"), list):
                restore.written[str(entry.data["id"])] = frozenset(map(str, names))


def _undressed(restore: Restore) -> list[SavedPhoto]:
    return [
        photo
        for photo in restore.photos
        if photo.id in restore.uploaded
        and photo.id not in restore.dressed
        and restore.results[photo.id].outcome is Outcome.UPLOADED
    ]


async def _checks(restore: Restore) -> list[Check]:
    with restore.pool.lease("asking the server") as slot:
        restore.capabilities = await restore.pool.call(lambda: probe(restore.client), slot, repeatable=True)
    capabilities, backup = restore.capabilities, restore.backup
    name = capabilities.user.name or "this key's user"
    checks = [Check("Server", Level.OK, f"Immich {capabilities.version} answers as {name}.")]
    have = capabilities.permissions
    if have is not None and "all" not in have:
        needed = {"asset.read", "asset.upload", "asset.delete"}
        useful = {
            "asset.update",
            "album.read",
            "album.create",
            "albumAsset.create",
            "tag.create",
            "tag.asset",
        }
        if missing := sorted(needed - have):
            sentence = f"The API key lacks {', '.join(missing)}."
            next_step = "Edit the key in Immich under Account settings, API keys."
            checks.append(Check("Permissions", Level.PROBLEM, sentence, next_step))
        elif missing := sorted(useful - have):
            sentence = f"The API key lacks {', '.join(missing)}; photos come back without what needs it."
            checks.append(Check("Permissions", Level.WARNING, sentence))
    if not restore.photos:
        checks.append(Check("Backup", Level.PROBLEM, f"{backup.path} holds no photo that can be restored."))
    if backup.unreadable:
        sentence = f"{backup.unreadable} lines of the manifest cannot be read and are left out."
        checks.append(Check("Manifest", Level.WARNING, sentence))
    return checks


def _missing(backup: BackupFolder, photos: Iterable[SavedPhoto]) -> tuple[str, ...]:
    return tuple(
        file.name for photo in photos for file in photo.files if not (backup.path / file.line.file).is_file()
    )


def _failed(photo: SavedPhoto, sentence: str) -> Restored:
    return Restored(photo.id, photo.file.name, Outcome.FAILED, "", (sentence,))


def _report(restore: Restore, state: str, reason: str) -> RestoreReport:
    photos = tuple(restore.results[photo.id] for photo in restore.photos if photo.id in restore.results)
    outcomes = Counter(photo.outcome for photo in photos)
    return RestoreReport(
        restore=restore.id,
        folder=str(restore.backup.path),
        state=state,
        reason=reason,
        tool=f"immich-tui {__version__}",
        server_version=str(restore.capabilities.version),
        finished=datetime.now(UTC).isoformat(),
        alive=outcomes[Outcome.ALIVE],
        untrashed=outcomes[Outcome.UNTRASHED],
        uploaded=outcomes[Outcome.UPLOADED],
        failed=outcomes[Outcome.FAILED],
        left=len(restore.photos) - len(photos),
        photos=photos,
    )
