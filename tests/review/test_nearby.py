"""What is asked about a group when it is looked at, and what its ledger says then."""

from __future__ import annotations

from pathlib import Path

import pytest

from immich_tui.demo.faults import forbidden
from immich_tui.demo.records import Asset
from immich_tui.demo.server import DemoServer
from immich_tui.immich.errors import ImmichError
from immich_tui.review.nearby import Nearby
from immich_tui.verdict.model import Fate, Ledger
from tests.shelf import Shelf, rich
from tests.workbench import workbench


def fates(book: Ledger, *fields: str) -> set[tuple[str, Fate]]:
    return {(entry.value, entry.fate) for entry in book.entries if entry.field in fields}


def family(shelf: Shelf) -> list[Asset]:
    return shelf.group(
        ("a.jpg", rich(people=("Ada",))),
        ("b.jpg", rich(size=9000, people=("Ada", "Ben"), links=("beach",))),
    )


async def test_the_ledger_tells_people_and_links_once_they_were_asked(tmp_path: Path) -> None:
    with DemoServer("empty") as server:
        ours, _ = family(Shelf(server))
        async with workbench(server, tmp_path) as bench:
            await bench.session.choose_winner(str(ours.duplicate_id), ours.id)
            nearby = Nearby(bench.client, bench.session)
            look = await bench.session.look(str(ours.duplicate_id))
            assert nearby.completed(look) is look
            assert fates(look.ledger, "person", "shared_link") == {("not read yet", Fate.UNREAD)}
            assert not nearby.knows(look.group)
            await nearby.ask(look.group)
            assert nearby.knows(look.group)
            told = nearby.completed(look)
            assert fates(told.ledger, "person") == {("Ada", Fate.KEPT), ("Ben", Fate.CARRIED)}
            assert fates(told.ledger, "shared_link") == {("1 link", Fate.CARRIED)}
            assert told.verdict.winner == look.verdict.winner
            assert {flag.name for flag in told.verdict.flags} - {
                flag.name for flag in look.verdict.flags
            } == {"people_loss"}
            assert fates(told.explanation.ours_loses, "person") == {
                ("Ada", Fate.KEPT),
                ("Ben", Fate.CARRIED),
            }
            before = len(server.requests)
            await nearby.ask(look.group)
            assert len(server.requests) == before
            nearby.clear()
            assert not nearby.knows(look.group)


async def test_where_nobody_has_a_name_no_photo_is_asked(tmp_path: Path) -> None:
    with DemoServer("empty") as server:
        shelf = Shelf(server)
        ours, _ = shelf.group(("a.jpg", rich(people=("",))), ("b.jpg", rich(size=9000, people=("",))))
        async with workbench(server, tmp_path) as bench:
            nearby = Nearby(bench.client, bench.session)
            look = await bench.session.look(str(ours.duplicate_id))
            await nearby.ask(look.group)
            assert fates(nearby.completed(look).ledger, "person", "shared_link") == set()
        assert server.requests.count("GET", "/api/faces") == 0


@pytest.mark.parametrize(
    ("path", "lacks", "field"),
    [
        ("/api/people", "person.read", "person"),
        ("/api/faces", "face.read", "person"),
        ("/api/shared-links", "sharedLink.read", "shared_link"),
    ],
)
async def test_what_the_key_may_not_see_stays_unread_and_is_asked_once(
    path: str, lacks: str, field: str, tmp_path: Path
) -> None:
    with DemoServer("empty") as server:
        ours, _ = family(Shelf(server))
        fault = server.faults.add(forbidden(lacks), method="GET", path=path, times=None)
        async with workbench(server, tmp_path) as bench:
            nearby = Nearby(bench.client, bench.session)
            look = await bench.session.look(str(ours.duplicate_id))
            for _ in range(2):
                await nearby.ask(look.group)
            assert nearby.knows(look.group)
            assert fates(nearby.completed(look).ledger, field) == {("not read yet", Fate.UNREAD)}
        assert fault.met == 1


async def test_a_server_that_is_away_is_told_and_asked_again_later(tmp_path: Path) -> None:
    with DemoServer("empty") as server:
        ours, _ = family(Shelf(server))
        async with workbench(server, tmp_path) as bench:
            nearby = Nearby(bench.client, bench.session)
            look = await bench.session.look(str(ours.duplicate_id))
            with server.outage(), pytest.raises(ImmichError):
                await nearby.ask(look.group)
            assert not nearby.knows(look.group)
            await nearby.ask(look.group)
            assert nearby.knows(look.group)
