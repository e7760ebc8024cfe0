"""Looking at this machine: Python, folders, disk space, what is installed beside."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from immich_tui import __version__
from immich_tui.config import Config
from immich_tui.execution.preflight import Check, Level, size_text
from immich_tui.review.local_disk import network_file_system

SCARCE = 1 << 30
"""Free bytes below which a word about the backup folder is due."""


def look_at_machine(config: Config) -> Iterator[Check]:
    """Versions, extras, folders. Touches the disk: call it in a thread."""
    yield Check(
        "Program",
        Level.OK,
        f"immich-tui {__version__} on Python {platform.python_version()}, {platform.system()}.",
    )
    yield _keyring()
    settings = config.paths.config_file
    if settings.exists():
        yield Check("Settings", Level.OK, f"{settings}, {len(config.profiles)} profiles.")
    else:
        yield Check(
            "Settings",
            Level.OK,
            f"No settings file; it would be {settings}. immich-tui config init writes one to start from.",
        )
    yield _data_folder(config.paths.data)
    yield _folder("Backups", config.backup_dir, "Choose another folder with --backup-dir.", scarce=SCARCE)


def has_images_extra() -> bool:
    """Whether what draws sharp pictures is installed."""
    return importlib.util.find_spec("textual_image") is not None


def _keyring() -> Check:
    from immich_tui.config.keys import system_keyring  # noqa: PLC0415  (asks the desktop; only here)

    if importlib.util.find_spec("keyring") is None:
        return Check(
            "Keyring",
            Level.OK,
            "Not installed: keys are kept in files that only you can read."
            " pip install 'immich-tui[keyring]' uses the system's.",
        )
    if system_keyring() is None:
        return Check(
            "Keyring", Level.OK, "No keyring answers here: keys are kept in files that only you can read."
        )
    return Check("Keyring", Level.OK, "Keys are kept in the system's keyring.")


def _data_folder(folder: Path) -> Check:
    """Whether the folder of the databases can be written, and is on a disk of this machine."""
    if kind := network_file_system(folder):
        return Check(
            "Data",
            Level.PROBLEM,
            f"{folder} is on a network file system ({kind}), where a database is not safe.",
            "Set XDG_DATA_HOME to a folder on a disk of this machine.",
        )
    return _folder("Data", folder, "Sessions and the journal of runs are kept here.")


def _folder(name: str, folder: Path, step: str, scarce: int = 0) -> Check:
    """Whether a folder, or the nearest one above it that exists, can be written, and what is free there."""
    try:
        there = next(path for path in (folder, *folder.parents) if path.exists())
    except OSError as error:
        # A part of its name is too long, or lies in a folder that may not be entered.
        return Check(name, Level.PROBLEM, f"{folder} cannot be had: {error.strerror}.", step)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Check(name, Level.PROBLEM, f"{folder} cannot be written.", step)
    free = shutil.disk_usage(there).free
    note = "" if folder.exists() else " (not made yet)"
    sentence = f"{folder}{note}; {size_text(free)} are free."
    if free < scarce:
        return Check(name, Level.WARNING, f"{sentence} Every photo to trash is copied there before.", step)
    return Check(name, Level.OK, sentence)
