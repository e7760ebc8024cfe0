"""Settings and profiles as the screens use them: read and written in threads, never on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from immich_tui.config import Config, Profile
    from immich_tui.immich.secret import Secret
    from immich_tui.tui.link import Link


class Setup:
    """What is configured. Nothing is read before `load`, because reading needs slow imports."""

    def __init__(self, read: Callable[[], Config]) -> None:
        self._read = read
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

    async def load(self) -> Config:
        """Read everything that is set. Raises `ConfigError`."""
        self._config = await asyncio.to_thread(self._read)
        return self._config

    async def key_of(self, profile: Profile) -> Secret | None:
        """The stored key of a profile."""
        from immich_tui.config import KeyStore  # noqa: PLC0415  (asks the desktop; only when needed)

        def find() -> Secret | None:
            stored = KeyStore.standard(self.config.paths.keys).find(profile)
            return stored.key if stored else None

        return await asyncio.to_thread(find)

    async def keep(self, name: str, link: Link) -> None:
        """Keep a server under a name, with its key. Raises `ConfigError`."""
        from immich_tui.config import KeyStore, Profile, save_profile  # noqa: PLC0415

        at = link.connection
        profile = Profile(name, at.url, at.ca_file, at.insecure)

        def write() -> None:
            save_profile(self.config.paths.config_file, profile, default=not self.config.profiles)
            KeyStore.standard(self.config.paths.keys).save(profile, at.key)

        await asyncio.to_thread(write)
        await self.load()

    async def forget(self, profile: Profile) -> None:
        """Remove a profile and its key. Raises `ConfigError`."""
        from immich_tui.config import KeyStore, remove_profile  # noqa: PLC0415

        def remove() -> None:
            KeyStore.standard(self.config.paths.keys).forget(profile)
            remove_profile(self.config.paths.config_file, profile.name)

        await asyncio.to_thread(remove)
        await self.load()
