"""A process of its own that backs up by aria2; made to be killed.

`python -m tests.execution.transfer.aria2_child URL KEY FOLDER DAEMON_URL`
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import SimpleNamespace

from immich_tui.execution.transfer.settings import Aria2Setup, Transfer
from immich_tui.immich.secret import Secret
from tests.aria2_daemon import TOKEN
from tests.workbench import workbench


async def main(url: str, key: str, folder: Path, daemon: str) -> None:
    aria2 = Aria2Setup(daemon, Secret(TOKEN), str(folder / "backups"), shared=True)
    async with workbench(SimpleNamespace(url=url, key=key), folder) as bench:  # type: ignore[arg-type]  # an address is enough
        await bench.accept_everything()
        job = await bench.job(transfer=Transfer(aria2=aria2, http=False, poll_s=0.05))
        print((await job.run()).state, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4]))
