"""Fetching: read the listing, judge each group as it arrives, and store it, in constant memory.

The listing is parsed and judged on the event loop in slices of one network read (a millisecond or two), while
the database writes happen in the session's thread.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import PermissionMissing
from immich_tui.immich.listing import UnreadableGroup
from immich_tui.immich.models import Group
from immich_tui.review.decisions import saving
from immich_tui.review.store import Member, Store, StoredGroup
from immich_tui.verdict.fingerprint import fingerprint
from immich_tui.verdict.judge import judge, proposal
from immich_tui.verdict.model import Context, Verdict
from immich_tui.verdict.policy import Policy

BATCH = 200
"""Groups per database transaction: about 1 MB of raw JSON."""


@dataclass(slots=True)
class FetchProgress:
    """How far a fetch is; plain numbers, read by the screen ten times a second."""

    stage: str = "asking the server"
    bytes: int = 0
    groups: int = 0
    assets: int = 0
    stored: int = 0
    unreadable: int = 0
    differs: int = 0
    albums: int = 0
    albums_total: int = 0
    started: float = 0.0
    note: str = ""

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return monotonic() - self.started if self.started else 0.0


def digest(group: Group) -> str:
    """Fingerprint of a group: changes when a member joins, leaves, or changes in a way that matters."""
    parts = sorted(fingerprint(asset) for asset in group.assets)
    return hashlib.blake2b("\n".join([group.id, *parts]).encode(), digest_size=16).hexdigest()


def in_short(position: int, group: Group, verdict: Verdict, policy: Policy) -> StoredGroup:
    """What the list needs of a verdict."""
    return StoredGroup(
        position=position,
        group_id=group.id,
        title=group.asset(verdict.winner).original_file_name,
        members=len(group.assets),
        winner=verdict.winner,
        immich_pick=verdict.immich_pick,
        tier=verdict.tier,
        flags=tuple(flag.name for flag in verdict.flags),
        worst=max((flag.severity for flag in verdict.flags), default=None),
        saving=saving(group, proposal(group, verdict, policy)),
        digest=digest(group),
    )


class Analyze:
    """One fetch: listing, verdicts, albums. Run it once; `progress` may be read at any time."""

    def __init__(self, client: ImmichClient, store: Store, policy: Policy, context: Context) -> None:
        self._client = client
        self._store = store
        self._policy = policy
        self._context = context
        self.progress = FetchProgress()

    async def run(self, facts: Mapping[str, str]) -> None:
        """Fetch everything and make it the current generation; `facts` are stored with it.

        Cancelled or failed, the session stays as it was. Raises `ImmichError` when the listing cannot be read
        to its end and `StoreUnavailable` when it cannot be stored.
        """
        progress = self.progress
        progress.started = monotonic()
        generation = await self._store.in_thread(self._store.begin_fetch)
        await self._read_listing(generation)
        albums = await self._read_albums(generation)
        await self._store.in_thread(
            self._store.finish_fetch,
            generation,
            {
                **facts,
                "policy": self._policy.name,
                "rules": self._policy.rules,
                "albums": albums,
                "fetched_at": datetime.now(UTC).isoformat(),
            },
        )
        progress.stage = "done"

    async def _read_listing(self, generation: int) -> None:
        progress = self.progress
        batch: list[tuple[StoredGroup, bytes, list[Member]]] = []
        writing: asyncio.Future[None] | None = None
        async for listed in self._client.duplicates(on_bytes=self._count_bytes):
            progress.stage = "reading groups"
            group = listed.group
            if isinstance(group, UnreadableGroup):
                progress.unreadable += 1
                await self._store.in_thread(self._store.add_unreadable, generation, group.id, group.reason)
                continue
            verdict = judge(group, self._policy, self._context)
            short = in_short(progress.groups, group, verdict, self._policy)
            batch.append((short, listed.raw, [Member.of(asset) for asset in group.assets]))
            progress.groups += 1
            progress.assets += len(group.assets)
            progress.differs += verdict.differs
            if len(batch) >= BATCH:
                if writing is not None:
                    await writing
                writing = asyncio.ensure_future(
                    self._store.in_thread(self._store.add_groups, generation, batch)
                )
                progress.stored = progress.groups - len(batch)
                batch = []
        if writing is not None:
            await writing
        if batch:
            await self._store.in_thread(self._store.add_groups, generation, batch)
        progress.stored = progress.groups

    def _count_bytes(self, received: int) -> None:
        self.progress.bytes = received

    async def _read_albums(self, generation: int) -> str:
        """Read which album holds which member; without the permission albums stay *not read*."""
        progress = self.progress
        progress.stage = "reading albums"
        try:
            albums = await self._client.albums()
            progress.albums_total = len(albums)
            for album in albums:
                ids = [asset async for asset in self._client.album_assets(album.id)]
                await self._store.in_thread(self._store.add_album, generation, album, ids)
                progress.albums += 1
        except PermissionMissing as missing:
            progress.note = missing.sentence
            return "not read"
        return "read"
