"""What is in a plan file: how much would be taken in, and what is wrong with the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup, VerticalScroll
from textual.content import Content
from textual.widgets import Button

from immich_tui.tui.figures import counted
from immich_tui.tui.screens.dialog import Dialog
from immich_tui.tui.telling import Telling, titled
from immich_tui.tui.text import safe
from immich_tui.tui.widgets.told import Told

if TYPE_CHECKING:
    from immich_tui.review.plan import Objection, PlanReading
    from immich_tui.review.session import Session


class PlanDialog(Dialog[bool]):
    """Numbers, then problems by group and field; yes takes the rest in."""

    CSS_PATH = "objections.tcss"
    BINDING_GROUP_TITLE = "Plan file"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "yes", "Take in", id="plan.yes"),
        Binding("escape,n,q", "no", "Cancel", id="plan.no"),
    ]
    AUTO_FOCUS = "#problems"

    def __init__(self, session: Session, name: str, reading: PlanReading) -> None:
        super().__init__()
        self._session = session
        self._name = name
        self._reading = reading
        self._changes = sum(
            decision != session.decision(group_id) for group_id, decision in reading.decisions.items()
        )

    def compose(self) -> ComposeResult:
        """What is in it, what is wrong, answers."""
        with VerticalGroup(id="plan") as box:
            box.border_title = Content(safe(self._name))
            yield Told(id="numbers")
            with VerticalScroll(id="problems"):
                yield Told(id="wrong")
            with HorizontalGroup(id="answers"):
                yield Button(
                    self.with_key("Cancel", "plan.no"),
                    id="no",
                )
                yield Button(
                    self.with_key("Take in", "plan.yes"),
                    id="yes",
                    variant="primary",
                    disabled=not self.may,
                )

    @property
    def may(self) -> bool:
        """Whether there is anything to take in, here."""
        return bool(self._reading.decisions) and not self._session.read_only

    def on_mount(self) -> None:
        """Show it."""
        self.query_one("#numbers", Told).show(self._numbers())
        self.query_one("#wrong", Told).show(self._problems())

    def _numbers(self) -> Sequence[Telling]:
        reading = self._reading
        decided = sum(decision is not None for decision in reading.decisions.values())
        told: list[Telling] = [
            (f"{counted(reading.groups, 'group')}, of which {decided:,} are decided in the file.", "title"),
            (f"{counted(self._changes, 'decision')} would be other than now.", ""),
        ]
        if reading.refused:
            refused = counted(len(reading.refused), "group")
            told.append((f"{refused} refused, and left as they are here.", "warn"))
        if reading.done:
            told.append((f"{counted(len(reading.done), 'group')} carried out already.", "muted"))
        if self._session.read_only:
            told.append(("Another immich-tui has this review open, so nothing can be taken in here.", "warn"))
        return told

    def _problems(self) -> Sequence[Telling]:
        return titled(
            "What is wrong in the file",
            [self._problem(one) for one in self._reading.objections],
            where="immich-tui plan check",
        )[1:] or [("Nothing is wrong in the file.", "muted")]

    def _problem(self, one: Objection) -> Telling:
        try:
            name = f"{self._session.row(one.group).title} ({one.group[:8]})"
        except KeyError:
            name = one.group
        return f"✗ {safe(name)}, {safe(one.field)}: {safe(one.sentence)}", "warn"

    @on(Button.Pressed, "#yes")
    def action_yes(self) -> None:
        """Take in what is right."""
        if self.may:
            self.dismiss(True)

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        """Leave all as it is."""
        self.dismiss(False)
