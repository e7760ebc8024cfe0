"""Faults on the wire, each really injected: downloads, writes, deletes, refusals, outages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from immich_tui.demo.faults import (
    Action,
    Exchange,
    after_applying,
    close_delimited,
    dropped_after,
    dropped_before,
    empty_answer,
    flipped_bit,
    forbidden,
    gzipped,
    html_page,
    lying_length,
    maintenance,
    other_etag,
    range_ignored,
    redirect,
    reset_after,
    run,
    run_after,
    stall,
    status,
    trickle,
    truncated,
    unauthorized,
    wrong_range,
)
from immich_tui.demo.records import Asset
from immich_tui.demo.server import DemoServer
from immich_tui.execution.report.report import Report
from immich_tui.jobs.pool import Patience
from immich_tui.jobs.progress import Status
from immich_tui.review.decisions import DecisionKind
from tests.faults.invariants import Before
from tests.shelf import Shelf, rich
from tests.workbench import IMPATIENT, Workbench, workbench

ALWAYS = None
ORIGINAL_AND_JSON = status(500, message="Range Not Satisfiable", content_type="image/jpeg")
IN_A_WHILE = format_datetime(datetime.now(UTC) + timedelta(hours=10), usegmt=True)


@dataclass
class Row:
    """Faults that the downloads of one file meet in turn, and why its group is held back, if it is."""

    faults: list[tuple[Action, int | None]]
    held: str = ""
    loser: Asset = field(init=False)


DOWNLOADS = {
    "reset in mid-body": Row([(reset_after(15_000), 2)]),
    "cut under the right length": Row([(truncated(12_000), 3)]),
    "cut again and again": Row([(truncated(12_000), ALWAYS)]),
    "cut for ever": Row([(truncated(0), ALWAYS)], "broke"),
    "length that lies once": Row([(lying_length(12_000), 1)]),
    "length that lies always": Row([(lying_length(12_000), ALWAYS)], "bytes arrived where Immich says"),
    "close-delimited and cut once": Row([(close_delimited(12_000), 1)]),
    "close-delimited and cut always": Row([(close_delimited(12_000), ALWAYS)], "bytes arrived where Immich"),
    "one bit once": Row([(flipped_bit(777), 1)]),
    "one bit always": Row([(flipped_bit(777), ALWAYS)], "do not have the checksum"),
    "log-in page": Row([(html_page(), ALWAYS)], "Instead of the file came"),
    "nothing at all once": Row([(empty_answer(), 1)]),
    "nothing at all always": Row([(empty_answer(), ALWAYS)], "0 bytes arrived"),
    "packed": Row([(gzipped(), ALWAYS)], "compressed"),
    "resumed with the whole": Row([(truncated(12_000), 1), (range_ignored(), 1)]),
    "resumed at the wrong place": Row([(truncated(12_000), 1), (wrong_range(), 1)]),
    "resumed with another tag": Row([(truncated(12_000), 1), (other_etag(), 1)]),
    "resumed with a flipped bit": Row([(truncated(12_000), 1), (flipped_bit(100), 1)]),
    "resume refused with 416": Row([(truncated(12_000), 1), (status(416), 1)]),
    "resume refused with 500 and a JSON picture": Row([(truncated(12_000), 1), (ORIGINAL_AND_JSON, 1)]),
    "500 and a JSON picture always": Row([(ORIGINAL_AND_JSON, ALWAYS)], "The server failed (500)"),
    "silence once": Row([(stall(5_000), 1)]),
    "trickle once": Row([(trickle(300.0, start=5_000), 1)]),
    "trickle always": Row([(trickle(300.0), ALWAYS)], "so slowly"),
    "429": Row([(status(429), 1)]),
    "429 with seconds": Row([(status(429, retry_after="1"), 1)]),
    "429 with a date far away": Row([(status(429, retry_after=IN_A_WHILE), 1)]),
    "429 with nonsense": Row([(status(429, retry_after="soon"), 1)]),
    "429 with an absurd number": Row([(status(429, retry_after="9" * 30), 1)]),
    "503": Row([(status(503, retry_after="0"), 1)]),
    "502 and 504": Row([(status(502), 1), (status(504), 1)]),
    "503 for ever": Row([(status(503), ALWAYS)], "too busy"),
    "file not there": Row([(status(404, message="Not Found"), ALWAYS)], "no such file"),
    "no access": Row(
        [(status(400, message="Not found or no asset.download access"), ALWAYS)], "does not know"
    ),
}


async def test_downloads(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        for number, row in enumerate(DOWNLOADS.values()):
            _, row.loser = shelf.pair(number)
            for action, times in row.faults:
                server.faults.add(action, path=f"{row.loser.id}/original", times=times)
        before = Before.of(server)
        async with workbench(server, tmp_path, timeouts=IMPATIENT) as bench:
            await bench.accept_everything()
            job = await bench.job()
            report = await job.run()
            assert report.state == Status.DONE, report.reason
            before.nothing_is_lost(tmp_path)
            before.agrees_with(report)
            reasons = {group.kept[0]: group.reason for group in report.groups}
            for number, (name, row) in enumerate(DOWNLOADS.items()):
                reason = reasons[f"IMG_{number:04}.jpg"]
                assert bool(reason) == bool(row.held), f"{name}: {reason}"
                if row.held:
                    assert row.held in reason, name
                    assert row.loser.name in reason, name
            server.faults.clear()
            again = await (await bench.resumed(job.id)).run()
        assert again.held == ()
        before.nothing_is_lost(tmp_path)
        before.agrees_with(again)
        assert list((tmp_path / "backups").glob("*/*.part")) == []


async def test_what_came_before_a_break_is_not_fetched_again(tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def note(exchange: Exchange) -> None:
        asked.extend(value for name, value in exchange.scope["headers"] if name in {b"range", b"if-range"})
        await exchange.serve()

    with DemoServer("empty", jobs_delay=0.02) as server:
        _, loser = Shelf(server).pair()
        server.faults.add(truncated(12_000), path=f"{loser.id}/original")
        server.faults.add(note, path=f"{loser.id}/original", times=ALWAYS)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            report = await (await bench.job()).run()
        assert report.trashed == 1
        # The keeper is asked for its first byte elsewhere.
        wanted, tag = asked
        assert wanted == b"bytes=12000-"
        assert tag.startswith(b'W/"')


# Refusals that pass

CALLS = [
    ("GET", "/api/server/features$"),
    ("GET", "/api/duplicates$"),
    ("GET", "/api/albums$"),
    ("POST", "/api/search/metadata$"),
    ("GET", "/api/assets/[^/]*$"),
    ("PUT", "/api/assets/[^/]*$"),
    ("PUT", "/api/tags/assets$"),
    ("PUT", "/api/albums/[^/]*/assets$"),
    ("PATCH", "/api/albums/[^/]*$"),
    ("GET", "/api/assets/[^/]*/original$"),
    ("DELETE", "/api/assets$"),
    ("PUT", "/api/assets$"),
    ("POST", "/api/stacks$"),
    ("DELETE", "/api/duplicates$"),
]
"""Every call that a run makes on the library below."""


@dataclass
class House:
    """Groups that need every call: one to resolve, one to stack, one to keep, one to keep two of three."""

    server: DemoServer
    shelf: Shelf

    @classmethod
    def on(cls, server: DemoServer) -> House:
        shelf = Shelf(server)
        for number in range(3):
            shelf.pair(number)
        shelf.group(
            ("DSC_1.jpg", rich()),
            ("DSC_1-a.jpg", rich(size=20_000, place=None, rating=3, albums=("Summer",), tags=("Dog",))),
            ("DSC_1-b.jpg", rich(size=19_000, place=None)),
        )
        return cls(server, shelf)

    async def decide(self, bench: Workbench) -> None:
        await bench.accept_everything()
        groups = {asset.name: asset.duplicate_id or "" for asset in self.server.library.assets.values()}
        await bench.session.keep_all(groups["IMG_0000.jpg"])
        await bench.session.stack(groups["IMG_0001.jpg"])
        third = next(one.id for one in self.server.library.assets.values() if one.name == "DSC_1-b.jpg")
        assert await bench.session.toggle(groups["DSC_1.jpg"], third) is None

    def is_done(self, report: Report) -> None:
        assert report.state == Status.DONE, report.reason
        assert report.held == ()
        assert (report.groups_done, report.dismissed, report.stacked, report.trashed) == (4, 1, 1, 2)
        assert len(self.server.library.stacks) == 1
        assert self.server.library.duplicate_ids() == {}
        assert self.server.jobs.wait_quiet()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(status(429, retry_after="0"), id="429"),
        pytest.param(status(503), id="503", marks=pytest.mark.slow),
        pytest.param(status(502), id="502", marks=pytest.mark.slow),
        pytest.param(status(504), id="504", marks=pytest.mark.slow),
        pytest.param(after_applying(status(502)), id="502 though it was done"),
        pytest.param(status(500), id="500", marks=pytest.mark.slow),
        pytest.param(after_applying(status(500)), id="500 though it was done", marks=pytest.mark.slow),
        pytest.param(dropped_before(), id="connection lost before"),
        pytest.param(dropped_after(), id="connection lost after"),
    ],
)
async def test_every_call_may_fail_once(fault: Action, tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        house = House.on(server)
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await house.decide(bench)
            faults = [server.faults.add(fault, method=method, path=path) for method, path in CALLS]
            report = await (await bench.job()).run()
        house.is_done(report)
        assert [one.met for one in faults] == [1] * len(CALLS)
        before.nothing_is_lost(tmp_path)
        before.agrees_with(report)


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/api/assets$"), ("POST", "/api/stacks$")])
async def test_a_lost_answer_is_read_back_and_the_call_not_repeated(
    method: str, path: str, tmp_path: Path
) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        house = House.on(server)
        async with workbench(server, tmp_path) as bench:
            await house.decide(bench)
            server.faults.add(dropped_after(), method=method, path=path, times=ALWAYS)
            report = await (await bench.job()).run()
        house.is_done(report)
        assert server.requests.count(method, path.rstrip("$")) == 1


# What stops everything


RARER = {
    "/api/albums$",
    "/api/search/metadata$",
    "/api/tags/assets$",
    "/api/albums/[^/]*/assets$",
    "/api/albums/[^/]*$",
}


@pytest.mark.parametrize(
    ("method", "path"),
    [pytest.param(*call, marks=[pytest.mark.slow] if call[1] in RARER else []) for call in CALLS],
)
async def test_a_key_that_is_revoked_pauses_the_run(method: str, path: str, tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        house = House.on(server)
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await house.decide(bench)
            server.faults.add(unauthorized(), method=method, path=path, times=ALWAYS)
            job = await bench.job()
            report = await job.run()
            assert report.state == Status.PAUSED
            assert report.reason.startswith("The server does not accept this API key.")
            assert report.held == ()
            assert await bench.journal.latest(job.id, "held") == {}
            before.nothing_is_lost(tmp_path)
            server.faults.clear()
            again = await (await bench.resumed(job.id)).run()
        house.is_done(again)
        before.nothing_is_lost(tmp_path)
        before.agrees_with(again)


@pytest.mark.parametrize(("method", "path"), [CALLS[5], CALLS[9], CALLS[10], CALLS[12]])
async def test_maintenance_pauses_the_run_and_nothing_counts_as_gone(
    method: str, path: str, tmp_path: Path
) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        house = House.on(server)
        before = Before.of(server)

        async def begins(exchange: Exchange) -> None:
            server.library.maintenance = True
            await maintenance()(exchange)

        async with workbench(server, tmp_path) as bench:
            await house.decide(bench)
            server.faults.add(begins, method=method, path=path)
            job = await bench.job()
            report = await job.run()
            assert report.state == Status.PAUSED
            assert report.reason.startswith("The server is in maintenance mode.")
            assert report.held == ()
            server.library.maintenance = False
            again = await (await bench.resumed(job.id)).run()
        house.is_done(again)
        before.nothing_is_lost(tmp_path)


PATIENT = Patience(tries=200, within_s=20.0, first_s=0.05, longest_s=0.1, jitter_s=0.02)


@pytest.mark.parametrize(("method", "path"), [CALLS[5], CALLS[9], CALLS[10], CALLS[11]])
async def test_a_server_that_restarts_is_waited_for(method: str, path: str, tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        house = House.on(server)
        before = Before.of(server)
        loop = asyncio.get_running_loop()
        goes_down = asyncio.Event()

        async def crash(exchange: Exchange) -> None:
            loop.call_soon_threadsafe(goes_down.set)
            await exchange.close(reset=True)

        async with workbench(server, tmp_path, timeouts=IMPATIENT) as bench:
            bench.patience = PATIENT
            await house.decide(bench)
            server.faults.add(crash, method=method, path=path)
            running = asyncio.create_task((await bench.job()).run())
            await goes_down.wait()
            await asyncio.to_thread(server.stop)
            refused = await _refused(server)
            await asyncio.to_thread(server.start)
            report = await running
        assert refused
        house.is_done(report)
        before.nothing_is_lost(tmp_path)
        before.agrees_with(report)


async def _refused(server: DemoServer) -> bool:
    try:
        await asyncio.open_connection("127.0.0.1", server.port)
    except ConnectionRefusedError:
        return True
    return False


async def test_a_server_that_stays_away_pauses_the_run(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        house = House.on(server)
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await house.decide(bench)
            job = await bench.job()
            with server.outage():
                report = await job.run()
            assert report.state == Status.PAUSED
            assert "refused" in report.reason
            again = await (await bench.resumed(job.id)).run()
        house.is_done(again)
        before.nothing_is_lost(tmp_path)


# What concerns one item or one permission


@pytest.mark.parametrize(
    ("permission", "method", "path", "held"),
    [
        ("asset.download", "GET", "/original$", {"IMG_0002.jpg", "DSC_1.jpg"}),
        ("asset.delete", "DELETE", "/api/assets$", {"IMG_0002.jpg", "DSC_1.jpg"}),
        ("asset.update", "PUT", "/api/assets/[^/]*$", {"IMG_0002.jpg", "DSC_1.jpg"}),
        ("tag.asset", "PUT", "/api/tags/assets$", {"DSC_1.jpg"}),
        ("albumAsset.create", "PUT", "/api/albums/[^/]*/assets$", {"DSC_1.jpg"}),
        ("duplicate.delete", "DELETE", "/api/duplicates$", {"IMG_0000.jpg"}),
        ("stack.create", "POST", "/api/stacks$", {"IMG_0001.jpg"}),
    ],
)
async def test_a_missing_permission_fails_closed_and_the_rest_goes_on(
    permission: str, method: str, path: str, held: set[str], tmp_path: Path
) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        house = House.on(server)
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await house.decide(bench)
            server.faults.add(forbidden(permission), method=method, path=path, times=ALWAYS)
            job = await bench.job()
            report = await job.run()
            assert report.state == Status.DONE, report.reason
            assert {group.kept[0] for group in report.held} == held
            for group in report.held:
                assert permission in group.reason
                assert group.gone == ()
            before.nothing_is_lost(tmp_path)
            before.agrees_with(report)
            server.faults.clear()
            again = await (await bench.resumed(job.id)).run()
        house.is_done(again)


async def test_one_id_that_the_server_does_not_take_is_found_and_the_others_go(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        losers = [shelf.pair(number)[1] for number in range(7)]
        before = Before.of(server)
        bad = losers[4]

        def lock() -> None:
            server.library.edit(bad.id, visibility="locked")

        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            server.faults.add(run(lock), method="DELETE", path="/api/assets$")
            job = await bench.job()
            report = await job.run()
            (held,) = report.held
            assert held.reason.startswith(f"The server did not trash {bad.name}: The server does not know")
            assert report.trashed == 6
            before.agrees_with(report)
            server.library.edit(bad.id, visibility="timeline")
            again = await (await bench.resumed(job.id)).run()
        assert (again.held, again.trashed) == ((), 7)
        before.nothing_is_lost(tmp_path)


@pytest.mark.parametrize(
    ("method", "path", "state"),
    [
        ("GET", "/original$", Status.DONE),
        ("DELETE", "/api/assets$", Status.DONE),
        ("PUT", "/api/assets/[^/]*$", Status.DONE),
        ("GET", "/api/duplicates$", Status.PAUSED),
    ],
)
async def test_a_redirect_is_told_and_the_key_not_sent_there(
    method: str, path: str, state: Status, tmp_path: Path
) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server, DemoServer("empty") as elsewhere:
        house = House.on(server)
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await house.decide(bench)
            server.faults.add(redirect(f"{elsewhere.url}/api/x", 307), method=method, path=path, times=ALWAYS)
            job = await bench.job()
            report = await job.run()
            assert report.state == state, report.reason
            told = [report.reason] if state == Status.PAUSED else [group.reason for group in report.held]
            assert told
            for reason in told:
                assert f"redirects to {elsewhere.url}" in reason
            assert report.trashed == 0
            server.faults.clear()
            again = await (await bench.resumed(job.id)).run()
        house.is_done(again)
        before.nothing_is_lost(tmp_path)
        assert list(elsewhere.requests) == []


async def log_in_page(exchange: Exchange) -> None:
    await exchange.answer(200, [(b"content-type", b"text/html")], b"<!doctype html><title>Sign in</title>")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(log_in_page, id="log-in page"),
        pytest.param(html_page(), id="log-in page though it was done"),
        pytest.param(lying_length(7), id="cut JSON though it was done"),
    ],
)
async def test_an_answer_to_a_write_that_cannot_be_read_is_looked_up(answer: Action, tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        house = House.on(server)
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await house.decide(bench)
            for method, path in [CALLS[5], CALLS[6], CALLS[7], CALLS[12]]:
                server.faults.add(answer, method=method, path=path)
            job = await bench.job()
            report = await job.run()
            before.nothing_is_lost(tmp_path)
            before.agrees_with(report)
            again = await (await bench.resumed(job.id)).run()
        house.is_done(again)


async def test_a_cancelled_run_leaves_everything_resumable(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        house = House.on(server)
        before = Before.of(server)
        loop = asyncio.get_running_loop()
        async with workbench(server, tmp_path) as bench:
            await house.decide(bench)
            job = await bench.job()
            server.faults.add(
                run_after(lambda: loop.call_soon_threadsafe(job.cancel)), method="DELETE", path="/api/assets$"
            )
            report = await job.run()
            assert report.state == Status.CANCELLED
            before.nothing_is_lost(tmp_path)
            again = await (await bench.resumed(job.id)).run()
        house.is_done(again)
        assert server.requests.count("DELETE", "/api/assets") == 1
        assert {group.decision for group in again.groups} == {
            DecisionKind.RESOLVE,
            DecisionKind.STACK,
            DecisionKind.KEEP_ALL,
        }
