"""The manifest of a backup folder: one JSON line for each verified file.

A backup can be understood, verified and restored from the folder and this file alone.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from immich_tui.execution.transfer.partfile import sync_folder

NAME = "manifest.jsonl"


@dataclass(frozen=True, slots=True)
class Line:
    """One backed-up original.

    `sha1` is of the bytes as written (hex). `verdict` is `verified` when it equals the server's checksum and
    `weak` when the server has no checksum of the content (external libraries): then size and two independent
    reads agree. `role` is `original` or `live video`. `asset` is everything the server told of the asset,
    with its albums, tags, people, edits and ids of public links, each `null` where it was not to be had
    (`people_read` is false where only the listing was read, which names no people); `survivor` is the asset
    kept in its place. `same_as` is the earlier backup below the same root that this file is the same as,
    empty when it was fetched. `way` is the downloader that fetched it. `elsewhere` says where the file lies
    when that is not this folder: then `verdict` is `remote`. `checked_by` tells who compared the checksum.
    """

    asset_id: str
    original_name: str
    file: str
    size: int
    sha1: str
    server_checksum: str | None
    verdict: str
    role: str
    group_id: str
    survivor: str
    asset: Mapping[str, object]
    same_as: str = ""
    way: str = ""
    elsewhere: str = ""
    checked_by: str = ""


_TEXTS = tuple(one.name for one in fields(Line) if one.type == "str")
_ASSET = re.compile(r'\{"asset_id":"([^"]+)"')


class Manifest:
    """Appends lines durably. Safe to use from several threads; each call returns when the line is on disk."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._lock = threading.Lock()

    def append(self, *lines: Line) -> None:
        """Write lines and force them to disk at once; raises `OSError` when the disk does not take them.

        A line that was cut by a crash is closed first, so that it spoils no other.
        """
        data = "".join(f"{_json(line)}\n" for line in lines).encode()
        with self._lock:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                end = os.lseek(file, 0, os.SEEK_END)
                if end and os.pread(file, 1, end - 1) != b"\n":
                    data = b"\n" + data
                view = memoryview(data)
                while view:
                    view = view[os.write(file, view) :]
                os.fsync(file)
            finally:
                os.close(file)
            if not end:
                sync_folder(self.path.parent)


def _json(line: Line) -> str:
    fields = {name: getattr(line, name) for name in Line.__slots__}
    return json.dumps(fields, ensure_ascii=True, separators=(",", ":"))


def read_manifest(path: Path) -> Iterator[Line]:
    """Read a manifest, the last line for a file last; lines that a crash cut are passed over."""
    return (line for line in read_lines(path) if isinstance(line, Line))


def read_lines(path: Path) -> Iterator[Line | str]:
    """As `read_manifest`, and of each line that makes no sense the asset that it was about.

    That is empty where even this cannot be told.
    """
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for text in lines:
            try:
                line = Line(**json.loads(text))
            except (ValueError, TypeError, RecursionError):
                cut = _ASSET.match(text)
                yield cut[1] if cut else ""
            else:
                yield line if _makes_sense(line) else ""


def _makes_sense(line: Line) -> bool:
    """Whether everything is of the kind that it should be: a manifest may be edited, or damaged."""
    texts = all(isinstance(getattr(line, name), str) for name in _TEXTS)
    others = isinstance(line.size, int) and isinstance(line.server_checksum, str | None)
    return texts and others and isinstance(line.asset, Mapping) and "\0" not in line.file
