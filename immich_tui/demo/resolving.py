"""`POST /duplicates/resolve` with its merge and its traps.

Ids that are no members are ignored, so "keep A, trash B" trashes B even if A has left the group. Version 2.7
merges into every keeper, also when nothing is trashed; version 3 only into the one keeper of a group from
which something is trashed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from immich_tui.demo.records import Asset

if TYPE_CHECKING:
    from immich_tui.demo.app import DemoApp


def resolve(app: DemoApp, user_id: str, group_id: str, keep: set[str], trash: set[str]) -> dict[str, object]:
    """Resolve one group; the answer for it."""
    library = app.library
    members = library.listed(group_id, user_id)
    if not members:
        return {"id": group_id, "success": False, "error": "not_found", "errorMessage": "Not found"}
    ids = {asset.id for asset in members}
    keep, trash = keep & ids, trash & ids
    if keep & trash:
        return _refused(group_id, "An asset cannot be in both keepAssetIds and trashAssetIds")
    if ids - keep - trash:
        return _refused(group_id, "Every asset must be in either keepAssetIds or trashAssetIds")
    with library.lock:
        members = [library.assets.touch(asset.id) for asset in members]
        keepers = [asset for asset in members if asset.id in keep]
        merges = app.speaker.dialect.major < 3 or (len(keepers) == 1 and bool(trash))
        for keeper in keepers if merges else ():
            _merge(app, keeper, members)
        for asset in members:
            library.regroup(asset, None)
            if asset.id in trash:
                asset.deleted_at = asset.updated_at = library.now()
                if not library.trash_enabled:
                    app.jobs.purge(asset.id)
    return {"id": group_id, "success": True}


def _refused(group_id: str, message: str) -> dict[str, object]:
    return {"id": group_id, "success": False, "error": "validation", "errorMessage": message}


def _merge(app: DemoApp, keeper: Asset, members: list[Asset]) -> None:
    library = app.library
    for asset in members:
        for album in library.albums_with(asset.id):
            role = album.users.get(keeper.owner_id)
            if (album.owner_id == keeper.owner_id or role == "editor") and keeper.id not in album.asset_ids:
                album.asset_ids.append(keeper.id)
    keeper.favorite = any(asset.favorite for asset in members)
    if any(asset.visibility == "archive" for asset in members):
        keeper.visibility = "archive"
    keeper.tag_ids = list(dict.fromkeys(tag for asset in members for tag in asset.tag_ids))
    edits: dict[str, object] = {}
    ratings = [value for asset in members if isinstance(value := asset.exif.get("rating"), int) and value > 0]
    if ratings:
        edits["rating"] = max(ratings)
    texts = [str(asset.exif.get("description") or "") for asset in members]
    lines = dict.fromkeys(line.strip() for text in texts for line in text.split("\n") if line.strip())
    if lines:
        edits["description"] = "\n".join(lines)
    latitudes = {value for asset in members if (value := asset.exif.get("latitude")) is not None}
    longitudes = {value for asset in members if (value := asset.exif.get("longitude")) is not None}
    if len(latitudes) == 1 and len(longitudes) == 1:
        edits |= {"latitude": latitudes.pop(), "longitude": longitudes.pop()}
    keeper.exif |= edits
    keeper.updated_at = library.now()
    if edits or keeper.tag_ids:
        app.jobs.edited(keeper.id, edits)
