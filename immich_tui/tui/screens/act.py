"""What to do with many groups at once, and what it would come to, before it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType

from immich_tui.review.bulk import Deed, Reach
from immich_tui.review.rows import Row
from immich_tui.review.session import Session
from immich_tui.tui import figures
from immich_tui.tui.ink import Part
from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.pick import Pick, PickDialog
from immich_tui.tui.text import safe
from immich_tui.tui.trouble import EXPECTED, in_words
from immich_tui.verdict.model import Tier
from immich_tui.verdict.policy import Policy

Keys = Callable[[str], str]
"""Tells the key of an action by its id."""

NOTHING_TO_DO: Part = ("There is nothing to do.", "muted")


@dataclass(frozen=True, slots=True)
class Errand:
    """What was chosen: a deed, or putting flags (`flags`) or taking them away.

    `done` says what was done with the groups, after their number. `redecide` reaches decided groups as well.
    """

    deed: Deed
    done: str
    flags: bool | None = None
    redecide: bool = False


def nothing_yet(key: Keys) -> Part:
    """That nothing is lost by saying yes."""
    return f"Nothing happens on the server yet, and {key('review.undo')} takes all of it back.", "muted"


def told(reach: Reach, deed: Deed, key: Keys, *, can_redecide: bool = False) -> list[Part]:
    """A deed's reach in sentences."""
    if not reach.complete:
        return [(f"Counting … {figures.count(reach.looked)} of {figures.count(reach.total)}", "muted")]
    groups = figures.counted(reach.groups, "group")
    sentences: list[Part] = []
    if deed.clears:
        sentences.append((f"{groups} would be undecided again.", ""))
    elif deed.trashes:
        photos = figures.counted(reach.photos, "photo")
        freed = figures.size(reach.freed)
        sentences.append((f"{groups}: {photos} marked for the trash, which frees {freed}.", ""))
        immich = "In each of them stays what Immich would keep."
        if reach.differs:
            other = figures.counted(reach.differs, "group")
            immich = f"In {other} another photo stays than Immich would keep."
        sentences.append((immich if reach.groups else "", ""))
        if reach.doubtful:
            doubtful = (
                f"Doubtful (■) among them: {reach.doubtful:,}. Something speaks against trashing there."
            )
            sentences.append((doubtful, "warn"))
    else:
        sentences.append((f"{groups}; nothing goes to the trash.", ""))
    left = [
        f"{count:,} {what}"
        for count, what in ((reach.decided, _left(deed)), (reach.carried_out, "carried out"))
        if count
    ]
    if left:
        more = f" ({key('act.redecide')} reaches decided ones too)" if can_redecide and reach.decided else ""
        sentences.append((f"Left alone: {', '.join(left)}{more}.", "muted"))
    return [*sentences, nothing_yet(key) if reach.groups else NOTHING_TO_DO]


def told_flags(rows: Sequence[Row], key: Keys, *, put: bool) -> list[Part]:
    """What putting flags on groups, or taking them away, comes to."""
    flagged = sum(row.flagged for row in rows)
    if put:
        sentences: list[Part] = [
            (f"{figures.counted(len(rows), 'group')} would get a flag and a note of yours.", "")
        ]
        if flagged:
            sentences.append((f"{flagged:,} of them have one already: the new note replaces theirs.", "warn"))
    else:
        sentences = [(f"{figures.counted(flagged, 'group')} would lose your flag and its note.", "")]
    return [*sentences, nothing_yet(key) if put or flagged else NOTHING_TO_DO]


def _left(deed: Deed) -> str:
    return "undecided" if deed.clears else "decided"


