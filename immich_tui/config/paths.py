"""Where files live: the platform's folders for settings, data and cache. Nothing is created by looking."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import platformdirs

APP: Final = "immich-tui"

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders of one person on one machine. Make them with `make_private` when something is written.

    `logs` is for the details of a crash, beside the data where it is not set.
    """

    config: Path
    data: Path
    cache: Path
    backups: Path
    logs: Path | None = None

    @classmethod
    def standard(cls) -> Paths:
        """The platform's folders (XDG variables on Linux); backups where people look for them."""
        return cls(
            config=platformdirs.user_config_path(APP),
            data=platformdirs.user_data_path(APP),
            cache=platformdirs.user_cache_path(APP),
            backups=Path.home() / "immich-tui-backups",
        )

    @property
    def config_file(self) -> Path:
        """The settings file."""
        return self.config / "config.toml"

    @property
    def keys(self) -> Path:
        """The folder of API keys, where the system has no keyring."""
        return self.config / "keys"

    def database(self, url: str, user_id: str) -> Path:
        """The database for one user of one server; different servers and users never share one."""
        parts = urlsplit(url)
        host = _UNSAFE.sub("-", parts.netloc.rpartition("@")[2].lower())
        path = _UNSAFE.sub("-", parts.path.strip("/").removesuffix("api").strip("/"))
        name = "_".join(part for part in (host, path, _UNSAFE.sub("-", user_id)) if part)
        return self.data / f"{name}.sqlite3"
