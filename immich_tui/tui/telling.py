"""Reports put into sentences: of runs, undos, checks of backups and restores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from immich_tui.execution.report.groups import (
    DONE,
    HELD,
    MAYBE_TRASHED,
    MISSING_STEP,
    UNCLOSED,
    UNREACHED,
    with_outcome,
)
from immich_tui.execution.restore.photo import Outcome
from immich_tui.tui.figures import counted, size
from immich_tui.tui.text import place, safe

if TYPE_CHECKING:
    from immich_tui.execution.report.groups import GroupReport
    from immich_tui.execution.report.report import Report
    from immich_tui.execution.restore.job import RestoreReport
    from immich_tui.execution.restore.photo import Restored
    from immich_tui.execution.undo.report import GroupForecast, UndoReport
    from immich_tui.execution.undo.state import GroupUndone
    from immich_tui.execution.verify.job import VerifyReport
    from immich_tui.execution.verify.photo import Verified
    from immich_tui.jobs.progress import ItemError

Telling = tuple[str, str]
"""A paragraph that is safe to show, and how it is meant (see `lines.MEANINGS`)."""

MOST = 300
"""Paragraphs of one kind that are told; more would take longer to lay out than anybody reads."""

ENDINGS = {
    "done": ("The run is finished.", "title"),
    "paused": ("The run is paused; it goes on from where it stopped.", "warn"),
    "cancelled": ("The run was cancelled. What was done is listed here; nothing else was trashed.", "warn"),
    "failed": (
        "The run stopped before its end. What was done is listed here; nothing else was trashed.",
        "bad",
    ),
}
"""How a run ended, by its state."""


def titled(
    title: str, tellings: Sequence[Telling], *, where: str = "The report", number: int | None = None
) -> list[Telling]:
    """Paragraphs under a title with their number, at most `MOST` of them; nothing where there are none.

    `number` is how many things there are, where the paragraphs tell the first `MOST` of them, some of them in
    several.
    """
    if not tellings:
        return []
    if number is None:
        number, tellings = len(tellings), tellings[:MOST]
    more = number - MOST
    rest = [(f"… and {more:,} more. {where} lists all.", "muted")] if more > 0 else []
    return [("", ""), (f"{title}: {number:,}", "title"), *tellings, *rest]


# -- a run


def tell_run(report: Report) -> list[Telling]:
    """How a run ended, in numbers, and where its files are."""
    gone = report.whereabouts("in Immich's trash")
    numbers = [
        f"{counted(report.groups_done, 'group')} of {len(report.groups):,} done{_rest(report)}",
        f"{counted(report.trashed, 'photo')} {gone} ({size(report.freed)})",
        f"{counted(report.kept, 'photo')} kept",
        f"{counted(report.carried_values, 'value')} carried to the kept photos",
    ]
    if report.stacked:
        numbers.append(f"{counted(report.stacked, 'group')} stacked")
    if report.dismissed:
        numbers.append(f"{counted(report.dismissed, 'group')} kept whole")
    if report.weak:
        numbers.append(f"{counted(len(report.weak), 'backup')} verified without a checksum of the server")
    if not set(report.bytes_by_way) <= {"http"}:
        numbers += [f"{size(count)} backed up by {way}" for way, count in report.bytes_by_way.items()]
    return [
        ENDINGS.get(report.state, (f"The run ended: {report.state}.", "warn")),
        *([(safe(report.reason), "warn")] if report.reason else []),
        *((f"  {number}", "") for number in numbers),
        (f"  backup  {place(report.backup_folder)} ({size(report.backed_up_bytes)})", "muted"),
    ]


def _rest(report: Report) -> str:
    parts = (
        (report.groups_held, "held back"),
        (report.groups_unclosed, "trashed without the last step"),
        (report.groups_unreached, "not reached"),
    )
    return "".join(f", {number:,} {what}" for number, what in parts if number)


def tell_groups(groups: Sequence[GroupReport]) -> list[Telling]:
    """Groups held back with their reason, those begun and not ended, those not reached, those carried out.

    Of each kind the first ones, and how many more there are.
    """
    held = with_outcome(groups, HELD)
    unclosed = with_outcome(groups, UNCLOSED)
    unreached, done = with_outcome(groups, UNREACHED), with_outcome(groups, DONE)
    held_whole = [group for group in held[:MOST] if not group.gone]
    held_begun = [group for group in held[:MOST] if group.gone]
    return [
        *titled(
            "Held back, nothing of these was trashed",
            [(f"✗ {_kept(group)}: {safe(group.reason)}", "warn") for group in held_whole],
        ),
        *titled(
            "Held back when photos of them were in the trash",
            [(f"✗ {_kept(group)}: {_fate(group)}; {safe(group.reason)}", "warn") for group in held_begun],
        ),
        *_more(held),
        *(
            telling
            for missing in (MISSING_STEP, MAYBE_TRASHED)
            for telling in titled(
                missing,
                [
                    (f"! {_kept(group)}: {_fate(group)}", "warn")
                    for group in unclosed[:MOST]
                    if group.unclosed == missing
                ],
            )
        ),
        *_more(unclosed),
        *titled(
            "Not reached, nothing of these was trashed",
            [(f"· {_kept(group)}{_so_far(group)}", "muted") for group in unreached[:MOST]],
            number=len(unreached),
        ),
        *titled(
            "Done",
            [(f"✓ {_kept(group)}: {_fate(group)}", "") for group in done[:MOST]],
            number=len(done),
        ),
    ]


def _more(groups: Sequence[GroupReport]) -> list[Telling]:
    """How many groups there are besides those that are shown."""
    more = len(groups) - MOST
    return [(f"… and {counted(more, 'more group')}: the report lists all", "muted")] if more > 0 else []


def _so_far(group: GroupReport) -> str:
    """What was done for a group before the run came to its photos."""
    if group.reason:
        return f": {safe(group.reason)}"
    values = (*group.carried, *group.grafted)
    return f": carried {', '.join(safe(value) for value in values)}" if values else ""


def _kept(group: GroupReport) -> str:
    return safe(" + ".join(group.kept[:2]) or group.group_id) + (" …" if len(group.kept) > 2 else "")


def _fate(group: GroupReport) -> str:
    parts = []
    if group.gone:
        parts.append(f"{group.gone[0].state} {_some([gone.name for gone in group.gone])}")
    else:
        parts.append(group.decision)
    if group.carried:
        parts.append("carried " + ", ".join(safe(value) for value in group.carried))
    if group.grafted:
        parts.append("grafted " + ", ".join(safe(value) for value in group.grafted))
    if group.lost:
        parts.append("lost " + ", ".join(safe(value) for value in group.lost))
    return "; ".join(parts)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(safe(name) for name in names[:3]) + more


# -- an undo


def tell_forecast(group: GroupForecast) -> list[Telling]:
    """What an undo would do to one group."""
    told: list[Telling] = []
    if group.restore:
        told.append((f"Comes out of the trash: {', '.join(map(safe, group.restore))}.", ""))
    if values := values_in(group.revert):
        told.append((f"Taken back: {', '.join(map(safe, values))}.", ""))
    told += [(f"! {safe(sentence)}", "warn") for sentence in group.stuck]
    return told or [("Only its members become one group again.", "muted")]


def tell_undo(report: UndoReport) -> list[Telling]:
    """What an undo did, group by group."""
    ended = {
        "done": ("The undo is finished.", "title"),
        "paused": ("The undo is paused; it can be taken up where it stopped.", "warn"),
        "cancelled": ("The undo was stopped; it can be taken up where it stopped.", "warn"),
    }
    numbers = (
        (report.undone, "as before"),
        (report.partly, "in part"),
        (report.failed, "not taken back"),
        (report.left, "not reached"),
    )
    parts = ", ".join(f"{number:,} {words}" for number, words in numbers if number)
    values = counted(sum(len(values_in(group.reverted)) for group in report.groups), "field")
    bad = [group for group in report.groups if group.reason]
    good = [group for group in report.groups if not group.reason]
    return [
        ended.get(report.state, ("The undo stopped before its end.", "bad")),
        *([(safe(report.reason), "warn")] if report.reason else []),
        (f"  Groups: {parts or 'none'}", ""),
        (f"  {counted(report.restored, 'photo')} out of the trash, {values} taken back", ""),
        (f"  report  {safe(report.path)}", "muted"),
        *titled(
            "Not as before",
            [line for group in bad[:MOST] for line in _undone(group, "✗", "warn")],
            number=len(bad),
        ),
        *titled(
            "As before; decide these again in Review",
            [line for group in good[:MOST] for line in _undone(group, "✓", "")],
            number=len(good),
        ),
        *titled(
            "Only in the backup; R in History brings these back",
            [(f"! {safe(lost.name)} ({safe(lost.backup)})", "warn") for lost in report.lost],
        ),
    ]


def values_in(reverted: Sequence[str]) -> list[str]:
    """What an undo takes back of the photos' own, besides that they are one group again."""
    return [value for value in reverted if value not in ("group", "dismissal")]


