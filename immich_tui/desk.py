"""Where one server's review lives: its session database, and the fetches and runs that work on it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from immich_tui.config.paths import Paths
from immich_tui.execution.resolve import KIND as RESOLVE
from immich_tui.execution.resolve import UNFINISHED, ResolveJob, abandon, closed, unfinished
from immich_tui.execution.run import RunSettings
from immich_tui.execution.undo.taken_back import KIND as UNDO
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.journal import Run as JournalRun
from immich_tui.link import Link
from immich_tui.review.analyze import AnalyzeJob
from immich_tui.review.context import context_of
from immich_tui.review.habits import policy_named
from immich_tui.review.session import Session
from immich_tui.review.store import Store
from immich_tui.verdict.policy import PRESETS, Policy


class Desk:
    """An open session with its journal. Close it before another server's is opened."""

    def __init__(self, link: Link, session: Session, journal: Journal | None) -> None:
        self.link = link
        self.session = session
        self.journal = journal

    @classmethod
    async def open(
        cls,
        link: Link,
        paths: Paths,
        policies: Mapping[str, Policy] = PRESETS,
        policy: Policy | None = None,
        *,
        graft: bool = False,
    ) -> Desk:
        """Open the session of the linked server; `graft` is whether grafting is on for all groups.

        Without a policy the one of `policies` that the session was judged by last is taken. Verdicts that
        were made by other rules, because settings changed, are made again. Raises `StoreUnavailable` and
        `JournalUnavailable`.
        """
        user = link.capabilities.user
        path = paths.database(link.connection.url, user.id if user else "")
        store = await asyncio.to_thread(Store.open, path)
        try:
            meta = await store.in_thread(store.meta)
            chosen = policy or policy_named(meta.get("policy", ""), policies) or policies["metadata"]
            session = await Session.open(store, chosen, context_of(link.capabilities, graft=graft))
            if session.rows and meta.get("rules") != session.rules(chosen):
                await session.apply_policy(chosen)
            journal = None if session.read_only else await Journal.open(path)
        except BaseException:
            await asyncio.to_thread(store.close)
            raise
        return cls(link, session, journal)

    def fetch(self) -> AnalyzeJob:
        """A new fetch for this session."""
        session = self.session
        return AnalyzeJob.of(
            self.link.client,
            session.store,
            session.policy,
            session.context,
            self.facts(),
            journal=self.journal,
        )

    def facts(self) -> dict[str, str]:
        """What is stored with a fetch."""
        user = self.link.capabilities.user
        return {
            "server": self.link.connection.url,
            "version": str(self.link.capabilities.version),
            "user": user.name if user else "",
            "rules": self.session.rules(self.session.policy),
        }

    async def plan(self, settings: RunSettings, *, workers: int, rate: float | None) -> ResolveJob:
        """A run of everything that is decided and not carried out. The session must not be read-only."""
        return await ResolveJob.of(
            self.link.client,
            self.link.capabilities,
            self.session,
            self._journal(),
            settings,
            workers=workers,
            rate=rate,
        )

    async def take_up(
        self, run_id: str, settings: RunSettings, *, workers: int, rate: float | None
    ) -> ResolveJob:
        """An earlier run again, from where it stopped; what it held back gets another try."""
        return await ResolveJob.resume(
            run_id,
            self.link.client,
            self.link.capabilities,
            self.session,
            self._journal(),
            settings,
            workers=workers,
            rate=rate,
        )

    async def unfinished(self) -> JournalRun | None:
        """An earlier run that did not end, for example because its process was killed."""
        return await unfinished(self._journal())

    async def undo_left(self) -> bool:
        """Whether the last thing that changed the server was an undo, and that did not end."""
        runs = (run for run in await self._journal().runs() if run.kind in (RESOLVE, UNDO))
        newest = next(runs, None)
        return newest is not None and newest.kind == UNDO and newest.state in UNFINISHED

    async def closed(self, run_id: str) -> int:
        """How many groups of a run are done."""
        return await closed(self._journal(), run_id)

    async def abandon(self, run_id: str) -> None:
        """Give an earlier run up, so that a new plan can be made."""
        await abandon(self._journal(), run_id)

    def _journal(self) -> Journal:
        if self.journal is None:
            raise RuntimeError("a read-only session plans no run")
        return self.journal

    async def close(self) -> None:
        """Write what is pending and close the database."""
        if self.journal is not None:
            await self.journal.close()
        await self.session.close()
