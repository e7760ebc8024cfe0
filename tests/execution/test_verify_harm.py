"""Verify of a folder that somebody or something harmed: nothing of it may pass for whole."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from immich_tui.demo.faults import status
from immich_tui.demo.server import DemoServer
from immich_tui.execution.verify.job import VerifyReport
from tests.execution.test_verify import resolved, verified, verified_folder
from tests.shelf import Shelf, rich
from tests.workbench import workbench

Lines = list[dict[str, Any]]


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer("empty", dialect="3", jobs_delay=0.02) as started:
        yield started


class Folder:
    """A backup of two photos of a kind and of a live photo, its losers named `one`, `two` and `live`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: Lines = [json.loads(line) for line in self.manifest.read_text().splitlines()]

    @property
    def manifest(self) -> Path:
        return self.path / "manifest.jsonl"

    def line(self, name: str) -> dict[str, Any]:
        return next(line for line in self.lines if line["original_name"] == name)

    def file(self, name: str) -> Path:
        return self.path / str(self.line(name)["file"])

    def rewrite(self, lines: Lines | None = None) -> None:
        self.manifest.write_text("".join(f"{json.dumps(line)}\n" for line in lines or self.lines))

    def without(self, *names: str) -> None:
        self.rewrite([line for line in self.lines if line["original_name"] not in names])

    def exchange(self, *fields: str) -> None:
        one, two = self.line("one.jpg"), self.line("two.jpg")
        for name in fields:
            one[name], two[name] = two[name], one[name]
        self.rewrite()


def swap_files(folder: Folder) -> None:
    one, two = folder.file("one.jpg"), folder.file("two.jpg")
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(content)


def link(folder: Folder) -> None:
    path = folder.file("one.jpg")
    path.symlink_to(path.rename(folder.path.parent / "elsewhere.jpg"))


def instead(make: Callable[[Path], object]) -> Callable[[Folder], None]:
    def harm(folder: Folder) -> None:
        folder.file("one.jpg").unlink()
        make(folder.file("one.jpg"))

    return harm


def pretend_weak(folder: Folder) -> None:
    folder.exchange("file", "size", "sha1")
    for name in ("one.jpg", "two.jpg"):
        folder.line(name)["verdict"] = "weak"
    folder.rewrite()


def other_checksum(folder: Folder) -> None:
    folder.exchange("file", "size", "sha1", "server_checksum")


def spoil(field: str, value: object) -> Callable[[Folder], None]:
    def harm(folder: Folder) -> None:
        folder.line("one.jpg")[field] = value
        folder.rewrite()

    return harm


def cut_the_end(folder: Folder) -> None:
    folder.manifest.write_bytes(folder.manifest.read_bytes()[:-30])


HARMS: dict[str, Callable[[Folder], object]] = {
    "files swapped": swap_files,
    "lines swapped": lambda folder: folder.exchange("file", "size", "sha1"),
    "lines swapped, and called weak": pretend_weak,
    "lines swapped, and their checksums": other_checksum,
    "a link": link,
    "a folder": instead(lambda path: path.mkdir()),
    "a pipe": instead(os.mkfifo),
    "a link to nothing": instead(lambda path: path.symlink_to("nothing")),
    "another name": lambda folder: folder.file("one.jpg").rename(folder.path / "one.jpg"),
    "listed twice, the last time wrongly": lambda folder: folder.rewrite(
        [*folder.lines, {**folder.line("one.jpg"), "file": folder.line("two.jpg")["file"]}]
    ),
    "no line": lambda folder: folder.without("one.jpg"),
    "no lines": lambda folder: folder.manifest.write_text(""),
    "the manifest cut": cut_the_end,
    "no video": lambda folder: folder.file("live.MOV").unlink(),
    "no line of the video": lambda folder: folder.without("live.MOV"),
    "no line of the live photo": lambda folder: folder.without("live.jpg"),
    "a name that is none": spoil("file", "a\0b"),
    "a name above": spoil("file", ".."),
    "a name that is no text": spoil("file", 7),
    "an id that is no text": spoil("asset_id", ["a"]),
    "no survivor": spoil("survivor", None),
    "a checksum that is no text": spoil("server_checksum", 7),
    "a line without an end": lambda folder: folder.manifest.write_text("[" * 100_000),
}


@pytest.fixture
async def folder(server: DemoServer, tmp_path: Path) -> Folder:
    shelf = Shelf(server)
    for name in ("one", "two", "live"):
        shelf.group(
            (f"best-{name}.jpg", rich(size=40_000)),
            (f"{name}.jpg", rich(size=20_000, place=None, live=name == "live")),
        )
    async with workbench(server, tmp_path) as bench:
        _, path = await resolved(bench)
    return Folder(path)


