"""A JSON file that is whole or not there, readable by its owner only."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from immich_tui.execution.transfer.partfile import sync_folder


def write_json(path: Path, value: object) -> None:
    """Write a value durably, making the folder where it is missing. Blocks on the disk; raises `OSError`."""
    encoder = json.JSONEncoder(indent=1, ensure_ascii=True)
    write_text(path, chain(encoder.iterencode(value), ["\n"]))


def write_text(path: Path, pieces: Iterable[str]) -> None:
    """As `write_json`, a text that is made while it is written."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(path.name + ".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


def objects_in(path: Path) -> Iterator[Mapping[str, Any]]:
    """The objects in the lists of a report, as `write_json` or the report of a run has them, one by one.

    So that no file is too large. What makes no sense is passed over. Blocks on the disk; raises `OSError`.
    """
    begun: list[str] = []
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            text = line.rstrip().removesuffix(",")
            if text.startswith("  {"):
                begun = [text]
            elif begun:
                begun.append(line.rstrip() if text != "  }" else text)
            if begun and (text == "  }" or (len(begun) == 1 and text != "  {")):
                try:
                    found = json.loads("\n".join(begun))
                except ValueError:
                    found = None
                begun = []
                if isinstance(found, dict):
                    yield found
