"""What the documents tell people to type works, and the page on commands is what the commands say."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from immich_tui.cli import main
from immich_tui.cli.reference import page
from immich_tui.demo.server import DemoServer
from tests.shelf import Shelf

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])

RUN, PHOTO = "20260314T092653-1a2b3c", "6f1f0f3a-7c1e-4f0b-9b53-2a7f1e8f6d01"
"""What documents call a run and a group; a real one takes their place."""

NEEDS_A_TERMINAL = re.compile(r"immich-tui( demo(?! --serve).*)?( --policy \w+)?$")
STATUS = {
    "--resume": {0, 2},  # whether a run is left depends on what was run before
    "--permanent": {0, 4},  # 12 is not the number; or nothing is left to do by then
    "verify 2": {0, 1},  # the run may have been undone, and its photos trashed again by another one
    "config init": {0, 4},
}


def commands() -> Iterator[tuple[str, str]]:
    """Every `immich-tui` command in a fenced block, with the document it stands in."""
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for kind, block in re.findall(r"```(console|sh|bash)\n(.*?)```", text, re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                typed = line.removeprefix("$ ").strip() if kind == "console" and line[:2] == "$ " else line
                if typed.startswith("immich-tui") and (kind != "console" or line.startswith("$ ")):
                    yield document.name, typed
        for line in re.findall(r"^ {4}(immich-tui.*)$", text, re.MULTILINE):
            yield document.name, line


TYPED = sorted(set(commands()))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str], dict[str, str]]]:
    """A home with a finished run and a plan for what is left, and what replaces the names in documents."""
    home = tmp_path_factory.mktemp("home")
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        environ = {
            "HOME": str(home),
            "IMMICH_TUI_URL": server.url,
            "IMMICH_TUI_API_KEY": server.key,
            "IMMICH_TUI_RATE": "1000",
            "XDG_CONFIG_HOME": "",
            "XDG_DATA_HOME": "",
            "XDG_CACHE_HOME": "",
        }
        group = str(shelf.pair(0)[0].duplicate_id)
        plan = home / "plan.json"

        def ran(*arguments: str) -> str:
            done = CliRunner().invoke(main, list(arguments), env=environ)
            assert done.exit_code == 0, done.output
            return done.stdout

        ran("analyze", "-o", str(plan))
        ran("execute", str(plan), "--yes")
        run = json.loads(ran("runs", "--json").splitlines()[0])
        shelf.pair(1)
        shelf.pair(2)
        ran("analyze", "-o", str(plan))
        (home / "key.txt").write_text(server.key)
        settings = home / ".config" / "immich-tui" / "config.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text(f'[profile.home]\nurl = "{server.url}/api"\n')
        loser = next(asset.id for asset in shelf.library.assets.values() if asset.trashed)
        yield (
            home,
            environ,
            {
                f"~/immich-tui-backups/{RUN}": run["folder"],
                "DIR --asset 0f4be2b0-30b6-4f1a-9f65-6f6f1f3a7c1e": f"{run['folder']} --asset {loser}",
                RUN: run["id"],
                PHOTO: group,
                "photos.example.org": server.url,
                "other.example.org": server.url,
            },
        )


@pytest.mark.parametrize(("document", "typed"), TYPED, ids=lambda value: re.sub(r"\W+", "-", value)[:60])
def test_what_a_document_tells_to_type_works(
    document: str,
    typed: str,
    world: tuple[Path, dict[str, str], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home, environ, real = world
    monkeypatch.chdir(home)
    for name, value in real.items():
        typed = typed.replace(name, value)
    words = shlex.split(typed, comments=True)
    for end in ("|", ">", "&&", ";"):
        words = words[: words.index(end)] if end in words else words
    told = " ".join(words)
    if NEEDS_A_TERMINAL.match(told):
        done = CliRunner().invoke(main, words[1:], env=environ)
        assert (done.exit_code, "needs a terminal" in done.stderr) == (2, True), done.output
        return
    if "--serve" in words:
        assert isinstance(
            main.commands["demo"].make_context("demo", words[2:], resilient_parsing=True), click.Context
        )
        return
    if words[1] in ("execute", "undo", "restore") and not {"--dry-run", "--yes"} & set(words):
        words.append("--yes")
    done = CliRunner().invoke(main, words[1:], env=environ)
    allowed = next((status for part, status in STATUS.items() if part in told), {0})
    assert done.exit_code in allowed, f"{document}: {told}\n{done.output}"


def test_documents_tell_something_to_type() -> None:
    assert len(TYPED) > 20
    assert {"README.md", "commands.md", "plan-file.md", "troubleshooting.md"} <= {name for name, _ in TYPED}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_and_options_named_in_a_sentence_are_there(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    for told in re.findall(r"`immich-tui ([^`]*)`", text):
        command: click.Command = main
        for word in shlex.split(told):
            if isinstance(command, click.Group) and not word.startswith("-"):
                assert word in command.commands, f"{document.name}: immich-tui {told}"
                command = command.commands[word]
            elif word.startswith("--"):
                known = {name for one in command.params for name in one.opts}
                assert word.split("=")[0] in known | {"--help"}, f"{document.name}: immich-tui {told}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), f"{document.name} points to {target}"


def test_make_targets_in_documents_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for document in DOCUMENTS:
        for target in re.findall(
            r"(?:^ {4}|`)make (\w+)", document.read_text(encoding="utf-8"), re.MULTILINE
        ):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{document.name}: make {target}"


def test_the_page_on_commands_is_what_the_commands_say() -> None:
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m immich_tui.cli.reference > docs/commands.md"
