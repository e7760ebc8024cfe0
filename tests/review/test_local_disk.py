"""Which folders are on a network share, by what the system says is mounted where."""

from __future__ import annotations

from pathlib import Path

import pytest

from immich_tui.review import local_disk
from immich_tui.review.local_disk import network_file_system

LINES = """\
21 1 0:20 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
35 21 0:31 / {home} rw,relatime shared:5 - nfs4 nas:/home rw,vers=4.2
36 35 0:32 / {home}/on\\040this\\040disk rw - btrfs /dev/sdb1 rw
37 35 0:33 / {home}/cloud rw,nosuid - fuse.rclone remote: rw
38 35 0:34 / {home}/windows ro - fuseblk /dev/sdc1 ro
39 35 0:35 / {home}/hidden rw - nfs nas:/old rw
40 39 0:36 / {home}/hidden rw - xfs /dev/sdd1 rw
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    table = tmp_path / "mountinfo"
    table.write_text(LINES.replace("{home}", str(tmp_path / "home")))
    monkeypatch.setattr(local_disk, "MOUNTS", table)
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("", "nfs4"),
        (".local/share/immich-tui", "nfs4"),
        ("on this disk", ""),
        ("on this disk/data", ""),
        ("on this disk, but not quite", "nfs4"),
        ("cloud/data", "fuse.rclone"),
        ("windows", ""),
        ("hidden", ""),
        ("..", ""),
    ],
)
def test_the_mount_that_is_nearest_above_tells(home: Path, folder: str, kind: str) -> None:
    assert network_file_system(home / folder) == kind


def test_a_link_to_a_share_is_followed(home: Path, tmp_path: Path) -> None:
    home.mkdir()
    (tmp_path / "link").symlink_to(home)
    assert network_file_system(tmp_path / "link" / "data") == "nfs4"


def test_where_the_system_does_not_tell_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_disk, "MOUNTS", tmp_path / "no such file")
    assert network_file_system(tmp_path) == ""
