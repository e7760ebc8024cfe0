"""What can be set, and what it is when nothing is set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Everything that can be set besides servers and policies.

    `workers` is how many requests run at once and `rate` how many begin per second, at most. `backup_dir` is
    where originals are saved before they are trashed; `None` is the standard place. `policy` names a preset
    or a policy of the settings file. `graft` is whether kept photos get, by an XMP sidecar that replaces the
    one they have, what no call of the server can write: camera, lens, exposure. `images` is how pictures are
    drawn. `keys` is the keymap to start from and `keymap` maps action ids to other keys.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    workers: Annotated[int, Field(ge=1, le=64)] = 5
    rate: Annotated[float, Field(gt=0, le=1000)] = 10.0
    backup_dir: Path | None = None
    policy: str = "metadata"
    graft: bool = False
    images: Literal["auto", "blocks", "kitty", "sixel", "off"] = "auto"
    theme: str | None = None
    keys: Literal["vim", "immich"] = "vim"
    keymap: dict[str, str] = Field(default_factory=dict)
