"""What a run keeps on the disk: in order, replaced in place, gone with the process, never lost in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from immich_tui.execution.notebook import PAGE, Chapter, Notebook, plain
from immich_tui.jobs.commit import JournalUnavailable


def test_a_chapter_is_a_mapping_in_the_order_of_first_writing(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path)
    backups = Chapter(notebook, "backup", plain, plain)
    others = Chapter(notebook, "other", plain, plain)
    keys = [f"asset {number}" for number in range(PAGE + 20)]
    for number, key in enumerate(keys):
        backups[key] = {"size": number}
        others[key] = {}
    backups[keys[3]] = {"size": "another", "name": "\ud800 \N{BELL} \u202e"}
    assert list(backups) == keys
    assert len(backups) == len(list(backups.values())) == len(keys)
    assert backups[keys[3]] == {"size": "another", "name": "\ud800 \N{BELL} \u202e"}
    del backups[keys[0]]
    assert keys[0] not in backups
    assert keys[0] in others
    assert backups.get(keys[0]) is None
    with pytest.raises(KeyError):
        backups[keys[0]]


def test_nothing_is_left_in_the_folder(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path)
    notebook.add_groups([("one", b"{}")])
    assert notebook.raw("one") == b"{}"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyError):
        notebook.raw("two")


def test_a_disk_that_takes_no_more_is_told_of(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path)
    notebook._db.execute("PRAGMA max_page_count = 20")  # as a full disk answers
    entries = ((str(number), bytes(4000)) for number in range(1000))
    with pytest.raises(JournalUnavailable, match="full"):
        notebook.put("backup", entries)


def test_a_folder_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(JournalUnavailable):
        Notebook(tmp_path / "not there")
