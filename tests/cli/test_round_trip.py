"""From the groups to a file and back: analyze, edit, execute, undo, restore, without a screen."""

from __future__ import annotations

import json
import re
import signal
import stat
import time
from pathlib import Path
from typing import Any

from immich_tui.demo.faults import delayed
from tests.cli.conftest import Desktop


def by_name(desktop: Desktop, name: str) -> Any:
    return next(asset for asset in desktop.shelf.library.assets.values() if asset.name == name)


def test_a_plan_is_made_read_edited_carried_out_undone_and_restored(desktop: Desktop) -> None:
    pairs = [desktop.shelf.pair(number) for number in range(4)]
    made = desktop.run("analyze", "-o", desktop.plan)
    assert made.status == 0, made.err
    assert "4 groups with 8 photos" in made.out
    assert stat.S_IMODE(desktop.plan.stat().st_mode) == 0o600

    skipped, swapped = (str(pair[0].duplicate_id) for pair in pairs[:2])

    def change(plan: dict[str, Any]) -> None:
        for group in plan["groups"]:
            if group["id"] == skipped:
                group["decision"]["kind"] = "skip"
            if group["id"] == swapped:
                decision = group["decision"]
                decision["keep"], decision["trash"] = decision["trash"], decision["keep"]
                decision["winner"] = decision["keep"][0]

    desktop.edit(change)
    assert desktop.run("plan", "check", desktop.plan).status == 0

    before = len(desktop.server.requests)
    dry = desktop.run("execute", desktop.plan, "--dry-run", "--json")
    assert dry.status == 0, dry.out
    short = desktop.run("execute", desktop.plan, "--dry-run").out
    assert "--calls lists each call" in short
    assert "move 3 photos to the trash" in short
    assert re.search(r"\n +1 × DELETE /assets: ", short), short
    assert f"/assets/{pairs[1][1].id}" not in short
    in_full = desktop.run("execute", desktop.plan, "--dry-run", "--calls").out
    assert f"/assets/{pairs[1][0].id}/original" in in_full
    assert len(in_full.splitlines()) > len(short.splitlines())
    sent = {request.method for request in list(desktop.server.requests)[before:]}
    assert sent <= {"GET"}
    assert not (desktop.home / "immich-tui-backups" / "report.json").exists()

    done = desktop.run("execute", desktop.plan, "--yes", "--json")
    assert done.status == 0, done.out
    (report,) = done.of("report")
    assert (report["groups_done"], report["trashed"]) == (3, 3)
    assert [Path(file).name for file in report["files"]] == ["report.csv", "report.html", "report.json"]
    page = next(Path(file) for file in report["files"] if file.endswith(".html")).read_text()
    assert re.search(r"[\d,]+ × [\d,]+", page)
    library = desktop.shelf.library
    assert library.assets[pairs[1][0].id].trashed
    assert not library.assets[pairs[1][1].id].trashed
    assert not any(library.assets[asset.id].trashed for asset in pairs[0])

    again = desktop.run("execute", desktop.plan, "--yes")
    assert (again.status, "carried out already" in again.err) == (0, True)

    (run,) = desktop.run("runs", "--json").of("run")
    assert (run["id"], run["state"]) == (report["run"], "done")
    told = desktop.run("runs", run["id"]).out
    assert "3 of 3 groups done" in told
    assert "3 photos moved to the trash, " in told
    assert "permanent" not in told
    assert desktop.run("runs", run["id"], "--json").of("report")[0]["freed"] == report["freed"]

    taken_back = desktop.run("undo", run["id"], "--yes")
    assert taken_back.status == 0, taken_back.out
    assert not any(asset.trashed for pair in pairs for asset in pair)
    assert desktop.run("runs", "--json").of("run")[-1]["undone"] == "undone"
    assert f"{run['id']}  resolve  undone" in desktop.run("runs").out

    back = desktop.run("restore", run["folder"], "--yes", "--json")
    assert back.status == 0, back.out
    assert back.of("restore")[0]["alive"] == 3


def test_the_dry_run_lists_every_write_that_the_run_then_makes(desktop: Desktop) -> None:
    for number in range(3):
        desktop.shelf.pair(number)
    desktop.run("analyze", "-o", desktop.plan)
    dry = desktop.run("execute", desktop.plan, "--dry-run", "--json")
    listed = [(step["method"], step["path"]) for step in dry.of("step") if step["method"] != "GET"]
    downloads = [step["path"] for step in dry.of("step") if step["what"].startswith("back up")]
    before = len(desktop.server.requests)
    assert desktop.run("execute", desktop.plan, "--yes").status == 0
    made = [
        (request.method, request.path.removeprefix("/api"))
        for request in list(desktop.server.requests)[before:]
    ]
    questions = ("/search/metadata", "/assets/bulk-upload-check")
    writes = [call for call in made if call[0] != "GET" and call[1] not in questions]
    assert sorted(listed) == sorted(writes)
    assert set(downloads) <= {path for _, path in made}


