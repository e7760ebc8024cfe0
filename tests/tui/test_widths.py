"""Nothing is wider than its place, at any width, with any name; what is lost is in sight at every size."""

import dataclasses
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from immich_tui.immich.models import Group
from immich_tui.review.decisions import keep_only
from immich_tui.review.rows import Row
from immich_tui.review.session import Look
from immich_tui.tui.badges import badges, fate, spaced
from immich_tui.tui.columns import columns
from immich_tui.tui.facts import facts
from immich_tui.tui.ink import Part
from immich_tui.tui.text import safe, told_apart, width
from immich_tui.tui.widgets.cards import Cards
from immich_tui.tui.widgets.comparison import Comparison
from immich_tui.tui.widgets.flag_list import FlagList
from immich_tui.tui.widgets.reasons import flag_rows, flowed
from immich_tui.tui.widgets.why import everything, other_rows, pinned_rows
from immich_tui.verdict.explain import explain
from immich_tui.verdict.judge import judge
from immich_tui.verdict.ledger import ledger
from immich_tui.verdict.model import NOT_READ, Fate, Ledger, Severity, Tier
from immich_tui.verdict.override import override

from .review_library import CAMERA, CONTEXT, EXPOSURE, PLACE, POLICY, ZONE, asset, group

WIDTHS = (60, 80, 120, 200, 300)
NAMES = (
    "שלום-עולם-תמונה-ארוכה-מאוד-0001.jpg",
    "写真\u200b家族\u202eの湖での長い名前_20240612_101500.jpg",
    "👩🏽‍🚀🇩🇪_e\u0301te\u0301_\x1b[31m.HEIC",
    "x" * 300,
    "a\u0301" * 40,
    "",
)


def look_at(members: int, chosen: int | None = None, names: Sequence[str] = NAMES) -> Look:
    assets = []
    for number in range(members):
        known = {**CAMERA, **EXPOSURE, **ZONE} if number % 3 else {}
        if number % 2:
            known = {
                **known,
                **PLACE,
                "description": f"{names[number % len(names)]} line {number}",
                "rating": 3,
            }
        assets.append(
            asset(
                names[number % len(names)] or "-",
                1 + number / 7,
                exif=known,
                id=f"{number:08x}-0000-4000-8000-000000000001",
                isEdited=number % 4 == 2,
                isFavorite=number % 5 == 3,
                livePhotoVideoId="0bb93a05-fbd8-4429-8931-ac3e72b5d4a1" if number % 4 == 1 else None,
                libraryId="4ac2ab3e-8cd2-4b43-9a18-4b2bd4ef7bd8" if number % 6 == 5 else None,
            )
        )
    parsed = Group.model_validate(group(1, *assets))
    verdict = judge(parsed, POLICY, CONTEXT)
    choice = keep_only(parsed, verdict.winner if chosen is None else parsed.assets[chosen].id)
    return Look(
        parsed,
        verdict,
        None,
        choice,
        explain(parsed, verdict, POLICY, CONTEXT),
        ledger(parsed, choice, CONTEXT),
        NOT_READ,
        override(parsed, verdict, choice, POLICY, CONTEXT),
    )


GROUPS = {(members, chosen): look_at(members, chosen) for members in (2, 4, 12, 60) for chosen in (None, 0)}


def cells(row: Sequence[Part]) -> int:
    return sum(cell_len(text) for text, _ in row)


def words(rows: Sequence[Sequence[Part]]) -> str:
    return "\n".join("".join(text for text, _ in row) for row in rows)


@pytest.mark.parametrize("across", [*(width - 36 for width in WIDTHS), 40, 75, 76, 139, 140])
@pytest.mark.parametrize("kind", GROUPS)
def test_no_reason_is_wider_than_the_pane(kind: tuple[int, int | None], across: int) -> None:
    look = GROUPS[kind]
    for rows in (
        pinned_rows(look, across, 6),
        other_rows(look, across, 1),
        everything(look, across, 1),
    ):
        assert max(cells(cut_spaces(row)) for row in rows) <= across, words(rows)


@pytest.mark.parametrize("down", [4, 6, 10, 12])
@pytest.mark.parametrize("across", [23, 51, 84, 153, 250])
@pytest.mark.parametrize("kind", GROUPS)
def test_what_is_lost_is_in_sight_at_every_size(kind: tuple[int, int | None], across: int, down: int) -> None:
    look = GROUPS[kind]
    rows = pinned_rows(look, across, down)
    assert len(rows) < down, "something of the rest can be seen, too"
    lost = look.ledger.with_fate(Fate.LOST)
    said = [text for row in rows for text, meaning in row if meaning == "lost"]
    assert any("✗ lost" in text for text in said) == bool(lost)
    if lost:
        assert len(said) > 1, "what is lost has a name"
    else:
        assert "nothing known is lost" in words(rows)


def test_a_choice_of_ones_own_is_what_the_pane_speaks_of() -> None:
    look = GROUPS[4, 0]
    assert look.override is not None
    assert words(pinned_rows(look, 200, 10)).startswith("You keep ")
    assert "we proposed" in words(pinned_rows(look, 200, 10))
    assert "what was proposed" in words(everything(look, 200, 0))
    assert "You keep" not in words(pinned_rows(GROUPS[4, None], 200, 10))


