"""Fetching as a job, first or again: what is read belongs to a new generation that is published at its end.

A fetch that fails, is cancelled or killed leaves the last complete one, and every decision, as they were.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from time import monotonic

from immich_tui.immich.client import ImmichClient
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.processor import Processor
from immich_tui.jobs.progress import JobSnapshot, Status
from immich_tui.review.changes import Changes
from immich_tui.review.fetch import Albums, Fetch, FetchProgress, Listing, Publish
from immich_tui.review.outline import digest, in_short
from immich_tui.review.refresh import Compare
from immich_tui.review.store import Store
from immich_tui.verdict.model import Context
from immich_tui.verdict.policy import Policy

__all__ = ["AnalyzeJob", "AnalyzeResult", "AnalyzeSnapshot", "FetchProgress", "digest", "in_short"]

ANALYZE, REFRESH = "analyze", "refresh"
"""What the journal calls a first fetch, and one that is merged with what was decided before."""


@dataclass(frozen=True, slots=True)
class AnalyzeSnapshot:
    """A fetch as a screen shows it: the job with its phases, and the numbers that people know."""

    job: JobSnapshot
    stage: str
    bytes: int
    groups: int
    assets: int
    stored: int
    unreadable: int
    differs: int
    albums: int
    albums_total: int
    elapsed_s: float
    note: str


@dataclass(frozen=True, slots=True)
class AnalyzeResult:
    """How a fetch ended: `state` is `DONE`, `CANCELLED`, `PAUSED` (the journal failed) or `FAILED`.

    `changes` says what is different since the fetch before, `None` if there was none or this one did not
    end. `reason` is a sentence, and `error` what was raised, where it did not end.
    """

    state: Status
    reason: str
    error: Exception | None
    changes: Changes | None

    @property
    def done(self) -> bool:
        """Whether the fetch is complete and is the current one now."""
        return self.state is Status.DONE

    def check(self) -> None:
        """Raise what kept the fetch from its end, if anything was raised."""
        if self.error is not None:
            raise self.error


class AnalyzeJob:
    """One fetch: listing, verdicts, albums, comparison with the fetch before. Run it once.

    It writes its history to the journal in the session's database: the given one, else one that it opens for
    itself.
    """

    def __init__(self, fetch: Fetch, journal: Journal | None) -> None:
        self._fetch = fetch
        self._given = journal
        self._processor: Processor[Fetch] | None = None

    @classmethod
    def of(
        cls,
        client: ImmichClient,
        store: Store,
        policy: Policy,
        context: Context,
        facts: Mapping[str, str] | None = None,
        *,
        journal: Journal | None = None,
    ) -> AnalyzeJob:
        """A fetch into this session; `facts` (server, version, user) are stored with it."""
        return cls(Fetch(client, store, policy, context, dict(facts or {})), journal)

    @property
    def progress(self) -> FetchProgress:
        """The numbers as they stand now."""
        return self._fetch.progress

    async def run(self) -> AnalyzeResult:
        """Fetch everything and make it the current generation; returns however it ends.

        Raises `JournalUnavailable` when the journal cannot be opened and `StoreUnavailable` when the session
        cannot be read; whatever fails later is in the result.
        """
        fetch, store = self._fetch, self._fetch.store
        fetch.progress.started = monotonic()
        fetch.before = await store.in_thread(lambda: store.fetched.generation)
        async with self._journal() as journal:
            await _give_up_unended(journal)
            run = await journal.start_run(REFRESH if fetch.before else ANALYZE, fetch.facts)
            phases = [Listing(), Albums(), Compare(), Publish()]
            self._processor = Processor(journal, run, phases, fetch)
            try:
                result = await self._processor.run()
            finally:
                if fetch.progress.stage != "done":
                    await asyncio.shield(store.in_thread(store.incoming.drop_unfinished))
        changes = fetch.changes if result.state is Status.DONE else None
        return AnalyzeResult(result.state, result.reason, result.error, changes)

    def cancel(self) -> None:
        """End soon, whatever is being waited for. The session stays as it was."""
        self._fetch.stop.ask()
        if self._processor is not None:
            self._processor.cancel()

    def snapshot(self) -> AnalyzeSnapshot | None:
        """The fetch as it stands now, cheap enough for every frame; `None` before it began."""
        if self._processor is None:
            return None
        now = self._fetch.progress
        return AnalyzeSnapshot(
            job=self._processor.snapshot(),
            stage=now.stage,
            bytes=now.bytes,
            groups=now.groups,
            assets=now.assets,
            stored=now.stored,
            unreadable=now.unreadable,
            differs=now.differs,
            albums=now.albums,
            albums_total=now.albums_total,
            elapsed_s=now.elapsed,
            note=now.note,
        )

    @contextlib.asynccontextmanager
    async def _journal(self) -> AsyncIterator[Journal]:
        if self._given is not None:
            yield self._given
        else:
            async with await Journal.open(self._fetch.store.path) as journal:
                yield journal


async def _give_up_unended(journal: Journal) -> None:
    """Note that earlier fetches whose process ended in the middle will not be gone on with."""
    for run in await journal.runs():
        if run.kind in {ANALYZE, REFRESH} and run.finished_at is None:
            await journal.finish_run(run.id, Status.CANCELLED)