async def test_it_is_whole_before(folder: Folder) -> None:
    report = await verified_folder(folder.path, None)
    assert (report.ok, len(report.photos), report.bytes) == (True, 3, 72_000)


@pytest.mark.parametrize("harm", HARMS)
async def test_no_harm_passes_for_whole(folder: Folder, harm: str) -> None:
    HARMS[harm](folder)
    report = await verified_folder(folder.path, None)
    assert report.state == "done", report.reason
    assert not report.ok, harm
    assert all(sentence.endswith(".") for sentence in told(report))


@pytest.mark.parametrize("harm", ["no line", "no lines", "the manifest cut", "no line of the live photo"])
async def test_what_is_not_listed_is_named_by_the_report_of_the_run(folder: Folder, harm: str) -> None:
    HARMS[harm](folder)
    names = {line["original_name"] for line in folder.lines if line["role"] == "original"}
    listed = {
        json.loads(line)["original_name"]
        for line in folder.manifest.read_text().splitlines()
        if line.endswith("}")
    }
    report = await verified_folder(folder.path, None)
    for name in names - listed:
        assert f"There is no backup of {name}." in told(report)
    assert names - listed or any("manifest" in problem for problem in report.problems)


async def test_without_the_report_an_emptied_manifest_is_noticed_all_the_same(folder: Folder) -> None:
    for path in folder.path.glob("report.*"):
        path.unlink()
    folder.manifest.write_text("")
    report = await verified_folder(folder.path, None)
    assert not report.ok
    assert "lists no photo" in report.problems[0]


@pytest.mark.parametrize("file_too", [False, True], ids=["line", "line and file"])
async def test_a_video_whose_photo_is_not_listed_is_noticed_without_the_report(
    folder: Folder, file_too: bool
) -> None:
    (folder.path / "report.json").unlink()
    if file_too:
        folder.file("live.jpg").unlink()
    folder.without("live.jpg")
    found = await verified_folder(folder.path, None)
    assert not found.ok
    assert found.problems == (
        f"The manifest in {folder.path} lists the video live.MOV of a live photo, and not the photo.",
    )


async def test_a_line_that_a_crash_cut_and_that_was_written_again_is_no_fault(folder: Folder) -> None:
    text = folder.manifest.read_text()
    first = text.splitlines()[0]
    folder.manifest.write_text(f"{first[:200]}\n{text}")
    assert (await verified_folder(folder.path, None)).ok
    folder.manifest.write_text(f"{first[:20]}\n{text}")
    report = await verified_folder(folder.path, None)
    assert report.problems == (f"1 line of the manifest in {folder.path} cannot be read.",)


async def test_only_files_that_were_read_are_counted(folder: Folder) -> None:
    folder.file("one.jpg").unlink()
    report = await verified_folder(folder.path, None)
    assert report.bytes == 72_000 - 20_000


async def test_what_a_run_left_alone_is_nobodys_fault(server: DemoServer, tmp_path: Path) -> None:
    """Its backup was made; both photos were thrown away by hand since."""
    shelf = Shelf(server)
    kept, left = shelf.pair(1)
    server.faults.add(status(404), path=f"{kept.id}/original", times=None)
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        job = await bench.job()
        report = await job.run()
        assert (report.groups_held, report.trashed) == (1, 0)
        server.faults.clear()
        server.library.trash([kept.id, left.id])
        for found in (
            await verified(bench, job.id),
            await verified_folder(Path(report.backup_folder), bench),
        ):
            assert told(found) == []
            notes = [note for photo in found.photos for note in photo.notes]
            assert notes[0] == f"{left.name} is not on the server any more, though this run did not trash it."


@pytest.mark.parametrize("dialect", ["1.135", "2.7", "3"])
async def test_a_kept_photo_whose_file_is_gone_from_the_servers_disk_is_told(
    dialect: str, tmp_path: Path
) -> None:
    """Servers before 3 answer with an error of their own, and the other groups are looked at all the same."""
    with DemoServer("empty", dialect=dialect, jobs_delay=0.02) as server:
        shelf = Shelf(server)
        kept, _ = shelf.pair(1)
        shelf.pair(2)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            job = await bench.job()
            assert (await job.run()).groups_done == 2
            server.library.edit(kept.id, offline=True)
            report = await verified(bench, job.id)
        assert (report.state, len(report.photos)) == ("done", 4), report.reason
        (fault,) = told(report)
        assert fault.startswith(f"The file of {kept.name}, which was kept, cannot be had: ")


def told(report: VerifyReport) -> list[str]:
    return [*report.problems, *(fault for photo in report.photos for fault in photo.faults)]
