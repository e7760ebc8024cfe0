"""What the doctor says of healthy and ailing servers, terminals and machines."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from immich_tui.config import Config, KeyStore, Paths, load
from immich_tui.demo.server import DemoServer
from immich_tui.doctor.machine import look_at_machine
from immich_tui.doctor.server import look_at_server
from immich_tui.doctor.terminal import look_at_terminal, picture_protocol
from immich_tui.execution.graft.carrier import made, picture
from immich_tui.execution.preflight import Check, Level
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.secret import Secret
from immich_tui.immich.upload import Upload
from immich_tui.immich.wire import Connection


def config(folder: Path, url: str | None = None, key: str = "") -> Config:
    paths = Paths(folder / "config", folder / "data", folder / "cache", folder / "backups")
    environ = {"IMMICH_TUI_API_KEY": key} if key else {}
    return load({"url": url}, {**environ, "IMMICH_CONFIG_DIR": str(folder)}, paths, KeyStore(paths.keys))


def found(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


async def test_a_healthy_server_has_no_problems(tmp_path: Path) -> None:
    with DemoServer("empty") as server:
        checks = await look_at_server(config(tmp_path, server.url, server.key))
    assert {check.level for check in checks} == {Level.OK}
    assert {"Key", "Address", "TLS", "Version", "Permissions", "Trash", "Clock", "Carriers"} == found(
        checks
    ).keys()


async def test_a_carrier_that_was_left_behind_is_found_by_its_name(tmp_path: Path) -> None:
    with DemoServer("empty") as server:
        async with ImmichClient(Connection(f"{server.url}/api", Secret(server.key))) as client:
            carrier = made("20260101T000000-abcdef", "8d3e5f2a-1b7c-4d8e-9f10-2a3b4c5d6e7f", 1, {})
            now = datetime.now(UTC)
            upload = Upload(
                picture(carrier.name), carrier.name, now, now, visibility="hidden", sidecar=b"<x/>"
            )
            await client.upload(upload)
        checks = found(await look_at_server(config(tmp_path, server.url, server.key)))
    assert checks["Carriers"].level is Level.WARNING
    assert carrier.name in checks["Carriers"].sentence
    assert "Resume the run" in checks["Carriers"].next_step


async def test_each_missing_permission_says_what_is_lost_and_how_to_get_a_better_key(tmp_path: Path) -> None:
    with DemoServer("empty", permissions=("duplicate.read", "asset.read", "user.read")) as server:
        checks = found(await look_at_server(config(tmp_path, server.url, server.key)))
    assert checks["Permissions"].level is Level.WARNING
    assert "asset.delete" in checks["Permissions"].next_step
    assert "New API key" in checks["Permissions"].next_step
    assert checks["asset.download"].sentence == "Nothing can be backed up, so nothing is trashed."
    assert checks["asset.download"].next_step == "Add asset.download to the key."
    assert "asset.read" not in checks


async def test_a_key_that_cannot_list_groups_is_a_problem(tmp_path: Path) -> None:
    with DemoServer("empty", permissions=("asset.read", "user.read")) as server:
        checks = found(await look_at_server(config(tmp_path, server.url, server.key)))
    assert checks["Permissions"].level is checks["duplicate.read"].level is Level.PROBLEM


@pytest.mark.parametrize(
    ("url", "key", "name"),
    [
        (None, "", "Address"),
        ("127.0.0.1:9", "key", "Address"),
        ("ftp://photos.example.org", "key", "Address"),
    ],
)
async def test_a_server_that_is_not_there(url: str | None, key: str, name: str, tmp_path: Path) -> None:
    checks = found(await look_at_server(config(tmp_path, url, key)))
    assert checks[name].level is Level.PROBLEM
    assert checks[name].next_step


async def test_a_wrong_key_and_a_switched_off_trash_and_an_old_server(tmp_path: Path) -> None:
    with DemoServer("empty", trash=False, dialect="1.135") as server:
        wrong = found(await look_at_server(config(tmp_path, server.url, "wrong")))
        old = found(await look_at_server(config(tmp_path, server.url, server.key)))
    assert wrong["Key"].level is Level.PROBLEM
    assert old["Trash"].level is Level.WARNING
    assert old["Permissions"].level is Level.WARNING
    assert "does not tell" in old["Permissions"].sentence


async def test_a_clock_that_is_off_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def yesterday(_: ImmichClient) -> datetime:
        return datetime.now(UTC) - timedelta(days=1)

    monkeypatch.setattr(ImmichClient, "clock", yesterday)
    with DemoServer("empty") as server:
        checks = found(await look_at_server(config(tmp_path, server.url, server.key)))
    assert checks["Clock"].level is Level.WARNING
    assert "behind" in checks["Clock"].sentence


async def test_the_server_tells_its_clock(tmp_path: Path) -> None:
    with DemoServer("empty") as server:
        async with ImmichClient(Connection(f"{server.url}/api", Secret(server.key))) as client:
            theirs = await client.clock()
    assert theirs is not None
    assert abs((theirs - datetime.now(UTC)).total_seconds()) < 5


async def test_a_date_of_no_named_place_is_utc(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ndate: Sat, 21 Nov 2026 20:00:00 -0000\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api"
        async with ImmichClient(Connection(url, Secret("key"))) as client:
            assert await client.clock() == datetime(2026, 11, 21, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("environ", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color"}, ""),
        ({}, ""),
    ],
)
def test_terminals_that_draw_pictures(environ: dict[str, str], protocol: str) -> None:
    assert picture_protocol(environ) == protocol


def test_a_bare_terminal_gets_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda *fallback, **named: os.terminal_size((60, 20)))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    checks = found(list(look_at_terminal({"TERM": "dumb", "TMUX": "1", "SSH_TTY": "1", "STY": "1"})))
    assert checks["Terminal"].level is Level.PROBLEM
    assert checks["Colours"].level is Level.WARNING
    assert "allow-passthrough" in checks["tmux"].next_step
    assert checks["screen"].level is Level.WARNING
    assert "COLORTERM" in checks["ssh"].sentence


def test_a_good_terminal_without_the_extra_is_told_how_to_get_it() -> None:
    environ = {"TERM": "xterm-kitty", "COLORTERM": "truecolor"}
    with_it = found(list(look_at_terminal(environ, images_extra=True)))
    without = found(list(look_at_terminal(environ, images_extra=False)))
    assert with_it["Colours"].sentence == "16 million."
    assert with_it["Pictures"].level is Level.OK
    assert "immich-tui[images]" in without["Pictures"].next_step


@pytest.mark.skipif(os.geteuid() == 0, reason="everything can be written by this user")
def test_a_folder_that_cannot_be_written_is_a_problem_as_a_user(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert found(list(look_at_machine(config(tmp_path))))["Data"].level is Level.PROBLEM


def test_a_folder_whose_name_is_too_long_is_a_problem(tmp_path: Path) -> None:
    settings = config(tmp_path)
    long = replace(settings, paths=replace(settings.paths, backups=tmp_path / ("n" * 300)))
    check = found(list(look_at_machine(long)))["Backups"]
    assert check.level is Level.PROBLEM
    assert "File name too long" in check.sentence


def test_folders_and_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = config(tmp_path)
    checks = found(list(look_at_machine(settings)))
    assert checks["Backups"].level is Level.OK
    assert "not made yet" in checks["Backups"].sentence

    file = tmp_path / "file"
    file.touch()
    blocked = replace(settings, paths=replace(settings.paths, data=file / "below"))
    assert found(list(look_at_machine(blocked)))["Data"].level is Level.PROBLEM

    usage = type("usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert found(list(look_at_machine(settings)))["Backups"].level is Level.WARNING
