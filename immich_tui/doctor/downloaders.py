"""What is set up about downloaders, and whether each of them works."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from immich_tui.config import Config, ConfigError
from immich_tui.config.settings import Aria2, Settings
from immich_tui.execution.backup.names import is_inside
from immich_tui.execution.preflight import Check, Level
from immich_tui.execution.transfer.aria2 import ByAria2
from immich_tui.execution.transfer.mount import Mounts
from immich_tui.execution.transfer.settings import Aria2Setup, Transfer
from immich_tui.execution.transfer.wanted import Away
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.discovery import discover
from immich_tui.immich.errors import ImmichError
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection


def transfer_of(settings: Settings) -> Transfer:
    """The ways that are set up, with aria2's secret read from its file. Raises `ConfigError`."""
    return Transfer(
        path_map={theirs: ours.expanduser() for theirs, ours in settings.path_map.items()},
        aria2=_setup(settings.aria2) if settings.aria2 else None,
        http=settings.download_here,
    )


def _setup(aria2: Aria2) -> Aria2Setup:
    file = aria2.secret_file.expanduser()
    try:
        secret = Secret(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "this is not text in UTF-8"
        raise ConfigError(str(file), f"aria2's secret cannot be read: {reason}.") from None
    if not secret:
        raise ConfigError(str(file), "aria2's secret is empty; give the one of its rpc-secret.")
    return Aria2Setup(
        url=aria2.url,
        secret=secret,
        folder=aria2.folder,
        shared=aria2.shared,
        server_url=aria2.server_url,
        allowed_hosts=frozenset(aria2.allowed_hosts),
        trusted=aria2.trust_remote_backup,
    )


async def look_at_downloaders(config: Config) -> list[Check]:
    """Try every downloader that is set up: read its folder, or have it fetch something small."""
    try:
        transfer = await asyncio.to_thread(transfer_of, config.settings)
    except ConfigError as error:
        return [Check("aria2", Level.PROBLEM, str(error))]
    checks = await asyncio.to_thread(lambda: list(_mounts(transfer, config.backup_dir)))
    if transfer.aria2 is not None:
        checks += await asyncio.to_thread(lambda: list(_secret(config.settings.aria2)))
        checks.append(await _aria2(config, transfer.aria2))
    if transfer.http:
        checks.append(Check("http", Level.OK, "This machine fetches from the server what nothing else can."))
    elif transfer.aria2 is None:
        checks.append(
            Check(
                "http",
                Level.PROBLEM if not transfer.path_map else Level.WARNING,
                "This machine may not fetch from the server, and nothing else could.",
                "Set download_here = true, or set up [aria2].",
            )
        )
    return checks


def _mounts(transfer: Transfer, backups: Path) -> Iterator[Check]:
    for theirs, ours in transfer.path_map.items():
        if missing := Mounts({theirs: ours}).missing():
            yield Check("mount", Level.PROBLEM, missing, "Mount it, or take it out of [path_map].")
        elif is_inside(PurePosixPath(backups.absolute()), PurePosixPath(ours.absolute())):
            yield Check(
                "mount",
                Level.PROBLEM,
                f"The backup folder {backups} lies in {ours}, where Immich keeps its photos.",
                "Choose a backup folder outside of it.",
            )
        else:
            yield Check("mount", Level.OK, f"{theirs} of the server is read at {ours}.")


def _secret(aria2: Aria2 | None) -> Iterator[Check]:
    if aria2 is None:
        return
    file = aria2.secret_file.expanduser()
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Check(
            "aria2",
            Level.WARNING,
            f"Others on this machine can read {file}, and with it every download of aria2.",
            f"Run: chmod 600 {file}",
        )


async def _aria2(config: Config, setup: Aria2Setup) -> Check:
    where = f"aria2 at {setup.url}"
    if not config.url or config.key is None:
        return Check("aria2", Level.WARNING, f"{where} was not tried: no server and key are known.")
    try:
        found = await discover(config.url, ca_file=config.ca_file, insecure=config.insecure)
    except ImmichError as error:
        return Check("aria2", Level.WARNING, f"{where} was not tried: {error.sentence}")
    connection = Connection(found.url, config.key, ca_file=config.ca_file, insecure=config.insecure)
    way = ByAria2(setup, ImmichClient(connection), "", "")
    try:
        problem = await way.examine() or await way.try_out(config.backup_dir)
    except Away as error:
        problem = str(error)
    except OSError as error:
        problem = f"Nothing can be put into {config.backup_dir}: {error.strerror}."
    finally:
        await way.close()
    if problem:
        step = "See docs/dispatch.md for the three ways to set it up."
        return Check("aria2", Level.PROBLEM, problem, step)
    counted = "its word counts" if setup.trusted else "what it fetches is read here as well"
    return Check("aria2", Level.OK, f"{where} fetched a file into {setup.folder}; {counted}.")
