"""A session database with groups in it, for the tests of its parts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from immich_tui.review.decisions import DecidedBy, Decision, DecisionKind
from immich_tui.review.history import Change, NoteChange, PolicyChange
from immich_tui.review.store import Store
from immich_tui.review.stored import Member, StoredGroup
from immich_tui.verdict.model import Choice, Severity, Tier


def touched(changes: Iterable[Change | NoteChange | PolicyChange]) -> list[str]:
    """The groups that steps changed, none of which is a switch of the policy."""
    groups: list[str] = []
    for change in changes:
        assert not isinstance(change, PolicyChange)
        groups.append(change.group_id)
    return groups


def stored(group_id: str, position: int = 0, digest: str = "d") -> StoredGroup:
    return StoredGroup(
        position,
        group_id,
        f"{group_id}.jpg",
        2,
        "a",
        "b",
        Tier.LIKELY,
        ("camera_loss",),
        Severity.WARN,
        7,
        digest,
        1,
    )


def member(asset_id: str, **facts: Any) -> Member:
    blank = Member(asset_id, f"/data/{asset_id}.jpg", f"{asset_id}.jpg", "image", 5, "", None, False, False)
    return blank._replace(**facts)


def raw(group_id: str) -> bytes:
    assets = [{"id": f"{group_id}-{n}", "type": "IMAGE"} for n in "ab"]
    return json.dumps({"duplicateId": group_id, "assets": assets}).encode()


def fill(store: Store, *groups: str) -> None:
    generation = store.incoming.begin()
    store.incoming.add_groups(
        generation,
        [(stored(g, n), raw(g), (member(f"{g}-a"), member(f"{g}-b"))) for n, g in enumerate(groups)],
    )
    store.incoming.finish(generation, {"server": "x"})


def decision(group_id: str, kind: DecisionKind = DecisionKind.RESOLVE) -> Decision:
    choice = Choice("a", ("a",), ("b",)) if kind is DecisionKind.RESOLVE else None
    return Decision(group_id, kind, choice, DecidedBy.PERSON, datetime(2026, 1, 2, tzinfo=UTC), "d", 7)
