"""What the demo server knows: the truth that tests compare with.

`Library` is changed by the routes (in the server's thread) and, through `edit`, `forget` and the other named
methods, by tests. Assets come from a *base* (generated on the fly, never stored) until something changes
them; then they live in an overlay.
"""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Protocol

from immich_tui.demo.records import Album, Asset, Face, Key, Person, SharedLink, Stack, Tag, User


class Base(Protocol):
    """Assets that are generated when asked for; groups are in the order of their ids."""

    def asset(self, asset_id: str) -> Asset | None:
        """A fresh record of this asset, `None` when there is none."""
        ...

    def members(self, duplicate_id: str) -> tuple[str, ...]:
        """Ids of the assets of this group, empty when there is no such group."""
        ...

    def group_ids(self) -> Iterator[str]:
        """All group ids, ascending."""
        ...

    def asset_ids(self) -> Iterator[str]:
        """All asset ids."""
        ...


class Nothing:
    """A base without assets."""

    def asset(self, asset_id: str) -> Asset | None:
        """No asset."""
        return None

    def members(self, duplicate_id: str) -> tuple[str, ...]:
        """No members."""
        return ()

    def group_ids(self) -> Iterator[str]:
        """No groups."""
        return iter(())

    def asset_ids(self) -> Iterator[str]:
        """No ids."""
        return iter(())


class Assets(Mapping[str, Asset]):
    """All assets that were ever there, also trashed and purged ones."""

    def __init__(self, base: Base, owner: Library) -> None:
        self._base = base
        self._owner = owner
        self.overlay: dict[str, Asset] = {}

    def __getitem__(self, asset_id: str) -> Asset:
        """The asset as it is now; changes to one from the base are lost unless made on `touch`'s answer."""
        asset = self.overlay.get(asset_id) or self._base.asset(asset_id)
        if asset is None:
            raise KeyError(asset_id)
        return asset

    def __iter__(self) -> Iterator[str]:
        yield from (one for one in self._base.asset_ids() if one not in self.overlay)
        yield from list(self.overlay)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def touch(self, asset_id: str) -> Asset:
        """The asset to be changed: it is kept from now on."""
        asset = self[asset_id]
        if asset_id not in self.overlay:
            self.overlay[asset_id] = asset
            self._owner.index(asset)
        return asset


