"""The report as a page and as a table: complete, by itself, and nothing in it is taken for markup."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

from immich_tui.demo.faults import delayed, flipped_bit, run
from immich_tui.demo.server import DemoServer
from immich_tui.execution.report.csv_table import COLUMNS, write_csv
from immich_tui.execution.report.groups import Gone, GroupReport, Member
from immich_tui.execution.report.html_page import write_html
from immich_tui.execution.report.pictures import GROUPS, Pictures, kind_of_picture, shown_with_pictures
from immich_tui.execution.report.report import Report
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection
from tests.shelf import Blank, Shelf
from tests.workbench import workbench

EVIL = "<img src=x onerror=alert(1)>\"'&\u202egpj.\x1b[31m"
JPEG = b"\xff\xd8\xff" + b"0" * 20


class Small(Blank):
    """A picture that is sent."""

    def thumbnail(self) -> bytes:
        return JPEG


class Page(HTMLParser):
    """What a browser would make of a page: its tags, their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def group(number: int, **changes: object) -> GroupReport:
    values: dict[str, object] = {
        "group_id": f"g{number}",
        "decision": "keep",
        "outcome": "done",
        "reason": "",
        "kept": ("a.jpg",),
        "carried": ("rating: 3 stars",),
        "lost": ("lens: 50mm",),
        "gone": (
            Gone(
                f"l{number}", "b.jpg", 7, "trashed", f"w{number}", "a.jpg", "l_b.jpg", "ab" * 20, "verified"
            ),
        ),
        "members": (
            Member(f"w{number}", "a.jpg", 10, (4, 3), "2024-01-01 10:00:00", "winner"),
            Member(f"l{number}", "b.jpg", 7, None, "", "trashed"),
        ),
        "immich_pick": f"l{number}",
        "differs": True,
        **changes,
    }
    return GroupReport(**values)  # type: ignore[arg-type]  # fields by name


def report(*groups: GroupReport, state: str = "done") -> Report:
    return Report(
        run="20260314T092653-1a2b3c",
        state=state,
        reason="",
        tool="immich-tui 1",
        server_version="3.1.0",
        started="2026-03-14T09:26:53",
        finished="2026-03-14T09:27:53",
        permanent=False,
        backup_folder="/backups/1",
        groups_done=len(groups),
        groups_held=0,
        trashed=sum(len(one.gone) for one in groups),
        kept=len(groups),
        dismissed=0,
        stacked=0,
        carried_values=1,
        freed=7,
        backed_up_bytes=7,
        groups=groups,
    )


def page(whole: Report, pictures: dict[str, bytes] | None = None) -> tuple[str, Page]:
    stream = io.StringIO()
    write_html(stream, whole, pictures or {})
    return stream.getvalue(), Page(stream.getvalue())


def table(whole: Report) -> list[dict[str, str]]:
    stream = io.StringIO()
    write_csv(stream, whole)
    return list(csv.DictReader(io.StringIO(stream.getvalue())))


def test_nothing_from_outside_becomes_markup() -> None:
    evil = group(
        1,
        reason=EVIL,
        outcome="held back",
        carried=(EVIL,),
        kept=(EVIL,),
        members=(Member(EVIL, EVIL, 1, None, EVIL, "winner"),),
        gone=(Gone(EVIL, EVIL, 1, "trashed", EVIL, EVIL, EVIL, EVIL, EVIL),),
    )
    harmless = group(2, carried=(EVIL,), lost=(EVIL,))
    text, seen = page(report(evil, harmless))
    assert "<img src=x" not in text
    assert EVIL[:10] in seen.text
    assert not any(name.startswith("on") for _, attributes in seen.tags for name in attributes)
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert {tag for tag, _ in seen.tags}.isdisjoint({"script", "link", "iframe", "form"})


def test_the_page_stands_by_itself() -> None:
    _, seen = page(report(group(1)), {"w1": JPEG})
    sources = [attributes["src"] for tag, attributes in seen.tags if tag == "img"]
    assert sources
    assert all(source and source.startswith("data:image/jpeg;base64,") for source in sources)
    policies = [attributes.get("content") for tag, attributes in seen.tags if tag == "meta"]
    assert any(policy and policy.startswith("default-src 'none'") for policy in policies)
    assert not any("href" in attributes for _, attributes in seen.tags)


def test_the_page_names_what_was_done_and_what_was_not() -> None:
    held = group(2, outcome="held back", reason="It changed meanwhile.", gone=(), differs=False)
    weak = Gone("l3", "ext.jpg", 7, "trashed", "w3", "a.jpg", "l3_ext.jpg", "cd" * 20, "weak")
    _, seen = page(report(group(1), held, group(3, gone=(weak,), differs=False)))
    for told in (
        "Immich would have kept another photo",
        "Before",
        "After",
        "Carried to it",
        "rating: 3 stars",
        "lens: 50mm",
        "It changed meanwhile.",
        "Left alone",
        "Backups with a weak check",
        "ext.jpg",
        "l_b.jpg",
        "ab" * 20,
        "Immich's pick",
    ):
        assert told in seen.text, told


