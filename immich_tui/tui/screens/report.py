"""The last step: what was done, what was not and why, and where everything is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalScroll
from textual.widgets import Button

from immich_tui.tui.figures import count, size
from immich_tui.tui.screens.step import StepScreen
from immich_tui.tui.text import safe
from immich_tui.tui.widgets.lines import Lines, Row, Sentences, wrapped
from immich_tui.tui.widgets.live_numbers import Figure, LiveNumbers

if TYPE_CHECKING:
    from immich_tui.execution.report import GroupReport, Report

_ENDINGS = {
    "done": ("The run is finished.", "title"),
    "paused": ("The run is paused; it goes on from where it stopped.", "warn"),
    "cancelled": ("The run was cancelled. What was done is listed here; the rest was not touched.", "warn"),
    "failed": (
        "The run stopped before its end. What was done is listed here; the rest was not touched.",
        "bad",
    ),
}


class GroupList(Lines):
    """Groups that were held back with their reason, then those that were carried out."""

    def __init__(self) -> None:
        super().__init__(id="groups")
        self._groups: tuple[GroupReport, ...] = ()

    def show(self, groups: Sequence[GroupReport]) -> None:
        """Show the groups of a report."""
        self._groups = tuple(groups)
        self.update_rows()

    def rows(self, width: int) -> Sequence[Row]:
        """One paragraph per group."""
        held = [group for group in self._groups if group.reason]
        done = [group for group in self._groups if not group.reason and group.outcome == "done"]
        open_ = [group for group in self._groups if not group.reason and group.outcome != "done"]
        rows: list[Row] = []
        if held:
            rows += _title(f"Held back, nothing of these was trashed: {count(len(held))}", rows)
            for group in held:
                rows += wrapped(f"✗ {_name(group)}: {safe(group.reason)}", width, "warn", "  ")
        if open_:
            rows += _title(f"Not reached, nothing of these was trashed: {count(len(open_))}", rows)
            rows += [row for group in open_ for row in wrapped(f"· {_name(group)}", width, "muted", "  ")]
        if done:
            rows += _title(f"Done: {count(len(done))}", rows)
            for group in done:
                rows += wrapped(f"✓ {_name(group)}{_fate(group)}", width, "", "  ")
        return rows


def _title(text: str, before: Sequence[Row]) -> list[Row]:
    return [*([(("", ""),)] if before else []), ((text, "title"),)]


def _name(group: GroupReport) -> str:
    return safe(" + ".join(group.kept[:2]) or group.group_id) + (" …" if len(group.kept) > 2 else "")


def _fate(group: GroupReport) -> str:
    parts = []
    if group.gone:
        names = ", ".join(safe(gone.name) for gone in group.gone[:3])
        more = f" and {len(group.gone) - 3} more" if len(group.gone) > 3 else ""
        parts.append(f"{group.gone[0].state} {names}{more}")
    else:
        parts.append(group.decision)
    if group.carried:
        parts.append("carried " + ", ".join(safe(value) for value in group.carried))
    if group.lost:
        parts.append("lost " + ", ".join(safe(value) for value in group.lost))
    return ": " + "; ".join(parts)


class ReportScreen(StepScreen):
    """The report of the last run."""

    STEP = "Report"
    CSS_PATH = "report.tcss"
    BINDING_GROUP_TITLE = "Report"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "review", "Back to the review", id="report.review"),
        Binding("escape", "review", "Back", show=False),
        Binding("r", "retry", "Retry failed", id="report.retry", tooltip="Try what was held back again"),
    ]
    AUTO_FOCUS = "#report"

    def body(self) -> ComposeResult:
        """Sentence, numbers, places, groups."""
        with VerticalScroll(id="report"):
            yield Sentences(id="head")
            yield LiveNumbers(id="numbers")
            yield Sentences(id="places")
            yield Lines()
            yield GroupList()
        with HorizontalGroup(id="answers"):
            yield Button("Back to the review", id="back", variant="primary")

    def on_screen_resume(self) -> None:
        """Show the newest report."""
        super().on_screen_resume()
        report = self.tui.report
        if report is not None:
            self._show(report)

    def _show(self, report: Report) -> None:
        sentence, meaning = _ENDINGS[report.state]
        reason = [(safe(report.reason), "warn")] if report.reason else []
        self.query_one("#head", Sentences).show((sentence, meaning), *reason)
        gone = "deleted for good" if report.permanent else "in Immich's trash"
        held = report.groups_held
        self.query_one("#numbers", LiveNumbers).show(
            Figure("Groups done", count(report.groups_done), f"of {count(len(report.groups))}"),
            Figure("Photos trashed", count(report.trashed), gone, "warn" if report.permanent else "strong"),
            Figure("Photos kept", count(report.kept)),
            Figure(
                "Space freed", size(report.freed), "" if report.permanent else "once the trash is emptied"
            ),
            Figure(
                "Values carried",
                count(report.carried_values),
                "now on the kept photos",
            ),
            Figure(
                "Groups held back", count(held), "reasons below" if held else "", "warn" if held else "strong"
            ),
            *([Figure("Stacked", count(report.stacked))] if report.stacked else []),
            *([Figure("Kept whole", count(report.dismissed))] if report.dismissed else []),
        )
        self.query_one("#places", Sentences).show(
            (f"Backup  {safe(report.backup_folder)}  ({size(report.backed_up_bytes)})", ""),
            (f"Report  {safe(str(self.tui.report_path or 'not written'))}", ""),
        )
        self.query_one(GroupList).show(report.groups)

    @on(Button.Pressed, "#back")
    def action_review(self) -> None:
        """Back to the groups."""
        self.tui.go("review")

    def action_retry(self) -> None:
        """Take the run up again: what is done stays done."""
        self.tui.go("execute", retry=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Retry is only there when there is something to retry."""
        return action != "retry" or (self.tui.runner is not None and self.tui.runner.can_retry)
