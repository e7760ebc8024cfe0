"""A backup shows under its name only when it is whole and on disk."""

import hashlib
from pathlib import Path

from immich_tui.execution.manifest import Line, Manifest, read_manifest
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
