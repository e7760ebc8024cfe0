"""Why ours, and why not Immich's: the sentence, the score, the flags, and what is carried or lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.strip import Strip

from immich_tui.tui import marks
from immich_tui.tui.ink import Part, ink, strip
from immich_tui.tui.text import fit, safe, width
from immich_tui.tui.widgets.line_view import LineView
from immich_tui.verdict.ledger import FIELD_LABELS
from immich_tui.verdict.model import Comparison, Entry, Fate, Flag, Ledger

if TYPE_CHECKING:
    from immich_tui.review.session import Look

Row = list[Part]

BESIDE = 84
"""From this width on score, flags and ledger stand beside each other."""
MOST_SCORES = 6
LABEL = 13

_FATES = (
    (Fate.LOST, "✗ lost", "lost"),
    (Fate.CARRIED, "→ carried", "carried"),
    (Fate.GRAFTED, "⇢ grafted", "carried"),
)


def folded(text: str, across: int, meaning: str = "", indent: int = 0) -> list[Row]:
    """A text broken into lines of `across` cells, further ones indented."""
    room = max(8, across - indent)
    lines = [line.plain.rstrip() for line in Content(text).wrap(room)] or [""]
    return [[(" " * indent if number else "", ""), (line, meaning)] for number, line in enumerate(lines)]


def _labelled(label: str, meaning: str, text: str, across: int, text_meaning: str = "") -> list[Row]:
    """A label of 11 cells and a text beside it, folded under itself."""
    head: Part = (label + " " * max(1, 11 - width(label)), meaning)
    rows = folded(text, across - width(head[0]), text_meaning)
    indent: Part = (" " * width(head[0]), "")
    return [[indent if number else head, *row] for number, row in enumerate(rows)]


def beside(blocks: Sequence[Sequence[Row]], widths: Sequence[int]) -> list[Row]:
    """Blocks of rows as columns of these widths, with two cells between them."""
    lines: list[Row] = []
    for number in range(max((len(block) for block in blocks), default=0)):
        line: Row = []
        for block, across in zip(blocks, widths, strict=True):
            room = across - 2
            for text, meaning in block[number] if number < len(block) else ():
                shown = fit(text, room)
                room -= width(shown)
                line.append((shown, meaning))
            line.append((" " * (room + 2), ""))
        lines.append(line)
    return lines


def score_rows(look: Look, focused: int) -> list[Row]:
    """What each member's metadata earns, category by category."""
    members = list(enumerate(look.group.assets))
    if len(members) > MOST_SCORES:
        telling = {look.verdict.winner, look.verdict.immich_pick, look.group.assets[focused].id}
        members = [member for member in members if member[1].id in telling]
    scores = [look.verdict.scores[asset.id] for _, asset in members]
    head: Row = [("score".ljust(LABEL), "title")]
    head += [(f"{place + 1:>5}", "key" if place == focused else "muted") for place, _ in members]
    rows: list[Row] = [head]
    for number, points in enumerate(scores[0].points):
        row: Row = [(fit(points.category, LABEL).ljust(LABEL), "muted")]
        for score in scores:
            earned = score.points[number].earned
            row.append((f"{earned:>5g}" if earned else "    –", "strong" if earned else "missing"))
        rows.append(row)
    best = max(score.total for score in scores)
    total: Row = [("together".ljust(LABEL), "muted")]
    total += [(f"{score.total:>5g}", "better" if score.total == best else "muted") for score in scores]
    return [*rows, total]


def flag_rows(flags: Iterable[Flag], across: int) -> list[Row]:
    """What a person should look at, the worst first, with the values."""
    rows: list[Row] = []
    for flag in sorted(flags, key=lambda flag: -flag.severity):
        glyph, meaning = marks.severity(flag.severity)
        name = marks.flag_name(flag.name)
        detail = safe(flag.detail)
        rows += [[(f"{glyph} ", meaning), *row] for row in folded(name, across - 2, "strong")]
        if detail:
            rows += [[("  ", ""), *row] for row in folded(detail, across - 2, "muted")]
    return rows or [[("nothing speaks against it", "muted")]]


def _label(entry: Entry) -> str:
    return FIELD_LABELS.get(entry.field, marks.flag_name(entry.field))


def _entry(entry: Entry) -> str:
    value = safe(entry.value)
    return f"{_label(entry)}: {value}" if value else _label(entry)


