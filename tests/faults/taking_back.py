"""A process of its own that undoes a run, or restores a backup folder; made to be killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import SimpleNamespace

from immich_tui.execution.restore.job import RestoreJob
from tests.workbench import SHORT, reopened


async def main(url: str, key: str, folder: Path, job: str, what: str) -> None:
    server = SimpleNamespace(url=url, key=key)
    async with reopened(server, folder) as bench:  # type: ignore[arg-type]  # an address is enough
        if job == "undo":
            print((await (await bench.undo(what)).run()).state, flush=True)
            return
        restore = await RestoreJob.of(
            bench.client,
            bench.capabilities,
            Path(what),
            settings=bench.settings(),
            rate=None,
            patience=SHORT,
        )
        async with restore:
            print((await restore.run()).state, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4], sys.argv[5]))
