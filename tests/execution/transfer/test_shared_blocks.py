"""Copies on file systems that can share blocks, each in a file of its own that is mounted for the test."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from immich_tui.execution.transfer.mount import Mounts, copy
from immich_tui.execution.transfer.partfile import part_of
from immich_tui.execution.transfer.wanted import Expected

MIB = 1 << 20
MAKERS = {"xfs": ["mkfs.xfs", "-q", "-m", "reflink=1"], "btrfs": ["mkfs.btrfs", "-q"]}


@pytest.fixture(params=list(MAKERS))
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """The root of an empty file system of 400 MiB."""
    make = MAKERS[request.param]
    if os.geteuid() != 0 or shutil.which(make[0]) is None:
        pytest.skip(f"{make[0]} and the right to mount are needed")
    image, root = tmp_path / "image", tmp_path / "disk"
    root.mkdir()
    with image.open("wb") as file:
        file.truncate(400 * MIB)
    subprocess.run([*make, str(image)], check=True, capture_output=True)
    mounted = subprocess.run(["mount", "-o", "loop", str(image), str(root)], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip(f"{request.param} cannot be mounted here")
    try:
        yield root
    finally:
        subprocess.run(["umount", "--lazy", str(root)], check=True)


def used(disk: Path) -> int:
    """Bytes in use, once all that was written has its place."""
    os.sync()
    facts = os.statvfs(disk)
    return (facts.f_blocks - facts.f_bfree) * facts.f_frsize


def test_a_copy_shares_its_blocks(disk: Path) -> None:
    library, backup = disk / "library", disk / "backup"
    library.mkdir()
    backup.mkdir()
    data = os.urandom(60 * MIB)
    (library / "one.mov").write_bytes(data)
    before = used(disk)
    expected = Expected(len(data), hashlib.sha1(data, usedforsecurity=False).hexdigest())
    received = copy(Mounts({"/data": library}), "/data/one.mov", backup / "one.mov", expected)
    assert (received.size, received.sha1) == (expected.size, expected.sha1)
    assert used(disk) - before < 10 * MIB, "60 MiB were not written again"
    part = part_of(backup / "one.mov")
    assert part.read_bytes() == data
    assert part.stat().st_mode & 0o777 == 0o600
    # What is done to one of them later does not reach the other.
    with (library / "one.mov").open("r+b") as original:
        original.write(b"changed")
    assert part.read_bytes() == data
