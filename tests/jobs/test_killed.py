"""`kill -9` of a real process: what was acknowledged is there, and the job goes on where it was."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections import Counter
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

WRITERS = 5

WRITE_FOR_EVER = """
    import asyncio, itertools, os, sys
    from pathlib import Path
    from immich_tui.jobs.journal import Journal

    async def main():
        journal = await Journal.open(Path(sys.argv[1]))
        run = await journal.start_run("resolve")
        os.write(1, f"{run}\\n".encode())

        async def write(writer):
            for number in itertools.count():
                await journal.outcome(run, "trash", f"{writer}-{number}", "done")
                os.write(1, f"{writer}-{number}\\n".encode())

        await asyncio.gather(*(write(writer) for writer in range(int(sys.argv[2]))))

    asyncio.run(main())
"""

JOB = """
    import asyncio, os, sys
    from pathlib import Path
    from immich_tui.jobs.journal import Journal
    from immich_tui.jobs.phase import BatchPhase, Continue, Nested, Phase
    from immich_tui.jobs.processor import Processor

    def say(text):
        os.write(1, f"{text}\\n".encode())

    class Once(Phase):
        name = "first"
        async def run(self, context):
            say("first")
            return Continue()

    class Batches(BatchPhase):
        batch_size = 7
        def __init__(self, name):
            self.name = name
        async def items(self, context):
            return range(100)
        async def handle_batch(self, context, batch):
            for item in batch:
                await asyncio.sleep(0)
                say(f"{self.name} {item}")
                if item % 25 == 3:
                    context.non_fatal(str(item), "odd")

    async def main():
        async with await Journal.open(Path(sys.argv[1])) as journal:
            runs = await journal.runs()
            run = runs[0].id if runs else await journal.start_run("resolve")
            inner = Nested("inner", [Batches("copy"), Batches("check")])
            processor = Processor(journal, run, [Once(), inner, Batches("last")], None)
            result = await processor.run()
            say(f"{result.state} {sorted(int(error.item) for error in result.errors)}")

    asyncio.run(main())
"""


def kill_after(lines: int, script: str, *arguments: object) -> tuple[list[str], bool]:
    """Run a script, kill it once it has said so many lines; what it said, and whether it was killed."""
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = [line for _, line in zip(range(lines), process.stdout, strict=False)]
        process.kill()
        rest = process.stdout.read()
    heard = "".join(said) + rest
    # The last line may have been cut in the middle.
    return heard[: heard.rfind("\n") + 1].splitlines(), process.returncode == -signal.SIGKILL


def kill_writers(path: Path, rounds: int, chance: random.Random) -> None:
    acknowledged: dict[str, set[str]] = {}
    for _ in range(rounds):
        (run, *keys), killed = kill_after(chance.randint(2, 400), WRITE_FOR_EVER, path, WRITERS)
        assert killed
        acknowledged[run] = set(keys)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for run, heard in acknowledged.items():
            found = [
                key for (key,) in db.execute("SELECT key FROM job_entry WHERE run = ? ORDER BY seq", (run,))
            ]
            assert heard <= set(found)
            for writer in range(WRITERS):
                numbers = [int(key.split("-")[1]) for key in found if key.startswith(f"{writer}-")]
                assert numbers == list(range(len(numbers)))


def test_a_killed_process_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    kill_writers(tmp_path / "session.db", 12, random.Random(4))


@pytest.mark.slow
def test_two_hundred_killed_processes_lose_nothing_they_acknowledged(tmp_path: Path) -> None:
    kill_writers(tmp_path / "session.db", 200, random.Random())


def test_a_job_that_is_killed_again_and_again_goes_on_and_ends_as_if_nothing_had_been(tmp_path: Path) -> None:
    chance, path, goes = random.Random(9), tmp_path / "session.db", []
    for _ in range(30):
        said, killed = kill_after(chance.randint(20, 90), JOB, path)
        goes.append(said)
        if not killed:
            break
    assert goes[-1][-1] == "done [3, 3, 3, 28, 28, 28, 53, 53, 53, 78, 78, 78]"
    done = Counter(line for said in goes for line in said)
    wanted = [f"{phase} {item}" for phase in ("copy", "check", "last") for item in range(100)]
    assert set(done) == {"first", *wanted, goes[-1][-1]}
    for before, after in pairwise(goes):
        # At most the batch that was cut off is done again.
        again = wanted.index(after[0]) if after[0] in wanted else 0
        assert again >= (wanted.index(before[-1]) if before[-1] in wanted else 0) - 7
    assert max(done.values()) <= len(goes)
