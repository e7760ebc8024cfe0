"""Settings, profiles and keys: flag > environment > profile > settings file > default."""

from immich_tui.config.errors import ConfigError
from immich_tui.config.keys import KeyStore, StoredKey
from immich_tui.config.load import Config, load
from immich_tui.config.paths import Paths
from immich_tui.config.profiles import Profile, remove_profile, save_profile
from immich_tui.config.settings import Settings

__all__ = [
    "Config",
    "ConfigError",
    "KeyStore",
    "Paths",
    "Profile",
    "Settings",
    "StoredKey",
    "load",
    "remove_profile",
    "save_profile",
]
