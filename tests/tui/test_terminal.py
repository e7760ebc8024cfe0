"""What terminals answer, what follows from it, and that nothing is waited for too long."""

import io
import os
import pty
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from immich_tui.tui import kitty, sixel
from immich_tui.tui.technique import NO_ENCODER, choose
from immich_tui.tui.terminal import QUERY, USUAL_CELL, Question, Terminal, asking, understood, worth_asking

from .colours import ink

KITTY = b"\x1b_Gi=31;OK\x1b\\"
CELL = b"\x1b[6;19;9t"
PLAIN = b"\x1b[?62;22c"
SIXEL = b"\x1b[?62;4;22c"
XTERM = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", Terminal()),
        (PLAIN, Terminal(answered=True)),
        (SIXEL, Terminal(sixel=True, answered=True)),
        (b"\x1b[?64;14;42c", Terminal(answered=True)),
        (KITTY + CELL + PLAIN, Terminal(kitty=True, cell=(9, 19), answered=True)),
        (b"\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\" + PLAIN, Terminal(answered=True)),
        (b"jj" + KITTY + b"k" + SIXEL + b"q", Terminal(kitty=True, sixel=True, answered=True)),
        (b"\x1b[6;0;0t" + PLAIN, Terminal(answered=True)),
    ],
)
def test_an_answer_is_understood(answer: bytes, expected: Terminal) -> None:
    assert understood(answer) == expected


def test_the_system_knows_the_cell_best() -> None:
    assert understood(CELL + PLAIN, (8, 16)).cell == (8, 16)
    assert understood(CELL + PLAIN, (0, 0)).cell == (9, 19)
    assert understood(PLAIN, (0, 0)).cell == USUAL_CELL


@given(st.binary(max_size=200))
def test_nonsense_is_survived(answer: bytes) -> None:
    assert min(understood(answer).cell) > 1


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch, answer: bytes, after: float = 0.0) -> Iterator[FileIO]:
    """A pseudo terminal in the place of the real one, that answers once it was asked."""
    master, slave = pty.openpty()
    asked: list[bytes] = []

    def reply() -> None:
        while QUERY not in b"".join(asked):
            asked.append(os.read(master, 1024))
        time.sleep(after)
        os.write(master, answer)

    thread = threading.Thread(target=reply, daemon=True)
    thread.start()
    with os.fdopen(slave, "r+b", buffering=0) as file:
        monkeypatch.setattr(sys, "__stdin__", file)
        monkeypatch.setattr(sys, "__stdout__", file)
        before = termios.tcgetattr(file.fileno())
        yield file
        assert termios.tcgetattr(file.fileno()) == before
    thread.join(5)
    os.close(master)


def given_one(question: Question | None) -> Question:
    """The question that a terminal is asked, which there has to be."""
    assert question is not None
    return question


def test_a_terminal_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch, KITTY + CELL + PLAIN), asking(XTERM) as question:
        assert given_one(question).answer() == Terminal(kitty=True, cell=(9, 19), answered=True)


def test_silence_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch, b""), asking(XTERM) as question:
        began = time.monotonic()
        assert given_one(question).answer() == Terminal()
        assert time.monotonic() - began < 1.0


def test_an_answer_from_afar_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch, SIXEL, after=0.6), asking({**XTERM, "SSH_TTY": "/dev/pts/1"}) as question:
        assert given_one(question).answer().sixel


def test_time_that_was_used_otherwise_is_not_waited_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch, KITTY + PLAIN), asking(XTERM) as question:
        time.sleep(0.5)
        began = time.monotonic()
        assert given_one(question).answer().kitty
        assert time.monotonic() - began < 0.2


def test_no_terminal_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "__stdin__", io.StringIO())
    with asking(XTERM) as question:
        assert question is None
    monkeypatch.setattr(sys, "__stdin__", None)
    with asking(XTERM) as question:
        assert question is None
    with Path(os.devnull).open("r+b") as nothing:
        monkeypatch.setattr(sys, "__stdin__", nothing)
        monkeypatch.setattr(sys, "__stdout__", nothing)
        with asking(XTERM) as question:
            assert question is None


@pytest.mark.parametrize(
    "environ",
    [
        {"TERM": "dumb"},
        {"TERM": "linux"},
        {},
        {**XTERM, "STY": "1.pts"},
        {**XTERM, "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"},
        {**XTERM, "IMMICH_TUI_IMAGES": "off"},
        {**XTERM, "IMMICH_TUI_IMAGES": "blocks"},
    ],
)
def test_who_cannot_show_pictures_is_not_asked(environ: dict[str, str]) -> None:
    assert not worth_asking(environ)
    assert worth_asking(XTERM)


BOTH, ONLY_KITTY, ONLY_SIXEL, NEITHER = (
    Terminal(kitty, sixel, (9, 18), True)
    for kitty, sixel in ((True, True), (True, False), (False, True), (False, False))
)


