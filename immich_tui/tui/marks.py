"""The glyphs and words by which groups are told apart in lists: decision, tier, severity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from immich_tui.review.decisions import DecidedBy, DecisionKind
from immich_tui.tui.ink import Part
from immich_tui.verdict.model import Severity, Tier

if TYPE_CHECKING:
    from immich_tui.review.session import Row

DIFFERS = "≠"
FLAGGED = "⚑"
MARKED = "◆"
NEWS = "↻"
DECIDED = "✓"
DONE = "●"
SKIPPED = "–"

_DECISIONS: dict[DecisionKind | None, tuple[str, str]] = {
    None: ("○", "undecided"),
    DecisionKind.RESOLVE: (DECIDED, "keep"),
    DecisionKind.KEEP_ALL: ("≡", "keep all"),
    DecisionKind.STACK: ("▤", "stack"),
    DecisionKind.SKIP: (SKIPPED, "skipped"),
}
_BY = {DecidedBy.POLICY: "policy", DecidedBy.RULE: "rule", DecidedBy.PERSON: "you"}
_TIERS = {
    Tier.EXACT: ("exact", "muted"),
    Tier.SAME_PICTURE: ("same picture", "muted"),
    Tier.LIKELY: ("likely", "muted"),
    Tier.DOUBTFUL: ("doubtful", "block"),
}
_SEVERITIES = {Severity.BLOCK: ("■", "block"), Severity.WARN: ("▲", "warn"), Severity.INFO: ("·", "info")}


def status(row: Row) -> Part:
    """One glyph for what was decided."""
    if row.done:
        return DONE, "carried"
    glyph, _ = _DECISIONS[row.decision]
    return glyph, "muted" if row.decision in {None, DecisionKind.SKIP} else "better"


def decided(row: Row) -> str:
    """What was decided, in words."""
    return "done" if row.done else _DECISIONS[row.decision][1]


def decision_name(kind: DecisionKind) -> str:
    """A decision in words."""
    return _DECISIONS[kind][1]


def decided_by(row: Row) -> str:
    """Who decided, in words; whether that was otherwise than proposed."""
    if row.done or row.decided_by is None:
        return ""
    return f"{_BY[row.decided_by]}, override" if row.overridden else _BY[row.decided_by]


def decision(row: Row) -> str:
    """What was decided, by whom, in words."""
    by = f" · {_BY[row.decided_by]}" if row.decided_by and not row.done else ""
    return decided(row) + by


def tier(found: Tier) -> Part:
    """The tier in words."""
    return _TIERS[found]


def severity(found: Severity) -> Part:
    """One glyph for how much a flag matters."""
    return _SEVERITIES[found]
