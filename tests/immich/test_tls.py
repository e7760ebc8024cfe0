"""Certificates that are not trusted, and how to trust one of one's own."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from immich_tui.immich.client import ImmichClient
from immich_tui.immich.discovery import discover
from immich_tui.immich.errors import TlsProblem
from immich_tui.immich.secret import Secret
from immich_tui.immich.straight import LARGE
from immich_tui.immich.wire import Connection
from tests.immich.replay import KEY, Answer, Replay, replaying

VERSION = {"major": 3, "minor": 1, "patch": 0, "prerelease": None}
PING = Answer(body={"res": "pong"})


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Self-signed certificates: `good` and `expired` for 127.0.0.1, `other` for another host."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl program to make certificates with")
    folder = tmp_path_factory.mktemp("certificates")
    for name, host, days in (
        ("good", "IP:127.0.0.1", 2),
        ("other", "DNS:photos.example.org", 2),
        ("expired", "IP:127.0.0.1", -1),
    ):
        key, request, certificate = (str(folder / f"{name}.{kind}") for kind in ("key", "csr", "pem"))
        new = [
            openssl,
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-subj",
            "/CN=test",
        ]
        subprocess.run(
            [*new, "-addext", f"subjectAltName={host}", "-keyout", key, "-out", request],
            check=True,
            capture_output=True,
        )
        sign = [openssl, "x509", "-req", "-in", request, "-signkey", key, "-copy_extensions", "copy"]
        signed = subprocess.run(
            [*sign, "-days", str(days), "-out", certificate], check=False, capture_output=True
        )
        if signed.returncode:
            pytest.skip(f"this openssl cannot make the certificate {name!r}")
    return folder


def context(certificates: Path, name: str) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
    return made


async def ask(replay: Replay, *, ca_file: Path | None = None, insecure: bool = False) -> str:
    replay.on("GET", "/api/server/version", Answer(body=VERSION))
    connection = Connection(f"{replay.url}/api", Secret(KEY), ca_file, insecure)
    async with ImmichClient(connection) as client:
        return str(await client.version())


async def test_a_self_signed_certificate_is_refused_with_a_hint(certificates: Path) -> None:
    async with replaying(context(certificates, "good")) as replay:
        with pytest.raises(TlsProblem) as caught:
            await ask(replay)
    assert "self-signed" in caught.value.sentence
    assert "--ca-file" in caught.value.next_step
    assert replay.requests == []


async def test_a_ca_file_of_ones_own_is_trusted(certificates: Path) -> None:
    async with replaying(context(certificates, "good")) as replay:
        assert await ask(replay, ca_file=certificates / "good.pem") == "3.1.0"


@pytest.mark.parametrize(("name", "words"), [("expired", "has expired"), ("other", "is for another host")])
async def test_a_trusted_certificate_must_still_fit(certificates: Path, name: str, words: str) -> None:
    async with replaying(context(certificates, name)) as replay:
        with pytest.raises(TlsProblem, match=words) as caught:
            await ask(replay, ca_file=certificates / f"{name}.pem")
        assert "--ca-file" not in caught.value.next_step
        assert await ask(replay, insecure=True) == "3.1.0"


async def test_a_ca_file_that_is_none_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("hello")
    async with replaying() as replay:
        for file, words in (("missing.pem", "No such file"), ("empty.pem", "no PEM file")):
            with pytest.raises(TlsProblem, match=words):
                await ask(replay, ca_file=tmp_path / file)
    assert replay.connections == 0


async def test_https_to_a_server_without_it_says_so() -> None:
    async with replaying() as replay:
        connection = Connection(replay.url.replace("http:", "https:") + "/api", Secret(KEY))
        async with ImmichClient(connection) as client:
            with pytest.raises(TlsProblem, match="does not speak TLS") as caught:
                await client.version()
    assert "http://" in caught.value.next_step


async def test_a_bare_address_finds_https_first_and_stays_there(certificates: Path) -> None:
    async with replaying(context(certificates, "good")) as replay:
        replay.on("GET", "/api/server/ping", PING)
        bare = replay.url.removeprefix("https://")
        found = await discover(bare, ca_file=certificates / "good.pem")
        assert found.url == f"{replay.url}/api"
        assert found.warnings == ()
        with pytest.raises(TlsProblem, match="self-signed"):
            await discover(bare)
        [warning] = (await discover(bare, insecure=True)).warnings
        assert "not checked" in warning


async def test_a_large_original_comes_straight_through_tls(certificates: Path) -> None:
    video = bytes(range(251)) * (LARGE // 200)
    path = "/api/assets/0b914fad-0afc-48c0-99ba-68c35c1352ad/original"
    async with replaying(context(certificates, "good")) as replay:
        replay.on("GET", path, Answer(body=video, headers={"content-type": "video/mp4"}))
        connection = Connection(f"{replay.url}/api", Secret(KEY), certificates / "good.pem")
        async with ImmichClient(connection) as client, client.original(path.split("/")[3]) as download:
            assert b"".join([bytes(piece) async for piece in download.pieces()]) == video
