"""What the parts of the catalogue share."""

from __future__ import annotations

import dataclasses

from immich_tui.demo.cameras import IPHONE, Camera
from immich_tui.demo.photos import Copy
from immich_tui.demo.pictures import View

EXTERNAL = "/mnt/photos/archive"
"""Where the read-only external library is mounted on the server."""


def taken(name: str, view: View, size: int, day: str, camera: Camera | None = IPHONE, **more: object) -> Copy:
    """A photo of the household: with a zone unless the camera is missing."""
    copy = Copy(name, view, size, camera=camera, taken=day, offset="+02:00" if camera else None)
    return dataclasses.replace(copy, **more)  # type: ignore[arg-type]  # names are checked by replace


def but(copy: Copy, name: str, **changes: object) -> Copy:
    """Another file of the same photo."""
    plain: dict[str, object] = {"albums": (), "tags": (), "faces": (), "favorite": False, "rating": None}
    return dataclasses.replace(copy, name=name, **(plain | changes))  # type: ignore[arg-type]  # as above
