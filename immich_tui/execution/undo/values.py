"""Giving a kept photo back the values that it had before a run wrote to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial

from immich_tui.execution.carry.clock import date_for
from immich_tui.execution.carry.readback import LABELS, same
from immich_tui.execution.fresh import OldLook
from immich_tui.execution.run import ended
from immich_tui.execution.undo.live_video import to_hide
from immich_tui.execution.undo.revert import Reversal, place_moved_clock, reversal
from immich_tui.execution.undo.work import ATTEMPTS, Work
from immich_tui.immich.errors import ImmichError, NotFoundOrNoAccess, PermissionMissing, Rejected
from immich_tui.immich.models import Asset, ItemResult

_KINDS = {
    "tag": "tags",
    "album": "albums",
    "cover": "album covers",
    "face": "people",
    "link": "public links",
}


async def revert(work: Work) -> None:
    """Give the kept photo back what it was, where it still has what the run wrote."""
    prior = work.group.prior
    if prior is None:
        return
    winner_id = work.group.planned.winner.id
    for _ in range(ATTEMPTS):
        now = work.winner
        if now is None:
            work.stuck[f"{work.group.title}, which was kept, is not on the server any more."] = None
            return
        found = reversal(
            prior,
            work.group.writes,
            now,
            await work.holders(),
            work.calls.handled(),
        )
        work.slot.show(f"reverting {work.group.title}")
        done = not await _send(work, winner_id, found)
        work.reverted |= dict.fromkeys([*_taken_back(work, prior.winner, now), *found.told])
        work.kept |= dict.fromkeys(found.kept)
        work.stuck |= dict.fromkeys(found.stuck)
        if done:
            return
        await work.look([winner_id])


def _taken_back(work: Work, before: Asset, now: Asset) -> Iterable[str]:
    """Names of what is as it was because an undo took it back, in this process or another."""
    fields = (LABELS[name] for name in work.calls.touched() & LABELS.keys() if same(name, before, now))
    return (*fields, *(_KINDS[kind] for kind in work.calls.kinds() if kind in _KINDS))


async def _send(work: Work, winner_id: str, found: Reversal) -> bool:
    """Send what a reversal asks for; return whether an answer was lost and has to be looked up."""
    client = work.undo.client
    for album_id, cover in found.covers.items():
        back = work.members.get(cover)
        if back is None or back.is_trashed:
            work.stuck["An album keeps the kept photo as its cover: its old cover is gone."] = None
            continue
        send = partial(client.set_album_cover, album_id, cover)
        await work.attempt(f"cover:{album_id}", send, "An album did not take its old cover back")
    for album_id in found.albums:
        leave = partial(client.remove_from_album, album_id, [winner_id])
        await _take_off(work, f"album:{album_id}", leave, "It could not be taken out of an album")
    for tag_id in found.tags:
        untag = partial(client.untag_assets, tag_id, [winner_id])
        await _take_off(work, f"tag:{tag_id}", untag, "A tag could not be taken off")
    for face_id in found.faces:
        await _take_face_off(work, face_id)
    for link_id in found.links:
        leave = partial(client.remove_from_link, link_id, [winner_id])
        await _take_off(work, f"link:{link_id}", leave, "It could not be taken out of a public link")
    work.taken_off = Reversal(
        albums=(*work.taken_off.albums, *found.albums),
        tags=(*work.taken_off.tags, *found.tags),
        faces=(*work.taken_off.faces, *found.faces),
        links=(*work.taken_off.links, *found.links),
    )
    if not found.fields:
        return False
    before = dict(work.fields)
    work.fields |= found.fields
    try:
        await _write(work, winner_id, found.fields)
    except OldLook:
        work.fields = before
        raise
    except ImmichError as error:
        if not error.may_have_happened:
            raise
        return True
    return False


async def _write(work: Work, winner_id: str, fields: Mapping[str, object]) -> None:
    """Write values to the kept photo; how `unrated` is written differs between versions."""
    words: list[int | None] = [None, 0] if work.undo.capabilities.version.at_least(2, 6) else [0, None]
    unrated = "rating" in fields and fields["rating"] is None
    for last, word in ((not unrated, words[0]), (True, words[1])):
        body = {**fields, "rating": word} if unrated else dict(fields)
        try:
            what = "fields:" + "+".join(sorted(fields))
            send = partial(work.undo.client.update_asset, winner_id, body)
            await work.calls.send(what, send, {"names": sorted(fields)}, repeatable=False)
        except PermissionMissing as error:
            _refused(work, fields, error)
        except Rejected as error:
            if not last:
                continue
            _refused(work, fields, error)
        return


def _refused(work: Work, fields: Iterable[str], error: ImmichError) -> None:
    names = ", ".join(dict.fromkeys(LABELS[name] for name in fields))
    work.problems.append(f"Its {names} could not be reverted: {ended(error.sentence)}")
    for name in fields:
        work.fields.pop(name, None)


async def _take_face_off(work: Work, face_id: str) -> None:
    """Take a face off the kept photo; that it is not there any more is as well."""
    failure = "A person could not be taken off"
    try:
        await work.calls.send(f"face:{face_id}", partial(work.undo.client.remove_face, face_id))
    except NotFoundOrNoAccess:
        await work.calls.note(f"face:{face_id}")
    except (PermissionMissing, Rejected) as error:
        work.problems.append(f"{failure}: {ended(error.sentence)}")


async def _take_off(
    work: Work, what: str, send: Callable[[], Awaitable[tuple[ItemResult, ...]]], failure: str
) -> None:
    """Take something off the kept photo; that it was not on it any more is as well."""
    refused: list[str] = []

    async def checked() -> None:
        refused[:] = [one.error or "" for one in await send() if not one.success]

    if await work.attempt(what, checked, failure) and set(refused) - {"not_found"}:
        work.problems.append(f"{failure}: the server says {', '.join(refused)}.")


async def put_clock_right(work: Work) -> None:
    """Give the kept photo its local time back that a place moved which stays; see `carry.clock`.

    A run does that itself before it holds a group back; this is for one that was cut off in front of it.
    """
    prior, now = work.group.prior, work.winner
    if prior is None or now is None or not place_moved_clock(work.group.writes, prior.winner, now):
        return
    fields = date_for(prior.winner.local_date_time, now)
    if fields is not None and not work.calls.answered("clock"):
        send = partial(work.undo.client.update_asset, now.id, fields)
        if await work.attempt("clock", send, "Its clock could not be put right"):
            work.clock = prior.winner.local_date_time


async def hide_video(work: Work) -> None:
    """Hide the live video again that was linked to the kept photo, where another photo has it."""
    if "livePhotoVideoId" not in work.calls.touched():
        return
    await work.look([work.group.planned.winner.id])
    client = work.undo.client
    for video_id in await to_hide(work.group, work.members, client, work.calls, work.asset):
        send = partial(client.update_asset, video_id, {"visibility": "hidden"})
        await work.attempt(f"video:{video_id}", send, "The live video could not be hidden again")
