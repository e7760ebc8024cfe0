"""What a person can decide about a group, and who decided it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from immich_tui.immich.models import Group
from immich_tui.verdict.model import Choice


class DecisionKind(StrEnum):
    """What will be done with the group as a whole."""

    RESOLVE = "keep"
    KEEP_ALL = "keep all"
    STACK = "stack"
    SKIP = "skip"


class DecidedBy(StrEnum):
    """Who decided: the policy in bulk, a rule the person confirmed, or the person."""

    POLICY = "policy"
    RULE = "rule"
    PERSON = "person"


class Refused(ValueError):
    """A decision that is not offered, such as one that keeps no member. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One group's decision.

    `choice` says what becomes of each member and is `None` only for SKIP. `digest` is the group's fingerprint
    at the time: a group that changed afterwards is undecided again.
    """

    group_id: str
    kind: DecisionKind
    choice: Choice | None
    decided_by: DecidedBy
    decided_at: datetime
    digest: str
    freed: int = 0


def keep_only(group: Group, winner: str) -> Choice:
    """Keep one member and trash the others."""
    _require_member(group, winner)
    return Choice(winner, (winner,), tuple(asset.id for asset in group.assets if asset.id != winner))


def keep_everything(group: Group, winner: str, *, stack: bool = False) -> Choice:
    """Keep all members: dismissed as not duplicates, or stacked with the winner on top."""
    _require_member(group, winner)
    return Choice(winner, tuple(asset.id for asset in group.assets), (), stack)


def toggle(group: Group, choice: Choice, asset_id: str) -> Choice:
    """Turn one member from keep to trash or back.

    Trashing the winner makes the first other kept member the winner. Trashing every member is refused.
    """
    _require_member(group, asset_id)
    keep = set(choice.keep) ^ {asset_id}
    if not keep:
        raise Refused("One photo of a group always stays. To drop this one, choose another to keep first.")
    order = [asset.id for asset in group.assets]
    winner = choice.winner if choice.winner in keep else next(member for member in order if member in keep)
    return Choice(
        winner,
        tuple(member for member in order if member in keep),
        tuple(member for member in order if member not in keep),
        choice.stack and len(keep) > 1,
    )


def kind_of(choice: Choice) -> DecisionKind:
    """Name what a choice amounts to."""
    if choice.stack:
        return DecisionKind.STACK
    return DecisionKind.RESOLVE if choice.trash else DecisionKind.KEEP_ALL


def saving(group: Group, choice: Choice | None) -> int:
    """Bytes of the originals that go to the trash; unknown sizes count as nothing."""
    if choice is None:
        return 0
    gone = set(choice.trash)
    return sum(asset.size or 0 for asset in group.assets if asset.id in gone)


def _require_member(group: Group, asset_id: str) -> None:
    if all(asset.id != asset_id for asset in group.assets):
        raise Refused("That photo is not in this group any more.")