class _Weighing(PickDialog[Errand, Errand]):
    """Works out what the highlighted errand comes to."""

    def __init__(self, session: Session, picks: Sequence[Pick[Errand]], rows: Sequence[Row]) -> None:
        super().__init__(picks)
        self._session = session
        self._rows = rows
        self.redecide = False

    async def work_out(self, pick: Pick[Errand]) -> None:
        """Count, and say so while it goes on."""
        errand, key = pick.value, partial(key_of, self.app)
        if errand.flags is not None:
            self.say(*told_flags(self._rows, key, put=errand.flags))
            return

        def tell(reach: Reach) -> None:
            self.say(*told(reach, errand.deed, key, can_redecide=not self.redecide))

        try:
            tell(await self._session.weigh_deed(errand.deed, self._rows, redecide=self.redecide, tell=tell))
        except EXPECTED as error:
            self.say((safe(" ".join(in_words(error)).strip()), "warn"))


class ActDialog(_Weighing):
    """Everything that can be done with the marked or listed groups."""

    YES = "Do it"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "r", "redecide", "Decided ones too", id="act.redecide", tooltip="Reach groups that are decided"
        ),
    ]

    def __init__(self, session: Session, rows: Sequence[Row], what: str, others: Sequence[Policy]) -> None:
        """`what` names the groups with their number; `others` are the policies that do not hold now."""
        self._what = what
        picks = [
            Pick(Errand(Deed.accept(), "accepted"), "Accept what is proposed", letter="p"),
            Pick(Errand(Deed.keep_all(), "kept whole"), "Keep all: no duplicates", letter="a"),
            Pick(Errand(Deed.stack(), "stacked"), "Stack, the winner on top", letter="s"),
            Pick(Errand(Deed.skip(), "skipped"), "Skip: leave alone", letter="x"),
            *(
                Pick(
                    Errand(Deed.by(policy), "decided"),
                    f"Accept by {policy.name}",
                    policy.label,
                )
                for policy in others
            ),
            Pick(Errand(Deed.clear(), "undecided again"), "Make undecided again", letter="c"),
            Pick(Errand(Deed.skip(), "flagged", flags=True), "Flag, with a note", letter="f"),
            Pick(Errand(Deed.skip(), "unflagged", flags=False), "Take your flags away"),
        ]
        super().__init__(session, picks, rows)

    def heading(self) -> str:
        """How many groups it is about."""
        return f"{self._what}: what shall become of them?"

    def action_redecide(self) -> None:
        """Reach decided groups as well, or leave them alone again."""
        self.redecide = not self.redecide
        self.highlight()

    def answer(self, pick: Pick[Errand]) -> Errand:
        """The errand, reaching what was shown."""
        errand = pick.value
        return Errand(errand.deed, errand.done, errand.flags, self.redecide)


class AcceptDialog(PickDialog[Sequence[Row], Sequence[Row]]):
    """Which of the groups that are ready to accept: all, or those of one tier."""

    YES = "Accept"

    def __init__(self, session: Session, ready: Sequence[Row], *, filtered: bool) -> None:
        """`ready` are groups that may be accepted in bulk; `filtered` when they are only the listed ones."""
        self._session = session
        self._filtered = filtered
        picks: list[Pick[Sequence[Row]]] = [
            Pick(ready, "All that are ready", figures.counted(len(ready), "group"), letter="r")
        ]
        for tier in (Tier.EXACT, Tier.SAME_PICTURE, Tier.LIKELY):
            rows = [row for row in ready if row.tier is tier]
            if rows:
                note = figures.counted(len(rows), "group")
                picks.append(Pick(rows, f"Only tier {tier.value}", note, letter=tier.value[0]))
        super().__init__(picks)

    def heading(self) -> str:
        """What is accepted."""
        return "Accept together, out of the listed groups" if self._filtered else "Accept together"

    async def work_out(self, pick: Pick[Sequence[Row]]) -> None:
        """Say what accepting comes to."""
        deed = Deed.accept()
        reach = await self._session.weigh_deed(deed, pick.value)
        left_out = "Left out: doubtful groups (■), groups you flagged (⚑), and what is decided."
        key = partial(key_of, self.app)
        self.say(*told(reach, deed, key)[:-1], (left_out, "muted"), nothing_yet(key))

    def answer(self, pick: Pick[Sequence[Row]]) -> Sequence[Row]:
        """The rows."""
        return pick.value
