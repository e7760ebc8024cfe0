"""Why ours, and why not Immich's: the sentence, what is lost, what speaks against it, and by which rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from immich_tui.tui.ink import Part
from immich_tui.tui.text import safe
from immich_tui.tui.widgets.line_view import LineView
from immich_tui.tui.widgets.reasons import (
    LABEL,
    MOST_SCORES,
    POINTS,
    Row,
    beside,
    carried_rows,
    cost_rows,
    criteria_rows,
    flag_rows,
    folded,
    ledger_rows,
    lost_rows,
    news_rows,
    score_rows,
    sentence_rows,
)

if TYPE_CHECKING:
    from immich_tui.review.session import Look

TWO, FOUR = 76, 140
"""Cells from which on the parts stand side by side, by two and by four."""
SENTENCE = 4
"""Lines for the sentence where there is little room."""
ROOMY = 9
"""Lines from which on the price of a choice is told in a sentence, too."""


def pinned_rows(look: Look, across: int, down: int, news: Sequence[str] = ()) -> list[Row]:
    """What stays in sight however the pane is scrolled: what is new, the sentence and what is lost."""
    sentence = news_rows(news, across)[: max(0, down - 4)]
    sentence += sentence_rows(look, across)[: max(1, min(SENTENCE, down - len(sentence) - 3))]
    if down >= ROOMY:
        sentence += cost_rows(look, across)[: down - len(sentence) - 4]
    return [*sentence, *lost_rows(look.ledger, across, max(1, down - len(sentence) - 1))]


def other_rows(look: Look, across: int, focused: int, *, price: bool = False) -> list[Row]:
    """What stands below: flags, what is carried, criteria, points; the `price` of the choice if wanted."""
    cost = cost_rows(look, across) if price else []
    scores = LABEL + POINTS * min(len(look.group.assets), MOST_SCORES) + 2
    if across >= FOUR:
        rest = across - scores
        first, second = rest * 32 // 100, rest * 28 // 100
        carried = carried_rows(look.ledger, first - 2)
        if not carried:
            first, second = 0, rest // 2
        third = rest - first - second
        blocks = [
            flag_rows(look.verdict.flags, second - 2),
            [*criteria_rows(look, third - 2), *_counterfactual(look, third - 2)],
            score_rows(look, focused),
        ]
        places = [second, third, scores]
        if carried:
            blocks, places = [carried, *blocks], [first, *places]
        return [*beside(blocks, places), *cost]
    if across >= TWO:
        first = max(across // 2, min(across - scores, across * 6 // 10))
        widths = (first, across - first)
        carried = carried_rows(look.ledger, first - 2)
        if carried:
            upper = beside([carried, flag_rows(look.verdict.flags, widths[1] - 2)], widths)
        else:
            upper = flag_rows(look.verdict.flags, across)
        lower = [criteria_rows(look, first - 2), score_rows(look, focused, widths[1])]
        return [*upper, *cost, *beside(lower, widths), *_counterfactual(look, across)]
    return [
        *flag_rows(look.verdict.flags, across),
        *cost,
        *carried_rows(look.ledger, across),
        *criteria_rows(look, across),
        *_counterfactual(look, across),
        *score_rows(look, focused, across),
    ]


def _counterfactual(look: Look, across: int) -> list[Row]:
    sentence = look.explanation.counterfactual
    return folded(safe(sentence), across, "muted") if sentence else []


def everything(look: Look, across: int, focused: int) -> list[Row]:
    """All there is to say, with room to say it."""
    explanation = look.explanation
    rows = [*sentence_rows(look, across), *cost_rows(look, across)]
    if look.override is not None:
        rows += [[], [("what was proposed", "title")], *folded(safe(explanation.sentence), across)]
    rows += [[], *ledger_rows(look.ledger, across), [], *flag_rows(look.verdict.flags, across)]
    rows += [[], *criteria_rows(look, min(across, 110)), *_counterfactual(look, across)]
    if explanation.theirs_loses is not None:
        rows += [[], *folded("Immich's choice would do this", across, "title")]
        rows += ledger_rows(explanation.theirs_loses, across)
    return [*rows, [], *score_rows(look, focused, across)]


class Why(LineView):
    """The reasons for a group, as lines; scrolls when they do not fit, what is lost stays in sight."""

    BINDING_GROUP_TITLE = "Why"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._look: Look | None = None
        self._focused = 0
        self._news: Sequence[str] = ()
        self._pinned: list[Row] = []
        self._rows: list[Row] = []
        self._laid_out_for = (-1, -1)
        self.expanded = False

    def show(self, look: Look | None, focused: int, news: Sequence[str] = ()) -> None:
        """Show the reasons for a group and what is `news` of it, or nothing."""
        other = look is None or self._look is None or look.group.id != self._look.group.id
        self._look, self._focused, self._news = look, focused, news
        self._lay_out(from_top=other)

    def unfold(self, expanded: bool) -> None:
        """Show all reasons, or those that matter."""
        self.expanded = expanded
        self._lay_out(from_top=True)

    def _lay_out(self, *, from_top: bool) -> None:
        room = self.scrollable_content_region
        across, down = self._laid_out_for = (room.width, room.height)
        look = self._look
        if look is None or not across:
            self._pinned, self._rows = [], []
        elif self.expanded:
            told = news_rows(self._news, across)
            self._pinned, self._rows = [], [*told, *everything(look, across, self._focused)]
        else:
            self._pinned = pinned_rows(look, across, down, self._news)
            self._rows = other_rows(look, across, self._focused, price=down < ROOMY)
        self.set_lines(len(self._pinned) + len(self._rows), from_top=from_top)

    def on_resize(self) -> None:
        """Break lines anew."""
        room = self.scrollable_content_region
        if (room.width, room.height) != self._laid_out_for:
            self._lay_out(from_top=False)

    def parts(self, y: int) -> Sequence[Part]:
        """The pinned lines first, whatever is scrolled below them."""
        if y < len(self._pinned):
            return self._pinned[y]
        number = y - len(self._pinned) + self.top
        return self._rows[number] if number < len(self._rows) else ()
