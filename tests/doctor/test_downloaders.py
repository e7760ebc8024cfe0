"""What the doctor says of downloaders that work, and of those that do not."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from immich_tui.config import Config, ConfigError, KeyStore, Paths, load
from immich_tui.demo.server import DemoServer
from immich_tui.doctor.downloaders import look_at_downloaders, transfer_of
from immich_tui.execution.preflight import Check, Level
from tests.aria2_daemon import TOKEN, Daemon, aria2, needs_aria2


def config(folder: Path, server: DemoServer | None, text: str, backups: Path | None = None) -> Config:
    backups = backups or folder / "backups"
    paths = Paths(folder / "config", folder / "data", folder / "cache", backups)
    paths.config.mkdir(exist_ok=True)
    paths.config_file.write_text(text)
    environ = {"IMMICH_CONFIG_DIR": str(folder)}
    if server is not None:
        environ |= {"IMMICH_TUI_API_KEY": server.key}
    return load({"url": server.url if server else None}, environ, paths, KeyStore(paths.keys))


def about(daemon: Daemon, folder: Path, more: str = "shared = true") -> str:
    secret = folder / "aria2-secret"
    secret.write_text(f"{TOKEN}\n")
    secret.chmod(0o600)
    return f'[aria2]\nurl = "{daemon.url}"\nsecret_file = "{secret}"\nfolder = "{daemon.folder}"\n{more}\n'


def found(checks: list[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


async def test_without_any_setting_this_machine_fetches(tmp_path: Path) -> None:
    (check,) = await look_at_downloaders(config(tmp_path, None, ""))
    assert (check.name, check.level) == ("http", Level.OK)


async def test_a_mapped_folder_must_be_there_and_hold_no_backups(tmp_path: Path) -> None:
    for folder, level in ((tmp_path / "none", Level.PROBLEM), (tmp_path, Level.PROBLEM)):
        checks = await look_at_downloaders(config(tmp_path, None, f'[path_map]\n"/data" = "{folder}"\n'))
        assert found(checks, "mount").level is level
    (tmp_path / "photos").mkdir()
    checks = await look_at_downloaders(config(tmp_path, None, f'[path_map]\n"/data" = "{tmp_path}/photos"\n'))
    assert found(checks, "mount").level is Level.OK


@needs_aria2
async def test_aria2_is_tried_for_real(tmp_path: Path) -> None:
    with DemoServer("empty") as server, aria2(tmp_path / "backups") as daemon:
        checks = await look_at_downloaders(config(tmp_path, server, about(daemon, tmp_path)))
        check = found(checks, "aria2")
        assert check.level is Level.OK, check.sentence
        assert not list(daemon.folder.iterdir())


@needs_aria2
@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("", "trust_remote_backup"),
        ('shared = true\nserver_url = "http://photos.example.org/api"', "unencrypted"),
        ('shared = true\nserver_url = "http://127.0.0.1:9/api"', "could not fetch"),
    ],
)
async def test_an_aria2_that_cannot_work_is_a_problem(tmp_path: Path, more: str, words: str) -> None:
    with DemoServer("empty") as server, aria2(tmp_path / "backups") as daemon:
        checks = await look_at_downloaders(config(tmp_path, server, about(daemon, tmp_path, more)))
        assert found(checks, "aria2").level is Level.PROBLEM
        assert words in found(checks, "aria2").sentence


@needs_aria2
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may start a daemon of another user")
async def test_an_aria2_of_another_user_may_not_write_where_runs_do(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as name, DemoServer("empty") as server:
        backups = Path(name) / "backups"
        backups.mkdir()
        # Everybody may write into the folder itself.
        Path(name).chmod(0o777)
        backups.chmod(0o777)
        with aria2(backups, user="nobody") as daemon:
            known = config(tmp_path, server, about(daemon, tmp_path), backups)
            check = found(await look_at_downloaders(known), "aria2")
            assert check.level is Level.PROBLEM, check.sentence
            assert "its user must be able to write" in check.sentence
            assert not list(backups.iterdir())


@needs_aria2
async def test_a_folder_that_is_not_the_backup_folder_is_noticed(tmp_path: Path) -> None:
    with DemoServer("empty") as server, aria2(tmp_path / "elsewhere") as daemon:
        checks = await look_at_downloaders(config(tmp_path, server, about(daemon, tmp_path)))
        assert "not one folder" in found(checks, "aria2").sentence


@needs_aria2
async def test_an_aria2_that_is_away_or_takes_no_secret_is_a_problem(tmp_path: Path) -> None:
    with DemoServer("empty") as server, aria2(tmp_path / "backups") as daemon:
        text = about(daemon, tmp_path)
        (tmp_path / "aria2-secret").write_text("another")
        refused = found(await look_at_downloaders(config(tmp_path, server, text)), "aria2")
        assert "does not take the secret" in refused.sentence
        assert "another" not in refused.sentence
        daemon.kill()
        away = found(await look_at_downloaders(config(tmp_path, server, text)), "aria2")
        assert "does not answer" in away.sentence


def test_the_secret_is_read_from_its_file(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path / "backups")
    settings = config(tmp_path, None, about(daemon, tmp_path)).settings
    transfer = transfer_of(settings)
    assert transfer.aria2 is not None
    assert transfer.aria2.secret.reveal() == TOKEN
    assert TOKEN not in repr(transfer)
    for text in (None, "  \n"):
        if text is None:
            (tmp_path / "aria2-secret").unlink()
        else:
            (tmp_path / "aria2-secret").write_text(text)
        with pytest.raises(ConfigError, match="secret"):
            transfer_of(settings)


def test_a_setting_that_is_none_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"aria2\.folder"):
        config(tmp_path, None, '[aria2]\nurl = "http://127.0.0.1:6800/jsonrpc"\nsecret_file = "x"\n')
