"""A demo server that runs in a thread of its own: for tests, and for `immich-tui demo`."""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Literal

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from immich_tui.demo.app import DemoApp, RequestLog
from immich_tui.demo.catalogue import furnish
from immich_tui.demo.dialect import dialect as dialect_named
from immich_tui.demo.faults import Connections, Faults
from immich_tui.demo.household import OWNER, move_in
from immich_tui.demo.jobs import Jobs
from immich_tui.demo.library import Library
from immich_tui.demo.pictures import Studio
from immich_tui.demo.records import Key
from immich_tui.demo.synthetic import SyntheticBase
from immich_tui.demo.warming import help_drawing

HOST = "127.0.0.1"


class _PromptServer(uvicorn.Server):
    """Stops at once when it is told to, not at its next look at the clock."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def leave(self) -> None:
        """Stop; called from another thread."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        """Look at the clock ten times a second until told to stop."""
        self._loop = asyncio.get_running_loop()
        tick = 0
        while not await self.on_tick(tick):
            tick = (tick + 1) % 864_000
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 0.1)


class DemoServer:
    """An Immich server on a port of this machine, usable as a context manager.

    `library` is `"photos"` (about 60 drawn groups), `"empty"`, or ignored when `groups` asks for that many
    synthetic ones, whose largest files have `file_size` bytes. `dialect` is `"1.135"`, `"2.7"` or `"3"`.
    `permissions` are those of the first key. `trash` is the server's trash switch. `jobs_delay` is how many
    seconds the jobs run behind an edit. `folder` is where drawn pictures are kept, the temporary directory
    of the system by default.

    `library`, `requests` and `faults` may be read and changed from the calling thread at any time.
    """

    def __init__(
        self,
        library: Literal["photos", "empty"] = "photos",
        *,
        groups: int | None = None,
        dialect: str = "3",
        port: int = 0,
        permissions: tuple[str, ...] = ("all",),
        trash: bool = True,
        jobs_delay: float = 0.3,
        seed: int = 1,
        file_size: int = 300_000,
        folder: Path | None = None,
    ) -> None:
        self._dialect = dialect_named(dialect)
        studio = Studio(folder)
        base = None
        if groups is not None:
            base = SyntheticBase(groups, OWNER.id, studio, file_size=file_size)
        self.library = Library(base, seed=seed, trash=trash)
        move_in(self.library)
        if groups is None and library == "photos":
            furnish(self.library, studio, major=self._dialect.major)
            help_drawing(studio)
        self.key = self.new_key(permissions)
        self._connections = Connections()
        self._app = DemoApp(self.library, self._dialect, jobs_delay=jobs_delay, connections=self._connections)
        self._port = port
        self._server: _PromptServer | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # -- running ------------------------------------------------------------------------------------------

    def __enter__(self) -> DemoServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen and answer; on the same port as before when it was stopped. Raises `OSError`."""
        # With its protocol named, asyncio switches off the delay of small answers (40 ms each).
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, self._port))
        except OSError:
            listener.close()
            raise
        self._port = listener.getsockname()[1]
        connections = self._connections

        class Protocol(H11Protocol):
            """Tells where the sockets are, so that faults can break them."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # narrower
                super().connection_made(transport)
                if self.client is not None:
                    connections.opened(self.client, transport)

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                if self.client is not None:
                    connections.closed(self.client)

        config = uvicorn.Config(
            self._app,
            http=Protocol,
            ws="none",
            lifespan="off",
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=1,
        )
        self._server = _PromptServer(config)
        self._thread = threading.Thread(target=self._run, args=(listener,), name="demo-immich", daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise OSError("the demo server did not start")
            time.sleep(0.002)

    def _run(self, listener: socket.socket) -> None:
        server = self._server
        assert server is not None
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            runner.run(server.serve(sockets=[listener]))
        listener.close()

    def stop(self) -> None:
        """Close all connections and stop listening; the library stays as it is."""
        server, thread = self._server, self._thread
        if server is None or thread is None:
            return
        self.drop_connections()
        server.leave()
        thread.join(timeout=10)
        self._server = self._thread = self._loop = None

    def speak(self, dialect: str) -> None:
        """Become another version in mid-session, as after an update of the server."""
        self._app.speak(dialect_named(dialect))

    def drop_connections(self) -> None:
        """Break all open connections, as a crash would; the server goes on."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._connections.drop_all)

    @contextmanager
    def outage(self) -> Iterator[None]:
        """While inside, connections are refused; afterwards the server is back on the same port."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    # -- what is known of it ------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The address without `/api`."""
        return f"http://{HOST}:{self._port}"

    @property
    def port(self) -> int:
        """The port, known once it was started."""
        return self._port

    @property
    def requests(self) -> RequestLog:
        """What was asked for, in order."""
        return self._app.requests

    @property
    def faults(self) -> Faults:
        """Faults that requests meet."""
        return self._app.faults

    @property
    def jobs(self) -> Jobs:
        """The queue behind the answers: `jobs.delay` may be changed, `jobs.wait_quiet()` waits for it."""
        return self._app.jobs

    def new_key(self, permissions: tuple[str, ...] = ("all",), *, user_id: str = OWNER.id) -> str:
        """Another API key; the secret to send."""
        secret = secrets.token_urlsafe(32)
        key = Key(
            self.library.new_id(),
            f"key {len(self.library.keys) + 1}",
            secret,
            user_id,
            permissions,
            self.library.now(),
        )
        self.library.keys.append(key)
        return secret

    def revoke(self, secret: str) -> None:
        """Let a key be worth nothing."""
        self.library.keys[:] = [key for key in self.library.keys if key.secret != secret]