def test_a_large_report_shows_pictures_of_some_and_lists_all() -> None:
    many = report(*(group(number) for number in range(GROUPS + 50)))
    assert len(list(shown_with_pictures(many))) == GROUPS
    _, seen = page(many)
    assert f"{GROUPS:,} of {GROUPS + 50:,} groups are shown" in seen.text
    assert f"another photo {GROUPS:,} shown" in seen.text, "their number is another one"
    assert sum(tag == "tr" for tag, _ in seen.tags) == GROUPS + 51
    assert len(table(many)) == 2 * (GROUPS + 50)


def test_the_table_has_every_photo_and_no_formula() -> None:
    name = '=HYPERLINK("http://photos.example.org")'
    rows = table(report(group(1, members=(Member("w1", name, 1, (4, 3), "", "winner"),), reason="-1+1")))
    assert tuple(rows[0]) == COLUMNS
    assert rows[0]["name"] == f"'{name}"
    assert rows[0]["reason"] == "'-1+1"
    (_, loser) = table(report(group(1)))
    assert (loser["fate"], loser["survivor"], loser["backup"]) == ("trashed", "w1", "l_b.jpg")
    assert loser["immich_pick"] == "yes"


def test_what_is_no_picture_is_not_shown() -> None:
    assert kind_of_picture(JPEG) == "image/jpeg"
    assert kind_of_picture(b"RIFF0000WEBPVP8 ") == "image/webp"
    assert kind_of_picture(b"<svg onload=alert(1)>") == ""
    assert kind_of_picture(b"") == ""


async def test_pictures_that_cannot_be_had_are_left_out() -> None:
    with DemoServer("empty") as server:
        address = server.url
        async with ImmichClient(Connection(f"{address}/api", Secret(server.key))) as client:
            assert await Pictures(client).all(["6f1f0f3a-7c1e-4f0b-9b53-2a7f1e8f6d01"]) == {}
            server.stop()
            assert await Pictures(client).all([str(number) for number in range(1000)]) == {}


async def test_a_run_leaves_all_three_and_they_agree(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        _, broken = shelf.pair(0)
        _, gone = shelf.pair(1)
        server.faults.add(flipped_bit(5), path=f"{broken.id}/original", times=None)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            job = await bench.job()
            whole = await job.run()
    assert job.report_path is not None
    folder = job.report_path.parent
    files = {path.name: path for path in folder.glob("report.*")}
    assert set(files) == {"report.json", "report.csv", "report.html"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in files.values())
    assert json.loads(files["report.json"].read_text())["trashed"] == whole.trashed == 1
    rows = list(csv.DictReader(files["report.csv"].open()))
    assert {row["fate"] for row in rows} == {"winner", "trashed", "left"}
    (trashed,) = (row for row in rows if row["fate"] == "trashed")
    assert trashed["asset"] == gone.id
    assert (folder / trashed["backup"]).exists()
    text = files["report.html"].read_text()
    assert "Left alone" in text
    assert gone.id in text
    assert server.key not in text


async def test_pictures_come_while_the_run_works_so_that_deleted_photos_have_theirs(tmp_path: Path) -> None:
    with DemoServer("empty", trash=False, jobs_delay=0.02) as server:
        shelf = Shelf(server)
        members = [asset for number in range(3) for asset in shelf.pair(number)]
        for asset in members:
            asset.picture = Small()
        server.faults.add(delayed(0.5), path="/original$", times=3)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            job = await bench.job(permanent=3)
            beside: set[str] = set()
            server.faults.add(
                run(lambda: beside.update(job.pool.snapshot().aside)), path="/thumbnail$", times=None
            )
            whole = await job.run()
    assert beside == {"fetching pictures for the report"}, "it takes no worker's place on the screen"
    assert (whole.state, whole.trashed, whole.held) == ("done", 3, ())
    asked = [one.path.split("/")[-2] for one in server.requests if one.path.endswith("/thumbnail")]
    assert sorted(asked) == sorted(asset.id for asset in members), "each once"
    first_delete = next(at for at, one in enumerate(server.requests) if one.method == "DELETE")
    assert not [one for one in server.requests[first_delete:] if one.path.endswith("/thumbnail")]
    assert job.report_path is not None
    seen = Page(job.report_path.with_name("report.html").read_text())
    assert "no picture" not in seen.text
    assert sum(tag == "img" for tag, _ in seen.tags) == len(members) + len(members) // 2
