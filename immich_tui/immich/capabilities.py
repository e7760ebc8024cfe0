"""What can be done on this server with this key, found out before anything is started.

A key's permissions are only told from 1.139 on; below, they are unknown and not missing: what needs them is
tried, and the server's refusal is then what is reported.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import PermissionMissing
from immich_tui.immich.models import Features, ServerConfig, ServerVersion, User

OLDEST: Final = (1, 135)
"""The oldest release that this was tried with."""


@dataclass(frozen=True, slots=True)
class Need:
    """A permission that some part of the work asks for.

    `have` is `None` when the server does not tell. `lost_without` is a sentence. Without an `essential` one
    groups cannot even be looked at.
    """

    permission: str
    have: bool | None
    lost_without: str
    essential: bool = False


@dataclass(frozen=True, slots=True)
class Abilities:
    """What is worth trying, as far as server and key tell; from `update_asset` on, what can be carried."""

    review: bool
    pictures: bool
    backup: bool
    trash: bool
    dismiss: bool
    stack: bool
    update_asset: bool
    albums: bool
    album_cover: bool
    tags: bool
    faces: bool
    shared_links: bool
    live_video: bool
    graft: bool


@dataclass(frozen=True, slots=True)
class Capabilities:
    """A server and a key as probed. A key without `user.read` leaves the name of `user` empty."""

    version: ServerVersion
    features: Features
    config: ServerConfig
    user: User
    permissions: frozenset[str] | None

    @property
    def trash(self) -> bool:
        """Whether what is deleted goes to a trash, from which it can be restored."""
        return self.features.trash

    @property
    def trash_days(self) -> int | None:
        """Days that trashed assets are kept; `None` when the server does not tell."""
        return self.config.trash_days

    @property
    def needs(self) -> tuple[Need, ...]:
        """Every permission that this server knows and we can use, and whether the key has it."""
        return tuple(
            Need(permission, self._has(permission), lost_without, permission in _ESSENTIAL)
            for permission, since, lost_without in _NEEDS
            if self._knows(since)
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know of this server before starting, as sentences."""
        warnings = []
        if (self.version.major, self.version.minor) < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            warnings.append(f"Immich {self.version} is older than {oldest}; with it, this was never tried.")
        if not self.features.trash:
            warnings.append(
                "The trash is switched off on this server: what is deleted cannot be restored there."
            )
        if self.permissions is None:
            warnings.append(f"Immich {self.version} does not tell what the API key may do.")
        return tuple(warnings)

    def abilities(self) -> Abilities:
        """What is worth trying; what is unknown counts as possible."""

        def may(*permissions: str) -> bool:
            return all(self._has(permission) is not False for permission in permissions)

        copy = self._knows((2, 2)) and may("asset.copy")
        return Abilities(
            review=may(*_ESSENTIAL),
            pictures=may("asset.view"),
            backup=may("asset.download"),
            trash=may("asset.delete"),
            dismiss=may("duplicate.delete"),
            stack=may("stack.create", "asset.update"),
            update_asset=may("asset.update"),
            albums=may("album.read", "albumAsset.create"),
            album_cover=may("album.read", "album.update"),
            tags=may("tag.asset"),
            faces=may("person.read", "face.read", "face.create"),
            shared_links=copy and may("sharedLink.read"),
            live_video=may("asset.update"),
            graft=not self.no_graft,
        )

    @property
    def shows_sidecars(self) -> bool:
        """Whether the XMP file of an asset can be read, so that nothing of it need be lost."""
        return self.version.at_least(3, 2)

    @property
    def graft_needs(self) -> tuple[str, ...]:
        """What grafting asks of a key."""
        return (*GRAFT_NEEDS, *_SIDECAR_NEEDS) if self.shows_sidecars else GRAFT_NEEDS

    @property
    def no_graft(self) -> str:
        """Why nothing can be grafted here, as a sentence; empty when it can."""
        if not self._knows((2, 2)):
            return f"Immich {self.version} cannot graft: it takes 2.2 or later."
        if missing := [one for one in self.graft_needs if self._has(one) is False]:
            return f"The API key lacks {', '.join(missing)}, without which nothing can be grafted."
        return ""

    def _has(self, permission: str) -> bool | None:
        if self.permissions is None:
            return None
        return "all" in self.permissions or permission in self.permissions

    def _knows(self, since: tuple[int, int]) -> bool:
        # Forks count their own versions; a maintenance mode is only in code of 2.3 and later.
        return self.version.at_least(*since) or (since <= (2, 3) and self.config.knows_maintenance)


async def probe(client: ImmichClient) -> Capabilities:
    """Ask the server what it is and what the key may do. Changes nothing.

    Raises `PermissionMissing` when there is no way to tell whose key it is.
    """
    version, features, config, permissions = await asyncio.gather(
        client.version(), client.features(), client.server_config(), client.key_permissions()
    )
    try:
        user = await client.me()
    except PermissionMissing:
        owner = await client.own_id()
        if owner is None:
            raise
        user = User(id=owner)
    return Capabilities(version, features, config, user, permissions)


GRAFT_NEEDS: Final = ("asset.copy", "asset.upload", "asset.delete", "asset.update")
"""What grafting asks of a key: a carrier is uploaded, copied from and deleted, and values are repeated."""

_SIDECAR_NEEDS: Final = ("assetFile.read", "assetFile.download")

_ESSENTIAL: Final = ("duplicate.read", "asset.read")

_NEEDS: Final[tuple[tuple[str, tuple[int, int], str], ...]] = (
    ("duplicate.read", (1, 137), "Duplicate groups cannot be listed."),
    ("asset.read", (1, 0), "Assets cannot be checked again before they are touched."),
    ("asset.view", (1, 0), "No pictures are shown."),
    ("asset.download", (1, 0), "Nothing can be backed up, so nothing is trashed."),
    ("asset.delete", (1, 0), "Nothing can be trashed or restored."),
    ("asset.update", (1, 0), "Location, date, description, rating and favourite are not carried over."),
    ("duplicate.delete", (1, 137), "Groups cannot be ended by keeping all members."),
    ("user.read", (1, 0), "It is not shown whose library this is."),
    ("album.read", (1, 0), "It is not known in which albums an asset is."),
    ("albumAsset.create", (1, 137), "Albums are not carried over."),
    ("albumAsset.delete", (1, 137), "Carried albums cannot be undone."),
    ("album.update", (1, 0), "An album loses its cover when the cover is trashed."),
    ("tag.read", (1, 0), "Tags cannot be looked up."),
    ("tag.asset", (1, 137), "Tags are not carried over."),
    ("person.read", (1, 0), "It is not known who is on an asset, and people are not carried over."),
    ("face.read", (1, 0), "Where a face is cannot be read, and people are not carried over."),
    ("face.create", (1, 137), "People are not carried over."),
    ("face.delete", (1, 137), "Carried people cannot be undone."),
    ("stack.create", (1, 0), "Groups cannot be stacked."),
    ("stack.delete", (1, 0), "Stacking cannot be undone."),
    ("sharedLink.read", (1, 0), "Shared links cannot be looked up, and are not carried over."),
    ("asset.copy", (2, 2), "Shared links are not carried over, and camera and lens cannot be grafted."),
    ("assetFile.read", (3, 2), "Nothing can be grafted: sidecars that photos have would be lost."),
    ("assetFile.download", (3, 2), "Nothing can be grafted: sidecars that photos have would be lost."),
    ("asset.upload", (1, 0), "No backup can be brought back to the server, and nothing can be grafted."),
)
