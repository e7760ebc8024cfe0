"""The theme suits the terminal, and its meanings differ for everyone."""

from __future__ import annotations

import pytest
from textual.color import Color

from immich_tui.tui.themes import DARKROOM, theme_for


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"TERM": "xterm-256color"}, "darkroom"),
        ({"TERM": "tmux-256color", "COLORTERM": "truecolor"}, "darkroom"),
        ({"TERM": "linux"}, "ansi-dark"),
        ({"TERM": "xterm-16color"}, "ansi-dark"),
    ],
)
def test_sixteen_colours_use_the_terminals_own(environment: dict[str, str], name: str) -> None:
    assert theme_for(environment) == name
    assert theme_for(environment, "nord") == "nord"


def test_good_and_wrong_differ_without_red_and_green() -> None:
    good, wrong = Color.parse(str(DARKROOM.success)), Color.parse(str(DARKROOM.error))
    # Red and green look alike to many; blue is what everyone can tell from orange.
    assert good.b - wrong.b > 100
    assert wrong.r - good.r > 100


def test_text_stands_out_from_its_background() -> None:
    back = Color.parse(str(DARKROOM.background))
    for colour in (DARKROOM.foreground, DARKROOM.primary, DARKROOM.warning, DARKROOM.error):
        contrast = _contrast(Color.parse(str(colour)), back)
        assert contrast >= 4.5, (colour, contrast)


def _contrast(one: Color, other: Color) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    parts = [part / 255 for part in colour.rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
