"""Originals fetched by an aria2 daemon, here or on another machine: on the NAS, they never pass the laptop.

Each order has a download of its own whose id follows from run, file and attempt, so that a later process
finds again what an earlier one began. aria2 compares the SHA-1 itself; only a download that had that option
and ended well counts, and where its folder can be seen from here the file is read here as well.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

from immich_tui.execution.transfer.aria2_rpc import Call, Fault, Rpc
from immich_tui.execution.transfer.aria2_trust import daemon_objection, route_objection
from immich_tui.execution.transfer.disk import on_disk
from immich_tui.execution.transfer.partfile import discard, file_sha1, part_of
from immich_tui.execution.transfer.settings import Aria2Setup
from immich_tui.execution.transfer.wanted import (
    Away,
    Expected,
    Kind,
    Mismatch,
    Order,
    Progress,
    Received,
    Rejected,
)
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import ImmichError
from immich_tui.immich.wire import Connection, Timeouts

ATTEMPTS = 2
"""Downloads of one file; the second begins from nothing."""

REMOVALS = 30
"""Times that a download which is being removed is asked for, a tenth of a second apart."""

STOPPED = 1000
"""Ended downloads that are read at a time."""

KEYS = ["gid", "status", "completedLength", "totalLength", "errorCode", "errorMessage"]

CHECKSUM_WRONG = "32"
"""aria2's error code for a file whose checksum is another."""

NOT_MADE = frozenset({"16", "18"})
"""Its codes for a file and for a folder that it could not make."""

TRIALS = 100
"""Tenths of a second that a trial may take."""

PONG = b'{"res":"pong"}'
"""What every Immich answers to a ping."""

PROBE = Timeouts(connect=5.0, small=10.0, original=10.0)


class Phase(StrEnum):
    """Where a download stands."""

    RUNNING = "running"
    COMPLETE = "complete"
    ENDED = "ended"


@dataclass(slots=True)
class _Job:
    """A download. `problem` is why it ended without the file."""

    order: Order
    gid: str
    attempt: int = 1
    phase: Phase = Phase.RUNNING
    done: int = 0
    problem: str = ""
    cancelled: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)
    waited_for: bool = False


