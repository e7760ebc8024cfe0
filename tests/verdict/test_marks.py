"""Marks tell what is there, and what is there twice, whatever the order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from immich_tui.verdict.marks import Marks


@given(st.lists(st.text(max_size=3)), st.text(max_size=3))
def test_marks_say_what_was_added_and_what_was_added_twice(texts: list[str], other: str) -> None:
    marks = Marks(texts)
    twice = marks.twice()
    assert all(text in marks for text in texts)
    assert (other in marks) == (other in texts)
    assert all((text in twice) == (texts.count(text) > 1) for text in [*texts, other])
    assert bool(marks) == bool(texts)
    marks.add([other])
    assert other in marks
