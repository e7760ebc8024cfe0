"""The parts of the reasons for a group, as rows: sentences, losses, flags, criteria, points.

Each function gets the cells that it may fill and gives rows that keep to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from immich_tui.tui import marks
from immich_tui.tui.ink import Part
from immich_tui.tui.text import elide, fit, head, pad, safe, width
from immich_tui.verdict import phrases
from immich_tui.verdict.ledger import FIELD_LABELS
from immich_tui.verdict.model import Comparison, Entry, Fate, Flag, Ledger
from immich_tui.verdict.phrases import flag_name

if TYPE_CHECKING:
    from immich_tui.review.session import Look

Row = list[Part]

MOST_SCORES = 6
LABEL = 13
"""Cells for the name of a category of the score."""
FATE = 11
"""Cells for the word that says what becomes of the fields beside it."""
POINTS = 5
VALUE = 60
"""Cells after which a value of the ledger is cut where there is little room."""

_LOST = ("✗ lost", "lost")
_MOVED = ((Fate.CARRIED, "→ carried", "carried"), (Fate.GRAFTED, "⇢ grafted", "carried"))
_MANY = {"album": "albums", "person": "people", "shared_link": "shared links", "album_cover": "album covers"}


def flowed(parts: Iterable[Part], across: int, indent: int = 0) -> list[Row]:
    """Words of several inks broken into lines of `across` cells, further ones indented."""
    rows: list[Row] = [[]]
    used = 0
    for text, meaning in parts:
        for word in _words(text):
            if rows[-1] and used + width(word.rstrip()) > across:
                rows.append([(" " * indent, "")] if indent else [])
                used = indent
                word = word.lstrip()  # noqa: PLW2901  (a line does not begin with a space)
            while width(word) > across - used:
                piece = head(word.rstrip(), across - used) or word[:1]
                rows[-1].append((piece, meaning))
                word = word[len(piece) :].lstrip()  # noqa: PLW2901  (what is left of it)
                if not word:
                    used += width(piece)
                    break
                rows.append([(" " * indent, "")] if indent else [])
                used = indent
            if word:
                rows[-1].append((word, meaning))
                used += width(word)
    return rows


def _words(text: str) -> list[str]:
    """Words, each with the spaces behind it."""
    found: list[str] = []
    for piece in text.split(" "):
        if found:
            found[-1] += " "
        found.append(piece)
    return [word for word in found if word]


def folded(text: str, across: int, meaning: str = "", indent: int = 0) -> list[Row]:
    """A text broken into lines of `across` cells, further ones indented."""
    return flowed([(text, meaning)], max(8, across), indent)


def _labelled(label: str, meaning: str, parts: Iterable[Part], across: int) -> list[Row]:
    """A word and what it says something of, folded beside it."""
    first: Part = (pad(label, FATE), meaning)
    room = max(8, across - FATE)
    return [
        [first if not number else (" " * FATE, ""), *row] for number, row in enumerate(flowed(parts, room))
    ]


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


# -- what was decided, and why


def sentence_rows(look: Look, across: int) -> list[Row]:
    """Why the winner wins; where the person chose otherwise, what they chose and what was proposed."""
    sentence = look.override.sentence if look.override is not None else look.explanation.sentence
    return folded(safe(sentence), across, "strong")


def cost_rows(look: Look, across: int) -> list[Row]:
    """What the person's choice costs beside the proposal; where they agree, what is at stake."""
    if look.override is not None:
        return folded(safe(look.override.cost), across)
    # Where Immich agrees, the list of what is lost says it all.
    return folded(safe(look.explanation.stakes), across) if look.verdict.differs else []


def news_rows(news: Iterable[str], across: int) -> list[Row]:
    """What is different since the group was seen last, and what was decided about it then."""
    return [row for said in news for row in flowed([(f"{marks.NEWS} ", "key"), (safe(said), "")], across, 2)]


def _other(look: Look) -> str:
    """Whom the proposal is compared with: Immich's pick, or the runner-up where that is the same."""
    verdict = look.verdict
    if verdict.differs:
        return verdict.immich_pick
    return verdict.ranking[1] if len(verdict.ranking) > 1 else verdict.winner