class ByAria2:
    """Has an aria2 daemon fetch originals. `run_id` names the folder below the one that is set up for it."""

    name = "aria2"
    kinds: Mapping[Kind, int] = {Kind.HTTP: 20, Kind.MOUNT: 20}
    works_ahead = True

    def __init__(self, setup: Aria2Setup, client: ImmichClient, run_id: str, folder: str) -> None:
        self._setup = setup
        self._client = client
        self._run_id = run_id
        self._folder = str(PurePosixPath(setup.folder) / folder)
        self._key = client.connection.key
        self._rpc = Rpc(setup.url, setup.secret, hide=(self._key,))
        self._server = (setup.server_url or client.connection.url).rstrip("/")
        self._jobs: dict[str, _Job] = {}
        self._unwanted: list[_Job] = []
        self._session = ""
        self._objection: str | None = None
        self._away = ""

    # -- what the dispatcher asks for ------------------------------------------------------------------------

    async def submit(self, orders: Sequence[Order]) -> Sequence[str]:
        """Add a batch in one request, after a look at whether the server redirects."""
        if self._objection is None:
            await self.look()
        if self._objection:
            return [self._objection] * len(orders)
        reasons = [
            "" if order.expected.sha1 and not order.weak else "There is no checksum for aria2 to compare."
            for order in orders
        ]
        wanted = [order for order, reason in zip(orders, reasons, strict=True) if not reason]
        if wanted and (reason := await self._redirects(wanted[0])):
            return [reason] * len(orders)
        jobs = [_Job(order, self.gid(order, 1)) for order in wanted]
        refused = dict(zip((job.order.key for job in jobs), await self._add(jobs), strict=True))
        for job in jobs:
            if not refused[job.order.key]:
                self._jobs[job.order.key] = job
        return [reason or refused[order.key] for order, reason in zip(orders, reasons, strict=True)]

    async def bring(self, order: Order, slot: Any, progress: Progress) -> Received:
        """Wait for a download, and read what came where that is possible."""
        job = self._jobs[order.key]
        slot.show(f"aria2 fetches {order.name}", 0, order.expected.size or 0)
        job.waited_for = True
        try:
            while True:
                job.news.clear()
                if self._away:
                    raise Away(self._away)
                if job.phase is not Phase.RUNNING:
                    break
                slot.show(f"aria2 fetches {order.name}", job.done, order.expected.size or 0)
                progress(job.done, order.expected.size or 0)
                await job.news.wait()
        finally:
            job.waited_for = False
        if job.phase is Phase.ENDED:
            self._jobs.pop(order.key, None)
            await on_disk(self._sweep, [order])
            raise Rejected(job.problem)
        received = await self._verified(order, slot)
        self._jobs.pop(order.key, None)
        progress(received.size, received.size)
        return received

    async def cancel(self, order: Order) -> None:
        """Remove a download from the daemon, with what it has gathered as far as that can be seen here."""
        if (job := self._jobs.pop(order.key, None)) is None:
            return
        job.phase, job.problem, job.cancelled = Phase.ENDED, "It was cancelled.", True
        job.news.set()
        # One that is away may come back with it.
        self._unwanted.append(job)
        await self._remove(self._unwanted)

    async def look(self) -> None:
        """Read how every download is; after a restart of the daemon, hand it again what it lost."""
        try:
            await self._look()
        except Away as error:
            self._away, self._objection = str(error), None
            self._wake()
            raise
        if self._away:
            self._away = ""
            self._wake()

    async def hold(self, paused: bool) -> None:
        """Pause or go on with every download that has not ended."""
        method = "forcePause" if paused else "unpause"
        running = [job for job in self._jobs.values() if job.phase is Phase.RUNNING]
        await self._rpc.together([Call(method, [job.gid]) for job in running])

    async def close(self) -> None:
        """Take back what is not done, and every result: they show the key to who may ask the daemon."""
        left = [*self._jobs.values(), *self._unwanted]
        try:
            with suppress(Away):
                await self._remove(left)
            await on_disk(self._sweep, [job.order for job in left])
        finally:
            await self._rpc.close()

    # -- talking to the daemon -------------------------------------------------------------------------------

    async def _look(self) -> None:
        if self._objection is None:
            self._objection = await self.examine()
        if self._objection:
            return
        waited = [job for job in self._jobs.values() if job.waited_for and job.phase is Phase.RUNNING]
        session, active, stopped, *single = await self._rpc.together(
            [
                Call("getSessionInfo"),
                Call("tellActive", [KEYS]),
                Call("tellStopped", [0, STOPPED, KEYS]),
                *(Call("tellStatus", [job.gid, KEYS]) for job in waited),
            ]
        )
        lost = [job for job, told in zip(waited, single, strict=True) if isinstance(told, Fault)]
        told_of = _statuses(active) + _statuses(stopped) + [one for one in single if isinstance(one, dict)]
        by_gid = {job.gid: job for job in self._jobs.values() if job.phase is Phase.RUNNING}
        ended = []
        for told in told_of:
            if (job := by_gid.get(str(told.get("gid")))) is not None and job not in ended:
                job.done = int(told.get("completedLength") or 0)
                job.news.set()
                if told.get("status") in ("complete", "error", "removed"):
                    job.problem = self._problem(told)
                    ended.append(job)
        now = str(session.get("sessionId", "")) if isinstance(session, dict) else ""
        if self._session and now != self._session:
            lost = [job for job in by_gid.values() if job not in ended]
        self._session = now
        await self._finish(ended)
        await self._again(lost)
        if self._unwanted:
            await self._remove(self._unwanted)

    async def examine(self) -> str:
        """Why this daemon gets nothing, as a sentence; empty when it may. Raises `Away`."""
        if not self._setup.counts:
            return (
                "What aria2 fetches could not be read here, so it would not count: say shared = true if its"
                " folder is the backup folder, or trust_remote_backup = true if its word is enough for you."
            )
        if reason := route_objection(self._setup.url, self._server, self._setup.allowed_hosts):
            return reason
        version, options = await self._rpc.together([Call("getVersion"), Call("getGlobalOption")])
        if not isinstance(version, dict) or not isinstance(options, dict):
            return "aria2 does not tell how it is set up."
        return daemon_objection(version, options)

    async def try_out(self, here: Path) -> str:
        """Have it fetch something that needs no key, as a backup would be; why that fails, or nothing.

        `here` is the backup folder of this machine. If the folder is shared the file must show up there, in a
        folder that only we may enter, as those of runs. Raises `Away` and `OSError`.
        """
        name = f".immich-tui-{secrets.token_hex(6)}"
        folder, there = here / name, self._setup.folder
        if self._setup.shared:
            await on_disk(folder.mkdir, 0o700, parents=True)
            there = f"{there}/{name}"
        options = {
            "gid": secrets.token_hex(8),
            "dir": there,
            "out": name,
            "checksum": f"sha-1={hashlib.sha1(PONG, usedforsecurity=False).hexdigest()}",
            "max-tries": "2",
            "file-allocation": "none",
        }
        try:
            added = await self._rpc.ask("addUri", [f"{self._server}/server/ping"], options)
            if isinstance(added, Fault):
                return f"aria2 refused a download: {added.message}."
            told: Any = {}
            for _ in range(TRIALS):
                told = await self._rpc.ask("tellStatus", added, KEYS)
                if isinstance(told, Fault) or told.get("status") in ("complete", "error", "removed"):
                    break
                await asyncio.sleep(0.1)
            await self._rpc.ask("forceRemove", added)
            await self._rpc.ask("removeDownloadResult", added)
            if isinstance(told, Fault) or told.get("status") not in ("complete", "error"):
                return f"aria2 did not fetch anything from {self._server} in time."
            if reason := self._problem(told):
                return reason
            if self._setup.shared and not await on_disk((folder / name).exists):
                theirs = self._setup.folder
                return f"What aria2 put into {theirs} does not show up in {here}: they are not one folder."
            return ""
        finally:
            if self._setup.shared:
                await on_disk(shutil.rmtree, folder, ignore_errors=True)

    async def _redirects(self, order: Order) -> str:
        """Whether the server sends an original from where it is asked for; a sentence if not."""
        where = self._client.connection
        other = Connection(self._server, self._key, where.ca_file, where.insecure)
        try:
            async with ImmichClient(other, PROBE) as client:
                await client.original_size(order.asset_id)
        except ImmichError as error:
            return f"aria2 was not asked, since its way to the server could not be tried: {error.sentence}"
        return ""

    async def _add(self, jobs: Sequence[_Job]) -> list[str]:
        """Add downloads; why each was refused. One that an earlier process added is taken up."""
        answers = await self._rpc.together([Call("addUri", self._download(job)) for job in jobs])
        doubtful = [job for job, answer in zip(jobs, answers, strict=True) if isinstance(answer, Fault)]
        known = await self._rpc.together([Call("tellStatus", [job.gid, KEYS]) for job in doubtful])
        there = {job.gid for job, told in zip(doubtful, known, strict=True) if isinstance(told, dict)}
        return [
            f"aria2 refused it: {answer.message}."
            if isinstance(answer, Fault) and job.gid not in there
            else ""
            for job, answer in zip(jobs, answers, strict=True)
        ]

    def _download(self, job: _Job) -> Sequence[object]:
        options = {
            "gid": job.gid,
            "dir": self._folder,
            "out": self._out(job.order),
            "header": [
                f"x-api-key: {self._key.reveal()}",
                "accept: application/octet-stream, image/*, video/*",
            ],
            "checksum": f"sha-1={job.order.expected.sha1}",
            "allow-overwrite": "true",
            "auto-file-renaming": "false",
            "remove-control-file": "true" if job.attempt > 1 else "false",
            "split": "1",
            "file-allocation": "none",
            "max-tries": "5",
            "retry-wait": "2",
            "lowest-speed-limit": "1K",
            "no-netrc": "true",
        }
        return [[f"{self._server}/assets/{job.order.asset_id}/original"], options]

    async def _finish(self, jobs: Sequence[_Job]) -> None:
        """Decide on ended downloads, and have the daemon forget them."""
        options = await self._rpc.together([Call("getOption", [job.gid]) for job in jobs])
        await self._purge(job.gid for job in jobs)
        again = []
        for job, option in zip(jobs, options, strict=True):
            checked = (
                isinstance(option, dict) and option.get("checksum") == f"sha-1={job.order.expected.sha1}"
            )
            if not job.problem and not checked:
                job.problem = "aria2 fetched it without comparing its checksum."
            if not job.problem:
                job.phase = Phase.COMPLETE
            elif job.attempt < ATTEMPTS and not job.cancelled:
                again.append(job)
                continue
            else:
                job.phase = Phase.ENDED
            job.news.set()
        for job in again:
            job.attempt += 1
            job.gid = self.gid(job.order, job.attempt)
        await self._again(again)

    async def _again(self, jobs: Sequence[_Job]) -> None:
        """Hand downloads to the daemon once more."""
        if not jobs:
            return
        for job, reason in zip(jobs, await self._add(jobs), strict=True):
            if reason:
                job.phase, job.problem = Phase.ENDED, reason
            job.news.set()

    async def _remove(self, jobs: Sequence[_Job]) -> None:
        """Have the daemon forget downloads, whatever they are at, and throw away what they gathered."""
        busy = list(jobs)
        await self._rpc.together([Call("forceRemove", [job.gid]) for job in busy])
        for _ in range(REMOVALS):
            answers = await self._rpc.together([Call("removeDownloadResult", [job.gid]) for job in busy])
            # A removed download has ended only when its connection has.
            busy = [
                job
                for job, answer in zip(busy, answers, strict=True)
                if isinstance(answer, Fault) and "not found" not in answer.message
            ]
            if not busy:
                break
            await asyncio.sleep(0.1)
        await on_disk(self._sweep, [job.order for job in jobs])
        gone = {job.gid for job in jobs}
        self._unwanted = [job for job in self._unwanted if job.gid not in gone]

    async def _purge(self, gids: Iterable[str]) -> None:
        await self._rpc.together([Call("removeDownloadResult", [gid]) for gid in gids])

    # -- files -----------------------------------------------------------------------------------------------

    async def _verified(self, order: Order, slot: Any) -> Received:
        if not self._setup.shared:
            where = f"aria2 at {self._rpc.host}: {self._folder}/{order.target.name}"
            assert order.expected.sha1 is not None
            size = self._jobs[order.key].done if order.expected.size is None else order.expected.size
            if self._jobs[order.key].done != size:
                raise Mismatch(f"aria2 has {self._jobs[order.key].done:,} bytes where Immich says {size:,}.")
            return Received(size, order.expected.sha1, elsewhere=where, trusted=True)
        slot.show(f"reading {order.name}", 0, order.expected.size or 0)
        fetched = _fetched(order.target)
        try:
            return await on_disk(_take_over, fetched, order.target, order.expected, self._setup.trusted)
        except FileNotFoundError:
            raise Rejected(
                f"aria2 has fetched it, but it is not in {order.target.parent}: that is another folder than"
                f" {self._folder}."
            ) from None

    def _out(self, order: Order) -> str:
        return _fetched(order.target).name if self._setup.shared else order.target.name

    def _sweep(self, orders: Sequence[Order]) -> None:
        """Throw away what was gathered for orders, where it can be reached from here."""
        if self._setup.shared:
            for order in orders:
                fetched = _fetched(order.target)
                for left in ("", ".aria2", ".aria2__temp"):
                    fetched.with_name(fetched.name + left).unlink(missing_ok=True)

    def gid(self, order: Order, attempt: int) -> str:
        """The id of a download: sixteen hex digits, the same in every process that works on this run."""
        text = f"{self._run_id}/{order.key}/{order.expected.sha1}/{attempt}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _problem(self, told: Mapping[str, Any]) -> str:
        if told.get("status") == "complete":
            return ""
        if told.get("status") == "removed":
            return "It was removed from aria2."
        if told.get("errorCode") == CHECKSUM_WRONG:
            return "What aria2 fetched does not have the checksum that Immich recorded."
        if told.get("errorCode") in NOT_MADE:
            return "aria2 could not make the file: its user must be able to write where backups go."
        words = self._rpc.clean(str(told.get("errorMessage", "")))
        return f"aria2 could not fetch it: {words or 'it gives no reason'}."

    def _wake(self) -> None:
        for job in self._jobs.values():
            job.news.set()


def _statuses(answer: Any) -> list[Mapping[str, Any]]:
    return [one for one in answer if isinstance(one, dict)] if isinstance(answer, list) else []


def _fetched(target: Path) -> Path:
    """Where a daemon that shares the backup folder puts a file: never where another downloader writes."""
    return target.with_name(target.name + ".aria2.part")


def _take_over(fetched: Path, target: Path, expected: Expected, trusted: bool) -> Received:
    """Make a fetched file the `.part` of its target. Blocks; raises `Mismatch` and `OSError`."""
    size = fetched.stat().st_size
    if trusted and expected.sha1 is not None and size == expected.size:
        sha1 = expected.sha1
    else:
        size, sha1 = file_sha1(fetched)
    if problem := expected.difference(size, sha1):
        fetched.unlink()
        raise Mismatch(problem)
    discard(target)
    # What a daemon of another user wrote stays as it is; the folder lets nobody else in anyway.
    with suppress(OSError):
        fetched.chmod(0o600)
    fetched.replace(part_of(target))
    return Received(size, sha1, trusted=trusted)
