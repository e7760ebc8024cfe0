"""Originals that lie in a folder of this machine: a NAS share or the server's own disk, mapped by a setting.

Nothing is ever written there. A path is walked part by part from the mapped folder, each opened relative to
the one before and never through a symbolic link, so that no name the server tells leads out of it.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from immich_tui.execution.transfer.disk import on_disk
from immich_tui.execution.transfer.partfile import discard, part_of, spare_of
from immich_tui.execution.transfer.wanted import Away, Expected, Kind, Mismatch, Order, Progress, Received
from immich_tui.execution.transfer.wanted import Rejected as NotThisWay
from immich_tui.jobs.slot import Slot

READ = 1 << 20
TELL_EVERY = 16 << 20
"""Bytes copied between two words about it."""

FICLONE = 0x40049409
"""The ioctl of Linux that lets two files share their blocks until one of them changes."""

_FULL = {errno.ENOSPC, errno.EDQUOT}


class MountTrouble(Exception):
    """A file of a mapped folder cannot be had; the text says why, as a sentence."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file open for reading, and its size in bytes."""

    handle: int
    size: int


class Mounts:
    """Folders of the server and where they are on this machine; the longest match counts. Blocks on disks."""

    def __init__(self, path_map: Mapping[str, Path]) -> None:
        pairs = [(PurePosixPath(theirs), ours) for theirs, ours in path_map.items()]
        self._map = sorted(pairs, key=lambda pair: -len(pair[0].parts))

    def __bool__(self) -> bool:
        return bool(self._map)

    @property
    def folders(self) -> tuple[Path, ...]:
        """The mapped folders on this machine."""
        return tuple(ours for _, ours in self._map)

    def covers(self, path: str) -> bool:
        """Whether the server's path lies in a mapped folder, by its words alone."""
        return self._place(path) is not None

    @contextmanager
    def opened(self, path: str) -> Iterator[Opened]:
        """Open the file of a server's path for reading. Raises `MountTrouble`."""
        place = self._place(path)
        if place is None:
            raise MountTrouble("Its path lies in no mapped folder.")
        root, parts = place
        try:
            handle = _walk(root, parts)
        except OSError as error:
            raise MountTrouble(_sentence(error)) from error
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise MountTrouble("What lies at its path in the mapped folder is no file.")
            yield Opened(handle, status.st_size)
        finally:
            os.close(handle)

    def missing(self) -> str:
        """Which mapped folder cannot be read, as a sentence; empty when all can."""
        for _, ours in self._map:
            try:
                os.close(os.open(ours, os.O_RDONLY | os.O_DIRECTORY))
            except OSError as error:
                return f"The mapped folder {ours} cannot be read: {error.strerror}."
        return ""

    def _place(self, path: str) -> tuple[Path, Sequence[str]] | None:
        """The mapped folder, and the parts below it; `None` for a path that no sane server has."""
        whole = PurePosixPath(path)
        if "\0" in path or ".." in whole.parts:
            return None
        for theirs, ours in self._map:
            count = len(theirs.parts)
            if count < len(whole.parts) and whole.parts[:count] == theirs.parts:
                return ours, whole.parts[count:]
        return None


def _walk(root: Path, parts: Sequence[str]) -> int:
    """Open a file below a folder, one part at a time; the caller closes it. Raises `OSError`."""
    # What the person mapped may be a link; nothing below it may.
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
        # A pipe would keep us waiting for its other end.
        return os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)


def _sentence(error: OSError) -> str:
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return "A symbolic link lies on its path in the mapped folder; none is followed."
    return f"It cannot be read in the mapped folder: {error.strerror}."


def _unchecked(order: Order) -> bool:
    return order.weak or order.expected.sha1 is None


