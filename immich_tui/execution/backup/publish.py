"""Making verified files count: names, manifest and journal, many files at a time, in that order.

Every step is durable before the next begins: the bytes, the names, the manifest's lines, the journal's
entries. What a crash cuts off is at most a file without a line or a line without an entry; both are found
again by their bytes. Workers do not wait for it, they fetch the next file meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from immich_tui.execution.backup.manifest import Line
from immich_tui.execution.run import BACKUP, Run
from immich_tui.execution.transfer.disk import on_disk, start_threads, started
from immich_tui.execution.transfer.partfile import force_to_disk, publish, sync_folder

ROOM = 32
"""Files that may be fetched and not yet published: what a crash makes us look at again."""

AT_ONCE = 8
"""Files that are forced to disk side by side: 32 of 300 kB take a fifth of the time one by one."""


@dataclass(frozen=True, slots=True)
class _Ready:
    line: Line
    there: bool
    done: Callable[[], None]


class Publisher:
    """Publishes what workers bring, in the order they bring it; leave it with everything published.

    Raises `OSError` or `JournalUnavailable` from `put`, or when it is left, once publishing failed: nothing
    that came after is published then.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._waiting: list[_Ready] = []
        self._news = asyncio.Event()
        self._room = asyncio.Semaphore(ROOM)
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._disk: Executor | None = None

    async def __aenter__(self) -> Self:
        await start_threads()
        self._disk = await on_disk(started, AT_ONCE, "publish")
        self._task = asyncio.create_task(self._serve())
        # Who waits for room when publishing fails shall be told so.
        self._task.add_done_callback(lambda _: self._room.release())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        assert self._disk is not None
        self._closing = True
        self._news.set()
        await asyncio.wait([self._task])
        self._disk.shutdown(wait=False)
        if error is None:
            await self._task
        else:
            self._task.exception()

    async def put(self, line: Line, done: Callable[[], None], *, there: bool = False) -> None:
        """Have a file published; `done` is called when it is. `there` marks one that has its name already."""
        assert self._task is not None
        await self._room.acquire()
        if self._task.done():
            self._room.release()
            await self._task
        self._waiting.append(_Ready(line, there, done))
        self._news.set()

    async def _serve(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            batch, self._waiting = self._waiting, []
            if not batch:
                if self._closing:
                    return
                continue
            records = await on_disk(self._publish, batch)
            keys = [ready.line.asset_id for ready in batch]
            await self._run.journal.submit_all(self._run.id, BACKUP, "done", zip(keys, records, strict=True))
            self._run.backups.update(zip(keys, records, strict=True))
            for ready in batch:
                self._room.release()
                ready.done()
            if self._closing:
                self._news.set()

    def _publish(self, batch: Sequence[_Ready]) -> list[dict[str, object]]:
        folder = self._run.folder
        there = [folder / ready.line.file for ready in batch if ready.there]
        for path in there:
            force_to_disk(path)
        if there:
            # Whoever gave them their names may have been killed before these were on the disk.
            sync_folder(folder)
        fetched = (ready.line for ready in batch if not (ready.there or ready.line.elsewhere))
        publish([folder / line.file for line in fetched], self._disk)
        self._run.manifest.append(*(ready.line for ready in batch))
        return [describe(folder, ready.line) for ready in batch]


def describe(folder: Path, line: Line) -> dict[str, object]:
    """What the journal keeps of a backup, with the marks by which a later change of the file is noticed."""
    record: dict[str, object] = {
        "file": line.file,
        "size": line.size,
        "sha1": line.sha1,
        "verdict": line.verdict,
        "role": line.role,
        "way": line.way,
    }
    if line.elsewhere:
        return {**record, "elsewhere": line.elsewhere}
    status = (folder / line.file).stat()
    return {**record, "mtime_ns": status.st_mtime_ns, "inode": status.st_ino}
