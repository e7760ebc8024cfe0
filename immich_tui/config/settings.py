"""What can be set, and what it is when nothing is set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Aria2(BaseModel):
    """An aria2 daemon that fetches backups for itself.

    `url` is the address of its JSON-RPC and `secret_file` holds the token. `folder` is where its machine puts
    backups; `shared` says that this is the backup folder of this machine too. `server_url` is the address of
    Immich's API as its machine reaches it. `allowed_hosts` may get the API key without encryption.
    `trust_remote_backup` lets what aria2 verified count without being read here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    secret_file: Path
    folder: str
    shared: bool = False
    server_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    trust_remote_backup: bool = False


class Settings(BaseModel):
    """Everything that can be set besides servers and policies.

    `workers` is how many requests run at once and `rate` how many begin per second, at most. `backup_dir` is
    where originals are saved before they are trashed; `None` is the standard place. `policy` names a preset
    or a policy of the settings file. `graft` is whether kept photos get, by an XMP sidecar that replaces the
    one they have, what no call of the server can write: camera, lens, exposure. `images` is how pictures are
    drawn. `keys` is the keymap to start from and `keymap` maps action ids to other keys.
    `path_map` names folders of the server and where they are mounted on this machine, `aria2` a daemon that
    fetches by itself, and `download_here` is whether this machine may fetch originals from the server at all.
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
    path_map: dict[str, Path] = Field(default_factory=dict)
    aria2: Aria2 | None = None
    download_here: bool = True
