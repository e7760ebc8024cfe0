"""What a version of Immich sends: fields, their form and their order, as recorded from real servers.

Three versions are spoken: 1.135.3, 2.7.5 and 3.1.0. A rule names the first version that has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from immich_tui.demo.library import Library
from immich_tui.demo.records import EXIF_FIELDS, Album, Asset, Face, Person, SharedLink, Stack, Tag, User
from immich_tui.demo.wire import Time, api_time, base64_text, database_time


@dataclass(frozen=True, slots=True)
class Dialect:
    """A version and what can be asked of it."""

    name: str
    version: tuple[int, int, int]

    @property
    def major(self) -> int:
        """The first number."""
        return self.version[0]

    def since(self, *version: int) -> bool:
        """Whether this is at least the given version."""
        return self.version[: len(version)] >= version

    @property
    def text(self) -> str:
        """As `/server/about` writes it."""
        return "v" + ".".join(str(number) for number in self.version)


DIALECTS = {
    "1.135": Dialect("1.135", (1, 135, 3)),
    "2.7": Dialect("2.7", (2, 7, 5)),
    "3": Dialect("3", (3, 1, 0)),
}
"""The versions that the demo server can be."""


def dialect(name: str) -> Dialect:
    """The dialect of this name; raises `ValueError` naming the ones there are."""
    try:
        return DIALECTS[name]
    except KeyError:
        known = ", ".join(DIALECTS)
        raise ValueError(f"unknown dialect {name!r}, there are {known}") from None


class Speaker:
    """Turns records into the JSON of one version."""

    def __init__(self, dialect: Dialect, library: Library) -> None:
        self.dialect = dialect
        self.library = library

    # -- assets -------------------------------------------------------------------------------------------

    def listed_asset(self, asset: Asset) -> dict[str, object]:
        """An asset in a list that the database wrote as JSON: duplicates and stacks."""
        return self._asset(asset, database_time, tags=self.dialect.since(2, 7))

    def stacked_asset(self, asset: Asset) -> dict[str, object]:
        """An asset inside a stack: like a listed one, without tags."""
        return self._asset(asset, database_time)

    def found_asset(self, asset: Asset) -> dict[str, object]:
        """An asset in the answer to a search."""
        return self._asset(asset, api_time)

    def linked_asset(self, asset: Asset) -> dict[str, object]:
        """An asset inside a shared link: without EXIF."""
        body = self._asset(asset, database_time)
        del body["exifInfo"]
        return body

    def updated_asset(self, asset: Asset) -> dict[str, object]:
        """The answer to an update: without owner, tags and stack."""
        return self._asset(asset, api_time, unassigned=self.dialect.major < 3)

    def whole_asset(self, asset: Asset) -> dict[str, object]:
        """The answer to `GET /assets/{id}`."""
        return self._asset(
            asset, api_time, owner=True, tags=True, people=True, stack=True, unassigned=self.dialect.major < 3
        )

    def _asset(
        self,
        asset: Asset,
        time: Time,
        *,
        owner: bool = False,
        tags: bool = False,
        people: bool = False,
        stack: bool = False,
        unassigned: bool = False,
    ) -> dict[str, object]:
        old = self.dialect.major < 3
        body: dict[str, object] = {"id": asset.id}
        if self.dialect.since(1, 140):
            body["createdAt"] = time(asset.uploaded_at)
        if old:
            body["deviceAssetId"] = f"{asset.name}-{asset.id}"
        body["ownerId"] = asset.owner_id
        if owner:
            body["owner"] = self.user_reference(asset.owner_id)
        if old:
            body["deviceId"] = "Library Import" if asset.library_id else "demo"
        body |= {
            "libraryId": asset.library_id,
            "type": asset.kind,
            "originalPath": asset.path,
            "originalFileName": asset.name,
            "originalMimeType": asset.mime,
            "thumbhash": asset.picture.thumbhash(),
            "fileCreatedAt": time(asset.taken_at),
            "fileModifiedAt": time(asset.modified_at),
            "localDateTime": time(asset.local_at),
            "updatedAt": time(asset.updated_at),
            "isFavorite": asset.favorite,
            "isArchived": asset.visibility == "archive",
            "isTrashed": asset.trashed,
            "visibility": asset.visibility,
            "duration": self._duration(asset),
            "exifInfo": self.exif(asset),
            "livePhotoVideoId": asset.live_video_id,
        }
        if tags:
            named = [self.library.tags[tag_id] for tag_id in asset.tag_ids if tag_id in self.library.tags]
            body["tags"] = [self.tag(tag, database_time) for tag in named]
        body["people"] = self._people(asset) if people else []
        if unassigned:
            body["unassignedFaces"] = []
        body["checksum"] = base64_text(asset.stored_checksum)
        if stack:
            body["stack"] = self._stack_reference(asset)
        body |= {
            "isOffline": asset.offline,
            "hasMetadata": True,
            "duplicateId": asset.duplicate_id,
            "resized": True,
        }
        if self.dialect.since(2, 5):
            body |= {"width": asset.width, "height": asset.height, "isEdited": asset.edited}
        return body

    def _duration(self, asset: Asset) -> object:
        if self.dialect.major >= 3:
            return asset.duration_ms
        if asset.duration_ms is None:
            return "0:00:00.00000"
        seconds, milliseconds = divmod(asset.duration_ms, 1000)
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"

    def exif(self, asset: Asset) -> dict[str, object]:
        """The 22 EXIF fields; times as the database writes them, the description never null."""
        body: dict[str, object] = {}
        for field in EXIF_FIELDS:
            value = asset.exif.get(field)
            if isinstance(value, datetime):
                value = database_time(value)
            elif isinstance(value, float) and value.is_integer():
                value = int(value)
            body[field] = value
        body["description"] = body["description"] or ""
        body["fileSizeInByte"] = body["fileSizeInByte"] or None
        return body

    def _people(self, asset: Asset) -> list[dict[str, object]]:
        people: dict[str, dict[str, object]] = {}
        for face in self.library.faces.values():
            if face.asset_id != asset.id or face.person_id is None:
                continue
            body = people.setdefault(face.person_id, self.person(self.library.people[face.person_id]))
            if self.dialect.major < 3:
                faces = body.setdefault("faces", [])
                assert isinstance(faces, list)
                faces.append(_face_box(face))
        return list(people.values())

    def _stack_reference(self, asset: Asset) -> dict[str, object] | None:
        stack = self.library.stacks.get(asset.stack_id or "")
        if stack is None:
            return None
        return {"id": stack.id, "primaryAssetId": stack.primary_id, "assetCount": len(stack.asset_ids)}

    # -- the other things ---------------------------------------------------------------------------------

    def user_reference(self, user_id: str) -> dict[str, object]:
        """A user inside another answer."""
        user = self.library.users[user_id]
        return {
            "id": user.id,
            "email": user.email,
            "name": user.name,
            "profileImagePath": "",
            "avatarColor": user.colour,
            "profileChangedAt": database_time(user.created_at),
        }

    def me(self, user: User, usage: int) -> dict[str, object]:
        """The answer to `GET /users/me`."""
        return {
            "id": user.id,
            "email": user.email,
            "name": user.name,
            "profileImagePath": "",
            "avatarColor": user.colour,
            "profileChangedAt": api_time(user.created_at),
            "storageLabel": "admin" if user.is_admin else None,
            "shouldChangePassword": False,
            "isAdmin": user.is_admin,
            "createdAt": api_time(user.created_at),
            "deletedAt": None,
            "updatedAt": api_time(user.created_at),
            "oauthId": "",
            "quotaSizeInBytes": None,
            "quotaUsageInBytes": usage,
            "status": "active",
            "license": None,
        }

    def group(self, duplicate_id: str, assets: list[Asset]) -> dict[str, object]:
        """One duplicate group."""
        body: dict[str, object] = {
            "duplicateId": duplicate_id,
            "assets": [self.listed_asset(asset) for asset in assets],
        }
        if self.dialect.since(2, 7):
            body["suggestedKeepAssetIds"] = [suggested(assets).id]
        return body

    def tag(self, tag: Tag, time: Time = api_time) -> dict[str, object]:
        """A tag; the parent is named only where there is one."""
        body: dict[str, object] = {"id": tag.id}
        if tag.parent_id is not None:
            body["parentId"] = tag.parent_id
        return body | {
            "name": tag.value.rsplit("/", 1)[-1],
            "value": tag.value,
            "createdAt": time(tag.created_at),
            "updatedAt": time(tag.updated_at),
        }

    def person(self, person: Person, time: Time = database_time) -> dict[str, object]:
        """A person without faces."""
        return {
            "id": person.id,
            "name": person.name,
            "birthDate": None,
            "thumbnailPath": "",
            "isHidden": person.hidden,
            "isFavorite": False,
            "updatedAt": time(person.updated_at),
        }

    def face(self, face: Face) -> dict[str, object]:
        """A face with its person."""
        person = self.library.people.get(face.person_id or "")
        return _face_box(face) | {"person": self.person(person) if person else None}

    def album(self, album: Album, *, with_assets: bool = False) -> dict[str, object]:
        """An album; below 3 with its owner, and its assets when they are asked for."""
        assets = [asset for asset in map(self.library.find, album.asset_ids) if asset and not asset.trashed]
        body: dict[str, object] = {
            "albumName": album.name,
            "description": album.description,
            "albumThumbnailAssetId": album.cover_id,
            "createdAt": api_time(album.created_at),
            "updatedAt": api_time(album.updated_at),
            "id": album.id,
        }
        guests = [{"user": self.user_reference(one), "role": role} for one, role in album.users.items()]
        if self.dialect.major >= 3:
            owner = {"user": self.user_reference(album.owner_id), "role": "owner"}
            body["albumUsers"] = [owner, *guests]
        else:
            body["ownerId"] = album.owner_id
            body["owner"] = self.user_reference(album.owner_id)
            body["albumUsers"] = guests
        body |= {"shared": bool(album.users) or album.has_link, "hasSharedLink": album.has_link}
        if assets:
            days = sorted(
                asset.local_at.replace(hour=0, minute=0, second=0, microsecond=0) for asset in assets
            )
            body |= {"startDate": api_time(days[0]), "endDate": api_time(days[-1])}
        if self.dialect.major < 3:
            body["assets"] = [self._asset(asset, api_time) for asset in assets] if with_assets else []
        body |= {"assetCount": len(assets), "isActivityEnabled": True, "order": "desc"}
        if assets:
            body["lastModifiedAssetTimestamp"] = api_time(max(asset.updated_at for asset in assets))
        return body

    def stack(self, stack: Stack) -> dict[str, object]:
        """A stack with its assets, the primary first; trashed ones are left out."""
        order = sorted(stack.asset_ids, key=lambda one: one != stack.primary_id)
        assets = [asset for asset in map(self.library.find, order) if asset and not asset.trashed]
        return {
            "id": stack.id,
            "primaryAssetId": stack.primary_id,
            "assets": [self.stacked_asset(asset) for asset in assets],
        }

    def link(self, link: SharedLink) -> dict[str, object]:
        """A shared link to single assets."""
        assets: Iterable[Asset | None] = map(self.library.find, link.asset_ids)
        return {
            "id": link.id,
            "description": None,
            "password": None,
            "userId": link.user_id,
            "key": link.key,
            "type": "INDIVIDUAL",
            "createdAt": api_time(link.created_at),
            "expiresAt": None,
            "assets": [self.linked_asset(asset) for asset in assets if asset and not asset.trashed],
            "allowUpload": True,
            "allowDownload": True,
            "showMetadata": True,
            "slug": None,
        }


def _face_box(face: Face) -> dict[str, object]:
    left, top, right, bottom = face.box
    return {
        "id": face.id,
        "boundingBoxX1": left,
        "boundingBoxY1": top,
        "boundingBoxX2": right,
        "boundingBoxY2": bottom,
        "imageWidth": face.image_width,
        "imageHeight": face.image_height,
        "sourceType": face.source,
    }


def suggested(assets: list[Asset]) -> Asset:
    """The asset that Immich would keep: the largest file, then the most EXIF values, then the last."""

    def size(asset: Asset) -> int:
        value = asset.exif.get("fileSizeInByte") or 0
        return value if isinstance(value, int) else 0

    def values(asset: Asset) -> int:
        return sum(1 for field in EXIF_FIELDS if asset.exif.get(field))

    largest = max(size(asset) for asset in assets)
    candidates = [asset for asset in assets if size(asset) == largest]
    return sorted(candidates, key=values)[-1]
