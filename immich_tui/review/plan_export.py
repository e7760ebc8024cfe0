"""Writing the session as a plan file: every group, with what is decided or proposed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TextIO, TypeVar

from immich_tui import __version__
from immich_tui.immich.models import Asset, Group
from immich_tui.review.decisions import DecidedBy, DecisionKind, kind_of, saving
from immich_tui.review.plan_model import SCHEMA_VERSION, UNDECIDED, PlanHeader
from immich_tui.review.plan_text import PlanWriter
from immich_tui.review.rows import Row
from immich_tui.review.session import Session
from immich_tui.verdict.fingerprint import fingerprint
from immich_tui.verdict.ledger import ledger
from immich_tui.verdict.model import Fate, Tier, Verdict

T = TypeVar("T")

BATCH = 200
"""Groups handled between two looks at whether somebody else needs the session's thread."""


async def export_plan(
    session: Session, stream: TextIO, *, accept: Iterable[Tier] = (), user_id: str = ""
) -> PlanHeader:
    """Write the session as a plan, ordered by group id; return its header.

    Undecided groups of the tiers in `accept` that nothing blocks and nobody flagged are put down as the rules
    propose; the session itself stays as it is. The stream is written to in the session's thread.
    """
    accepted = {row.group_id for row in session.ready() if row.tier in set(accept)}
    rows = sorted((row for row in session.rows if not row.done), key=lambda row: row.group_id)
    meta = await session.store.in_thread(session.store.meta)
    kinds = await _kinds(session, rows, accepted)
    header = PlanHeader.model_validate(_header(session, rows, kinds, meta, user_id))
    writer = PlanWriter(stream, header.model_dump(mode="json"))

    def write(judged: list[tuple[Group, Verdict]]) -> None:
        for group, verdict in judged:
            writer.add(_entry(session, group, verdict, group.id in accepted))

    for batch in _batches(iter(rows), BATCH):
        await session.store.in_thread(write, await session.judged([row.group_id for row in batch]))
    writer.close()
    return header


async def write_plan_file(
    session: Session, path: Path, *, accept: Iterable[Tier] = (), user_id: str = ""
) -> PlanHeader:
    """Write the session as a plan into a file that only its owner may read, whole or not at all.

    Raises `OSError` when it cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    stream = await session.store.in_thread(_opened, part)
    try:
        header = await export_plan(session, stream, accept=accept, user_id=user_id)
        await session.store.in_thread(_finished, stream)
        part.replace(path)
    except BaseException:
        stream.close()
        part.unlink(missing_ok=True)
        raise
    return header


def _opened(path: Path) -> TextIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8")


def _finished(stream: TextIO) -> None:
    stream.flush()
    os.fsync(stream.fileno())
    stream.close()


async def _kinds(session: Session, rows: list[Row], accepted: set[str]) -> dict[str, str]:
    """What the plan says of each group. A proposal that frees nothing may be one to keep all: it is read."""
    kinds = {
        row.group_id: str(row.decision or (DecisionKind.RESOLVE if row.group_id in accepted else UNDECIDED))
        for row in rows
    }
    doubted = (row.group_id for row in rows if row.group_id in accepted and not row.saving)
    for batch in _batches(doubted, BATCH):
        for group, verdict in await session.judged(batch):
            kinds[group.id] = str(kind_of(session.proposed(group, verdict)))
    return kinds


def _header(
    session: Session, rows: list[Row], kinds: Mapping[str, str], meta: Mapping[str, str], user_id: str
) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": f"immich-tui {__version__}",
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "server": {
            "url": meta.get("server", ""),
            "version": meta.get("version", ""),
            "user_id": user_id or meta.get("user_id", ""),
            "user": meta.get("user", ""),
            "fetched_at": meta.get("fetched_at", ""),
        },
        "policy": session.policy.name,
        "totals": {
            "groups": len(rows),
            "assets": sum(row.members for row in rows),
            "unreadable": len(session.unreadable),
            "decisions": dict(sorted(Counter(kinds.values()).items())),
            "freed": sum(row.saving for row in rows if kinds[row.group_id] != UNDECIDED),
            "differs": sum(row.differs for row in rows),
            "tiers": dict(sorted(Counter(str(row.tier) for row in rows).items())),
            "flags": dict(sorted(Counter(flag for row in rows for flag in row.flags).items())),
        },
    }


def _entry(session: Session, group: Group, verdict: Verdict, accepted: bool) -> dict[str, object]:
    decision = session.decision(group.id)
    row = session.row(group.id)
    choice = (decision.choice if decision else None) or session.proposed(group, verdict)
    book = ledger(group, choice, session.context, session.surroundings(group), session.policy)
    if decision is not None:
        kind, by, at = str(decision.kind), str(decision.decided_by), decision.decided_at.isoformat()
    elif accepted:
        kind, by, at = str(kind_of(choice)), str(DecidedBy.POLICY), None
    else:
        kind, by, at = UNDECIDED, "nobody", None

    def told(fate: Fate) -> list[str]:
        return [f"{entry.field}: {entry.value}" for entry in book.with_fate(fate)]

    return {
        "id": group.id,
        "tier": str(verdict.tier),
        "winner": verdict.winner,
        "immich_pick": verdict.immich_pick,
        "differs": verdict.differs,
        "reason": verdict.reason,
        "freed": saving(group, choice),
        "flags": [
            {
                "name": flag.name,
                "severity": flag.severity.name.lower(),
                "detail": flag.detail,
                "assets": list(flag.assets),
            }
            for flag in verdict.flags
        ],
        "members": [_member(group.asset(asset_id), verdict) for asset_id in verdict.ranking],
        "ledger": {
            "carried": told(Fate.CARRIED),
            "grafted": told(Fate.GRAFTED),
            "lost": told(Fate.LOST),
            "not_read_yet": [entry.field for entry in book.with_fate(Fate.UNREAD)],
        },
        "decision": {
            "kind": kind,
            "winner": choice.winner,
            "keep": list(choice.keep),
            "trash": list(choice.trash),
            "by": by,
            "at": at,
            "note": row.note if row.flagged else None,
            **({"graft": choice.graft} if choice.graft is not None else {}),
        },
    }


def _member(asset: Asset, verdict: Verdict) -> dict[str, object]:
    score = verdict.scores[asset.id]
    return {
        "id": asset.id,
        "name": asset.original_file_name,
        "size": asset.size,
        "pixels": list(asset.dimensions) if asset.dimensions else None,
        "taken": asset.local_date_time.replace(tzinfo=None).isoformat() if asset.local_date_time else None,
        "fingerprint": fingerprint(asset),
        "score": {"total": score.total, **{points.category: points.earned for points in score.points}},
    }


def _batches(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while batch := list(islice(items, size)):
        yield batch