def ledger_rows(ledger: Ledger, across: int, *, notes: bool = False) -> list[Row]:
    """What is lost, carried and grafted; what is lost always comes first."""
    rows: list[Row] = []
    for fate, label, meaning in _FATES:
        heading = label
        for entry in ledger.with_fate(fate):
            rows += _labelled(heading, meaning, _entry(entry), across, "lost" if fate is Fate.LOST else "")
            heading = ""
            if notes and entry.note:
                rows += _labelled("", "", safe(entry.note), across, "muted")
    unread = ", ".join(dict.fromkeys(_label(entry) for entry in ledger.with_fate(Fate.UNREAD)))
    if unread:
        rows += _labelled("? not read", "muted", f"{unread}; not carried", across, "muted")
    if not ledger.with_fate(Fate.LOST):
        rows.insert(0, [("✓ nothing known is lost", "carried")])
    return rows


def _criterion_rows(look: Look, across: int) -> list[Row]:
    """Each criterion up to the one that decides, with both values."""
    explanation = look.explanation
    if not explanation.criteria:
        return []
    rows: list[Row] = [[("by the policy", "title"), ("  ours, and the other", "muted")]]
    rows += [_compared(comparison, across) for comparison in explanation.criteria]
    if explanation.immich_looked_at:
        rows += [[], [("what Immich looks at", "title")]]
        rows += [_compared(comparison, across) for comparison in explanation.immich_looked_at]
    return rows


def _compared(comparison: Comparison, across: int) -> Row:
    half = max(8, (across - 24) // 2)
    sign = "=" if comparison.better is None else marks.DIFFERS
    label = fit(comparison.label, 20)
    ours, theirs = fit(safe(comparison.ours) or "—", half), fit(safe(comparison.theirs) or "—", half)
    return [
        (f"{sign} ", "differs" if comparison.better else "muted"),
        (label + " " * (21 - width(label)), "muted"),
        (ours + " " * (half - width(ours) + 1), "strong" if comparison.better else "muted"),
        (theirs, "" if comparison.better else "muted"),
    ]


def why_rows(look: Look, across: int, focused: int, *, expanded: bool) -> list[Row]:
    """The whole pane in `across` cells."""
    explanation = look.explanation
    rows = folded(safe(explanation.sentence), across, "strong")
    if expanded and explanation.counterfactual:
        rows += folded(safe(explanation.counterfactual), across, "muted")
    if across >= BESIDE:
        members = min(len(look.group.assets), MOST_SCORES)
        first = LABEL + 5 * members + 4
        second = (across - first) // 2
        widths = (first, second, across - first - second)
        blocks = [
            score_rows(look, focused),
            flag_rows(look.verdict.flags, widths[1] - 2),
            ledger_rows(look.ledger, widths[2] - 2),
        ]
        rows += [[], *beside(blocks, widths)]
        if expanded and any(entry.note for entry in look.ledger.entries):
            rows += [[], [("notes on what is carried and lost", "title")]]
            rows += ledger_rows(look.ledger, across, notes=True)
    else:
        rows += ledger_rows(look.ledger, across, notes=expanded)
        rows += [*flag_rows(look.verdict.flags, across), *score_rows(look, focused)]
    if expanded:
        rows += [[], *_criterion_rows(look, across)]
        if explanation.theirs_loses is not None:
            rows += [[], [("Immich's choice would do this", "title")]]
            rows += ledger_rows(explanation.theirs_loses, across)
    return rows


class Why(LineView):
    """The reasons for a group, as lines; scrolls when they do not fit."""

    BINDING_GROUP_TITLE = "Why"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._look: Look | None = None
        self._focused = 0
        self._rows: list[Row] = []
        self._laid_out_for = -1
        self.expanded = False

    def show(self, look: Look | None, focused: int) -> None:
        """Show the reasons for a group, or nothing."""
        other = look is None or self._look is None or look.group.id != self._look.group.id
        self._look, self._focused = look, focused
        self._lay_out(from_top=other)

    def unfold(self, expanded: bool) -> None:
        """Show all reasons, or those that matter."""
        self.expanded = expanded
        self._lay_out(from_top=True)

    def _lay_out(self, *, from_top: bool) -> None:
        across = self._laid_out_for = self.scrollable_content_region.width
        look = self._look
        self._rows = [] if look is None else why_rows(look, across, self._focused, expanded=self.expanded)
        self.set_lines(len(self._rows), from_top=from_top)

    def on_resize(self) -> None:
        """Break lines anew."""
        if self.scrollable_content_region.width != self._laid_out_for:
            self._lay_out(from_top=False)

    def render_line(self, y: int) -> Strip:
        """Paint one line."""
        across = self.scrollable_content_region.width
        number = y + self.scroll_offset.y
        if number >= len(self._rows):
            return Strip.blank(across, ink(self, ""))
        return strip(self, self._rows[number], across)
