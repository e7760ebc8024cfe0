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

_DECISIONS: dict[DecisionKind | None, tuple[str, str]] = {
    None: ("○", "undecided"),
    DecisionKind.RESOLVE: ("✓", "keep"),
    DecisionKind.KEEP_ALL: ("≡", "keep all"),
    DecisionKind.STACK: ("▤", "stack"),
    DecisionKind.SKIP: ("–", "skipped"),
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
        return "●", "carried"
    glyph, _ = _DECISIONS[row.decision]
    return glyph, "muted" if row.decision in {None, DecisionKind.SKIP} else "better"


def decision(row: Row) -> str:
    """What was decided, by whom, in words."""
    if row.done:
        return "done"
    _, words = _DECISIONS[row.decision]
    by = f" · {_BY[row.decided_by]}" if row.decided_by else ""
    return words + by


def tier(found: Tier) -> Part:
    """The tier in words."""
    return _TIERS[found]


def severity(found: Severity) -> Part:
    """One glyph for how much a flag matters."""
    return _SEVERITIES[found]


def flag_name(name: str) -> str:
    """A flag's name as people read it: `gps_conflict` is "GPS conflict"."""
    words = name.replace("_", " ")
    return words.replace("gps", "GPS").replace("exif", "EXIF")
