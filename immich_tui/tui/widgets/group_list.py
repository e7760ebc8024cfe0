"""The list of groups: two lines each, what was decided and what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING, ClassVar

from immich_tui.tui import figures, marks
from immich_tui.tui.ink import Part
from immich_tui.tui.text import elide, fit, pad, safe, width
from immich_tui.tui.widgets.virtual_list import VirtualList
from immich_tui.verdict.model import Severity
from immich_tui.verdict.phrases import flag_name

if TYPE_CHECKING:
    from immich_tui.review.session import Row


class GroupList(VirtualList):
    """Groups as rows of a session. The rows are read when they are painted and never copied."""

    ITEM_HEIGHT: ClassVar[int] = 2
    BINDING_GROUP_TITLE = "List"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._rows: Sequence[Row] = ()
        self._marked: Set[str] = frozenset()

    def show(self, rows: Sequence[Row], cursor: int = 0, marked: Set[str] = frozenset()) -> None:
        """Show these rows; `marked` are the ids of marked groups, looked up whenever a row is painted."""
        self._rows, self._marked = rows, marked
        self.set_count(len(rows), cursor)

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if self._rows else None

    def item(self, index: int, width_: int, current: bool) -> Sequence[Sequence[Part]]:
        """Status, name and saving; then mark, tier, disagreement and flags."""
        row = self._rows[index]
        saving = figures.size(row.saving) if row.saving else ""
        flagged = f"{marks.FLAGGED} " if row.flagged else ""
        room = width_ - 5 - width(saving) - width(flagged)
        name = pad(elide(safe(row.title), room), room)
        edge = ("▌" if current else " ", "bar")
        first: list[Part] = [
            edge,
            marks.status(row),
            (" ", ""),
            (flagged, "key"),
            (name, "strong" if current else "muted" if row.done else ""),
            (f" {saving} ", "muted"),
        ]
        mark = (f"{marks.MARKED} ", "key") if row.group_id in self._marked else ("  ", "")
        second: list[Part] = [edge, mark, (_count(row), "muted"), ("  ", "")]
        second += _second_line(row, width_ - 7 - width(_count(row)))
        return first, second


def _count(row: Row) -> str:
    return f"{row.members}×"


def _second_line(row: Row, room: int) -> list[Part]:
    news = f"{marks.NEWS} " if row.changed or row.news else ""
    differs = f"{marks.DIFFERS} " if row.differs else ""
    words, style = marks.tier(row.tier)
    parts: list[Part] = [(news, "key"), (differs, "differs"), (words, style)]
    rest = room - width(news) - width(differs) - width(words)
    if row.decision is not None or row.done:
        decided = f" · {marks.decision(row)}"
        for words in (decided, decided.rsplit(" · ", 1)[0]):
            if words and width(words) <= rest:
                return [*parts, (words, "muted")]
    elif row.flags and row.worst is not None and row.worst > Severity.INFO:
        glyph, ink = marks.severity(row.worst)
        more = f" +{len(row.flags) - 1}" if len(row.flags) > 1 else ""
        name = fit(flag_name(row.flags[0]), rest - 3 - width(more))
        if width(name) >= 4:
            return [*parts, (f" {glyph} ", ink), (name, "muted"), (more, "muted")]
    return parts
