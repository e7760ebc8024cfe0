"""A process of its own that fetches, accepts everything and carries it out; made to be killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import SimpleNamespace

from tests.workbench import workbench


async def main(url: str, key: str, folder: Path, graft_to: str = "") -> None:
    server = SimpleNamespace(url=url, key=key)
    async with workbench(server, folder, graft=bool(graft_to)) as bench:  # type: ignore[arg-type]  # an address is enough
        await bench.accept_everything()
        for row in bench.session.rows if graft_to else ():
            await bench.session.choose_winner(row.group_id, graft_to)
        job = await bench.job()
        report = await job.run()
        print(report.state, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), *sys.argv[4:]))
