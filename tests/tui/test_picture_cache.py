"""The cache is private, bounded, forgets what was used longest ago, and never disturbs anybody."""

import os
import time
from pathlib import Path

import pytest

from immich_tui.tui.picture_cache import PictureCache


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "pictures"


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_written_is_read(folder: Path) -> None:
    PictureCache(folder).write(b"picture", "server", "a", "1")
    again = PictureCache(folder)
    assert again.read("server", "a", "1") == b"picture"
    assert again.read("server", "a1", "") is None
    again.drop("server", "a", "1")
    assert again.read("server", "a", "1") is None


def test_others_see_nothing(folder: Path) -> None:
    PictureCache(folder).write(b"picture", "../../a", "\0\ud800")
    (file,) = files(folder)
    assert file.stat().st_mode & 0o777 == 0o600
    assert all(path.stat().st_mode & 0o077 == 0 for path in (file.parent, folder, folder.parent))


def test_the_longest_unused_go_first(folder: Path) -> None:
    cache = PictureCache(folder, limit=10_000)
    for name in range(9):
        cache.write(bytes([name + 1]) * 1000, str(name))
        os.utime(cache._path((str(name),)), (name, name))
    assert cache.read("0")
    cache.write(b"x" * 1500, "new")
    left = [name for name in map(str, range(9)) if cache.read(name)]
    assert "0" in left
    assert "1" not in left
    assert cache.read("new")
    assert sum(path.stat().st_size for path in files(folder)) <= 8_000


def test_a_new_start_counts_what_is_there(folder: Path) -> None:
    for round_ in range(6):
        cache = PictureCache(folder, limit=5_000)
        for name in range(4):
            cache.write(b"x" * 1000, str(round_), str(name))
        assert sum(path.stat().st_size for path in files(folder)) <= 5_000


def test_writing_again_does_not_count_twice(folder: Path) -> None:
    cache = PictureCache(folder, limit=5_000)
    cache.write(b"y" * 1000, "kept")
    for _ in range(20):
        cache.write(b"x" * 1000, "again")
    assert cache.read("kept")


def test_what_a_writer_left_behind_goes(folder: Path) -> None:
    cache = PictureCache(folder, limit=1_000)
    cache.write(b"x" * 900, "a")
    (file,) = files(folder)
    old, new = file.parent / ".part-old", file.parent / ".part-new"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    cache.write(b"x" * 900, "b")
    assert not old.exists()
    assert new.exists()


def test_no_room_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    cache = PictureCache(tmp_path / "file" / "pictures")
    cache.write(b"picture", "a")
    assert cache.read("a") is None
