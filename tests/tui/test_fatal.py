"""A mistake of the program ends it in words: no locals, no key, and a file with the details."""

from __future__ import annotations

import stat
from pathlib import Path

from immich_tui.tui.fatal import farewell, write_traceback

KEY = "k3y-that-must-not-be-seen"


def _mistake(api_key: str) -> Exception:
    def call(secret: str) -> None:
        raise ValueError(f"bad header x-api-key: {secret}")

    try:
        call(api_key)
    except ValueError as error:
        return error
    raise AssertionError


def test_the_file_has_frames_and_neither_locals_nor_the_key(tmp_path: Path) -> None:
    path = write_traceback(_mistake(KEY), tmp_path / "log", KEY)
    assert path is not None
    text = path.read_text()
    assert "in call" in text
    assert "bad header x-api-key: ***" in text
    assert KEY not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_farewell_does_not_quote_the_error(tmp_path: Path) -> None:
    words = farewell(_mistake(KEY), tmp_path / "x.log")
    assert "ValueError" in words
    assert KEY not in words


def test_an_unwritable_folder_is_no_second_crash(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = write_traceback(_mistake(KEY), tmp_path / "file" / "log")
    assert path is not None
    path.unlink()