@pytest.mark.parametrize(
    ("wanted", "terminal", "environ", "colours", "kind"),
    [
        ("auto", ONLY_KITTY, {}, "truecolor", "kitty"),
        ("auto", ONLY_SIXEL, {}, "truecolor", "sixel"),
        # Both say WezTerm and Konsole, which do not place Kitty images by text.
        ("auto", BOTH, {}, "truecolor", "sixel"),
        ("auto", NEITHER, {}, "truecolor", "blocks"),
        ("auto", None, {}, "truecolor", "blocks"),
        ("auto", ONLY_KITTY, {"NO_COLOR": "1"}, "truecolor", "blocks"),
        ("auto", ONLY_KITTY, {}, "256", "blocks"),
        ("auto", ONLY_KITTY, {"TEXTUAL_DRIVER": "web"}, "truecolor", "blocks"),
        ("blocks", ONLY_KITTY, {}, "truecolor", "blocks"),
        ("off", ONLY_KITTY, {}, "truecolor", "off"),
        ("off", None, {}, None, "off"),
        ("kitty", NEITHER, {}, "truecolor", "kitty"),
        ("kitty", NEITHER, {}, "256", "blocks"),
        ("sixel", NEITHER, {}, "256", "sixel"),
        ("sixel", None, {}, "truecolor", "blocks"),
    ],
)
def test_the_best_that_works_is_chosen(
    wanted: str,
    terminal: Terminal | None,
    environ: dict[str, str],
    colours: str | None,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("immich_tui.tui.technique.sixel_encoder", lambda: str)
    technique = choose(wanted, terminal, environ, colours)
    assert technique.kind == kind
    assert bool(technique.problem) == (wanted in {"kitty", "sixel"} and kind == "blocks")


def test_the_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("immich_tui.tui.technique.sixel_encoder", lambda: None)
    assert choose("sixel", ONLY_SIXEL, {}).problem == NO_ENCODER
    assert choose("sixel", ONLY_SIXEL, {}).kind == "blocks"
    silent = choose("auto", ONLY_SIXEL, {})
    assert (silent.kind, silent.problem) == ("blocks", "")


def test_an_extra_that_is_not_installed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    sixel.sixel_encoder.cache_clear()
    monkeypatch.setitem(sys.modules, "textual_image", None)
    monkeypatch.setitem(sys.modules, "textual_image._sixel", None)
    assert sixel.sixel_encoder() is None
    sixel.sixel_encoder.cache_clear()


def test_sixels_are_sixels() -> None:
    encode = sixel.sixel_encoder()
    if encode is None:
        pytest.skip("the extra 'images' is not installed")
    text = encode(Image.linear_gradient("L").convert("RGB"))
    assert text.startswith("\x1bP")
    assert '"1;1;256;256' in text
    assert text.endswith("\x1b\\")
    assert sixel.placed(text, 3, 4).startswith("\x1b7\x1b[5;4H\x1bP")


class TestKitty:
    def test_numbers_are_distinct_and_take_no_room(self) -> None:
        assert len(set(kitty.NUMBERS)) == kitty.MOST_CELLS == 297

    def test_cells_name_row_and_column(self) -> None:
        lines = kitty.placeholders(0x123456, 3, 2)
        assert [line[0].cell_length for line in lines] == [3, 3]
        first, second = kitty.NUMBERS[:2]
        assert lines[1][0].text.startswith(
            kitty.PLACEHOLDER + second + first + kitty.PLACEHOLDER + second + second
        )
        assert ink(lines[0][0]) == (0x12, 0x34, 0x56)

    def test_a_long_picture_is_sent_in_pieces(self) -> None:
        message = kitty.transmission(7, bytes(range(256)) * 40, 5, 3)
        pieces = message.split("\x1b\\")[:-1]
        assert len(pieces) == 4
        assert pieces[0].startswith("\x1b_Ga=T,U=1,f=100,t=d,i=7,c=5,r=3,q=2,m=1;")
        assert pieces[-1].startswith("\x1b_Gq=2,m=0;")
        assert all(len(piece.partition(";")[2]) <= 4096 for piece in pieces)

    def test_tmux_hands_on(self) -> None:
        message = kitty.transmission(7, b"png", 5, 3, through_tmux=True)
        assert message.startswith("\x1bPtmux;\x1b\x1b_G")
        assert message.endswith("\x1b\x1b\\\x1b\\")

    def test_the_terminal_is_told_once_and_frees_what_is_old(self) -> None:
        held = kitty.Held()
        assert held.shown(1, "one") == "one"
        assert held.shown(1, "one") == ""
        for number in range(2, 2 + kitty.KEPT):
            told = held.shown(number, "picture")
        assert told == "\x1b_Ga=d,d=I,q=2,i=1\x1b\\picture"
        assert held.shown(1, "one").endswith("one")
        assert held.free().count("a=d") == kitty.KEPT
        assert held.free() == ""

    def test_numbers_of_pictures_fit_into_a_colour(self) -> None:
        numbers = [kitty.new_image_id() for _ in range(1000)]
        assert len(set(numbers)) == 1000
        assert all(0 < number < 1 << 24 for number in numbers)
