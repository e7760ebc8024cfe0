"""Where the summary says to start."""

from __future__ import annotations

from immich_tui.review.rows import Row, Summary
from immich_tui.tui.suggest import suggestion
from immich_tui.verdict.model import Severity, Tier

KEYS = {"review.accept_ready": "A", "review.act": ";", "review.execute": "X", "review.next_undecided": "J"}


def rows(count: int, *flags: str) -> list[Row]:
    tier, worst = (Tier.DOUBTFUL, Severity.BLOCK) if flags else (Tier.EXACT, None)
    return [Row(n, f"g{n}", f"{n}.jpg", 2, tier, False, 1000, flags, worst) for n in range(count)]


def test_many_groups_that_only_a_finer_copy_speaks_against_get_a_quick_way() -> None:
    session = [*rows(5), *rows(40, "compression_loss"), *rows(3, "compression_loss", "edited")]
    told = suggestion(Summary.of(session, 0), KEYS.__getitem__)
    assert "in the review A accepts them together" in told
    assert "; acts on all" in told
    assert "In 40 of them only a larger file speaks against ours" in told
    assert "only:compression" in told


def test_one_such_group_is_not_worth_a_word() -> None:
    assert "only:" not in suggestion(
        Summary.of([*rows(5), *rows(1, "compression_loss")], 0), KEYS.__getitem__
    )
