"""Drawing the library ahead of the first listing, on the other processors.

At the very first start there is nothing in the cache. The server draws in the order of the listing, and
streams what it has; meanwhile helper processes begin at the other end and leave their work in the cache.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from immich_tui.demo.catalogue import furnish
from immich_tui.demo.household import move_in
from immich_tui.demo.library import Library
from immich_tui.demo.pictures import Studio

_MOST_HELPERS = 3


def help_drawing(studio: Studio) -> None:
    """Start helpers unless everything is drawn; they end by themselves, also when this process ends.

    Where none can be started, the server draws alone: slower, and nothing else.
    """
    if studio.complete or not sys.executable:
        return
    helpers = min(_MOST_HELPERS, _processors() - 1)
    for number in range(helpers):
        command = [sys.executable, "-m", "immich_tui.demo.warming", str(studio.folder), f"{number}/{helpers}"]
        silent = subprocess.DEVNULL
        with suppress(OSError):
            subprocess.Popen([*command, str(os.getpid())], stdin=silent, stdout=silent, stderr=silent)  # noqa: S603


def _processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def draw_share(folder: Path, number: int, helpers: int, parent: int) -> None:
    """Work out every `helpers`-th asset from the end, as long as the parent process lives."""
    studio = Studio(folder)
    library = Library()
    move_in(library)
    furnish(library, studio, major=3)
    assets = list(library.assets.values())
    for asset in assets[::-1][number::helpers]:
        if os.getppid() != parent:
            return
        asset.file.sha1()
        asset.picture.thumbhash()
    if number == 0:
        for asset in assets:
            if os.getppid() != parent:
                return
            asset.file.sha1()
            asset.picture.thumbnail()
        studio.completed()


if __name__ == "__main__":
    _folder, _share, _parent = sys.argv[1:]
    _number, _helpers = _share.split("/")
    draw_share(Path(_folder), int(_number), int(_helpers), int(_parent))