def _undone(group: GroupUndone, sign: str, meaning: str) -> list[Telling]:
    did = []
    if group.restored:
        did.append(f"{_some(group.restored)} out of the trash")
    if values := values_in(group.reverted):
        did.append(f"{', '.join(map(safe, values))} as before")
    what = safe(group.reason) or "; ".join(did) or "its members are one group again"
    told: list[Telling] = [(f"{sign} {safe(group.title)}: {what}", meaning)]
    told += [(f"    {safe(sentence)}", "muted") for sentence in (*group.kept, *group.stuck)]
    return told


# -- a check of backups


def tell_verify(report: VerifyReport) -> list[Telling]:
    """What a look at backups and server found, photo by photo."""
    if report.ok:
        head = ("Everything is as it should be.", "good")
    elif report.state != "done":
        head = ("The check was stopped; what it looked at is listed here.", "warn")
    else:
        number = len(report.failed) + len(report.problems)
        head = (f"Something is wrong in {counted(number, 'place')}.", "bad")
    asked = "the server was not asked" if report.offline else "and looked for on the server"
    seen = [photo for photo in report.photos if photo.ok]
    backups = sum(photo.kind == "backup" for photo in report.photos)
    kept = len(report.photos) - backups
    stay = f", {counted(kept, 'kept photo')} compared" if kept else ""
    return [
        head,
        *([(safe(report.reason), "warn")] if report.reason else []),
        (f"  {counted(backups, 'backup')} read again ({size(report.bytes)}){stay}, {asked}", ""),
        (f"  backup  {place(report.folder)}", "muted"),
        *((f"✗ {safe(problem)}", "bad") for problem in report.problems),
        *titled(
            "Something is wrong",
            [
                (f"✗ {safe(photo.name)}: {safe(fault)}", "bad")
                for photo in report.failed
                for fault in photo.faults
            ],
        ),
        *titled("Not in the manifest", [(f"! {safe(name)}", "warn") for name in report.unlisted]),
        *titled(
            "As it should be",
            [
                (f"✓ {safe(photo.name)}: {safe(' '.join((*_about(photo), *photo.notes)))}".rstrip(), "")
                for photo in seen
            ],
            where="The command line",
        ),
    ]


