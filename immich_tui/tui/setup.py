"""Settings and profiles as the screens use them: read and written in threads, never on the event loop."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from immich_tui.config import Config, KeyStore, Profile
    from immich_tui.immich.secret import Secret
    from immich_tui.link import Link


class Setup:
    """What is configured. Nothing is read before `load`, because reading needs slow imports."""

    def __init__(self, read: Callable[[], Config], keys: KeyStore | None = None) -> None:
        """`keys` is where keys are kept instead of the usual place."""
        self._read = read
        self._keys = keys
        self._config: Config | None = None

    @property
    def config(self) -> Config:
        """The configuration; only after `load`."""
        if self._config is None:
            raise RuntimeError("the configuration was not read yet")
        return self._config

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The servers that were kept."""
        return tuple(self.config.profiles.values())

    def log_folder(self) -> Path:
        """Where the details of a crash are written."""
        from platformdirs import user_log_path  # noqa: PLC0415  (only after a crash)

        if self._config is None:
            return user_log_path("immich-tui")
        return self._config.paths.logs or self._config.paths.data / "log"

    async def prepare(self) -> None:
        """Import what reads the configuration: in a thread, because that takes a tenth of a second."""
        await asyncio.to_thread(importlib.import_module, "immich_tui.config")

    async def load(self) -> Config:
        """Read everything that is set. Raises `ConfigError`."""
        self._config = await asyncio.to_thread(self._read)
        return self._config

    def _store(self) -> KeyStore:
        """Where keys are kept; finding out may ask the desktop, so in a thread only."""
        from immich_tui.config import KeyStore  # noqa: PLC0415  (slow to import)

        return self._keys or KeyStore.standard(self.config.paths.keys)

    async def key_of(self, profile: Profile) -> Secret | None:
        """The stored key of a profile."""

        def find() -> Secret | None:
            stored = self._store().find(profile)
            return stored.key if stored else None

        return await asyncio.to_thread(find)

    async def keep(self, name: str, link: Link) -> None:
        """Keep a server under a name, with its key. Raises `ConfigError`."""
        from immich_tui.config import Profile, save_profile  # noqa: PLC0415  (slow to import)

        at = link.connection
        profile = Profile(name, at.url, at.ca_file, at.insecure)

        def write() -> None:
            save_profile(self.config.paths.config_file, profile, default=not self.config.profiles)
            self._store().save(profile, at.key)

        await asyncio.to_thread(write)
        await self.load()

    async def forget(self, profile: Profile) -> None:
        """Remove a profile and its key. Raises `ConfigError`."""
        from immich_tui.config import remove_profile  # noqa: PLC0415  (slow to import)

        def remove() -> None:
            self._store().forget(profile)
            remove_profile(self.config.paths.config_file, profile.name)

        await asyncio.to_thread(remove)
        await self.load()
