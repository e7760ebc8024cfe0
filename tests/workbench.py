"""A fetched session on a demo server, as the tests of review and execution need it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from immich_tui.demo.server import DemoServer
from immich_tui.execution.resolve import KIND, ResolveJob, unfinished
from immich_tui.execution.run import RunSettings
from immich_tui.execution.undo.job import UndoJob
from immich_tui.immich.capabilities import Capabilities, probe
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection, Timeouts
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.pool import Patience
from immich_tui.review.analyze import AnalyzeJob
from immich_tui.review.context import context_of
from immich_tui.review.session import Session
from immich_tui.review.store import Store
from immich_tui.verdict.policy import PRESETS

SHORT = Patience(tries=4, within_s=5.0, first_s=0.02, longest_s=0.1, jitter_s=0.02, hold_s=0.3)
"""Waits short enough for tests."""

IMPATIENT = Timeouts(connect=2.0, small=2.0, listing=5.0, original=0.5, slowest=50_000.0, window=0.3)


@dataclass
class Workbench:
    """Everything between a demo server and a run."""

    server: DemoServer
    client: ImmichClient
    capabilities: Capabilities
    session: Session
    journal: Journal
    folder: Path
    patience: Patience = SHORT

    def settings(self, **changes: object) -> RunSettings:
        """Settings with waits short enough for tests."""
        values: dict[str, object] = {
            "backup_root": self.folder / "backups",
            "settle_s": 0.15,
            "confirm_s": 5.0,
            **changes,
        }
        return RunSettings(**values)  # type: ignore[arg-type]  # fields by name

    async def job(self, **changes: object) -> ResolveJob:
        """Plan a run of what is decided, without a rate limit."""
        return await ResolveJob.of(
            self.client,
            self.capabilities,
            self.session,
            self.journal,
            self.settings(**changes),
            rate=None,
            patience=self.patience,
        )

    async def resumed(self, run_id: str, **changes: object) -> ResolveJob:
        """Take up a run again."""
        return await ResolveJob.resume(
            run_id,
            self.client,
            self.capabilities,
            self.session,
            self.journal,
            self.settings(**changes),
            rate=None,
            patience=self.patience,
        )

    async def undo(self, run_id: str, *groups: str, **changes: object) -> UndoJob:
        """Plan to take a run back."""
        return await UndoJob.of(
            self.client,
            self.capabilities,
            self.session,
            self.journal,
            run_id,
            groups or None,
            settings=self.settings(**changes),
            rate=None,
            patience=self.patience,
        )

    async def undo_resumed(self, undo_id: str, **changes: object) -> UndoJob:
        """Take up an undo again."""
        return await UndoJob.resume(
            undo_id,
            self.client,
            self.capabilities,
            self.session,
            self.journal,
            settings=self.settings(**changes),
            rate=None,
            patience=self.patience,
        )

    async def accept_everything(self) -> None:
        """Decide for what is proposed in every group."""
        for row in self.session.rows:
            await self.session.accept(row.group_id)


async def taken_up(bench: Workbench, **changes: object) -> ResolveJob:
    """The run that did not end, or did with groups held back; a new one where none was begun."""
    runs = [run for run in await bench.journal.runs() if run.kind == KIND]
    left = await unfinished(bench.journal)
    if left is None and runs and runs[0].state == "done":
        left = runs[0]
    return await (bench.resumed(left.id, **changes) if left else bench.job(**changes))


@asynccontextmanager
async def workbench(
    server: DemoServer,
    folder: Path,
    *,
    policy: str = "metadata",
    timeouts: Timeouts | None = None,
    graft: bool = False,
) -> AsyncIterator[Workbench]:
    """Connect, fetch and open the session."""
    async with ImmichClient(Connection(f"{server.url}/api", Secret(server.key)), timeouts) as client:
        capabilities = await probe(client)
        store = Store.open(folder / "session.db")
        context = context_of(capabilities, graft=graft)
        fetched = await AnalyzeJob.of(client, store, PRESETS[policy], context, {"server": server.url}).run()
        fetched.check()
        async with _opened(server, client, capabilities, store, folder, policy, graft) as bench:
            yield bench


@asynccontextmanager
async def reopened(
    server: DemoServer,
    folder: Path,
    *,
    policy: str = "metadata",
    timeouts: Timeouts | None = None,
    graft: bool = False,
) -> AsyncIterator[Workbench]:
    """Connect and open the session that an earlier process left, without fetching."""
    async with ImmichClient(Connection(f"{server.url}/api", Secret(server.key)), timeouts) as client:
        capabilities = await probe(client)
        store = Store.open(folder / "session.db")
        async with _opened(server, client, capabilities, store, folder, policy, graft) as bench:
            yield bench


@asynccontextmanager
async def _opened(
    server: DemoServer,
    client: ImmichClient,
    capabilities: Capabilities,
    store: Store,
    folder: Path,
    policy: str,
    graft: bool,
) -> AsyncIterator[Workbench]:
    session = await Session.open(store, PRESETS[policy], context_of(capabilities, graft=graft))
    journal = await Journal.open(folder / "session.db")
    try:
        yield Workbench(server, client, capabilities, session, journal, folder)
    finally:
        await journal.close()
        await session.close()