def _about(photo: Verified) -> tuple[str, ...]:
    """What was seen of a photo where its notes do not say otherwise."""
    if photo.kind == "backup":
        return ("the backup is whole.",) if photo.bytes or not photo.notes else ()
    return () if photo.notes else ("it stays, and has what was carried to it.",)


# -- a restore

_HOW = {
    Outcome.ALIVE: "was there",
    Outcome.UNTRASHED: "came out of the trash",
    Outcome.UPLOADED: "was uploaded again",
    Outcome.FAILED: "is not on the server",
}


def tell_restore(report: RestoreReport) -> list[Telling]:
    """What a restore did, photo by photo."""
    ended = {"done": ("The restore is finished.", "title")}
    troubled = [photo for photo in report.photos if photo.problems]
    fine = [photo for photo in report.photos if not photo.problems]
    return [
        ended.get(report.state, ("The restore was stopped; it can be done again and goes on.", "warn")),
        *([(safe(report.reason), "warn")] if report.reason else []),
        (f"  {counted(report.untrashed, 'photo')} out of the trash, {report.uploaded:,} uploaded again", ""),
        (f"  {report.alive:,} were there, {report.failed:,} not restored, {report.left:,} not reached", ""),
        (f"  backup  {place(report.folder)}", "muted"),
        *titled("With trouble", [_restored(photo, "✗", "warn") for photo in troubled]),
        *titled("On the server", [_restored(photo, "✓", "") for photo in fine]),
    ]


def _restored(photo: Restored, sign: str, meaning: str) -> Telling:
    words = _HOW[photo.outcome]
    more = " ".join((*photo.problems, *photo.notes))
    return f"{sign} {safe(photo.name)}: {words}. {safe(more)}".rstrip(), meaning


def tell_errors(errors: Iterable[ItemError]) -> list[Telling]:
    """Items that failed, where no report tells of them."""
    return titled(
        "What failed",
        [(f"✗ {safe(error.item or error.phase)}: {safe(error.reason)}", "warn") for error in errors],
        where="The journal",
    )
