"""Where API keys are kept: the system's keyring if there is one that works, else a file for each profile.

A key is stored together with the server it is for, and only found for that server: pointing a profile to
another address does not send the old key there.
"""

from __future__ import annotations

import contextlib
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, cast
from urllib.parse import urlsplit

from immich_tui.config.errors import ConfigError
from immich_tui.config.private import others_may_read, write_private
from immich_tui.config.profiles import Profile
from immich_tui.immich.secret import Secret

SERVICE: Final = "immich-tui"


class Keyring(Protocol):
    """What is used of a keyring. Every call may block on the desktop: not for the event loop."""

    def get_password(self, service: str, username: str) -> str | None:
        """The password, `None` when there is none."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store a password."""

    def delete_password(self, service: str, username: str) -> None:
        """Remove a password."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key that was found, where it lies, and a sentence when that place is not as it should be."""

    key: Secret
    place: str
    warning: str = ""


class KeyStore:
    """The keys of all profiles. Its methods use files or ask the desktop: call them in a thread."""

    def __init__(self, folder: Path, ring: Keyring | None = None) -> None:
        self._folder = folder
        self._ring = ring

    @classmethod
    def standard(cls, folder: Path) -> KeyStore:
        """With the system's keyring, if the package `keyring` is installed and has one to talk to."""
        return cls(folder, system_keyring())

    def find(self, profile: Profile) -> StoredKey | None:
        """The key of a profile for the server that it names now; `None` when none is stored."""
        if self._ring is not None and (text := self._asked(self._ring, profile)):
            return StoredKey(Secret(text), "the system's keyring")
        file = self._folder / profile.name
        try:
            server, _, text = file.read_text(encoding="utf-8").strip().partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        if server != _server(profile) or not text.strip():
            return None
        warning = (
            f"Others can read the API key in {file}. Run: chmod 600 {file}" if others_may_read(file) else ""
        )
        return StoredKey(Secret(text), str(file), warning)

    def save(self, profile: Profile, key: Secret) -> str:
        """Store a profile's key in place of an older one; gives the place as a person would say it.

        Raises `ConfigError` when it cannot be written.
        """
        if self._ring is not None and self._stored(self._ring, profile, key):
            self._forget_file(profile)
            return "the system's keyring"
        file = self._folder / profile.name
        write_private(file, f"{_server(profile)}\n{key.reveal()}\n")
        self._forget_in_keyring(profile)
        return str(file)

    def forget(self, profile: Profile) -> None:
        """Remove a profile's key wherever it lies. Raises `ConfigError` when its file cannot be removed."""
        self._forget_file(profile)
        self._forget_in_keyring(profile)

    def _forget_file(self, profile: Profile) -> None:
        file = self._folder / profile.name
        try:
            file.unlink(missing_ok=True)
        except NotADirectoryError:
            return
        except OSError as error:
            raise ConfigError(str(file), f"it cannot be removed: {error.strerror}.") from None

    def _forget_in_keyring(self, profile: Profile) -> None:
        if self._ring is not None and self._asked(self._ring, profile) is not None:
            with contextlib.suppress(*_keyring_errors()):
                self._ring.delete_password(SERVICE, _account(profile))

    @staticmethod
    def _asked(ring: Keyring, profile: Profile) -> str | None:
        try:
            return ring.get_password(SERVICE, _account(profile))
        except _keyring_errors():
            return None

    @staticmethod
    def _stored(ring: Keyring, profile: Profile, key: Secret) -> bool:
        """Whether the keyring took the key and gives it back: some accept everything and keep nothing."""
        try:
            ring.set_password(SERVICE, _account(profile), key.reveal())
            return ring.get_password(SERVICE, _account(profile)) == key.reveal()
        except _keyring_errors():
            return False


def system_keyring() -> Keyring | None:
    """The system's keyring; `None` when the package is not installed or found nothing to talk to."""
    try:
        keyring = importlib.import_module("keyring")
        ring: Any = keyring.get_keyring()
    except _keyring_errors():
        return None
    return cast("Keyring", ring) if ring.priority > 0 else None


def _keyring_errors() -> tuple[type[Exception], ...]:
    """What a keyring raises when it cannot be used: its own errors, and those of the desktop's bus."""
    try:
        errors = importlib.import_module("keyring.errors")
    except ImportError:
        return (ImportError, OSError)
    return (errors.KeyringError, ImportError, OSError, RuntimeError)


def _server(profile: Profile) -> str:
    try:
        parts = urlsplit(profile.url)
    except ValueError:
        return profile.url
    # Without a scheme nothing tells where the host ends.
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else profile.url


def _account(profile: Profile) -> str:
    return f"{profile.name} {_server(profile)}"
