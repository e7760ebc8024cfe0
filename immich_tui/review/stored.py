"""What is kept of a fetched group beside its text: its verdict in short, and the facts of its members."""

from __future__ import annotations

import math
from typing import NamedTuple

from immich_tui.immich.models import Asset
from immich_tui.verdict.dates import clock_face
from immich_tui.verdict.model import Severity, Tier


class StoredGroup(NamedTuple):
    """One fetched group with its verdict in short, as the list shows it.

    `saving` are the bytes that the proposal frees, as far as sizes are known, and `trashed` is how many
    members it trashes: none of them need have a known size, and protected ones stay.
    """

    position: int
    group_id: str
    title: str
    members: int
    winner: str
    immich_pick: str
    tier: Tier
    flags: tuple[str, ...]
    worst: Severity | None
    saving: int
    digest: str
    trashed: int


class Member(NamedTuple):
    """What lists and filters ask of one asset of a group, besides its id.

    `kind` is `image`, `video`, `audio` or `other`. `size` are bytes, `taken` is the wall clock of the
    capture in seconds since 1970 as if it were UTC; both are `None` when unknown.
    """

    asset_id: str
    path: str
    name: str
    kind: str
    size: int | None
    camera: str
    taken: int | None
    live: bool
    external: bool

    @classmethod
    def of(cls, asset: Asset) -> Member:
        """The facts of an asset."""
        exif = asset.known_exif
        make, model, taken = exif.make, exif.model, asset.local_date_time
        return cls(
            asset.id,
            asset.original_path,
            asset.original_file_name,
            asset.type.lower(),
            asset.size,
            f"{make} {model}" if make and model else make or model or "",
            # Whole seconds, none of them begun: the last half second of a day belongs to that day.
            math.floor(clock_face(taken)) if taken is not None else None,
            asset.live_photo_video_id is not None,
            asset.library_id is not None,
        )
