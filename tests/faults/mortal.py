"""Processes that carry a run out and die in the middle of it, at a moment that is told beforehand.

The program is imported once, by a nursery that forks a child for each life: importing takes longer than a
small run. Every child is a process of its own and dies by SIGKILL, so nothing of it can tidy up.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from immich_tui.immich.errors import ImmichError
from immich_tui.jobs.commit import GroupCommit, _Write
from tests.faults.power import Forced
from tests.workbench import reopened, taken_up


@dataclass(frozen=True)
class Life:
    """How a child ended: the state of its run, or nothing when it was killed, and the moments it passed."""

    state: str
    killed: bool
    moments: tuple[str, ...]


class Nursery:
    """Forks children; used in a `with` statement. `pid` is the child that lives now."""

    def __enter__(self) -> Nursery:
        self.pid = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.mortal"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)

    def live(
        self,
        url: str,
        key: str,
        folder: Path,
        *,
        die_at: int = 0,
        die_on: Sequence[str] = (),
        settings: Mapping[str, object] | None = None,
        then: str = "dies",
        cgroup: Path | None = None,
    ) -> Life:
        """Let a child carry out what is decided in `folder`, or take up the run there, and die at a moment.

        `die_at` counts moments from one; zero never comes. `die_on` are words: the first moment of which the
        name has all of them is the one. Instead of dying the child may get no more memory from there on
        (`then="starves"`), and fail as it likes, or take all that it can get (`then="swells"`) in a group of
        processes, `cgroup`.
        """
        assert self._process.stdin
        assert self._process.stdout
        moments = folder / "moments"
        moments.unlink(missing_ok=True)
        task = {"url": url, "key": key, "folder": str(folder), "die_at": die_at, "die_on": list(die_on)}
        task |= {"settings": dict(settings or {}), "then": then, "cgroup": str(cgroup or "")}
        self._process.stdin.write(json.dumps(task) + "\n")
        self.pid = int(self._process.stdout.readline())
        end = json.loads(self._process.stdout.readline())
        self.pid = 0
        # What a child says of its own failure goes to its standard error.
        assert end["signal"] in {0, signal.SIGKILL} or then == "starves", end
        assert end["signal"] or end["status"] == 0 or then == "starves", end
        text = moments.read_text() if moments.exists() else ""
        lines = text.splitlines()
        state = lines.pop().removeprefix("= ") if lines and lines[-1].startswith("= ") else ""
        return Life(state, bool(end["signal"]), tuple(lines))

    async def life(self, url: str, key: str, folder: Path, **more: Any) -> Life:
        """As `live`, without stopping the loop."""
        return await asyncio.to_thread(self.live, url, key, folder, **more)


# -- in the child ------------------------------------------------------------------------------------------


class Tripwire:
    """Counts the moments that are passed, writes down which, and ends the process at one of them."""

    def __init__(self, task: Mapping[str, Any]) -> None:
        folder = Path(task["folder"])
        self._lock = threading.Lock()
        self._log = os.open(folder / "moments", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._left = task["die_at"]
        self._words = task["die_on"]
        self._end: Callable[[], None] = {"dies": _die, "starves": _starve, "swells": _swell}[task["then"]]
        self._forced = Forced(folder)
        self._below = os.path.realpath(folder / "backups")

    def passed(self, moment: str) -> None:
        with self._lock:
            REAL_WRITE(self._log, f"{moment}\n".encode())
            self._left -= 1
            if self._left == 0 or (self._words and all(word in moment for word in self._words)):
                self._words = ()
                self._end()

    def stretch(self) -> None:
        """Lay it across every commit of the journal and every step of a file on its way to its name."""
        commit = GroupCommit._commit

        def committed(writer: GroupCommit, batch: Iterable[_Write]) -> None:
            what = ", ".join(sorted({_named(values) for write in batch for values in write.rows}))
            self.passed(f"before journal: {what}")
            commit(writer, batch)
            self._forced.committed()
            self.passed(f"after journal: {what}")

        setattr(GroupCommit, commit.__name__, committed)
        forced = self._forced.around(os.fsync)
        for name, real in (("write", os.write), ("writev", os.writev), ("fsync", forced)):
            setattr(os, name, self._around_handle(name, real))
        os.open = self._opening(os.open)
        os.replace = self._around(os.replace)

    def _opening(self, real: Callable[..., int]) -> Callable[..., int]:
        def call(path: Any, *rest: Any, **more: Any) -> int:
            handle = real(path, *rest, **more)
            where = str(path)
            if where.endswith(".part") and where.startswith(self._below):
                self.passed(f"after open: {_kind(Path(where))}")
            return handle

        return call

    def _around_handle(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(handle: int, *rest: Any) -> Any:
            where = os.path.realpath(f"/proc/self/fd/{handle}")
            if not where.startswith(self._below):
                return real(handle, *rest)
            what = _kind(Path(where))
            self.passed(f"before {name}: {what}")
            result = real(handle, *rest)
            self.passed(f"after {name}: {what}")
            return result

        return call

    def _around(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(source: Any, target: Any, **more: Any) -> Any:
            what = _kind(Path(target))
            self.passed(f"before rename: {what}")
            result = real(source, target, **more)
            self.passed(f"after rename: {what}")
            return result

        return call


REAL_WRITE = os.write
SPARE_KIBIBYTES = 256


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _starve() -> None:
    """From here on the system gives hardly more memory than there is: threads and buffers are refused."""
    status = Path("/proc/self/status").read_text()
    kibibytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmData:"))
    limit = (kibibytes + SPARE_KIBIBYTES) * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    # Python waits for ever for a thread of its own that got a stack and no memory to begin.
    signal.alarm(8)


def _swell() -> None:
    hoard = []
    while True:
        hoard.append(b"\1" * (1 << 20))


def _named(values: Any) -> str:
    # A line of the journal is (run, step, key, state, data, at); everything else is about a run as a whole.
    return f"{values[1]} {values[3]}" if len(values) == 6 else "run"


def _kind(path: Path) -> str:
    if path.is_dir():
        return "folder"
    if path.name.startswith(("report.", "manifest.")):
        return path.name.split(".")[0]
    return "part" if path.name.endswith(".part") else path.suffix.lstrip(".") or "file"


async def _carried_out(task: Mapping[str, Any]) -> str:
    server: Any = SimpleNamespace(url=task["url"], key=task["key"])
    try:
        async with reopened(server, Path(task["folder"])) as bench:
            job = await taken_up(bench, **task["settings"])
            return str((await job.run()).state)
    except ImmichError as error:
        return f"refused: {type(error).__name__}"


def _child(task: Mapping[str, Any]) -> None:
    if task["cgroup"]:
        (Path(task["cgroup"]) / "cgroup.procs").write_text(str(os.getpid()))
    wire = Tripwire(task)
    wire.stretch()
    state = asyncio.run(_carried_out(task))
    REAL_WRITE(wire._log, f"= {state}\n".encode())


def _tend() -> None:
    for line in sys.stdin:
        task = json.loads(line)
        pid = os.fork()
        if pid == 0:
            # What the child prints must not be taken for an answer of the nursery.
            os.dup2(2, 1)
            status = 1
            try:
                _child(task)
                status = 0
            finally:
                sys.stderr.flush()
                os._exit(status)
        print(pid, flush=True)
        _, ended = os.waitpid(pid, 0)
        end = {"signal": os.WTERMSIG(ended) if os.WIFSIGNALED(ended) else 0}
        end["status"] = os.WEXITSTATUS(ended) if os.WIFEXITED(ended) else 0
        print(json.dumps(end), flush=True)


if __name__ == "__main__":
    _tend()