class FromMount:
    """Copies from mapped folders: sharing blocks where the file system can, else byte by byte."""

    name = "mount"
    kinds: Mapping[Kind, int] = {Kind.MOUNT: 10}
    works_ahead = False

    def __init__(self, mounts: Mounts) -> None:
        self._mounts = mounts
        self._given_up: set[str] = set()

    async def submit(self, orders: Sequence[Order]) -> Sequence[str]:
        """Accept what has a checksum; the rest shows when it is copied."""
        await self.look()
        return ["There is no checksum to compare it with." if _unchecked(order) else "" for order in orders]

    async def bring(self, order: Order, slot: Slot, progress: Progress) -> Received:
        """Copy and compare."""
        slot.show(f"copying {order.name}", 0, order.expected.size or 0)
        loop = asyncio.get_running_loop()
        self._given_up.discard(order.key)

        def told(done: int, total: int) -> None:
            if order.key in self._given_up:
                raise NotThisWay("It was cancelled.")
            loop.call_soon_threadsafe(progress, done, total)

        try:
            received = await on_disk(copy, self._mounts, order.path, order.target, order.expected, told)
        except MountTrouble as error:
            await self.look()
            raise NotThisWay(str(error)) from error
        progress(received.size, received.size)
        return received

    async def cancel(self, order: Order) -> None:
        """Have a copy that is under way stop within the next 16 MiB."""
        self._given_up.add(order.key)

    async def look(self) -> None:
        """See whether the folders are there."""
        if missing := await on_disk(self._mounts.missing):
            raise Away(missing)

    async def hold(self, paused: bool) -> None:
        """Nothing goes on behind `bring`."""

    async def close(self) -> None:
        """Nothing is kept open."""


def copy(
    mounts: Mounts, path: str, target: Path, expected: Expected, progress: Progress = lambda done, total: None
) -> Received:
    """Put a mapped file's bytes into the `.part` file of `target`, compared with what is expected.

    Raises `MountTrouble`, `Mismatch`, and `OSError` of the backup's side; no `.part` is left then. Blocks.
    """
    with mounts.opened(path) as source:
        discard(target)
        part = os.open(part_of(target), os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        whole = False
        try:
            received = _fill(source, part, expected, progress)
            whole = True
        finally:
            os.close(part)
            if not whole:
                discard(target)
    return received


def _fill(source: Opened, part: int, expected: Expected, progress: Progress) -> Received:
    if expected.size is not None and source.size != expected.size:
        raise Mismatch(f"The mapped folder has {source.size:,} bytes where Immich says {expected.size:,}.")
    if not _cloned(source, part):
        _check_room(part, source.size)
        size, sha1 = _through(_read_source(source), lambda data: _write(part, data), source.size, progress)
    else:
        # What is hashed is the backup, not the file that it was made from.
        size, sha1 = _through(_read(part), lambda data: None, source.size, progress)
    if problem := expected.difference(size, sha1):
        raise Mismatch(problem.replace("arrived", "lie in the mapped folder"))
    return Received(size, sha1)


def _cloned(source: Opened, part: int) -> bool:
    try:
        fcntl.ioctl(part, FICLONE, source.handle)
    except OSError as error:
        if error.errno in _FULL:
            raise
        # Every file system says in its own way that it cannot.
        return False
    return True


def _read_source(source: Opened) -> Iterator[memoryview]:
    with suppress(AttributeError, OSError):
        os.posix_fadvise(source.handle, 0, 0, os.POSIX_FADV_SEQUENTIAL)
    try:
        yield from _read(source.handle)
    except OSError as error:
        raise MountTrouble(_sentence(error)) from error


def _read(handle: int) -> Iterator[memoryview]:
    """The bytes of a file, in one buffer that is used again and again."""
    buffer = memoryview(bytearray(READ))
    while count := os.readv(handle, [buffer]):
        yield buffer[:count]


def _through(
    pieces: Iterator[memoryview], put: Callable[[memoryview], None], total: int, progress: Progress
) -> tuple[int, str]:
    digest = hashlib.sha1(usedforsecurity=False)
    size = told = 0
    for data in pieces:
        digest.update(data)
        put(data)
        size += len(data)
        if size - told >= TELL_EVERY:
            told = size
            progress(size, total)
    return size, digest.hexdigest()


def _write(part: int, data: memoryview) -> None:
    while data:
        data = data[os.write(part, data) :]


def _check_room(part: int, wanted: int) -> None:
    disk = os.fstatvfs(part)
    if disk.f_bavail * disk.f_frsize < wanted + spare_of(disk.f_blocks * disk.f_frsize):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
