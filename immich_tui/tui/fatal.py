"""The end after a mistake of this program: a short message on the terminal, the traceback in a file.

Textual prints local variables with a traceback, and one of them may be the API key. Here the terminal gets a
sentence, and the file has frames without locals.
"""

from __future__ import annotations

import os
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from immich_tui import __version__

FATAL_STATUS = 70
"""Exit status after a mistake of this program (EX_SOFTWARE)."""


def write_traceback(error: BaseException, folder: Path, mask: str = "") -> Path | None:
    """Write an error into a file of its own, `mask` blotted out; `None` when that fails."""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    text = "".join(lines)
    if mask:
        text = text.replace(mask, "***")
    name = f"crash-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.log"
    for place in (folder, Path(tempfile.gettempdir())):
        try:
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = place / name
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(f"immich-tui {__version__}\n{text}")
        except OSError:
            continue
        return path
    return None


def farewell(error: BaseException, path: Path | None) -> str:
    """What the terminal shows: what happened, that nothing is lost, and what to send with a report."""
    where = f"The details are in {path}." if path else "The details could not be written to a file."
    return (
        f"immich-tui met a mistake of its own ({type(error).__name__}) and stopped.\n"
        f"{where}\n"
        "Decisions are saved, and a run can be taken up where it stopped.\n"
    )
