from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
import sys
import textwrap
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from immich_tui.jobs import commit
from immich_tui.jobs import journal as journal_module
from immich_tui.jobs.journal import SCHEMA_VERSION, Journal, JournalUnavailable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "session.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    async with await Journal.open(path) as journal:
        yield journal


def on_disk(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchall()


# -- what is written -----------------------------------------------------------------------------------------


async def test_an_acknowledged_entry_is_on_disk(journal: Journal, path: Path) -> None:
    run = await journal.start_run("resolve", {"groups": 3})
    await journal.intent(run, "trash", "asset-1", {"prior": {"favourite": True}})
    assert on_disk(path, "SELECT step, key, state, data FROM job_entry") == [
        ("trash", "asset-1", "intent", '{"prior":{"favourite":true}}')
    ]


async def test_the_newest_entry_of_each_key_counts(journal: Journal) -> None:
    run, other = await journal.start_run("resolve"), await journal.start_run("resolve")
    await journal.intent(run, "trash", "b")
    await journal.intent(run, "trash", "a", {"try": 1})
    await journal.outcome(run, "trash", "b", "done")
    await journal.intent(run, "carry", "a")
    await journal.intent(other, "trash", "a")
    newest = await journal.latest(run, "trash")
    assert [(key, entry.state) for key, entry in newest.items()] == [("b", "done"), ("a", "intent")]
    assert newest["a"].data == {"try": 1}
    assert newest["a"].at.endswith("+00:00")
    last = await journal.last(run, "trash", "b")
    assert last is not None
    assert last.state == "done"
    assert await journal.states(run, "trash") == {"done": 1, "intent": 1}
    assert await journal.keys(run, "trash", "intent") == {"a", "b"}, "also those that are not in it any more"
    assert await journal.last(run, "trash", "c") is None


async def test_entries_come_in_the_order_they_were_written(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("immich_tui.jobs.journal.PAGE", 7)
    run, other = await journal.start_run("resolve"), await journal.start_run("resolve")
    for number in range(30):
        await journal.outcome(run, "carry" if number % 3 else "trash", str(number), "done")
        await journal.outcome(other, "carry", str(number), "done")
    assert [entry.key async for entry in journal.entries(run)] == [str(number) for number in range(30)]
    assert [entry.key async for entry in journal.entries(run, "trash")] == [str(n) for n in range(0, 30, 3)]


async def test_text_of_any_kind_comes_back_as_it_was(journal: Journal) -> None:
    run = await journal.start_run("resolve")
    odd = "naïve \x1b[31m \u202e \U0001f4f7 ' \" \n"
    await journal.outcome(run, "backup", odd, "done", {"name": odd, "lone": "\udcff"})
    (entry,) = (await journal.latest(run, "backup")).values()
    assert (entry.key, entry.data) == (odd, {"name": odd, "lone": "\udcff"})


async def test_runs_are_listed_newest_first_with_how_they_ended(journal: Journal) -> None:
    first = await journal.start_run("analyze")
    second = await journal.start_run("resolve", {"groups": 2})
    await journal.finish_run(first, "done")
    runs = {run.id: run for run in await journal.runs()}
    assert (runs[first].state, runs[second].state, runs[second].detail) == ("done", "running", {"groups": 2})
    assert runs[first].finished_at
    assert runs[second].finished_at is None
    await journal.resume_run(first)
    assert {run.id: run.finished_at for run in await journal.runs()}[first] is None
    started = [run.started_at for run in await journal.runs()]
    assert started == sorted(started, reverse=True)


async def test_runs_stand_in_the_order_in_which_they_began_whatever_the_clock_says(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that was set back between two runs hides no newer run behind an older one."""
    monkeypatch.setattr(journal_module, "_now", lambda: "2031-01-01T00:00:00.000+00:00")
    first = await journal.start_run("resolve")
    monkeypatch.setattr(journal_module, "_now", lambda: "2026-11-22T10:00:00.000+00:00")
    second = await journal.start_run("resolve")
    await journal.finish_run(first, "done")
    assert [run.id for run in await journal.runs()] == [second, first]
    async with await Journal.open(path, read_only=True) as other:
        assert [run.id for run in await other.runs()] == [second, first]


async def test_runs_of_an_earlier_version_keep_their_order_and_come_after_all_others(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE job_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
        db.execute(
            "CREATE TABLE job_run (id TEXT PRIMARY KEY, kind TEXT NOT NULL, detail TEXT NOT NULL,"
            " state TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT) WITHOUT ROWID"
        )
        for day in (1, 3, 2):
            add_run_as_an_earlier_version(db, day)
    earlier = ["day 3", "day 2", "day 1"]
    async with await Journal.open(path, read_only=True) as journal:
        assert [run.id for run in await journal.runs()] == earlier
    async with await Journal.open(path) as journal:
        new = await journal.start_run("resolve")
        assert [run.id for run in await journal.runs()] == [new, *earlier]
    with closing(sqlite3.connect(path)) as db, db:
        add_run_as_an_earlier_version(db, 4)
    async with await Journal.open(path, read_only=True) as journal:
        assert [run.id for run in await journal.runs()] == ["day 4", new, *earlier]
    async with await Journal.open(path) as journal:
        newest = await journal.start_run("resolve")
        assert [run.id for run in await journal.runs()] == [newest, "day 4", new, *earlier]


def add_run_as_an_earlier_version(db: sqlite3.Connection, day: int) -> None:
    db.execute(
        "INSERT INTO job_run (id, kind, detail, state, started_at) VALUES (?, 'resolve', '{}', 'done', ?)",
        (f"day {day}", f"203{day}-01-01T00:00:00.000+00:00"),
    )


async def test_a_run_id_is_safe_in_a_file_name(journal: Journal) -> None:
    run = await journal.start_run("resolve")
    assert run.replace("-", "").isalnum()
    assert len(run) < 40


async def test_callers_that_wait_together_share_a_commit(journal: Journal) -> None:
    run = await journal.start_run("resolve")
    before = journal.cost
    await asyncio.gather(*(journal.outcome(run, "trash", str(n), "done") for n in range(200)))
    after = journal.cost
    assert after.writes - before.writes == 200
    assert after.commits - before.commits < 50


async def test_a_caller_that_is_cancelled_disturbs_nobody(journal: Journal) -> None:
    run = await journal.start_run("resolve")
    writers = [asyncio.create_task(journal.outcome(run, "trash", str(n), "done")) for n in range(50)]
    await asyncio.sleep(0)
    for writer in writers[::2]:
        writer.cancel()
    await asyncio.gather(*writers, return_exceptions=True)
    assert {str(n) for n in range(1, 50, 2)} <= set(await journal.latest(run, "trash"))


async def test_an_entry_of_an_unknown_run_fails_alone(journal: Journal) -> None:
    run = await journal.start_run("resolve")
    good, bad, lone = await asyncio.gather(
        journal.outcome(run, "trash", "a", "done"),
        journal.outcome("no such run", "trash", "b", "done"),
        journal.outcome(run, "trash", "\udcff", "done"),
        return_exceptions=True,
    )
    assert good is None
    assert isinstance(bad, sqlite3.IntegrityError)
    assert isinstance(lone, UnicodeEncodeError)
    assert set(await journal.latest(run, "trash")) == {"a"}


async def test_closing_writes_what_is_queued(path: Path) -> None:
    journal = await Journal.open(path)
    run = await journal.start_run("resolve")
    for number in range(20):
        journal.submit(run, "trash", str(number), "done")
    await journal.close()
    assert on_disk(path, "SELECT count(*) FROM job_entry") == [(20,)]
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    with pytest.raises(JournalUnavailable, match="closed"):
        await journal.intent(run, "trash", "late")
    with pytest.raises(JournalUnavailable, match="closed"):
        await journal.runs()


async def test_tens_of_thousands_of_entries_are_streamed_in_constant_memory(
    journal: Journal, path: Path
) -> None:
    run = await journal.start_run("resolve")
    with sqlite3.connect(path) as db:
        db.executemany(
            "INSERT INTO job_entry (run, step, key, state, data, at) VALUES (?, 'trash', ?, 'done', ?, '')",
            ((run, f"asset-{n}", '{"note":"' + "x" * 200 + '"}') for n in range(40_000)),
        )
    peaks = []
    async for number, _ in _numbered(journal.entries(run)):
        if number == 2_000:
            tracemalloc.start()
        if number in {4_000, 39_999}:
            peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0] + 200_000


async def _numbered(entries: AsyncIterator[object]) -> AsyncIterator[tuple[int, object]]:
    number = 0
    async for entry in entries:
        yield number, entry
        number += 1


# -- the file ------------------------------------------------------------------------------------------------


async def test_writes_are_flushed_before_they_are_acknowledged(path: Path) -> None:
    await (await Journal.open(path)).close()
    db = commit.connect(path)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA foreign_keys").fetchone() == (1,)
    db.close()


async def test_only_the_owner_may_read_the_file(journal: Journal, path: Path) -> None:
    await journal.start_run("resolve")
    files = list(path.parent.iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert len(files) > 1
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_it_shares_a_database_without_touching_what_is_not_its_own(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 42")
        db.execute("CREATE TABLE decision (id TEXT)")
    async with await Journal.open(path) as journal:
        run = await journal.start_run("resolve")
        with sqlite3.connect(path, timeout=5) as db:
            db.execute("INSERT INTO decision VALUES ('kept')")
        await journal.outcome(run, "trash", "a", "done")
    assert on_disk(path, "PRAGMA user_version") == [(42,)]
    assert on_disk(path, "SELECT id FROM decision") == [("kept",)]
    tables = {str(name) for (name,) in on_disk(path, "SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert {name for name in tables if not name.startswith(("job_", "sqlite_"))} == {"decision"}


async def test_opening_it_takes_no_lock_away_from_another_connection(path: Path) -> None:
    """Closing any descriptor of a file drops all locks that the process has on it."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE decision (id TEXT)")
        async with await Journal.open(path) as journal:
            await journal.start_run("resolve")
            visit = (
                "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('PRAGMA user_version')"
            )
            subprocess.run([sys.executable, "-c", f"{visit}; db.close()", path], check=True)
            assert path.with_name("session.db-wal").exists()


async def test_a_write_waits_for_another_connection_to_finish(journal: Journal, path: Path) -> None:
    run = await journal.start_run("resolve")
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("BEGIN IMMEDIATE")
    write = asyncio.ensure_future(journal.outcome(run, "trash", "a", "done"))
    assert await journal.latest(run, "trash") == {}
    assert not write.done()
    db.execute("COMMIT")
    db.close()
    await write


async def test_a_database_that_stays_locked_is_said_so_and_the_next_try_works(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "BUSY_TIMEOUT_S", 0.05)
    async with await Journal.open(path) as journal:
        run = await journal.start_run("resolve")
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        results = await asyncio.gather(
            *(journal.outcome(run, "trash", str(n), "done") for n in range(5)), return_exceptions=True
        )
        assert [type(result) for result in results] == [JournalUnavailable] * 5
        assert "locked by another program" in str(results[0])
        db.execute("ROLLBACK")
        db.close()
        assert await journal.latest(run, "trash") == {}
        await journal.outcome(run, "trash", "a", "done")


async def test_a_second_process_may_read_but_not_write(journal: Journal, path: Path) -> None:
    run = await journal.start_run("resolve")
    await journal.outcome(run, "trash", "a", "done")
    async with await Journal.open(path, read_only=True) as reader:
        assert set(await reader.latest(run, "trash")) == {"a"}
        assert reader.cost.writes == 0
        with pytest.raises(JournalUnavailable, match="reading only"):
            await reader.outcome(run, "trash", "b", "done")


async def test_reading_where_nothing_was_run_says_so(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE decision (id TEXT)")
    with pytest.raises(JournalUnavailable, match="Nothing was run"):
        await Journal.open(path, read_only=True)


async def test_a_file_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    await (await Journal.open(path)).close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE job_meta SET value = ?", (str(SCHEMA_VERSION + 1),))
    with pytest.raises(JournalUnavailable, match="newer version"):
        await Journal.open(path)
    assert on_disk(path, "SELECT value FROM job_meta") == [(str(SCHEMA_VERSION + 1),)]


async def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"these are not the pages you are looking for" * 100)
    with pytest.raises(JournalUnavailable, match="damaged"):
        await Journal.open(path)


async def test_a_damaged_page_is_said_so(path: Path) -> None:
    async with await Journal.open(path) as journal:
        run = await journal.start_run("resolve")
        await asyncio.gather(
            *(journal.outcome(run, "trash", str(n), "done", {"x": "y" * 300}) for n in range(500))
        )
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xa5" * (len(content) - 8192)
    path.write_bytes(content)

    async def read() -> None:
        async with await Journal.open(path) as journal:
            async for _ in journal.entries(run):
                pass

    with pytest.raises(JournalUnavailable, match="damaged"):
        await read()


async def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalUnavailable, match="cannot be opened"):
        await Journal.open(tmp_path / "file" / "session.db")


def test_a_full_disk_has_its_own_sentence(path: Path) -> None:
    path.parent.mkdir()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE t (x)")
    db.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as raised:
        db.executemany("INSERT INTO t VALUES (?)", (("x" * 1000,) for _ in range(50)))
    db.close()
    assert "full" in commit.unavailable(raised.value).sentence


OUT_OF_ROOM = """
    import asyncio, resource, sys
    from pathlib import Path
    from immich_tui.jobs.journal import Journal, JournalUnavailable

    async def main():
        async with await Journal.open(Path(sys.argv[1])) as journal:
            run = await journal.start_run("resolve")
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
            refused = 0
            for number in range(5000):
                try:
                    await journal.outcome(run, "trash", str(number), "done", {"x": "y" * 100})
                except JournalUnavailable as error:
                    if not refused:
                        print("refused", error.sentence, flush=True)
                    refused += 1
                    if refused == 3:
                        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
                    if refused > 3:
                        sys.exit("still refused after there was room again")
                else:
                    print("written", number, flush=True)
                    if refused and number % 50 == 0:
                        return

    asyncio.run(main())
"""


def test_when_the_disk_takes_no_more_nothing_is_acknowledged_and_it_goes_on_once_there_is_room(
    path: Path,
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(OUT_OF_ROOM), path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert sum(line.startswith("refused") for line in lines) == 1
    written = {line.split()[1] for line in lines if line.startswith("written")}
    assert len(written) > 20
    assert {key for (key,) in on_disk(path, "SELECT key FROM job_entry")} == written
    assert on_disk(path, "PRAGMA integrity_check") == [("ok",)]


async def test_keys_of_a_step_are_counted_once(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path / "journal.db") as journal:
        run = await journal.start_run("test")
        for key, state in [("a", "intent"), ("a", "done"), ("b", "intent")]:
            await journal.outcome(run, "step", key, state)
        await journal.outcome(run, "other", "c", "done")
        assert [await journal.count(run, step) for step in ("step", "other", "none")] == [2, 1, 0]
