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
from immich_tui.tui.telling import ENDINGS, tell_groups
from immich_tui.tui.text import place, safe
from immich_tui.tui.widgets.key_line import HELP, Hint
from immich_tui.tui.widgets.lines import Sentences
from immich_tui.tui.widgets.live_numbers import Figure, LiveNumbers
from immich_tui.tui.widgets.told import Told

if TYPE_CHECKING:
    from immich_tui.execution.report.report import Report


class ReportScreen(StepScreen):
    """The report of the last run."""

    STEP = "Report"
    CSS_PATH = "report.tcss"
    HINTS: ClassVar[Sequence[Hint]] = (
        Hint(("report.review",), "back to the review"),
        Hint(("report.retry",), "retry"),
        Hint(("app.history",), "history"),
        Hint(("app.quit",), "quit"),
        HELP,
    )
    BINDING_GROUP_TITLE = "Report"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "review", "Back to the review", id="report.review", key_display="enter"),
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
            yield Told(id="groups")
        with HorizontalGroup(id="answers"):
            yield Button("Back to the review", id="back", variant="primary")

    def on_screen_resume(self) -> None:
        """Show the newest report."""
        super().on_screen_resume()
        report = self.tui.report
        if report is not None:
            self._show(report)

    def _show(self, report: Report) -> None:
        sentence, meaning = ENDINGS[report.state]
        reason = [(safe(report.reason), "warn")] if report.reason else []
        self.query_one("#head", Sentences).show((sentence, meaning), *reason)
        gone = report.whereabouts("in Immich's trash")
        held = report.groups_held
        self.query_one("#numbers", LiveNumbers).show(
            Figure("Groups done", count(report.groups_done), f"of {count(len(report.groups))}"),
            Figure("Photos trashed", count(report.trashed), gone, "warn" if report.deleted else "strong"),
            Figure("Photos kept", count(report.kept)),
            Figure("Space freed", size(report.freed), "" if report.deleted else "once the trash is emptied"),
            Figure(
                "Values carried",
                count(report.carried_values),
                "now on the kept photos",
            ),
            Figure(
                "Groups held back", count(held), "reasons below" if held else "", "warn" if held else "strong"
            ),
            *(
                [Figure("Last step missing", count(report.groups_unclosed), "take the run up", "warn")]
                if report.groups_unclosed
                else []
            ),
            *([Figure("Not reached", count(report.groups_unreached))] if report.groups_unreached else []),
            *([Figure("Stacked", count(report.stacked))] if report.stacked else []),
            *([Figure("Kept whole", count(report.dismissed))] if report.dismissed else []),
        )
        self.query_one("#places", Sentences).show(
            (f"Backup  {place(report.backup_folder)}  ({size(report.backed_up_bytes)})", ""),
            (f"Report  {place(path) if (path := self.tui.report_path) else 'not written'}", ""),
        )
        self.query_one("#groups", Told).show(tell_groups(report.groups))

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
