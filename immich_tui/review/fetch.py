"""The phases of a fetch: read the listing, judge and store each group as it arrives, read albums, publish.

Memory does not grow with the listing: it is parsed and judged on the event loop in slices of a millisecond or
two, and written in the session's thread, a batch at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from time import monotonic

from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import ImmichError, NotFoundOrNoAccess, PermissionMissing
from immich_tui.immich.listing import UnreadableGroup
from immich_tui.immich.models import Album, places
from immich_tui.jobs.phase import BatchPhase, Context, Continue, Outcome, Phase, Recovery
from immich_tui.jobs.stop import Stop
from immich_tui.review.changes import Changes
from immich_tui.review.outline import in_short
from immich_tui.review.outlooks import Foresight, made_by
from immich_tui.review.store import Store
from immich_tui.review.stored import Member, StoredGroup
from immich_tui.verdict.judge import judge
from immich_tui.verdict.model import Context as Circumstances
from immich_tui.verdict.policy import Policy

BATCH = 200
"""Groups per database transaction: about 1 MB of raw JSON."""

LISTING = "listing"


@dataclass(slots=True)
class FetchProgress:
    """How far a fetch is; plain numbers, read by the screen ten times a second.

    `bytes` came over the wire, so they may be compressed. `stored` groups are in the database.
    """

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


@dataclass
class Fetch:
    """What the phases of one fetch share.

    `facts` are stored with it. `generation` is its number and `before` that of the fetch before, 0 where
    there is none. `moved` and `changes` are what the comparison with that one found. `visibilities` are those
    of all members.
    """

    client: ImmichClient
    store: Store
    policy: Policy
    circumstances: Circumstances
    facts: Mapping[str, str]
    progress: FetchProgress = field(default_factory=FetchProgress)
    stop: Stop = field(default_factory=Stop)
    before: int = 0
    generation: int = 0
    moved: dict[str, str] = field(default_factory=dict)
    changes: Changes | None = None
    albums: str = "not read"
    albums_missed: int = 0
    visibilities: set[str] = field(default_factory=set)


class _Reading(Phase[Fetch]):
    """Phases that read from the server; what may pass by itself is tried again."""

    max_recoveries = 2
    again = Recovery.RESTART

    def recovery_from(self, error: Exception) -> Recovery:
        """Try again after what may pass by itself."""
        return self.again if isinstance(error, ImmichError) and error.transient else Recovery.ABORT


class Listing(_Reading):
    """Reads the listing, judges each group and stores it under a new generation."""

    name = LISTING
    label = "Reading and judging groups"

    async def run(self, context: Context[Fetch]) -> Outcome:
        """Read the listing to its end. One that breaks off is read again from its beginning."""
        fetch = context.subject
        store, progress = fetch.store, fetch.progress
        progress.stage = "asking the server"
        progress.bytes = progress.groups = progress.assets = progress.stored = 0
        progress.unreadable = progress.differs = 0
        fetch.generation = await store.in_thread(store.incoming.begin)
        foresight = Foresight(fetch.policy, fetch.circumstances)

        def received(size: int) -> None:
            progress.bytes = size

        async with fetch.stop.cuttable(), _Writer.of(fetch) as writer:
            async for listed in fetch.client.duplicates(on_bytes=received):
                progress.stage = "reading groups"
                group = listed.group
                if isinstance(group, UnreadableGroup):
                    progress.unreadable += 1
                    item = group.id or f"entry {progress.groups + progress.unreadable}"
                    context.non_fatal(item, group.reason)
                    await store.in_thread(
                        store.incoming.add_unreadable, fetch.generation, group.id, group.reason
                    )
                    continue
                verdict = judge(group, fetch.policy, fetch.circumstances)
                short = in_short(progress.groups, group, verdict, fetch.policy)
                progress.groups += 1
                progress.assets += len(group.assets)
                fetch.visibilities.update([asset.visibility for asset in group.assets])
                progress.differs += verdict.differs
                members = [Member.of(asset) for asset in group.assets]
                writer.add(short, listed.raw, members, foresight.outlook(group, verdict, short))
                if writer.full:
                    await writer.write()
                    context.progress(progress.groups, 0, progress.bytes, units="groups")
                    await context.interrupt_point()
        context.progress(progress.groups, progress.groups, progress.bytes, units="groups")
        context.count("groups stored", progress.stored)
        return Continue()


class _Writer:
    """Stores groups a batch behind the reading: one batch is written while the next is read."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._batch: list[tuple[StoredGroup, bytes, list[Member]]] = []
        self._gists: list[bytes] = []
        self._writing: asyncio.Future[None] | None = None
        self._under_way = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def of(cls, fetch: Fetch) -> AsyncIterator[_Writer]:
        """A writer whose last batch is stored when the block ends without an error."""
        writer = cls(fetch)
        try:
            yield writer
            await writer.write()
            await writer.settle()
        finally:
            # What is being written may finish; an error of it is not the one to tell of here.
            if writer._writing is not None:
                await asyncio.wait([writer._writing])

    @property
    def full(self) -> bool:
        """Whether the batch is large enough to be written."""
        return len(self._batch) >= BATCH

    def add(self, short: StoredGroup, raw: bytes, members: list[Member], known: bytes) -> None:
        """Put a group into the batch; `known` is its gist."""
        self._batch.append((short, raw, members))
        self._gists.append(known)

    async def write(self) -> None:
        """Begin to write the batch, after the one before is stored."""
        await self.settle()
        if self._batch:
            store = self._fetch.store
            batch, self._batch = self._batch, []
            gists, self._gists = self._gists, []
            self._under_way = len(batch)
            self._writing = asyncio.ensure_future(
                store.in_thread(store.incoming.add_groups, self._fetch.generation, batch, gists)
            )

    async def settle(self) -> None:
        """Wait until what was begun is stored; raises `StoreUnavailable` if it could not be."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            await writing
            self._fetch.progress.stored += self._under_way


class Albums(BatchPhase[Fetch, Album]):
    """Reads which album holds which member; without the permission albums stay *not read*."""

    name = "albums"
    label = "Reading albums"
    units = "albums"
    batch_size = 1
    max_recoveries = 2

    def recovery_from(self, error: Exception) -> Recovery:
        """Go on with the same album after what may pass by itself."""
        return Recovery.RETRY if isinstance(error, ImmichError) and error.transient else Recovery.ABORT

    async def run(self, context: Context[Fetch]) -> Outcome:
        """Read every album, as far as the key may."""
        fetch = context.subject
        fetch.progress.stage = "reading albums"
        try:
            async with fetch.stop.cuttable():
                outcome = await super().run(context)
        except PermissionMissing as missing:
            fetch.progress.note = missing.sentence
            context.log(missing.sentence)
            return Continue()
        fetch.albums = "read"
        return outcome

    async def items(self, context: Context[Fetch]) -> Sequence[Album]:
        """All albums that the person sees, in the order of their ids."""
        albums = sorted(await context.subject.client.albums(), key=lambda album: album.id)
        context.subject.progress.albums_total = len(albums)
        return albums

    async def handle_batch(self, context: Context[Fetch], batch: Sequence[Album]) -> None:
        """Store which members are in an album.

        One that is gone, or not to be seen, since the albums were listed is passed over and counted.
        """
        fetch = context.subject
        for album in batch:
            try:
                ids = [
                    asset
                    for place in places(fetch.visibilities)
                    async for asset in fetch.client.album_assets(album.id, place)
                ]
            except NotFoundOrNoAccess as error:
                context.non_fatal(album.album_name, error.message)
                fetch.albums_missed += 1
                missed = fetch.albums_missed
                fetch.progress.note = f"{missed} album{'' if missed == 1 else 's'} could not be read."
                continue
            await fetch.store.in_thread(fetch.store.incoming.add_album, fetch.generation, album, ids)
            fetch.progress.albums += 1

    def key(self, item: Album) -> str:
        """Albums are told apart by their ids."""
        return item.id


class Publish(Phase[Fetch]):
    """Makes the complete fetch the current one, in one step."""

    name = "publish"
    label = "Making it the current one"

    async def run(self, context: Context[Fetch]) -> Outcome:
        """Swap the generations."""
        fetch = context.subject
        fetch.progress.stage = "storing"
        await fetch.store.in_thread(
            fetch.store.incoming.finish,
            fetch.generation,
            {
                **fetch.facts,
                "policy": fetch.policy.name,
                "albums": fetch.albums,
                "fetched_at": datetime.now(UTC).isoformat(),
                "gists": made_by(fetch.policy, fetch.circumstances),
                "changes": json.dumps(asdict(fetch.changes)) if fetch.changes is not None else "",
            },
            fetch.moved,
        )
        fetch.progress.stage = "done"
        return Continue()
