"""Profiles: servers that a person connects to, by name in the settings file. Keys are kept elsewhere."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from immich_tui.config.errors import ConfigError
from immich_tui.config.private import write_private
from immich_tui.config.toml_text import parse, with_table, with_top_value, without_table

TABLE: Final = "profile"
DEFAULT: Final = "default_profile"

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Profile:
    """A server under a name. `url` is the base of its API."""

    name: str
    url: str
    ca_file: Path | None = None
    insecure: bool = False


def is_file_name(name: str) -> bool:
    """Whether a file can have the name of a profile: its key may lie in one."""
    return bool(name) and Path(name).name == name != ".." and name.isprintable()


def save_profile(file: Path, profile: Profile, *, default: bool = False) -> None:
    """Write a profile into the settings file, all else in it left as it is; with `default` as first choice.

    Raises `ConfigError` when the name is unusable, or the file so written that it cannot be changed safely.
    """
    if not _NAME.fullmatch(profile.name):
        raise ConfigError("Profile", "a name is made of letters, digits, _ and -, at most 64 of them.")
    values = {
        "url": profile.url,
        "ca_file": str(profile.ca_file) if profile.ca_file else None,
        "insecure": True if profile.insecure else None,
    }
    old = _read(file)
    wanted = copy.deepcopy(parse(old, file))
    table = wanted.setdefault(TABLE, {}).setdefault(profile.name, {})
    table.update(values)
    wanted[TABLE][profile.name] = {key: value for key, value in table.items() if value is not None}
    new = with_table(old, (TABLE, profile.name), values)
    if default:
        new = with_top_value(new, DEFAULT, profile.name)
        wanted[DEFAULT] = profile.name
    _replace(file, new, wanted)


def remove_profile(file: Path, name: str) -> None:
    """Take a profile out of the settings file (`KeyStore.forget` for its key). Raises as `save_profile`."""
    old = _read(file)
    wanted = copy.deepcopy(parse(old, file))
    profiles = wanted.get(TABLE, {})
    profiles.pop(name, None)
    if not profiles:
        wanted.pop(TABLE, None)
    new = without_table(old, (TABLE, name))
    if wanted.get(DEFAULT) == name:
        del wanted[DEFAULT]
        new = with_top_value(new, DEFAULT, None)
    _replace(file, new, wanted)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise ConfigError(str(file), "this is not a text file in UTF-8.") from None
    except OSError as error:
        raise ConfigError(str(file), f"it cannot be read: {error.strerror}.") from None


def _replace(file: Path, text: str, wanted: Mapping[str, Any]) -> None:
    """Write the changed text, unless it would mean anything else than what was wanted."""
    try:
        safe = parse(text, file) == wanted
    except ConfigError:
        safe = False
    if not safe:
        raise ConfigError(
            str(file), "it is written in a way that cannot be changed from here.", "Change it in an editor."
        )
    write_private(file, text)