@pytest.mark.parametrize("across", [80, 160])
def test_where_nothing_is_carried_nothing_is_left_free_for_it(across: int) -> None:
    look = GROUPS[2, None]
    nothing = dataclasses.replace(look, ledger=Ledger(look.ledger.winner, ()))
    assert words(other_rows(nothing, across, 0)).startswith(words(flag_rows(look.verdict.flags, 50))[:4])
    assert not words(other_rows(look, across, 0)).startswith(words(flag_rows(look.verdict.flags, 50))[:4])


def test_what_was_not_read_is_said_in_a_sentence() -> None:
    text = words(other_rows(GROUPS[2, None], 60, 0))
    assert "were not read; they are not carried." in " ".join(text.split())


@pytest.mark.parametrize("across", [*(width - 36 for width in WIDTHS), 31, 46])
@pytest.mark.parametrize("kind", GROUPS)
def test_a_row_of_the_comparison_fills_its_columns_exactly(kind: tuple[int, int | None], across: int) -> None:
    look = GROUPS[kind]
    members = len(look.group.assets)
    pane, cards = Comparison(), Cards()
    layout = columns(across, members, 0, members - 1)
    pane._columns = cards._columns = layout
    for fact in facts(look):
        assert cells(pane._label(fact, fact.group)) <= max(layout.gutter, 16)
        for member, text in pane._texts(fact).items():
            assert cells(pane._value(fact, member, text)) == layout.width
    for name in cards._names(look, layout.text).values():
        assert width(name) <= layout.text
    for member in layout.shown:
        line = spaced(
            [fate(look, look.group.assets[member].id), *badges(look, look.group.assets[member])], 20
        )
        assert cells(line) <= 20


def test_of_a_time_the_day_is_shown_before_the_offset() -> None:
    look = GROUPS[4, None]
    (taken,) = (fact for fact in facts(look) if fact.label == "taken")
    pane = Comparison()
    pane._columns = columns(84, 4, 0, 0)
    assert pane._columns.text < width(taken.cells[1].text)
    assert set(pane._texts(taken).values()) == {"2024-06-12 10:15:00"}


@pytest.mark.parametrize("members", [2, 4, 12, 60])
@pytest.mark.parametrize("room", [16, 28, 36])
def test_tabs_keep_the_winner_and_the_focus_in_sight(members: int, room: int) -> None:
    look = GROUPS[members, None]
    cards = Cards()
    winner = next(n for n, a in enumerate(look.group.assets) if a.id == look.choice.winner)
    for focused in range(members):
        cards._look, cards._focused = look, focused
        cards._columns = columns(room + 16, members, winner, focused)
        tabs = cards._tabs()
        assert {winner, focused} <= {member for member, _, _ in tabs}
        assert sum(width(text) for _, text, _ in tabs) <= cards._columns.width


@pytest.mark.parametrize("across", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("note", ["", *NAMES])
def test_a_line_of_the_flag_list_fits(across: int, name: str, note: str) -> None:
    row = Row(
        position=0,
        group_id="g",
        title=name,
        members=3,
        tier=Tier.DOUBTFUL,
        differs=True,
        saving=123_456_789,
        flags=("gps_conflict", "capture_time_conflict", "live_video_loss", "resolution_loss"),
        worst=Severity.BLOCK,
        flagged=bool(note),
        note=note,
    )
    shown = FlagList()
    shown._rows = [row]
    for line in shown.item(0, across - 1, True):
        assert cells(line) <= across - 1


ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


@given(st.lists(ANY_TEXT, min_size=1, max_size=6), st.integers(1, 60))
def test_names_are_told_apart_in_the_room_there_is(names: list[str], room: int) -> None:
    names = [safe(name) for name in names]
    cut = told_apart(names, room)
    assert all(width(text) <= room for text in cut)
    assert all(
        text == name for text, name in zip(cut, names, strict=True) if len(names) == 1 and width(name) <= room
    )


def test_names_of_one_series_stay_different() -> None:
    names = [f"IMG_20240612_1015{second:02}_holiday at the lake.jpg" for second in range(12)]
    assert len(set(told_apart(names, 19))) == 12


@given(st.lists(st.tuples(ANY_TEXT, st.just("")), min_size=1, max_size=4), st.integers(2, 40))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_flowing_text_keeps_to_its_width_and_loses_no_letter(
    parts: list[tuple[str, str]], across: int
) -> None:
    parts = [(safe(text), ink) for text, ink in parts]
    rows = flowed(parts, across)
    assert all(cells(row) <= across for row in (cut_spaces(row) for row in rows))
    everything_said = "".join(text for text, _ in parts)
    assert "".join(words(rows).split()) == "".join(everything_said.split())


def cut_spaces(row: Sequence[Part]) -> list[Part]:
    """A row without the spaces at its end, which nobody sees."""
    texts = [text for text, _ in row]
    return [("".join(texts).rstrip(), "")]
