"""Which live videos have to be hidden again once the kept photo let go of them.

Unlinking a video shows it as a photo of its own. It belongs hidden where another photo still has it: the
loser that it came from, or the photo that was restored in the place of one that was deleted for good.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from immich_tui.execution.past import PastGroup
from immich_tui.execution.transfer.http import sha1_of
from immich_tui.execution.undo.state import Calls
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import PermissionMissing
from immich_tui.immich.models import Asset
from immich_tui.verdict.model import Channel


async def to_hide(
    group: PastGroup,
    members: Mapping[str, Asset | None],
    client: ImmichClient,
    calls: Calls,
    asset_of: Callable[[str], Awaitable[Asset | None]],
) -> list[str]:
    """Ids of the videos that this run linked to the kept photo and that are another photo's and show.

    `members` are the group's photos as they are now, `None` for those that are gone. Raises `ImmichError`.
    """
    linked = [
        str(write.payload["livePhotoVideoId"])
        for write in group.writes
        if write.channel is Channel.UPDATE_ASSET and write.payload.get("livePhotoVideoId")
    ]
    winner = members[group.planned.winner.id]
    let_go = [one for one in linked if winner is None or winner.live_photo_video_id != one]
    if not let_go:
        return []
    others = [one for one in members.values() if one is not None and one is not winner]
    owned = {one.live_photo_video_id for one in others}
    if not owned.issuperset(let_go):
        owned |= {one.live_photo_video_id for one in await _restored(group, members, client, calls, asset_of)}
    hidden = []
    for video_id in let_go:
        if video_id not in owned or calls.answered(f"video:{video_id}"):
            continue
        video = await asset_of(video_id)
        if video is not None and video.visibility != "hidden":
            hidden.append(video_id)
    return hidden


async def _restored(
    group: PastGroup,
    members: Mapping[str, Asset | None],
    client: ImmichClient,
    calls: Calls,
    asset_of: Callable[[str], Awaitable[Asset | None]],
) -> list[Asset]:
    """The photos that have the bytes of members that are gone; none for a key that may not ask."""
    gone = [one for one in group.planned.group.assets if members[one.id] is None and one.library_id is None]
    sha1s = [sha1 for one in gone if (sha1 := sha1_of(one.checksum))]
    if not sha1s:
        return []
    try:
        known = await calls.ask(lambda: client.known_uploads(sha1s))
    except PermissionMissing:
        return []
    found = [await asset_of(one.asset_id) for one in known if one.asset_id is not None]
    return [one for one in found if one is not None]
