"""A real aria2 daemon for tests: started, killed and started again on the same port."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from immich_tui.execution.transfer.settings import Aria2Setup
from immich_tui.immich.secret import Secret

needs_aria2 = pytest.mark.skipif(
    shutil.which("aria2c") is None, reason="aria2c is not installed (apt-get install aria2)"
)

TOKEN = "a-token-of-the-tests"


class Daemon:
    """An aria2c that listens on loopback only."""

    def __init__(self, folder: Path, *options: str, user: str | None = None) -> None:
        self.folder = folder
        self._options = options
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/jsonrpc"

    def setup(self, **changes: object) -> Aria2Setup:
        values: dict[str, object] = {
            "url": self.url,
            "secret": Secret(TOKEN),
            "folder": str(self.folder),
            **changes,
        }
        return Aria2Setup(**values)  # type: ignore[arg-type]  # fields by name

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        command = ["aria2c", "--no-conf", "--quiet", "--enable-rpc", "--rpc-listen-all=false"]
        command += [f"--rpc-secret={TOKEN}", f"--rpc-listen-port={self.port}", f"--dir={self.folder}"]
        self._process = subprocess.Popen([*command, *self._options], user=self._user)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("aria2c does not listen")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it hold its connections and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def aria2(folder: Path, *options: str, user: str | None = None) -> Iterator[Daemon]:
    """A running daemon whose folder this is, of this or another user."""
    daemon = Daemon(folder, *options, user=user)
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.kill()
