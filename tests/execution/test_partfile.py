"""A backup shows under its name only when it is whole and on disk."""

import asyncio
import errno
import hashlib
import os
import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from immich_tui.execution.backup.manifest import Line, Manifest, read_manifest
from immich_tui.execution.transfer import partfile
from immich_tui.execution.transfer.disk import on_disk
from immich_tui.execution.transfer.partfile import PartFile, file_sha1, publish


def test_nothing_has_the_name_before_it_is_published(tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    part = PartFile(target)
    assert part.open(resume=False) == 0
    part.add(b"first ")
    part.add(b"se")
    part.write(part.take())
    assert part.add(b"cond") == 4
    part.write(part.take())
    assert not target.exists()
    assert part.sha1 == hashlib.sha1(b"first second").hexdigest()
    part.close()
    publish([target])
    assert target.read_bytes() == b"first second"
    assert target.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [target]
    assert file_sha1(target) == (12, part.sha1)


def test_an_unfinished_file_is_continued_with_the_hash_of_all_of_it(tmp_path: Path) -> None:
    first = PartFile(tmp_path / "a.jpg")
    first.open(resume=True)
    first.add(b"abc")
    first.write(first.take())
    first.close()
    second = PartFile(tmp_path / "a.jpg")
    assert second.open(resume=True) == 3
    second.add(b"def")
    second.write(second.take())
    assert second.sha1 == hashlib.sha1(b"abcdef").hexdigest()
    second.close()
    publish([second.target])
    assert (tmp_path / "a.jpg").read_bytes() == b"abcdef"


def test_starting_over_and_throwing_away(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "a.jpg")
    part.open(resume=False)
    part.add(b"wrong")
    part.write(part.take())
    assert part.open(resume=False) == 0
    part.add(b"right")
    part.write(part.take())
    assert part.sha1 == hashlib.sha1(b"right").hexdigest()
    part.discard()
    assert list(tmp_path.iterdir()) == []


def _line(asset_id: str) -> Line:
    return Line(asset_id, "x\n\x1b[31m.jpg", "f", 1, "00", None, "verified", "original", "g", "s", {"a": "ü"})


def test_manifest_lines_come_back_and_a_cut_line_spoils_no_other(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path)
    manifest.append(_line("one"))
    with manifest.path.open("ab") as file:
        file.write(b'{"asset_id": "cut in the mid')
    manifest.append(_line("two"))
    assert list(read_manifest(manifest.path)) == [_line("one"), _line("two")]
    assert b"\x1b" not in manifest.path.read_bytes()


def test_no_manifest_has_no_lines(tmp_path: Path) -> None:
    assert list(read_manifest(tmp_path / "manifest.jsonl")) == []


def test_a_beginning_knows_which_file_it_is_of_until_it_is_thrown_away(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "a.jpg")
    part.open(resume=True)
    assert part.tag() is None
    part.note_tag('W/"1-2"')
    part.add(b"abc")
    part.end()
    again = PartFile(tmp_path / "a.jpg")
    assert (again.open(resume=True), again.tag()) == (3, 'W/"1-2"')
    assert again.open(resume=False) == 0
    assert again.tag() is None
    again.note_tag("")
    again.end()
    publish([again.target])
    assert list(tmp_path.iterdir()) == [tmp_path / "a.jpg"]


def test_a_file_that_would_fill_the_disk_is_not_begun(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "a.jpg")
    room = shutil.disk_usage(tmp_path).free
    with pytest.raises(OSError, match="No space left") as refused:
        part.open(resume=False, room=room)
    assert refused.value.errno == errno.ENOSPC
    part.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_file_stops_growing_before_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = PartFile(tmp_path / "a.jpg")
    part.open(resume=False, room=10)
    real = os.fstatvfs

    def nearly_full(file: int) -> SimpleNamespace:
        now = real(file)
        return SimpleNamespace(f_frsize=now.f_frsize, f_blocks=now.f_blocks, f_bavail=1)

    monkeypatch.setattr(os, "fstatvfs", nearly_full)
    monkeypatch.setattr(partfile, "LOOK_EVERY", 8)
    part.add(b"1234567")
    part.write(part.take())
    part.add(b"89")
    with pytest.raises(OSError, match="No space left"):
        part.write(part.take())
    part.discard()


def test_many_small_pieces_are_written_whole(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "a.jpg")
    part.open(resume=False)
    pieces = [bytes([number % 256]) * (number % 5) for number in range(3000)]
    for piece in pieces:
        part.add(piece)
    part.end()
    assert part.path.read_bytes() == b"".join(pieces)


async def test_work_on_the_disk_is_seen_to_its_end_although_nobody_waits_any_more() -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(10)
        ended.set()

    waiting = asyncio.create_task(on_disk(work))
    await asyncio.to_thread(begun.wait, 10)
    waiting.cancel()
    asyncio.get_running_loop().call_later(0.05, go_on.set)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended.is_set()
