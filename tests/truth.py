"""A library as it really is on the demo server, in every field that a run may touch."""

from __future__ import annotations

from dataclasses import dataclass

from immich_tui.demo.server import DemoServer


@dataclass(frozen=True)
class Truth:
    """Values of assets by `(asset id, field)`, of albums by `(title, field)`."""

    values: dict[tuple[str, str], object]

    @classmethod
    def of(cls, server: DemoServer) -> Truth:
        """Look once all jobs of the server are through."""
        assert server.jobs.wait_quiet()
        values: dict[tuple[str, str], object] = {}
        for asset_id, asset in server.library.assets.items():
            values |= {
                (asset_id, "state"): server.library.state(asset_id),
                (asset_id, "group"): asset.duplicate_id,
                (asset_id, "stack"): asset.stack_id,
                (asset_id, "favourite"): asset.favorite,
                (asset_id, "visibility"): asset.visibility,
                (asset_id, "live video"): asset.live_video_id,
                (asset_id, "tags"): frozenset(asset.tag_ids),
                (asset_id, "local time"): asset.local_at,
            }
            for name, value in asset.exif.items():
                if value not in (None, "") and name != "modifyDate":
                    values[asset_id, name] = value
        for album in server.library.albums.values():
            values[album.name, "photos"] = frozenset(album.asset_ids)
            values[album.name, "cover"] = album.cover_id
        for link in server.library.links.values():
            values[link.key, "shown"] = frozenset(link.asset_ids)
        for face_id, face in server.library.faces.items():
            values[face_id, "face"] = (face.asset_id, face.person_id, face.box)
        return cls(values)

    def difference(self, other: Truth) -> dict[tuple[str, str], tuple[object, object]]:
        """What is not the same in another state: the value here and the value there."""
        return {
            key: (self.values.get(key), other.values.get(key))
            for key in self.values.keys() | other.values.keys()
            if self.values.get(key) != other.values.get(key)
        }
