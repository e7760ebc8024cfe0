"""One group on its way back: its photos as they are now, what was done so far, how the server is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Self, TypeVar

from immich_tui.execution.carry.readback import Holders
from immich_tui.execution.fresh import LOOKS, OldLook, good_until
from immich_tui.execution.past import PastGroup
from immich_tui.execution.run import ended
from immich_tui.execution.undo.revert import Reversal
from immich_tui.execution.undo.state import Calls, Undo
from immich_tui.immich.errors import Gone, NotFoundOrNoAccess, PermissionMissing, Rejected
from immich_tui.immich.models import Album, Asset
from immich_tui.jobs.pool import Slot
from immich_tui.verdict.model import Channel

T = TypeVar("T")

ATTEMPTS = 4
"""Times that the kept photo's values, or the group's id, are looked at and written again."""

TURNS = 10
"""Calls between a look at all members and one that rests on it, besides those of the look itself."""


class Work:
    """What the steps of undoing one group share.

    `members` are its photos as they are now, `None` for those that are gone. `restored` are names of photos
    that left the trash, `reverted` what is as it was, `kept` and `stuck` sentences on what stays because
    somebody changed it and because it cannot be taken back, `problems` what went wrong. What has to be read
    back: `fields` of the kept photo, what it was `taken_off`, the members that are `together` again, and its
    local `clock`.
    """

    def __init__(self, undo: Undo, group: PastGroup, slot: Slot) -> None:
        self.undo = undo
        self.group = group
        self.slot = slot
        self.calls = Calls(undo, group.id, slot)
        self.members: dict[str, Asset | None] = {}
        self.restored: list[str] = []
        self.reverted: dict[str, None] = {}
        self.fields: dict[str, object] = {}
        self.taken_off = Reversal()
        self.kept: dict[str, None] = {}
        self.stuck: dict[str, None] = {}
        self.problems: list[str] = []
        self.together: set[str] = set()
        self.clock: datetime | None = None

    @property
    def winner(self) -> Asset | None:
        """The kept photo as it is now."""
        return self.members[self.group.planned.winner.id]

    async def take(self, step: Callable[[Self], Awaitable[None]]) -> None:
        """Take a step, and once more from the start of it where its calls had to wait: each looks first."""
        for _ in range(LOOKS):
            try:
                await step(self)
            except OldLook:
                await self.look()
            else:
                return
        self.problems.append("It had to wait each time until the look before it was old. Undo it again.")

    async def look(self, ids: Iterable[str] | None = None) -> None:
        """Read members as they are now, all or these; what is sent rests on the last look at all of them."""
        if ids is None:
            turns = TURNS + len(self.group.planned.group.assets)
            self.calls.until = good_until(self.undo.pool, self.undo.settings.look_s, turns)
        for asset_id in ids or [asset.id for asset in self.group.planned.group.assets]:
            self.members[asset_id] = await self.asset(asset_id)

    async def asset(self, asset_id: str) -> Asset | None:
        """A photo as it is now, `None` where it is gone."""
        try:
            return await self.calls.ask(lambda: self.undo.client.asset(asset_id))
        except (NotFoundOrNoAccess, Gone):
            return None

    async def holders(self) -> Holders:
        """The albums and links that hold the kept photo and the faces on it, where the run wrote such."""
        channels = {write.channel for write in self.group.writes}
        client, winner = self.undo.client, self.group.planned.winner.id
        albums: tuple[Album, ...] | None = ()
        if channels & {Channel.ALBUM_ASSETS, Channel.ALBUM_COVER}:
            albums = await self._looked_at("Its albums", lambda: client.albums_of(winner))
        faces = links = None
        if Channel.FACES in channels:
            faces = await self._looked_at("The people on it", lambda: client.faces(winner))
        if Channel.COPY in channels:
            links = await self._looked_at("Its public links", client.shared_links)
        shown = None if links is None else frozenset(link.id for link in links if link.shows(winner))
        return Holders(albums or (), faces, shown)

    async def _looked_at(self, what: str, ask: Callable[[], Awaitable[T]]) -> T | None:
        try:
            return await self.calls.ask(ask)
        except PermissionMissing as error:
            self.problems.append(f"{what} could not be looked at: {ended(error.sentence)}")
            return None

    async def attempt(
        self,
        what: str,
        send: Callable[[], Awaitable[object]],
        failure: str,
        data: Mapping[str, object] | None = None,
    ) -> bool:
        """Send a call that may be repeated; a refusal becomes a problem. Return whether it was done."""
        try:
            await self.calls.send(what, send, data)
        except (PermissionMissing, Rejected) as error:
            self.problems.append(f"{failure}: {ended(error.sentence)}")
            return False
        return True