def criteria_rows(look: Look, across: int) -> list[Row]:
    """Each criterion up to the one that decides, and what Immich looks at, with the values of both."""
    explanation = look.explanation
    if not explanation.criteria:
        return []
    places = {asset.id: place + 1 for place, asset in enumerate(look.group.assets)}
    ours, theirs = places[look.verdict.winner], places[_other(look)]
    other = f"{theirs} Immich's" if look.verdict.differs else f"{theirs} next best"
    labels = (c.label for c in (*explanation.criteria, *explanation.immich_looked_at))
    label = min(max(20, *(width(text) + 1 for text in labels)), max(8, across * 4 // 10))
    half = max(4, (across - label - 6) // 2)
    rows: list[Row] = [
        [
            (pad(fit("by the policy", label + 1), label + 2), "title"),
            (pad(fit(f"{ours} ours", half), half + 3), "muted"),
            (fit(other, half), "muted"),
        ]
    ]
    deciding = explanation.deciding
    rows += [_compared(c, label, half, decides=c is deciding) for c in explanation.criteria]
    if explanation.immich_looked_at:
        rows.append([("what Immich looks at", "title")])
        rows += [_compared(c, label, half, decides=False) for c in explanation.immich_looked_at]
    return rows


def _compared(comparison: Comparison, label: int, half: int, *, decides: bool) -> Row:
    differs = comparison.better is not None
    ours, theirs = (fit(safe(text) or "—", half) for text in (comparison.ours, comparison.theirs))
    mark = " ◂" if decides else ""
    return [
        (f"{marks.DIFFERS if differs else '='} ", "differs" if differs else "muted"),
        (pad(fit(comparison.label, label - 1), label), "muted"),
        (ours + mark, "better" if decides else "strong" if differs else "muted"),
        (" " * (half + 3 - width(ours + mark)), ""),
        (theirs, "" if differs else "muted"),
    ]


def score_rows(look: Look, focused: int, across: int = 1000) -> list[Row]:
    """What each member's metadata earns, category by category; of many members those that matter here."""
    members = list(enumerate(look.group.assets))
    most = max(1, min(MOST_SCORES, (across - LABEL) // POINTS))
    if len(members) > most:
        telling = (look.choice.winner, look.verdict.winner, _other(look), look.group.assets[focused].id)
        wanted = list(dict.fromkeys(telling))[:most]
        members = [member for member in members if member[1].id in wanted]
    scores = [look.verdict.scores[asset.id] for _, asset in members]
    first: Row = [("score".ljust(LABEL), "title")]
    first += [(f"{place + 1:>{POINTS}}", "key" if place == focused else "muted") for place, _ in members]
    rows: list[Row] = [first]
    for number, points in enumerate(scores[0].points):
        row: Row = [(fit(points.category, LABEL).ljust(LABEL), "muted")]
        for score in scores:
            earned = score.points[number].earned
            row.append((f"{f'{earned:g}' if earned else '–':>{POINTS}}", "strong" if earned else "missing"))
        rows.append(row)
    best = max(score.total for score in scores)
    total: Row = [("together".ljust(LABEL), "muted")]
    total += [(f"{score.total:>{POINTS}g}", "better" if score.total == best else "muted") for score in scores]
    return [*rows, total]


# -- what speaks against it


def flag_rows(flags: Iterable[Flag], across: int) -> list[Row]:
    """What a person should look at, the worst first, with the values."""
    rows: list[Row] = []
    for flag in sorted(flags, key=lambda flag: -flag.severity):
        glyph, meaning = marks.severity(flag.severity)
        detail = safe(flag.detail)
        parts: Row = [(f"{glyph} ", meaning), (flag_name(flag.name), "strong")]
        parts += [(": ", "strong"), (detail, "muted")] if detail else []
        rows += flowed(parts, max(8, across), 2)
    return rows or [[("nothing speaks against it", "muted")]]


# -- what is lost and what is carried


def _entry(entry: Entry, longest: int) -> str:
    label = FIELD_LABELS.get(entry.field, flag_name(entry.field))
    value = elide(safe(entry.value), longest)
    return f"{label}: {value}" if value else label


def lost_rows(ledger: Ledger, across: int, most: int = 1000) -> list[Row]:
    """What is lost, one after the other in at most so many lines; a sentence where nothing is."""
    lost = ledger.with_fate(Fate.LOST)
    if not lost:
        return [[("✓ nothing known is lost", "carried")]]
    said = [_entry(entry, VALUE) for entry in lost]
    for shown in range(len(said), 0, -1):
        left = len(said) - shown
        text = " · ".join(said[:shown]) + (f" · and {left} more" if left else "")
        rows = _labelled(*_LOST, [(text, "lost")], across)
        if len(rows) <= max(1, most):
            return rows
    more = f" and {len(said) - 1} more" if len(said) > 1 else ""
    text = fit(said[0], max(8, across - FATE - width(more))) + more
    return _labelled(*_LOST, [(text, "lost")], across)[: max(1, most)]


def carried_rows(ledger: Ledger, across: int) -> list[Row]:
    """What is carried, what is grafted, and what nobody has read yet."""
    rows: list[Row] = []
    for fate, label, meaning in _MOVED:
        found = ledger.with_fate(fate)
        if found:
            text = " · ".join(_entry(entry, VALUE) for entry in found)
            rows += _labelled(label, meaning, [(text, "")], across)
        for entry in found:
            if entry.note:
                field = FIELD_LABELS.get(entry.field, entry.field)
                rows += flowed([("! ", "warn"), (f"{field}: ", ""), (safe(entry.note), "muted")], across, 2)
    return [*rows, *unread_rows(ledger, across)]


def unread_rows(ledger: Ledger, across: int) -> list[Row]:
    """What nobody has read yet, as a sentence."""
    fields = dict.fromkeys(entry.field for entry in ledger.with_fate(Fate.UNREAD))
    if not fields:
        return []
    names = phrases.listed([_MANY.get(field, FIELD_LABELS.get(field, field)) for field in fields])
    sentence = f"{names[0].upper()}{names[1:]} were not read; they are not carried."
    return flowed([("? ", "warn"), (sentence, "muted")], across, 2)


def ledger_rows(ledger: Ledger, across: int) -> list[Row]:
    """The whole ledger, one entry a line, with what there is to say of each."""
    rows: list[Row] = []
    for fate, label, meaning in ((Fate.LOST, *_LOST), *_MOVED):
        heading = label
        for entry in ledger.with_fate(fate):
            ink = "lost" if fate is Fate.LOST else ""
            rows += _labelled(heading, meaning, [(_entry(entry, 1000), ink)], across)
            if entry.note:
                rows += _labelled("", "", [(safe(entry.note), "muted")], across)
            heading = ""
    if not ledger.with_fate(Fate.LOST):
        rows.insert(0, [("✓ nothing known is lost", "carried")])
    return [*rows, *unread_rows(ledger, across)]
