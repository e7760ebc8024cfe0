"""Text from outside is harmless, keeps what people wrote, and is cut by cells."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immich_tui.tui.text import elide, fit, head, pad, place, safe, tail, width


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("IMG_0001.JPG", "IMG_0001.JPG"),
        ("[red]x[/]", "[red]x[/]"),
        ("a\x1b[31mb", "a␛[31mb"),
        ("a\nb\tc\x7f", "a␊b␉c␡"),
        ("\x9b31m", "�31m"),
        ("gpj.\u202eexe", "gpj.�exe"),
        ("a\u200bb\ufeffc\u00add", "a�b�c�d"),
        ("half \ud83d", "half �"),
        ("e\u0301t\u00e9", "été"),
        ("👨‍👩‍👧‍👦.jpg", "👨‍👩‍👧‍👦.jpg"),
        ("🏃🏽‍♀️", "🏃🏽‍♀️"),
        ("a\u200db", "a�b"),
        ("\u200d👩", "�👩"),
        ("\u0301x", "◌\u0301x"),
        ("日本語 🇩🇪", "日本語 🇩🇪"),
        ("שלום", "שלום"),
        ("a\u2028b\u00a0c", "a�b c"),
        (42, "42"),
    ],
)
def test_safe_shows_what_it_must_not_pass_on(given_text: object, shown: str) -> None:
    assert safe(given_text) == shown


@given(st.text())
def test_nothing_that_a_terminal_obeys_survives(text: str) -> None:
    shown = safe(text)
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not any(c in shown for c in "\x1b\x9b\u202e\u2066\u200b\ufeff")
    assert safe(shown) == shown


def test_a_pile_of_marks_is_cut_down() -> None:
    assert len(safe("a" + "\u0323" * 50)) < 8


@given(st.text(), st.integers(0, 40))
def test_cut_text_fits(text: str, cells: int) -> None:
    text = safe(text)
    for cut in (fit(text, cells), elide(text, cells), head(text, cells), tail(text, cells)):
        assert width(cut) <= cells
    if width(text) <= cells:
        assert fit(text, cells) == elide(text, cells) == head(text, cells) == text
        assert width(pad(text, cells)) == cells


def test_eliding_keeps_both_ends() -> None:
    assert elide("IMG_20240612_101500_edited.jpg", 16) == "IMG_202…ited.jpg"
    assert width(elide("日本語日本語日本語.jpg", 11)) <= 11
    assert fit("abcdef", 4) == "abc…"
    assert fit("abcdef", 0) == ""


def test_a_path_within_the_home_is_shown_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "someone"))
    assert place(tmp_path / "someone" / "backups" / "one") == "~/backups/one"
    assert place(str(tmp_path / "someone")) == "~"
    assert place(tmp_path / "someone else") == str(tmp_path / "someone else")
    assert place("backups/one\n") == "backups/one␊"