def test_a_run_that_is_ended_by_a_signal_is_taken_up_again(desktop: Desktop) -> None:
    for number in range(5):
        desktop.shelf.pair(number, size=200_000)
    assert desktop.run("analyze", "-o", desktop.plan).status == 0
    desktop.server.faults.add(delayed(0.5), path="/original", times=None)
    running = desktop.start("execute", desktop.plan, "--yes", "--json", "--workers", 1)
    deadline = time.monotonic() + 30
    while not any("/original" in request.path for request in list(desktop.server.requests)):
        assert time.monotonic() < deadline
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 143, (out, err)
    assert "execute --resume" in out
    assert not any(asset.trashed for asset in desktop.shelf.library.assets.values())

    desktop.server.faults.clear()
    refused = desktop.run("execute", desktop.plan, "--yes")
    assert (refused.status, "--resume" in refused.err) == (4, True)
    resumed = desktop.run("execute", "--resume", "--yes", "--json")
    assert resumed.status == 0, resumed.out
    assert resumed.of("report")[0]["trashed"] == 5
    assert resumed.of("report")[0]["run"] == next(
        line["run"] for line in map(json.loads, out.splitlines()) if line["kind"] == "report"
    )


def test_a_run_whose_process_was_killed_is_not_said_to_be_running(desktop: Desktop) -> None:
    for number in range(5):
        desktop.shelf.pair(number)
    assert desktop.run("analyze", "-o", desktop.plan).status == 0
    desktop.server.faults.add(delayed(2.0), path="/original", times=None)
    running = desktop.start("execute", desktop.plan, "--yes", "--json", "--workers", 1)
    deadline = time.monotonic() + 30
    while not any("/original" in request.path for request in list(desktop.server.requests)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert desktop.run("runs", "--json").of("run")[0]["state"] == "running"
    running.kill()
    running.communicate(timeout=30)
    (run,) = desktop.run("runs", "--json").of("run")
    assert run["state"] == "interrupted"
    assert "execute --resume" in desktop.run("runs", run["id"]).out


def test_nobody_is_asked_where_nobody_is(desktop: Desktop) -> None:
    desktop.shelf.pair()
    desktop.run("analyze", "-o", desktop.plan)
    said = desktop.run("execute", desktop.plan)
    assert (said.status, "--yes" in said.err) == (4, True)
    assert not any(asset.trashed for asset in desktop.shelf.library.assets.values())


def test_a_permanent_delete_needs_the_number(desktop: Desktop) -> None:
    desktop.shelf.pair()
    desktop.server.library.trash_enabled = False
    desktop.run("analyze", "-o", desktop.plan)
    assert desktop.run("execute", desktop.plan, "--yes").status == 4
    assert desktop.run("execute", desktop.plan, "--yes", "--permanent", 2).status == 4
    assert len(desktop.shelf.library.assets) == 2
    assert desktop.run("execute", desktop.plan, "--yes", "--permanent", 1).status == 0


def test_a_plan_for_another_server_is_refused(desktop: Desktop) -> None:
    desktop.shelf.pair()
    desktop.run("analyze", "-o", desktop.plan)
    desktop.edit(lambda plan: plan["server"].update(url="https://photos.example.org/api"))
    said = desktop.run("execute", desktop.plan, "--yes")
    assert (said.status, "photos.example.org" in said.err) == (4, True)


def test_a_group_that_changed_since_is_refused_and_the_rest_is_done(desktop: Desktop) -> None:
    changed, other = desktop.shelf.pair(0), desktop.shelf.pair(1)
    desktop.run("analyze", "-o", desktop.plan)
    by_name(desktop, changed[0].name).favorite = True
    desktop.run("analyze")
    said = desktop.run("execute", desktop.plan, "--yes", "--json")
    assert said.status == 1, said.out
    (objection,) = said.of("objection")
    assert objection["group"] == str(changed[0].duplicate_id)
    assert objection["field"].endswith("fingerprint")
    assert said.of("report")[0]["trashed"] == 1
    assert desktop.shelf.library.assets[other[1].id].trashed


def test_without_a_key_or_with_a_wrong_one_the_end_says_so(desktop: Desktop) -> None:
    assert desktop.run("analyze", IMMICH_TUI_API_KEY=None).status == 2
    assert desktop.run("analyze", IMMICH_TUI_API_KEY="wrong").status == 3
    assert desktop.run("analyze", IMMICH_TUI_URL="127.0.0.1:9").status == 3
    # The environment's key belongs to the environment's server.
    assert desktop.run("analyze", "--url", "127.0.0.1:9").status == 2
