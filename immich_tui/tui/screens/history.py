"""The runs that were: what they did, and what can be done about them now."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen

from immich_tui.execution.history import PastRun
from immich_tui.execution.report.files import ENDINGS, HTML, export_report, export_values
from immich_tui.execution.report.report import Report
from immich_tui.execution.restore.job import RestoreReport
from immich_tui.execution.undo.report import UndoReport
from immich_tui.execution.verify.job import VerifyReport
from immich_tui.tui.aftercare import RESTORE, UNDO, VERIFY
from immich_tui.tui.archive import Archive, PastReport, Story, cut_off
from immich_tui.tui.figures import counted, size
from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.care import CareScreen
from immich_tui.tui.screens.path import HOME, PathDialog
from immich_tui.tui.screens.restoring import RestoreScreen
from immich_tui.tui.screens.step import StepScreen
from immich_tui.tui.screens.undoing import UndoScreen
from immich_tui.tui.screens.verifying import VerifyScreen
from immich_tui.tui.telling import (
    Telling,
    tell_errors,
    tell_groups,
    tell_restore,
    tell_run,
    tell_undo,
    tell_verify,
)
from immich_tui.tui.text import place, safe
from immich_tui.tui.trouble import EXPECTED, in_words
from immich_tui.tui.widgets.key_line import HELP, Hint
from immich_tui.tui.widgets.lines import Sentences
from immich_tui.tui.widgets.run_list import KINDS, RunList, in_short, moment, state_of
from immich_tui.tui.widgets.told import Told
from immich_tui.tui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from immich_tui.desk import Desk

_SCREENS: dict[str, type[CareScreen]] = {
    UNDO: UndoScreen,
    VERIFY: VerifyScreen,
    RESTORE: RestoreScreen,
}
_EMPTY = (
    ("Nothing was carried out yet", "title"),
    ("Every run that you start on the Execute screen is listed here, with its report.", ""),
    ("From here its backups can be verified, and what it did can be undone, whole or group by group.", ""),
)
_READER = "Another immich-tui has this review open; only that one can do this. Close it first."


class HistoryScreen(StepScreen):
    """The list of runs, and the report of the one under the cursor."""

    STEP = "History"
    CSS_PATH = "history.tcss"
    HINTS: ClassVar[Sequence[Hint]] = (
        Hint(("history.read",), "read"),
        Hint(
            (
                "history.next",
                "history.previous",
            ),
            "run",
        ),
        Hint(("history.undo",), "undo"),
        Hint(("history.resume",), "go on"),
        Hint(("history.verify",), "verify"),
        Hint(("history.restore",), "restore"),
        Hint(("history.back",), "back"),
        Hint(("history.export",), "export"),
        Hint(("history.open",), "open"),
        HELP,
    )
    BINDING_GROUP_TITLE = "History"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "v", "verify", "Verify", id="history.verify", tooltip="Read backups again, look at the server"
        ),
        Binding("U", "undo", "Undo", id="history.undo", tooltip="Take the run back, whole or group by group"),
        Binding("r", "resume", "Go on", id="history.resume", tooltip="Take up what did not end"),
        Binding(
            "R", "restore", "Restore", id="history.restore", tooltip="Upload again what is gone for good"
        ),
        Binding(
            "e", "export", "Export", id="history.export", tooltip="Write the report as page, table, JSON"
        ),
        Binding("o", "open", "Open", id="history.open", tooltip="The report as a page in your browser"),
        Binding(
            "enter",
            "read",
            "Read",
            id="history.read",
            key_display="enter",
            tooltip="To the report, to scroll it",
        ),
        Binding("escape", "back", "Back", id="history.back"),
        Binding("j", "move(1)", "Next run", id="history.next", show=False),
        Binding("k", "move(-1)", "Previous run", id="history.previous", show=False),
    ]
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._archive: Archive | None = None
        self._runs: Sequence[PastRun] = ()
        self._story: Story | None = None

    def body(self) -> ComposeResult:
        """What is offered, the list, and the report."""
        yield Sentences(id="offer")
        with Horizontal(id="shelf"):
            runs = RunList(id="runs")
            runs.border_title = Content("Runs")
            yield runs
            with VerticalScroll(id="report") as box:
                box.border_title = Content("Report")
                yield Told(id="story")
        with Vertical(id="empty"):
            yield Sentences(id="none")

    # -- showing

    def on_screen_resume(self) -> None:
        """List the runs anew: there may be one more, or one may have been taken back."""
        super().on_screen_resume()
        self._list()
        self._follow()

    @on(StepScreen.Entered)
    def _entered(self) -> None:
        """Begin at the newest run."""

    @work(group="list", exclusive=True)
    async def _list(self) -> None:
        if not self._runs:
            self._offer(("Reading the journal …", "muted"))
        try:
            archive = await self._open()
            runs = await archive.runs()
        except EXPECTED as error:
            self._offer((" ".join(in_words(error)).strip(), "bad"))
            self._show_list(())
            return
        self._show_list(runs)
        self._offer(*self._offered())

    @work(group="follow", exclusive=True)
    async def _follow(self) -> None:
        """List anew when what is going on has ended: it may end while this screen is looked at."""
        for working in (self.tui.runner, self.tui.aftercare):
            if working is not None and working.running:
                await working.ended.wait()
                if self.is_current:
                    self._list()

    async def _open(self) -> Archive:
        desk: Desk = await self.tui.open_desk()
        if self._archive is None:
            settings = self.tui.setup.config.settings
            self._archive = Archive(desk, workers=settings.workers, rate=settings.rate)
        return self._archive

    def _show_list(self, runs: Sequence[PastRun]) -> None:
        before = self.run
        self._runs = runs
        place = next((n for n, run in enumerate(runs) if before and run.id == before.id), 0)
        self.runs.show(runs, place, self._under_way())
        self.query_one("#shelf").display = bool(runs)
        self.query_one("#empty").display = not runs
        if runs:
            if self.focused is None:
                self.runs.focus()
            self._tell()
        else:
            self.query_one("#none", Sentences).show(*_EMPTY)
        self.refresh_bindings()

    def _under_way(self) -> frozenset[str]:
        runner, care = self.tui.runner, self.tui.aftercare
        jobs = [runner.job if runner and runner.running else None, care.job if care.running else None]
        known = {job.id for job in jobs if job is not None and hasattr(job, "id")}
        if care.running and not hasattr(care.job, "id"):
            # A check or a restore does not tell its id: of those without an end it is the newest.
            open_ones = (run.id for run in self._runs if run.kind == care.kind and not run.finished)
            known |= set(islice(open_ones, 1))
        return frozenset(known)

    def _offered(self) -> list[Telling]:
        """What the person should know before anything else."""
        told: list[Telling] = []
        if self._archive is not None and self._archive.read_only:
            told.append(
                ("Another immich-tui has this review open: here you can read and verify, not undo.", "warn")
            )
            return told
        if self.tui.aftercare.running:
            care = self.tui.aftercare
            shows = key_of(self.app, f"history.{care.kind}")
            told.append((f"{care.name} is going on; {shows} on its run shows it.", "title"))
        elif self.tui.working:
            told.append((f"{self.tui.working} is going on.", "title"))
        for run in self._runs:
            if self._can_resume(run):
                name = KINDS[run.kind].lower()
                take_up = f"{key_of(self.app, 'history.resume')} goes on with it"
                told.append((f"The {name} of {moment(run.started)} did not end. {take_up}.", "warn"))
                break
        return told

    def _offer(self, *paragraphs: Telling) -> None:
        self.query_one("#offer", Sentences).show(*((safe(text), meaning) for text, meaning in paragraphs))
        self.query_one("#offer").display = bool(paragraphs)

    @property
    def runs(self) -> RunList:
        """The list."""
        return self.query_one(RunList)

    @property
    def run(self) -> PastRun | None:
        """The run under the cursor."""
        return self.runs.run

    @on(VirtualList.Moved, "#runs")
    def _moved(self) -> None:
        self._tell()
        self.refresh_bindings()

    @work(group="story", exclusive=True)
    async def _tell(self) -> None:
        """Show the report of the run under the cursor."""
        run, archive = self.run, self._archive
        if run is None or archive is None:
            return
        try:
            story = await archive.story(run)
        except EXPECTED as error:
            self.query_one("#story", Told).show([(safe(" ".join(in_words(error)).strip()), "bad")])
            return
        self._story = story
        known = self._known_report(run) or story.report
        self.query_one("#story", Told).show(
            [
                *self._head(run, with_report=known is not None),
                ("", ""),
                *self._of_before(run, known),
                *tell(known),
                *self._without_report(story, known),
            ]
        )
        self.query_one("#report").scroll_home(animate=False)

    def _of_before(self, run: PastRun, known: object) -> list[Telling]:
        """That a report is about what a run did before it was taken up, where it goes on now."""
        if known is None or run.id not in self._under_way():
            return []
        return [("It was stopped once, and goes on now. What it had done until then:", "title"), ("", "")]

    def _known_report(self, run: PastRun) -> VerifyReport | None:
        """The report of a check of this app's life: those leave no file."""
        report = self.tui.aftercare.report
        return report if isinstance(report, VerifyReport) and report.verify == run.id else None

    def _head(self, run: PastRun, *, with_report: bool) -> list[Telling]:
        words, meaning = state_of(run, under_way=run.id in self._under_way())
        of = next((moment(one.started) for one in self._runs if one.id == run.of), run.of)
        about = f" of the run of {of}" if of else ""
        until = f" until {moment(run.finished)}" if run.finished else ""
        shown = {"better": "good", "lost": "bad"}.get(meaning, meaning)
        told: list[Telling] = [
            (f"{KINDS[run.kind]}{about}, {moment(run.started)}{until}", "strong"),
            (f"{words}: {in_short(run)}", shown),
        ]
        if run.folder is not None and not with_report:
            told.append((place(run.folder), "muted"))
        if run.undone:
            told.append((f"{counted(run.undone, 'group')} of it undone since.", "warn"))
        return told

    def _without_report(self, story: Story, known: object) -> list[Telling]:
        if known is not None:
            return []
        told: list[Telling] = [(safe(story.trouble), "muted")] if story.trouble else []
        if story.run.kind == "resolve":
            run = story.run
            told.append((f"{counted(run.photos, 'photo')} ({size(run.bytes)}) went to the trash.", ""))
        if story.run.kind == "verify" and not story.errors:
            again = key_of(self.app, "history.verify")
            told.append((f"A check leaves no report. {again} looks again.", "muted"))
        return [*told, *tell_errors(story.errors)]

    # -- what can be done

    def _can_resume(self, run: PastRun | None) -> bool:
        if run is None or not cut_off(run) or run.id in self._under_way():
            return False
        if run.kind == "undo":
            of = next((one for one in self._runs if one.id == run.of), None)
            return of is not None and of.can_be_undone
        newest = next((one for one in self._runs if one.kind == "resolve"), None)
        return newest is not None and newest.id == run.id

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What goes with the run under the cursor."""
        if action == "back":
            return True
        run = self.runs.run if self.is_mounted else None
        if run is None:
            return action not in ("move", "verify", "undo", "resume", "restore", "export", "open", "read")
        match action:
            case "verify" | "restore":
                return run.kind == "resolve" and run.folder is not None
            case "undo":
                return run.can_be_undone
            case "resume":
                return self._can_resume(run)
            case "open":
                return run.kind == "resolve" and run.report is not None
            case _:
                return True

    def action_move(self, step: int) -> None:
        """Go down or up."""
        self.runs.action_move(step)

    @on(VirtualList.Chosen, "#runs")
    def action_read(self) -> None:
        """Go to the report, or back to the list."""
        report = self.query_one("#report")
        (self.runs if report.has_focus else report).focus()

    def action_back(self) -> None:
        """Back to where the person came from."""
        self.tui.go(self.tui.came_from)

    def action_verify(self) -> None:
        """Look at backups and server again."""
        self._care(VERIFY, self.run)

    def action_undo(self) -> None:
        """Take the run back."""
        if self._may_write():
            self._care(UNDO, self.run)

    def action_restore(self) -> None:
        """Bring back what is gone."""
        if self._may_write():
            self._care(RESTORE, self.run)

    def action_resume(self) -> None:
        """Take up what did not end: a run on the Execute screen, an undo here."""
        run = self.run
        if run is None or not self._may_write():
            return
        if run.kind == "undo":
            self._care(UNDO, run)
        else:
            self.tui.go("execute")

    def _may_write(self) -> bool:
        if self._archive is None or self._archive.read_only:
            self.notify(_READER, severity="warning", markup=False)
            return False
        return True

    def _care(self, kind: str, run: PastRun | None) -> None:
        """Show the screen of a job about a run; the one that is at work already has the right of way."""
        if run is None or self._archive is None:
            return
        if run.kind == "resolve" and run.id in self._under_way():
            # What it does from now on would be missing in the plan.
            self.notify("This run is going on. This can be done when it has ended.", markup=False)
            return
        care = self.tui.aftercare
        if care.running and (care.kind, care.of) != (kind, run.id):
            kind = care.kind
            run = next((one for one in self._runs if one.id == care.of), run)
            self.notify(f"{care.name} is going on; here it is.", markup=False)
        screen: Screen[None] = _SCREENS[kind](self._archive, run)
        self.app.push_screen(screen)

    # -- files

    @work(group="file", exclusive=True)
    async def action_export(self) -> None:
        """Write the report of the run into a file."""
        run, story = self.run, self._story
        if run is None or story is None or story.run.id != run.id:
            return
        report: PastReport | VerifyReport | None = self._known_report(run) or story.report
        if report is None:
            self.notify(story.trouble or "There is no report to write.", severity="warning", markup=False)
            return
        whole = isinstance(report, Report)
        endings = ENDINGS if whole else (".json",)
        name = f"immich-tui-{run.kind}-{run.id}{endings[0]}"
        about = (
            "The ending decides: .html is a page with pictures, .csv a table, .json has everything."
            if whole
            else "It is written as JSON."
        )
        dialog = PathDialog("Export the report", [about], HOME / name, endings=endings, can_open=whole)
        place = await self.app.push_screen_wait(dialog)
        if place is None:
            return
        try:
            if isinstance(report, Report):
                client = self.tui.link.client if self.tui.link else None
                await export_report(client, place.path, report)
            else:
                await export_values(place.path, report)
        except EXPECTED as error:
            self.notify(safe(" ".join(in_words(error)).strip()), severity="error", markup=False)
            return
        self.notify(f"Written to {safe(str(place.path))}", markup=False, timeout=10)
        if place.then_open:
            self.app.open_url(place.path.absolute().as_uri())

    def action_open(self) -> None:
        """Show the run's page in a browser."""
        run = self.run
        if run is None or run.report is None:
            return
        self.app.open_url(run.report.with_name(HTML).absolute().as_uri())
        self.notify("Asked your browser for the report.", markup=False)


def tell(report: PastReport | VerifyReport | None) -> list[Telling]:
    """A report in sentences; nothing without one."""
    match report:
        case Report():
            return [*tell_run(report), *tell_groups(report.groups)]
        case UndoReport():
            return tell_undo(report)
        case RestoreReport():
            return tell_restore(report)
        case VerifyReport():
            return tell_verify(report)
        case _:
            return []
