"""Writing past the cache: the same bytes, whatever their lengths, on every file system."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha1
from mmap import mmap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immich_tui.execution.transfer.partfile import PartFile
from immich_tui.execution.transfer.sink import ALIGNED, Sink

LENGTHS = st.lists(
    st.integers(1, 5).map(lambda blocks: blocks * ALIGNED) | st.integers(1, 3 * ALIGNED), max_size=8
)


def pieces_of(lengths: Sequence[int]) -> list[memoryview]:
    """Pieces of these lengths, each with other bytes, in memory that begins with a page."""
    pieces = []
    for number, length in enumerate(lengths):
        memory = mmap(-1, length)
        memory[:] = bytes([number + 1]) * length
        pieces.append(memoryview(memory))
    return pieces


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    file = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    yield file
    os.close(file)


def content(file: int) -> bytes:
    """What is in an open file, read through the cache."""
    fcntl.fcntl(file, fcntl.F_SETFL, fcntl.fcntl(file, fcntl.F_GETFL) & ~os.O_DIRECT)
    return os.pread(file, os.fstat(file).st_size + 1, 0)


def direct_or_skip(file: int) -> Sink:
    into = Sink(file)
    into.leave_the_cache_out()
    if not into.is_direct:
        pytest.skip("this file system does not write past the cache")
    return into


@given(LENGTHS, st.data())
def test_bytes_come_out_as_they_went_in(lengths: list[int], data: st.DataObject) -> None:
    pieces = pieces_of(lengths)
    cut = data.draw(st.integers(0, len(pieces)))
    with tempfile.TemporaryFile(buffering=0) as opened:
        file = opened.fileno()
        into = Sink(file)
        into.leave_the_cache_out()
        into.write(pieces[:cut])
        into.write(pieces[cut:])
        assert content(file) == b"".join(map(bytes, pieces))


def test_whole_blocks_go_past_the_cache_and_the_rest_through_it(file: int) -> None:
    into = direct_or_skip(file)
    into.write(pieces_of([ALIGNED, 4 * ALIGNED]))
    assert fcntl.fcntl(file, fcntl.F_GETFL) & os.O_DIRECT
    into.write(pieces_of([ALIGNED + 1]))
    assert not fcntl.fcntl(file, fcntl.F_GETFL) & os.O_DIRECT
    assert len(content(file)) == 6 * ALIGNED + 1


def test_from_the_middle_of_a_block_the_cache_stays(file: int) -> None:
    os.write(file, b"x")
    into = Sink(file)
    into.leave_the_cache_out()
    assert not into.is_direct


def test_memory_that_begins_within_a_page_is_written_all_the_same(file: int) -> None:
    into = direct_or_skip(file)
    odd = memoryview(bytearray(b"y" * (3 * ALIGNED + 64)))[1 : 1 + 2 * ALIGNED]
    into.write([odd])
    assert content(file) == b"y" * (2 * ALIGNED)


def test_a_file_system_that_refuses_in_the_middle_gets_the_rest_through_the_cache(
    file: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    into = direct_or_skip(file)
    real, calls = os.writev, []

    def short_then_refused(handle: int, pieces: Sequence[bytes | memoryview]) -> int:
        calls.append(len(pieces))
        if len(calls) == 1:
            return os.write(handle, pieces[0])
        if len(calls) == 2:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return real(handle, pieces)

    monkeypatch.setattr(os, "writev", short_then_refused)
    pieces = pieces_of([ALIGNED, 2 * ALIGNED, ALIGNED])
    into.write(pieces)
    assert calls == [3, 2, 2]
    assert content(file) == b"".join(map(bytes, pieces))


def test_an_error_of_the_disk_is_raised(file: int, monkeypatch: pytest.MonkeyPatch) -> None:
    into = direct_or_skip(file)

    def full(handle: int, pieces: Sequence[bytes | memoryview]) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "writev", full)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        into.write(pieces_of([ALIGNED]))


def test_a_large_part_file_is_hashed_beside_and_resumed_after(tmp_path: Path) -> None:
    part, pieces = PartFile(tmp_path / "photo.jpg"), pieces_of([4 * ALIGNED, ALIGNED, 77])
    whole = b"".join(map(bytes, pieces))
    with ThreadPoolExecutor(1) as beside:
        part.open(resume=True)
        part.expect_much(beside)
        for piece in pieces:
            part.add(piece)
            part.write(part.take())
        part.end()
    assert part.sha1 == sha1(whole).hexdigest()
    assert part.path.read_bytes() == whole
    again = PartFile(tmp_path / "photo.jpg")
    assert again.open(resume=True) == len(whole)
    assert again.sha1 == part.sha1
    again.close()


def test_bytes_are_hashed_to_the_end_before_an_error_lets_go_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever gave the memory fills it again after `write`, also after one that failed."""
    part = PartFile(tmp_path / "photo.jpg")

    def broken(handle: int, pieces: Sequence[bytes | memoryview]) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with ThreadPoolExecutor(1) as beside:
        part.open(resume=False)
        part.expect_much(beside)
        monkeypatch.setattr(os, "writev", broken)
        (piece,) = pieces_of([8 * ALIGNED])
        part.add(piece)
        with pytest.raises(OSError, match=os.strerror(errno.EIO)):
            part.write(part.take())
        assert part.sha1 == sha1(bytes(piece)).hexdigest()
        part.close()
