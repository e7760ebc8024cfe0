"""What the list needs of a group and its verdict, and what tells that a group is still the same."""

from __future__ import annotations

import hashlib

from immich_tui.immich.models import Group
from immich_tui.review.decisions import saving
from immich_tui.review.stored import StoredGroup
from immich_tui.verdict.fingerprint import fingerprint
from immich_tui.verdict.judge import proposal
from immich_tui.verdict.model import Verdict
from immich_tui.verdict.policy import Policy


def digest(group: Group) -> str:
    """Fingerprint of a group: changes when a member joins, leaves, or changes in a way that matters."""
    parts = sorted([fingerprint(asset) for asset in group.assets])
    return hashlib.blake2b("\n".join([group.id, *parts]).encode(), digest_size=16).hexdigest()


def in_short(position: int, group: Group, verdict: Verdict, policy: Policy) -> StoredGroup:
    """What the list needs of a verdict."""
    return outlined(position, group, verdict, policy, digest(group))


def outlined(position: int, group: Group, verdict: Verdict, policy: Policy, known_digest: str) -> StoredGroup:
    """What the list needs of a verdict on a group whose digest is known: it does not depend on the policy."""
    flags = verdict.flags
    proposed = proposal(group, verdict, policy)
    return StoredGroup(
        position=position,
        group_id=group.id,
        title=group.asset(verdict.winner).original_file_name,
        members=len(group.assets),
        winner=verdict.winner,
        immich_pick=verdict.immich_pick,
        tier=verdict.tier,
        flags=tuple([flag.name for flag in flags]),
        # The gravest comes first.
        worst=flags[0].severity if flags else None,
        saving=saving(group, proposed),
        digest=known_digest,
        trashed=len(proposed.trash),
    )
