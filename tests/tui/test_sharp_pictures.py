"""Kitty and Sixel pictures in the whole program, on a pseudo terminal that answers as real ones do."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from immich_tui.demo.server import DemoServer
from immich_tui.tui.sixel import sixel_encoder

from .pseudo_terminal import Kind, PseudoTerminal, running_app

HALF = "▀".encode()
PLACEHOLDER = "\U0010eeee".encode()
SENT = re.compile(rb"\x1b_Ga=T,U=1,f=100,t=d,i=(\d+),c=(\d+),r=(\d+),")


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(groups=6) as server:
        yield server


def to_review(terminal: PseudoTerminal) -> None:
    terminal.read_until(b"can be freed")
    terminal.type("\r")
    terminal.read_until(b"KEEP", b"TRASH")


def to_picture(terminal: PseudoTerminal) -> int:
    start = len(terminal.out)
    terminal.type("v")
    terminal.read_until(b"whole photo", after=start)
    return start


def test_kitty_pictures_are_sent_placed_and_freed(server: DemoServer, tmp_path: Path) -> None:
    with running_app(server.url, server.key, tmp_path, kitty=True) as terminal:
        to_review(terminal)
        terminal.read_until(PLACEHOLDER)
        terminal.read_for(0.5)
        cards = set(SENT.findall(terminal.out))
        assert len(cards) == 2
        start = to_picture(terminal)
        terminal.read_until(b"\x1b_Ga=T", PLACEHOLDER, after=start)
        terminal.type(" ")
        terminal.read_until(b"2 of 2", after=start)
        terminal.read_for(0.5)
        large = SENT.findall(terminal.out[start:])
        assert len(large) == len(set(large)) == 2
        assert all(int(one[1]) > 60 for one in large)
        again = len(terminal.out)
        terminal.type(" ")
        terminal.read_until(b"1 of 2", after=again)
        terminal.read_for(0.3)
        # Flipping back places what the terminal has already.
        assert not SENT.search(terminal.out[again:])
        assert PLACEHOLDER in terminal.out[again:]
        assert terminal.close() == 0
        freed = set(re.findall(rb"\x1b_Ga=d,d=I,q=2,i=(\d+)\x1b", terminal.out))
        assert freed == {one[0] for one in (*cards, *large)}
        assert b"\x1bP" not in terminal.out


def test_a_dialog_hides_kitty_pictures(server: DemoServer, tmp_path: Path) -> None:
    with running_app(server.url, server.key, tmp_path, kitty=True) as terminal:
        to_review(terminal)
        terminal.read_until(PLACEHOLDER)
        terminal.read_for(0.5)
        start = len(terminal.out)
        terminal.type("?")
        terminal.read_until(HALF, after=start)
        terminal.read_for(0.5)
        assert PLACEHOLDER not in terminal.out[start:]
        shut = len(terminal.out)
        terminal.type("\x1b")
        terminal.read_until(PLACEHOLDER, after=shut)
        assert not SENT.search(terminal.out[shut:])


@pytest.mark.skipif(sixel_encoder() is None, reason="the extra 'images' is not installed")
def test_sixels_are_painted_over_the_full_screen_picture_only(server: DemoServer, tmp_path: Path) -> None:
    with running_app(server.url, server.key, tmp_path, sixel=True) as terminal:
        to_review(terminal)
        terminal.read_until(HALF)
        terminal.read_for(0.5)
        assert b"\x1bP" not in terminal.out
        start = to_picture(terminal)
        terminal.read_until(b"\x1b7\x1b[4;", b"\x1bP0;0;0q", b"\x1b\\\x1b8", after=start)
        # Until both are encoded half blocks show; from then on nothing comes in between.
        for _ in range(8):
            flip = len(terminal.out)
            terminal.type(" ")
            terminal.read_until(b" of 2", b"\x1bP0;0;0q", b"\x1b\\\x1b8", after=flip)
            terminal.read_for(0.7)
            if HALF not in terminal.out[flip:]:
                break
        assert HALF not in terminal.out[flip:]
        help_ = len(terminal.out)
        terminal.type("?")
        terminal.read_until(HALF, after=help_)
        terminal.read_for(0.5)
        assert b"\x1bP" not in terminal.out[help_:]
        assert SENT.search(terminal.out) is None
        assert terminal.close() == 0


@pytest.mark.parametrize(
    ("terminal_is", "environ"),
    [
        ({"silent": True}, {}),
        ({"kitty": True, "sixel": True}, {"IMMICH_TUI_IMAGES": "blocks"}),
    ],
    ids=["silent", "blocks"],
)
def test_other_terminals_get_half_blocks(
    server: DemoServer, tmp_path: Path, terminal_is: Kind, environ: dict[str, str]
) -> None:
    with running_app(server.url, server.key, tmp_path, environ, **terminal_is) as terminal:
        to_review(terminal)
        terminal.read_until(HALF)
        to_picture(terminal)
        assert SENT.search(terminal.out) is None
        assert b"\x1bP" not in terminal.out
        assert terminal.close() == 0


def test_off_shows_no_picture_and_asks_for_none(server: DemoServer, tmp_path: Path) -> None:
    before = len(server.requests)
    with running_app(server.url, server.key, tmp_path, {"IMMICH_TUI_IMAGES": "off"}, kitty=True) as terminal:
        to_review(terminal)
        terminal.read_for(0.6)
        terminal.type("j")
        terminal.read_for(0.6)
        terminal.type("v")
        terminal.read_until(b"images = off")
        assert HALF not in terminal.out
        assert SENT.search(terminal.out) is None
        assert terminal.close() == 0
    assert not [one for one in list(server.requests)[before:] if "thumbnail" in one.path]


def test_a_wish_that_cannot_be_fulfilled_is_told(server: DemoServer, tmp_path: Path) -> None:
    environ = {"IMMICH_TUI_IMAGES": "kitty", "COLORTERM": ""}
    with running_app(server.url, server.key, tmp_path, environ) as terminal:
        to_review(terminal)
        terminal.read_until(b"Kitty pictures need a terminal", HALF)