class Library:
    """The database of the demo server."""

    def __init__(self, base: Base | None = None, *, seed: int = 1, trash: bool = True) -> None:
        self.base: Base = base or Nothing()
        self.trash_enabled = trash
        self.trash_days = 30
        self.maintenance = False
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        self.keys: list[Key] = []
        self.assets = Assets(self.base, self)
        self.albums: dict[str, Album] = {}
        self.tags: dict[str, Tag] = {}
        self.people: dict[str, Person] = {}
        self.faces: dict[str, Face] = {}
        self.stacks: dict[str, Stack] = {}
        self.links: dict[str, SharedLink] = {}
        self._grouped: dict[str, dict[str, None]] = {}
        self._seats: dict[str, int] = {}
        self._by_digest: dict[bytes, str] | None = None
        self._random = random.Random(seed)  # noqa: S311 - ids that repeat from run to run are the point

    # -- making and finding -------------------------------------------------------------------------------

    def new_id(self) -> str:
        """A UUID version 4, the same sequence for the same seed."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def now(self) -> datetime:
        """The server's clock, to the millisecond."""
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def aware(self, text: str) -> datetime:
        """A date of a request; UTC where it names no zone."""
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def add(self, asset: Asset) -> Asset:
        """Store a new asset."""
        with self.lock:
            self.assets.overlay[asset.id] = asset
            self.index(asset)
        return asset

    def index(self, asset: Asset) -> None:
        """Make a stored asset findable by its group."""
        if asset.duplicate_id is not None:
            self._grouped.setdefault(asset.duplicate_id, {})[asset.id] = None
            self._seats.setdefault(asset.id, len(self._seats))

    def upload_of(self, user_id: str, digest: bytes) -> Asset | None:
        """The user's upload with these bytes, in the trash or not."""
        if self._by_digest is None:
            found = ((self.base.asset(one), one) for one in self.base.asset_ids())
            self._by_digest = {asset.stored_checksum: one for asset, one in found if asset}
        known = self._by_digest.get(digest)
        base = self.find(known) if known else None
        for asset in ([base] if base else []) + list(self.assets.overlay.values()):
            if asset.purged or asset.owner_id != user_id or asset.library_id:
                continue
            if asset.stored_checksum == digest:
                return asset
        return None

    def find(self, asset_id: str) -> Asset | None:
        """The asset unless it is unknown or purged."""
        try:
            asset = self.assets[asset_id]
        except KeyError:
            return None
        return None if asset.purged else asset

    def regroup(self, asset: Asset, duplicate_id: str | None) -> None:
        """Move a stored asset to another group, or out of all."""
        with self.lock:
            if asset.duplicate_id is not None:
                self._grouped.get(asset.duplicate_id, {}).pop(asset.id, None)
            asset.duplicate_id = duplicate_id
            self.index(asset)

    def members(self, duplicate_id: str) -> list[Asset]:
        """All assets that carry this group id, also trashed or stacked ones, not purged ones."""
        overlay, grouped = self.assets.overlay, self._grouped.get(duplicate_id, {})
        first = self.base.members(duplicate_id)
        # Who was written to, or left and came back, keeps its place among those of the same time.
        ids = [one for one in first if one not in overlay or one in grouped]
        ids += sorted((one for one in grouped if one not in first), key=self._seats.__getitem__)
        found = [self.assets[one] for one in ids]
        return [asset for asset in found if not asset.purged]

    def touched(self, duplicate_id: str) -> bool:
        """Whether anything of this group differs from what the base generates."""
        overlay = self.assets.overlay
        if not overlay:
            return False
        if self._grouped.get(duplicate_id):
            return True
        return any(one in overlay for one in self.base.members(duplicate_id))

    def group_ids(self) -> Iterator[str]:
        """Ids of all groups that have or may have members, ascending."""
        stored = sorted(one for one, members in self._grouped.items() if members)
        position = 0
        for base_id in self.base.group_ids():
            while position < len(stored) and stored[position] <= base_id:
                if stored[position] != base_id:
                    yield stored[position]
                position += 1
            yield base_id
        yield from stored[position:]

    def listed(self, duplicate_id: str, owner_id: str) -> list[Asset]:
        """The members that the listing shows: the owner's, live, unstacked, in timeline or archive."""
        members = [
            asset
            for asset in self.members(duplicate_id)
            if asset.owner_id == owner_id
            and not asset.trashed
            and asset.stack_id is None
            and asset.visibility in {"timeline", "archive"}
        ]
        return sorted(members, key=lambda asset: asset.local_at)

    # -- what several routes do ---------------------------------------------------------------------------

    def albums_with(self, asset_id: str) -> list[Album]:
        """Albums that contain the asset."""
        return [album for album in self.albums.values() if asset_id in album.asset_ids]

    def can_see(self, user_id: str, asset: Asset) -> bool:
        """Whether this user may look at the asset: own, or in an album shared with them. Locked is unseen."""
        if asset.visibility == "locked":
            return False
        if asset.owner_id == user_id:
            return True
        return any(
            user_id in album.users or album.owner_id == user_id for album in self.albums_with(asset.id)
        )

    def purge(self, asset_id: str) -> None:
        """Delete an asset for good, with its hidden live video if nothing else refers to it."""
        with self.lock:
            asset = self.assets.touch(asset_id)
            self.regroup(asset, None)
            asset.purged = True
            self.unstack(asset)
            for album in self.albums.values():
                if asset_id in album.asset_ids:
                    album.asset_ids.remove(asset_id)
                if album.cover_id == asset_id:
                    album.cover_id = next(iter(album.asset_ids), None)
            for link in self.links.values():
                if asset_id in link.asset_ids:
                    link.asset_ids.remove(asset_id)
            for face in [face for face in self.faces.values() if face.asset_id == asset_id]:
                del self.faces[face.id]
            video = asset.live_video_id
            if video and video in self.assets.overlay and not self._has_still(video):
                self.purge(video)

    def _has_still(self, video_id: str) -> bool:
        stills = self.assets.overlay.values()
        return any(one.live_video_id == video_id and not one.purged for one in stills)

    def unstack(self, asset: Asset) -> None:
        """Take an asset out of its stack; a stack of one is dissolved."""
        stack = self.stacks.get(asset.stack_id or "")
        asset.stack_id = None
        if stack is None:
            return
        stack.asset_ids.remove(asset.id)
        if len(stack.asset_ids) < 2:
            for left in stack.asset_ids:
                self.assets.touch(left).stack_id = None
            del self.stacks[stack.id]
        elif stack.primary_id == asset.id:
            stack.primary_id = stack.asset_ids[0]

    # -- for tests ----------------------------------------------------------------------------------------

    def duplicate_ids(self) -> dict[str, tuple[str, ...]]:
        """Group id to the ids of its live members, for groups with at least one."""
        groups = {one: self.members(one) for one in self.group_ids()}
        live = {one: tuple(a.id for a in assets if not a.trashed) for one, assets in groups.items()}
        return {one: ids for one, ids in live.items() if ids}

    def state(self, asset_id: str) -> str:
        """`live`, `trashed` or `deleted`."""
        asset = self.find(asset_id)
        if asset is None:
            return "deleted"
        return "trashed" if asset.trashed else "live"

    def bytes_of(self, asset_id: str) -> bytes:
        """The original's bytes, also of a trashed or purged asset."""
        return self.assets[asset_id].file.read()

    def forget(self, asset_id: str) -> None:
        """Let an asset vanish, as if somebody had deleted it for good."""
        self.purge(asset_id)

    def trash(self, asset_ids: Iterable[str]) -> None:
        """Put assets into the trash, as if somebody had done it in the browser."""
        with self.lock:
            for asset_id in asset_ids:
                asset = self.assets.touch(asset_id)
                asset.deleted_at = asset.updated_at = self.now()

    def edit(self, asset_id: str, **changes: object) -> Asset:
        """Change an asset behind the app's back.

        Names of `EXIF_FIELDS` go to its EXIF (as if the file said so), `duplicate_id` moves it to another
        group, everything else is an attribute of `Asset`. Raises `AttributeError` for a name that is
        neither.
        """
        with self.lock:
            asset = self.assets.touch(asset_id)
            for name, value in changes.items():
                if name == "duplicate_id":
                    self.regroup(asset, None if value is None else str(value))
                elif hasattr(asset, name):
                    setattr(asset, name, value)
                elif name[:1].islower() and "_" not in name:
                    asset.exif[name] = asset.embedded[name] = value
                else:
                    raise AttributeError(name)
            asset.updated_at = self.now()
        return asset
