"""Every member can be reached, nothing is wider than the screen, the winner stays in sight."""

from hypothesis import given
from hypothesis import strategies as st

from immich_tui.tui.columns import NO_COLUMNS, ROOMY, columns


def test_two_members_stand_side_by_side_at_the_design_size() -> None:
    found = columns(84, 2, 0, 0)
    assert found.shown == (0, 1)
    assert found.grouped


def test_one_column_where_two_would_be_too_narrow() -> None:
    assert columns(52, 3, 0, 2).shown == (2,)


def test_four_on_a_wide_screen() -> None:
    assert columns(154, 7, 6, 0).shown == (6, 0, 1, 2)


@given(
    st.integers(10, 300), st.integers(1, 60), st.data(), st.lists(st.integers(0, 59), min_size=1, max_size=20)
)
def test_any_walk_keeps_focus_and_winner_in_sight(
    cells: int, members: int, data: st.DataObject, walk: list[int]
) -> None:
    winner = data.draw(st.integers(0, members - 1))
    layout = NO_COLUMNS
    for step in walk:
        focused = step % members
        layout = columns(cells, members, winner, focused, layout)
        assert focused in layout.shown
        assert len(set(layout.shown)) == len(layout.shown)
        assert len(layout.shown) <= 4 or layout.width >= ROOMY
        if len(layout.shown) > 1:
            assert winner in layout.shown
            assert layout.gutter + layout.width * len(layout.shown) <= cells
        assert layout.before + layout.after + len(layout.shown) == members
        for place, member in enumerate(layout.shown):
            assert layout.member_at(layout.gutter + place * layout.width) == member
        assert layout.member_at(layout.gutter - 1) is None
        assert layout.member_at(layout.gutter + layout.width * len(layout.shown)) is None


def test_stepping_to_the_neighbour_moves_the_window_as_little_as_possible() -> None:
    layout = columns(84, 10, 0, 1)
    assert layout.shown == (0, 1, 2)
    layout = columns(84, 10, 0, 2, layout)
    assert layout.shown == (0, 1, 2)
    layout = columns(84, 10, 0, 3, layout)
    assert layout.shown == (0, 2, 3)
    assert (layout.before, layout.after) == (1, 6)
