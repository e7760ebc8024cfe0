"""Taking back what a run did to one group.

Every step looks before it acts. Each call is in the journal before it is sent and after it was answered, so a
resumed undo does not send again what was done, and does not touch what somebody changed in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from time import monotonic
from typing import TypeVar

from immich_tui.execution.carry.clock import date_for
from immich_tui.execution.carry.readback import LABELS, Holders, is_there, value_of
from immich_tui.execution.fresh import LOOKS, OldLook, good_until
from immich_tui.execution.graft import graft
from immich_tui.execution.graft.xmp import merged, sidecar
from immich_tui.execution.past import PastGroup
from immich_tui.execution.run import ended
from immich_tui.execution.undo.live_video import to_hide
from immich_tui.execution.undo.revert import ONE_WAY, Reversal, place_moved_clock, reversal, same
from immich_tui.execution.undo.state import Calls, GroupUndone, LostPhoto, Outcome, Undo
from immich_tui.execution.undo.ungraft import Ungrafting, ungrafting
from immich_tui.immich.errors import Gone, ImmichError, NotFoundOrNoAccess, PermissionMissing, Rejected
from immich_tui.immich.models import Album, Asset, ItemResult
from immich_tui.jobs.pool import Slot
from immich_tui.verdict.fingerprint import fingerprint
from immich_tui.verdict.model import Channel

T = TypeVar("T")

ATTEMPTS = 4
"""Times that the kept photo's values, or the group's id, are looked at and written again."""

TURNS = 10
"""Calls between a look at all members and one that rests on it, besides those of the look itself."""

POLL_S = 0.1
"""The shortest time between two looks at what was taken back; they go through the rate as well."""


_KINDS = {
    "tag": "tags",
    "album": "albums",
    "cover": "album covers",
    "face": "people",
    "link": "public links",
}


async def undo_group(undo: Undo, group: PastGroup, slot: Slot) -> GroupUndone:
    """Take back what was done to a group. Raises `ImmichError` where going on with it makes no sense."""
    work = _Work(undo, group, slot)
    slot.show(f"looking at {group.title}")
    await work.look()
    for step in (
        work.restore,
        work.unstack,
        work.ungraft,
        work.revert,
        work.put_clock_right,
        work.hide_video,
        work.regroup,
    ):
        await work.take(step)
    slot.show(f"reading back {group.title}")
    await work.read_back()
    return work.result()


class _Work:
    """One group on its way back. `members` are its photos as they are now, `None` for those that are gone."""

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

    async def take(self, step: Callable[[], Awaitable[None]]) -> None:
        """Take a step, and once more from the start of it where its calls had to wait: each looks first."""
        for _ in range(LOOKS):
            try:
                await step()
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
            self.members[asset_id] = await self._asset(asset_id)

    async def restore(self) -> None:
        """Bring losers back that this run trashed and that lie in the trash now."""
        before = self.calls.ids("restore")
        unsure = self.calls.tried_ids("restore")
        ids = []
        for asset in self.group.sent_assets:
            now = self.members[asset.id]
            trashed = now is not None and now.is_trashed
            if trashed and asset.id in before:
                self.kept[f"{asset.original_file_name} was moved to the trash again and stays there."] = None
            elif trashed:
                ids.append(asset.id)
            if (trashed or asset.id in (*before, *unsure)) and now is not None:
                self.restored.append(asset.original_file_name)
        if not ids:
            return
        self.slot.show(f"bringing back {len(ids)} of {self.group.title}")
        await self.calls.send("restore", partial(self.undo.client.restore, ids), {"ids": [*ids, *before]})
        await self.look(ids)

    async def unstack(self) -> None:
        """Dissolve the stack that this run made, if it still is what the run made."""
        planned = self.group.planned
        if not (self.group.closed and planned.choice.stack and len(planned.choice.keep) > 1):
            return
        for _ in range(ATTEMPTS):
            top = self.winner.stack if self.winner is not None else None
            if top is None:
                break
            ours = self.group.stack in (None, top.id) and top.primary_asset_id == planned.winner.id
            if not ours or top.asset_count not in (None, len(planned.choice.keep)):
                self.kept["The stack was changed since and stays as it is."] = None
                return
            try:
                await self.calls.send("stack", partial(self.undo.client.unstack, top.id), repeatable=False)
            except (PermissionMissing, Rejected) as error:
                self.problems.append(f"The stack could not be dissolved: {ended(error.sentence)}")
                return
            except ImmichError as error:
                if not error.may_have_happened:
                    raise
            await self.look(planned.choice.keep)
        self.reverted["stack"] = None

    async def ungraft(self) -> None:
        """Put a sidecar with what the kept photo had itself in the place of the grafted one.

        It comes before every other write to the photo, since it takes away what was written; that is then
        written again.
        """
        prior, winner, undo = self.group.prior, self.winner, self.undo
        if prior is None or winner is None or not undo.clears(self.group) or winner.is_edited:
            return
        begun = graft.sent_for(undo, self.group.id)
        done = self.calls.handled()
        sent = graft.may_have_arrived(undo, self.group.id)
        plan = (
            Ungrafting.read(begun[-1].detail) if sent else ungrafting(self.group, prior.winner, winner, done)
        )
        if plan is None or self.calls.answered("sidecar"):
            return
        before, names = prior.winner, plan.names
        self.slot.show(f"taking off what was grafted to {self.group.title}")
        after: Asset | None = winner
        existing = self.group.sidecar
        if names:
            try:
                after = await graft.put_sidecar(
                    undo,
                    self.group.id,
                    winner.id,
                    merged(existing, plan.sidecar) if existing else sidecar(plan.sidecar),
                    lambda now: all(same(name, now, before) for name in names),
                    partial(self._unmeddled, plan, None if sent else fingerprint(winner)),
                    self.slot,
                    plan.data(),
                )
            except graft.Meddled as meddled:
                self.problems.append(str(meddled))
                return
        if after is None:
            told = ", ".join(dict.fromkeys(LABELS[name] for name in names))
            self.problems.append(f"The server did not take its {told} back in time.")
            return
        self.fields |= dict.fromkeys(names)
        now = await self._asset(winner.id)
        if now is None:
            return
        missing = {
            name: value
            for name, value in plan.repeat.items()
            if same(name, now, after) and not is_there(name, value, now)
        }
        if missing:
            send = partial(undo.client.update_asset, winner.id, missing)
            await self.calls.send("repeat", send)
        has = {tag.id for tag in now.tags or ()}
        if tags := [tag_id for tag_id in plan.tags if tag_id not in has]:
            await self.calls.send("repeat:tags", partial(undo.client.tag_assets, tags, [winner.id]))
        await self.calls.note("sidecar")
        if names:
            await self.calls.note("fields:" + "+".join(names))
        await self.look([winner.id])

    async def _unmeddled(self, plan: Ungrafting, planned_for: str | None) -> None:
        """See that the kept photo still is what the next sidecar was planned for, by that fingerprint.

        It is `None` where an earlier process has sent one that may be read any time: that takes away what was
        typed, and adds nothing. Raises `graft.Meddled`.
        """
        now = await self._asset(self.group.planned.winner.id)
        if now is None or planned_for not in (None, fingerprint(now)):
            raise graft.Meddled("It was changed while it was being undone, and stays as it is.")
        typed = ("description", "rating") if planned_for is None else ()
        for name in typed:
            has = value_of(now, name) not in (None, "", 0)
            if has and not is_there(name, plan.repeat.get(name), now):
                raise graft.Meddled(
                    f"Its {LABELS[name]} was changed since the undo began: it stays as it is."
                )

    async def revert(self) -> None:
        """Give the kept photo back what it was, where it still has what the run wrote."""
        prior = self.group.prior
        if prior is None:
            return
        winner_id = self.group.planned.winner.id
        for _ in range(ATTEMPTS):
            now = self.winner
            if now is None:
                self.stuck[f"{self.group.title}, which was kept, is not on the server any more."] = None
                return
            found = reversal(
                prior,
                self.group.writes,
                now,
                await self._holders(),
                self.calls.handled(),
            )
            self.slot.show(f"reverting {self.group.title}")
            done = not await self._send(winner_id, found)
            self.reverted |= dict.fromkeys([*self._taken_back(prior.winner, now), *found.told])
            self.kept |= dict.fromkeys(found.kept)
            self.stuck |= dict.fromkeys(found.stuck)
            if done:
                return
            await self.look([winner_id])

    def _taken_back(self, before: Asset, now: Asset) -> Iterable[str]:
        """Names of what is as it was because an undo took it back, in this process or another."""
        fields = (LABELS[name] for name in self.calls.touched() & LABELS.keys() if same(name, before, now))
        return (*fields, *(_KINDS[kind] for kind in self.calls.kinds() if kind in _KINDS))

    async def _send(self, winner_id: str, found: Reversal) -> bool:
        """Send what a reversal asks for; return whether an answer was lost and has to be looked up."""
        client = self.undo.client
        for album_id, cover in found.covers.items():
            back = self.members.get(cover)
            if back is None or back.is_trashed:
                self.stuck["An album keeps the kept photo as its cover: its old cover is gone."] = None
                continue
            send = partial(client.set_album_cover, album_id, cover)
            await self._try(f"cover:{album_id}", send, "An album did not take its old cover back")
        for album_id in found.albums:
            leave = partial(client.remove_from_album, album_id, [winner_id])
            await self._take_off(f"album:{album_id}", leave, "It could not be taken out of an album")
        for tag_id in found.tags:
            untag = partial(client.untag_assets, tag_id, [winner_id])
            await self._take_off(f"tag:{tag_id}", untag, "A tag could not be taken off")
        for face_id in found.faces:
            await self._take_face_off(face_id)
        for link_id in found.links:
            leave = partial(client.remove_from_link, link_id, [winner_id])
            await self._take_off(f"link:{link_id}", leave, "It could not be taken out of a public link")
        self.taken_off = Reversal(
            albums=(*self.taken_off.albums, *found.albums),
            tags=(*self.taken_off.tags, *found.tags),
            faces=(*self.taken_off.faces, *found.faces),
            links=(*self.taken_off.links, *found.links),
        )
        if not found.fields:
            return False
        before = dict(self.fields)
        self.fields |= found.fields
        try:
            await self._write(winner_id, found.fields)
        except OldLook:
            self.fields = before
            raise
        except ImmichError as error:
            if not error.may_have_happened:
                raise
            return True
        return False

    async def _write(self, winner_id: str, fields: Mapping[str, object]) -> None:
        """Write values to the kept photo; how `unrated` is written differs between versions."""
        words: list[int | None] = [None, 0] if self.undo.capabilities.version.at_least(2, 6) else [0, None]
        unrated = "rating" in fields and fields["rating"] is None
        for last, word in ((not unrated, words[0]), (True, words[1])):
            body = {**fields, "rating": word} if unrated else dict(fields)
            try:
                what = "fields:" + "+".join(sorted(fields))
                send = partial(self.undo.client.update_asset, winner_id, body)
                await self.calls.send(what, send, {"names": sorted(fields)}, repeatable=False)
            except PermissionMissing as error:
                self._refused(fields, error)
            except Rejected as error:
                if not last:
                    continue
                self._refused(fields, error)
            return

    def _refused(self, fields: Iterable[str], error: ImmichError) -> None:
        names = ", ".join(dict.fromkeys(LABELS[name] for name in fields))
        self.problems.append(f"Its {names} could not be reverted: {ended(error.sentence)}")
        for name in fields:
            self.fields.pop(name, None)

    async def put_clock_right(self) -> None:
        """Give the kept photo its local time back that a place moved which stays; see `carry.clock`.

        A run does that itself before it holds a group back; this is for one that was cut off in front of it.
        """
        prior, now = self.group.prior, self.winner
        if prior is None or now is None or not place_moved_clock(self.group.writes, prior.winner, now):
            return
        fields = date_for(prior.winner.local_date_time, now)
        if fields is not None and not self.calls.answered("clock"):
            send = partial(self.undo.client.update_asset, now.id, fields)
            if await self._try("clock", send, "Its clock could not be put right"):
                self.clock = prior.winner.local_date_time

    async def hide_video(self) -> None:
        """Hide the live video again that was linked to the kept photo, where another photo has it."""
        if "livePhotoVideoId" not in self.calls.touched():
            return
        await self.look([self.group.planned.winner.id])
        client = self.undo.client
        for video_id in await to_hide(self.group, self.members, client, self.calls, self._asset):
            send = partial(client.update_asset, video_id, {"visibility": "hidden"})
            await self._try(f"video:{video_id}", send, "The live video could not be hidden again")

    async def regroup(self) -> None:
        """Give all members the id of their group again, so that it is listed as before."""
        if not (self.group.closed or self.group.sent):
            return
        names = {asset.id: asset.original_file_name for asset in self.group.planned.group.assets}
        alive = [one for one in self.members.values() if one is not None and not one.is_trashed]
        for one in alive:
            if one.duplicate_id not in (None, self.group.id):
                self.kept[f"{names[one.id]} is in another group now and stays there."] = None
            elif one.stack is not None and not self.problems:
                self.kept[f"{names[one.id]} is in a stack now, where no group is shown."] = None
        for member in self.members.values():
            if member is not None and member.is_trashed and member.id not in self.group.sent:
                self.kept[f"{names[member.id]} was moved to the trash since and stays there."] = None
        ours = [one for one in alive if one.duplicate_id in (None, self.group.id)]
        if len(ours) < 2:
            self.stuck["The group does not come back: fewer than two of its photos are left for it."] = None
            return
        self.together = {one.id for one in ours}
        outside = [one.id for one in ours if one.duplicate_id is None]
        if outside:
            self.slot.show(f"making the group of {self.group.title} again")
            send = partial(self.undo.client.update_assets, outside, {"duplicateId": self.group.id})
            if not await self._try("group", send, "The group could not be made again", {"ids": outside}):
                self.together = set()
        self.reverted["group"] = None

    async def read_back(self) -> None:
        """Look until everything is as it was and holds still; what does not becomes a problem."""
        deadline = monotonic() + self.undo.settings.confirm_s
        steady_since, last, regrouped = monotonic(), "", 1
        extracted = bool(
            self.clock or self.fields.keys() - {"isFavorite", "livePhotoVideoId"} or self.taken_off.tags
        )
        problem = "not looked at"
        while True:
            # Once all is well, only the kept photo may still change: the server reads its file again.
            await self.look(None if problem else [self.group.planned.winner.id])
            problem = self._difference()
            winner = self.winner
            now = monotonic()
            print_now = fingerprint(winner) if winner is not None else ""
            if problem or print_now != last:
                steady_since, last = now, print_now
            if not problem and (not extracted or now - steady_since >= self.undo.settings.settle_s):
                break
            if now > deadline:
                self.problems.append(ended(problem or "Its values keep changing"))
                break
            outside = self.together - {
                one.id for one in self.members.values() if one is not None and one.duplicate_id is not None
            }
            if outside and regrouped < ATTEMPTS:
                # Whoever lists the groups while one member is back dissolves what has only one.
                regrouped += 1
                await self.take(self.regroup)
            await asyncio.sleep(max(POLL_S, self.undo.settings.settle_s / 2))
        if problem := await self._holder_difference():
            self.problems.append(problem)

    def _difference(self) -> str:
        """What is not as it should be now, as a sentence; empty when all is."""
        for asset in self.group.sent_assets:
            now = self.members[asset.id]
            trashed = now is not None and now.is_trashed
            if trashed and asset.id in self.calls.ids("restore"):
                return f"{asset.original_file_name} is still in the trash."
        winner, prior = self.winner, self.group.prior
        if winner is not None and prior is not None:
            for name in self.fields:
                if not same(name, winner, prior.winner):
                    return f"Its {LABELS[name]} is not what it was."
            if self.clock is not None and winner.local_date_time != self.clock:
                return "Its local time is not what it was."
            if self.fields.keys() & ONE_WAY and winner.local_date_time != prior.winner.local_date_time:
                return "Its local time is not what it was."
            if set(self.taken_off.tags) & {tag.id for tag in winner.tags or ()}:
                return "A tag did not go off it."
        for asset_id in self.together:
            member = self.members[asset_id]
            if member is None or member.duplicate_id != self.group.id:
                return "The group did not come together again."
        return ""

    async def _holder_difference(self) -> str:
        off = self.taken_off
        if not (off.albums or off.faces or off.links) or self.winner is None:
            return ""
        now = await self._holders()
        if left := {album.id for album in now.albums} & set(off.albums):
            return f"It is still in {len(left)} of the albums that it was added to."
        if {face.id for face in now.faces or ()} & set(off.faces):
            return "Somebody who was put on it is still there."
        if left := set(now.links or ()) & set(off.links):
            return f"It is still in {len(left)} of the public links that it was put into."
        return ""

    def result(self) -> GroupUndone:
        """What came of it."""
        files = self.undo.past.backups
        lost = tuple(
            LostPhoto(asset.id, asset.original_file_name, str(files.get(asset.id, {}).get("file", "")))
            for asset in self.group.sent_assets
            if self.members[asset.id] is None
        )
        problems = list(dict.fromkeys(self.problems))
        if lost:
            names = ", ".join(one.name for one in lost)
            problems.append(
                f"{names} cannot come out of the trash: the server does not have it any more. Restore it from"
                f" the backup in {self.undo.past.folder}."
            )
        return GroupUndone(
            self.group.id,
            self.group.title,
            Outcome.PARTLY if problems else Outcome.UNDONE,
            " ".join(problems),
            tuple(self.restored),
            tuple(self.reverted),
            tuple(self.kept),
            tuple(self.stuck),
            tuple(problems),
            lost,
        )

    # -- asking

    async def _asset(self, asset_id: str) -> Asset | None:
        try:
            return await self.calls.ask(lambda: self.undo.client.asset(asset_id))
        except (NotFoundOrNoAccess, Gone):
            return None

    async def _holders(self) -> Holders:
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

    # -- writing

    async def _try(
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

    async def _take_face_off(self, face_id: str) -> None:
        """Take a face off the kept photo; that it is not there any more is as well."""
        failure = "A person could not be taken off"
        try:
            await self.calls.send(f"face:{face_id}", partial(self.undo.client.remove_face, face_id))
        except NotFoundOrNoAccess:
            await self.calls.note(f"face:{face_id}")
        except (PermissionMissing, Rejected) as error:
            self.problems.append(f"{failure}: {ended(error.sentence)}")

    async def _take_off(
        self, what: str, send: Callable[[], Awaitable[tuple[ItemResult, ...]]], failure: str
    ) -> None:
        """Take something off the kept photo; that it was not on it any more is as well."""
        refused: list[str] = []

        async def checked() -> None:
            refused[:] = [one.error or "" for one in await send() if not one.success]

        if await self._try(what, checked, failure) and set(refused) - {"not_found"}:
            self.problems.append(f"{failure}: the server says {', '.join(refused)}.")
