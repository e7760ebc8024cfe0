"""Help is quick and teaches; every shell can complete; what is wrong is said with the right status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from immich_tui.cli import main
from immich_tui.cli.lines import KINDS
from immich_tui.cli.output import Output
from immich_tui.cli.status import MEANINGS, Command
from immich_tui.demo.faults import status
from tests.cli.conftest import Desktop

HEAVY = ("textual", "rich", "httpx", "pydantic", "PIL", "sqlite3", "asyncio", "aiohttp", "logging.config")


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if isinstance(command, click.Group):
        return [leaf for name, one in command.commands.items() for leaf in leaves(one, (*path, name))]
    return [path]


@pytest.mark.parametrize("path", [(), *leaves(main)], ids=" ".join)
def test_help_teaches_with_examples(path: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, [*path, "--help"])
    assert done.exit_code == 0
    assert "Examples:" in done.stdout
    assert "immich-tui" in done.stdout.partition("Examples:")[2]


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom immich_tui.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        f"print(*(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []


def test_every_command_is_one_with_examples() -> None:
    for path in leaves(main):
        command: click.Command = main
        for name in path:
            assert isinstance(command, click.Group)
            command = command.commands[name]
        assert isinstance(command, Command)
        assert command.examples


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands(shell: str) -> None:
    script = CliRunner().invoke(main, ["completion", shell]).stdout
    assert "_IMMICH_TUI_COMPLETE" in script
    if shell == "bash":
        done = CliRunner().invoke(
            main,
            [],
            prog_name="immich-tui",
            env={
                "_IMMICH_TUI_COMPLETE": "bash_complete",
                "COMP_WORDS": "immich-tui exec",
                "COMP_CWORD": "1",
            },
        )
        assert "execute" in done.stdout


def test_statuses_are_told_in_the_help() -> None:
    told = CliRunner().invoke(main, ["--help"]).stdout
    assert all(status in told for status in MEANINGS)


def test_a_setting_that_is_wrong_ends_with_its_place(desktop: Desktop) -> None:
    file = desktop.home / ".config" / "immich-tui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("workers = 5\nrte = 3\n")
    said = desktop.run("config", "show")
    assert said.status == 2
    assert "line 2" in said.err
    assert "Did you mean rate?" in said.err
    assert desktop.run("config", "path").out.strip() == str(file)


def test_config_init_writes_a_file_that_changes_nothing(desktop: Desktop) -> None:
    before = json.loads(desktop.run("config", "show", "--json").out.splitlines()[0])
    assert desktop.run("config", "init").status == 0
    after = json.loads(desktop.run("config", "show", "--json").out.splitlines()[0])
    assert after == before
    assert desktop.run("config", "init").status == 4


def test_every_line_of_the_settings_template_can_be_used(desktop: Desktop) -> None:
    from immich_tui.config.template import TEMPLATE

    lines = TEMPLATE.splitlines()
    used = [
        line.removeprefix("# ")
        for line in lines
        if line.startswith("# ") and (" = " in line or line.startswith("# ["))
    ]
    used = [line for line in used if not line.startswith("ca_file")]
    file = desktop.home / ".config" / "immich-tui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("\n".join(used))
    said = desktop.run("config", "show", "--json")
    assert said.status == 0, said.err
    (result, *_) = said.of("result")
    assert "family" in result["policies"]
    assert result["profiles"] == ["home"]


def test_what_is_never_trashed_is_shown_with_the_settings(desktop: Desktop) -> None:
    file = desktop.home / ".config" / "immich-tui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(
        'protect_paths = ["*/originals/*"]\nprotect_libraries = ["upload"]\n[weights]\nlens = 40\n'
    )
    said = desktop.run("config", "show")
    lines = dict(line.split(maxsplit=1) for line in said.out.splitlines() if " " in line)
    assert lines["protect_paths"] == "*/originals/*"
    assert lines["protect_libraries"] == "upload"
    assert "lens: 40.0" in lines["weights"]
    (result,) = desktop.run("config", "show", "--json").of("result")
    assert result["status"] == 0
    assert result["settings"]["protect_paths"] == ["*/originals/*"]


def test_before_a_command_counts_for_it_and_the_nearer_one_wins(desktop: Desktop) -> None:
    said = desktop.run("--policy", "quality", "config", "show", "--json")
    assert said.of("result")[0]["settings"]["policy"] == "quality"
    said = desktop.run("--policy", "quality", "config", "show", "--policy", "lossless", "--json")
    assert said.of("result")[0]["settings"]["policy"] == "lossless"


def test_a_line_of_an_undocumented_kind_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError):
        Output(as_json=True).line("surprise")
    Output(as_json=True).line(next(iter(KINDS)), text="one\ntwo")
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_reader_that_goes_away_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        calls = 0

        def write(self, _: str) -> None:
            self.calls += 1
            raise BrokenPipeError

    gone = Gone()
    monkeypatch.setattr(sys, "stdout", gone)
    output = Output()
    output.say("one")
    output.say("two")
    assert gone.calls == 1


def test_names_are_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    Output().say("a\x1b[31mb\nc")
    assert capsys.readouterr().out == "a␛[31mb␊c\n"


def test_a_log_file_that_cannot_be_written_is_said(desktop: Desktop, tmp_path: Path) -> None:
    assert desktop.run("runs", "--log-file", tmp_path / "none" / "log").status == 2


def test_a_stop_before_the_work_begins_is_one_all_the_same(
    desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("immich_tui.cli.headless.load_config", interrupted)
    said = desktop.run("runs")
    assert (said.status, "Stopped" in said.err) == (130, True)


def test_an_album_that_is_gone_when_it_is_read_costs_nothing_else(desktop: Desktop) -> None:
    winner, _ = desktop.shelf.pair(1)
    for name in ("Berlin", "Paris"):
        desktop.shelf.album(name).asset_ids.append(winner.id)
    refused = status(400, message="Not found or no album.read access")
    desktop.server.faults.add(refused, path="/search/metadata", times=1)
    said = desktop.run("analyze", "--json")
    assert said.status == 0, said.out
    warnings = [line["text"] for line in said.of("message") if line["level"] == "warning"]
    assert "1 album could not be read." in warnings
