"""`verify` of a folder alone: its exit code tells whether something is wrong."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Desktop
from tests.shelf import rich


def carried_out(desktop: Desktop) -> Path:
    """Analyze, accept and execute everything; the backup folder of the run."""
    assert desktop.run("analyze", "-o", desktop.plan).status == 0
    done = desktop.run("execute", desktop.plan, "--yes", "--json")
    assert done.status == 0, done.out
    (report,) = done.of("report")
    return Path(report["files"][0]).parent


def test_a_kept_photo_that_a_later_run_trashed_is_wrong_only_without_its_backup(desktop: Desktop) -> None:
    kept, _ = desktop.shelf.pair()
    first = carried_out(desktop)
    better = desktop.shelf.put("better.jpg", desktop.shelf.library.new_id(), **rich(size=90_000))
    desktop.shelf.library.edit(kept.id, duplicate_id=better.duplicate_id)
    second = carried_out(desktop)
    assert kept.trashed
    told = desktop.run("verify", "-v", first)
    assert told.status == 0, told.out
    assert (
        f"{kept.name}, kept in place of IMG_0000 (1).jpg, went with a later run; its backup is in"
        f" {second.name}."
    ) in " ".join(told.out.split())
    assert desktop.run("verify", first, "--offline").status == 0
    next(second.glob(f"{kept.id}*")).unlink()
    told = desktop.run("verify", first, "--json")
    assert told.status == 1
    assert [line["reason"] for line in told.of("held")] == [
        f"{kept.name}, kept in place of IMG_0000 (1).jpg, is in the trash.",
        f"In {second.name}: The backup of {kept.name} is missing.",
    ]
    assert desktop.run("verify", second).status == 1
    assert desktop.run("verify").status == 1
