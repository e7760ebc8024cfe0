"""The fourth step: what would be done and what stands in its way, then the run itself, live."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, Vertical, VerticalScroll
from textual.timer import Timer
from textual.widgets import Button

from immich_tui.tui.figures import counted, size
from immich_tui.tui.keys import key_of
from immich_tui.tui.pace import change_rate, change_workers
from immich_tui.tui.pace import in_words as in_words_of
from immich_tui.tui.phases import Stage
from immich_tui.tui.runner import Runner
from immich_tui.tui.screens.confirm import Confirm
from immich_tui.tui.screens.details import RunDetails
from immich_tui.tui.screens.files import RunFiles
from immich_tui.tui.screens.step import StepScreen
from immich_tui.tui.text import place, safe
from immich_tui.tui.trouble import EXPECTED, in_words
from immich_tui.tui.widgets.key_line import HELP, Hint
from immich_tui.tui.widgets.lines import Sentences
from immich_tui.tui.widgets.live_run import SAMPLES_PER_S, LiveRun
from immich_tui.tui.widgets.tables import Checks

if TYPE_CHECKING:
    from immich_tui.execution.preflight import Check, Preflight
    from immich_tui.jobs.pool import Pool


_WORKERS = Binding.Group("Workers", compact=True)
_RATE = Binding.Group("Rate", compact=True)


class ExecuteScreen(StepScreen):
    """Checks first, then the progress of the app's run. Leaving does not stop the run."""

    STEP = "Execute"
    CSS_PATH = "execute.tcss"
    HINTS: ClassVar[Sequence[Hint]] = (
        Hint(("execute.start",), "start"),
        Hint(("execute.report",), "report"),
        Hint(("execute.details",), "details"),
        Hint(("execute.pause",), "pause/go on"),
        Hint(("execute.cancel",), "cancel"),
        Hint(("execute.retry",), "retry failed"),
        Hint(("execute.check",), "check again"),
        Hint(("execute.new_plan",), "new plan"),
        Hint(("execute.weak",), "weak checks"),
        Hint(("execute.permanent",), "delete for good"),
        Hint(("execute.files",), "files"),
        Hint(("execute.review",), "review"),
        Hint(
            (
                "execute.fewer_workers",
                "execute.more_workers",
            ),
            "workers",
        ),
        Hint(
            (
                "execute.slower",
                "execute.faster",
            ),
            "rate",
        ),
        Hint(("app.history",), "history"),
        HELP,
    )
    BINDING_GROUP_TITLE = "Execute"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "start",
            "Start",
            id="execute.start",
            key_display="enter",
            tooltip="Carry out what is decided; asks first",
        ),
        Binding(
            "enter", "report", "Report", id="execute.report", key_display="enter", tooltip="What was done"
        ),
        Binding("p", "pause", "Pause/go on", id="execute.pause", tooltip="What is in flight finishes first"),
        Binding(
            "c",
            "cancel",
            "Cancel",
            id="execute.cancel",
            tooltip="Stop; what is done stays done and can be resumed",
        ),
        Binding("minus", "workers(-1)", "One worker less", id="execute.fewer_workers", group=_WORKERS),
        Binding("plus", "workers(1)", "One worker more", id="execute.more_workers", group=_WORKERS),
        Binding("less_than_sign", "rate(-1)", "Slower", id="execute.slower", group=_RATE),
        Binding("greater_than_sign", "rate(1)", "Faster", id="execute.faster", group=_RATE),
        Binding(
            "enter",
            "details",
            "Details",
            id="execute.details",
            key_display="enter",
            tooltip="What happened, line by line",
        ),
        Binding(
            "f",
            "files",
            "Files",
            id="execute.files",
            tooltip="Which files are waited for; one can be given up",
        ),
        Binding("r", "retry", "Retry failed", id="execute.retry", tooltip="Take the run up where it stopped"),
        Binding("r", "check", "Check again", id="execute.check"),
        Binding(
            "n",
            "new_plan",
            "New plan",
            id="execute.new_plan",
            tooltip="Give the unfinished run up; what it did stays done",
        ),
        Binding(
            "w",
            "weak",
            "Weak checks",
            id="execute.weak",
            tooltip="Agree that external-library files are trashed",
        ),
        Binding(
            "D", "permanent", "Delete for good", id="execute.permanent", tooltip="For servers without a trash"
        ),
        Binding(
            "escape",
            "review",
            "Review",
            id="execute.review",
            tooltip="A run goes on in the background meanwhile",
        ),
    ]
    AUTO_FOCUS = "#table"

    def __init__(self) -> None:
        super().__init__()
        self._timer: Timer | None = None
        self._stage: Stage | None = None

    def body(self) -> ComposeResult:
        """The checks, and the live view; one of them is shown."""
        with Vertical(id="checks"):
            yield Sentences(id="verdict")
            with VerticalScroll(id="table"):
                yield Checks(id="preflight")
            with HorizontalGroup(id="answers"):
                yield Button("Check again", id="again")
                yield Button("Start", id="start", variant="primary", disabled=True)
        yield LiveRun("execute", id="running", classes="-hidden")

    @property
    def runner(self) -> Runner | None:
        """The app's run."""
        return self.tui.runner

    # -- showing

    def on_mount(self) -> None:
        """Sample the run ten times a second, while this screen is shown."""
        self._timer = self.set_interval(1 / SAMPLES_PER_S, self._sample, pause=True)

    def on_screen_resume(self) -> None:
        """Follow the run again."""
        super().on_screen_resume()
        if self._timer:
            self._timer.resume()

    @on(StepScreen.Entered)
    def _entered(self, event: StepScreen.Entered) -> None:
        """Show the run that is going on, take one up again, or check what is decided by now."""
        runner = self.runner
        if runner is None:
            self._show_unavailable()
        elif event.retry:
            self.action_retry()
        elif runner.stage is Stage.ENDED and self.tui.session and self.tui.session.decided():
            runner.renew()
            self.action_check()
        elif runner.stage in (Stage.NEW, Stage.CHECKED):
            self.action_check()
        else:
            self._sample()

    def on_screen_suspend(self) -> None:
        """Nobody looks: do not sample."""
        if self._timer:
            self._timer.pause()

    def _sample(self) -> None:
        runner = self.runner
        if runner is None:
            return
        if runner.stage is not self._stage:
            self._stage = runner.stage
            live = runner.stage in (Stage.RUNNING, Stage.ENDED)
            self.query_one("#checks").set_class(live, "-hidden")
            self.query_one("#running").set_class(not live, "-hidden")
            self.query_one("#trouble" if live else "#table").focus()
            self.refresh_bindings()
        if runner.job is None or runner.stage not in (Stage.RUNNING, Stage.ENDED):
            return
        snapshot = runner.job.snapshot()
        if snapshot is not None:
            self.query_one(LiveRun).show(runner, snapshot, runner.job.pool.snapshot(), runner.job.ways())

    # -- checking

    @work(group="check")
    async def action_check(self) -> None:
        """Look at server, groups and disk; nothing is changed."""
        runner = self.runner
        if runner is not None and runner.stage in (Stage.NEW, Stage.CHECKED):
            await self._check(runner)

    async def _check(self, runner: Runner) -> None:
        self._sentence(("Looking at the server, the groups and the backup folder …", "title"))
        self.query_one("#start", Button).disabled = True
        try:
            await runner.check()
        except EXPECTED as error:
            sentence, next_step = in_words(error)
            again = f"Press {key_of(self.app, 'execute.check')} to check again."
            self._sentence((sentence, "bad"), (next_step, ""), (again, "muted"))
            self._sample()
            return
        self._sample()
        if runner.preflight is not None:
            self._show_preflight(runner.preflight)

    def _show_preflight(self, found: Preflight) -> None:
        if found.refused:
            self._sentence(("This run is refused. What is marked ✗ has to be settled first.", "bad"))
        else:
            self._say_ready(found)
        self.query_one("#preflight", Checks).show(found.checks, found.calls, found.held)
        self.query_one("#start", Button).disabled = found.refused
        self.query_one("#table").focus()
        self.refresh_bindings()

    def _say_ready(self, found: Preflight) -> None:
        runner = self.runner
        pace = in_words_of(runner.job.pool) if runner and runner.job else ""
        self._sentence(
            (f"Ready: {_in_numbers(found)}", "title"), (self._taken_up(), "warn"), (f"With {pace}.", "muted")
        )

    def _taken_up(self) -> str:
        runner = self.runner
        if runner is None or not runner.taken_up:
            return ""
        began = datetime.fromisoformat(runner.taken_up).astimezone()
        return (
            f"This takes up the run of {began:%Y-%m-%d %H:%M}, which did not end."
            f" Press {key_of(self.app, 'execute.new_plan')} to give it up and plan anew."
        )

    def _trash_is_on(self) -> bool:
        return self.tui.link is not None and self.tui.link.capabilities.features.trash

    def _show_unavailable(self) -> None:
        if self.tui.session is not None and self.tui.session.read_only:
            self._sentence(
                ("Another immich-tui has this review open; only that one can carry decisions out.", "warn")
            )
        else:
            self._sentence(
                ("There is nothing to carry out yet.", "warn"), ("Connect, fetch and decide first.", "")
            )

    def _sentence(self, *paragraphs: tuple[str, str]) -> None:
        self.query_one("#verdict", Sentences).show(
            *((safe(text), meaning) for text, meaning in paragraphs if text)
        )

    # -- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Each stage has its own keys."""
        runner = self.runner
        stage = runner.stage if runner else Stage.NEW
        found = runner.preflight if runner else None
        checked = stage is Stage.CHECKED and found is not None
        match action:
            case "start":
                return checked and found is not None and not found.refused
            case "pause" | "cancel" | "details" | "files":
                return stage is Stage.RUNNING
            case "workers" | "rate":
                return checked or stage is Stage.RUNNING
            case "report":
                return stage is Stage.ENDED
            case "retry":
                return runner is not None and runner.can_retry
            case "check":
                return stage in (Stage.NEW, Stage.CHECKED)
            case "new_plan":
                return checked and runner is not None and bool(runner.taken_up)
            case "weak":
                return checked and any(
                    check.name == "Checksums" and check.next_step for check in _checks(found)
                )
            case "permanent":
                return (
                    checked
                    and runner is not None
                    and not self._trash_is_on()
                    and runner.settings.permanent is None
                )
            case _:
                return True

    @on(Button.Pressed, "#start")
    @work(group="start", exclusive=True)
    async def action_start(self) -> None:
        """Ask, then start the run on the app."""
        runner = self.runner
        if runner is None or runner.stage is not Stage.CHECKED or runner.preflight is None:
            return
        found = runner.preflight
        permanent = runner.settings.permanent is not None
        fate = (
            f"{counted(found.losers, 'photo')} will be deleted for good. Only the backup remains."
            if permanent
            else f"{counted(found.losers, 'photo')} will go to Immich's trash, where it can restore them."
        )
        folder = place(runner.settings.backup_root)
        paragraphs: tuple[str, ...] = (
            f"{counted(found.groups, 'group')} will be carried out.",
            f"Before that, {_all_of_it(found)} copied to {folder} and the checksums compared.",
            "What cannot be verified stays where it is.",
            fate,
        )
        if not found.losers:
            paragraphs = (paragraphs[0], "Nothing (more) is trashed.")
        question = Confirm(
            "Start the run?",
            paragraphs,
            yes="Start",
            typed=str(found.losers) if permanent and found.losers else "",
            danger=True,
        )
        if await self.app.push_screen_wait(question):
            self.query_one(LiveRun).begin()
            self.tui.start_run()
            self._sample()

    @work(group="check", exclusive=True, exit_on_error=False)
    async def action_new_plan(self) -> None:
        """Give the unfinished run up and plan what is decided by now."""
        runner = self.runner
        if runner is not None:
            await runner.abandon()
            await self._check(runner)

    @on(Button.Pressed, "#again")
    def _again(self) -> None:
        self.action_check()

    @work(group="retry", exclusive=True)
    async def action_retry(self) -> None:
        """Take the run up where it stopped; checks again before anything is done."""
        runner = self.runner
        if runner is None or not runner.can_retry:
            return
        try:
            await runner.retry()
        except EXPECTED as error:
            self.notify(safe(" ".join(in_words(error))), severity="error", markup=False)
            return
        await self._check(runner)

    @work(group="question", exclusive=True)
    async def action_weak(self) -> None:
        """Agree to weak verification for this run, and check again."""
        runner = self.runner
        question = Confirm(
            "Trash files of external libraries?",
            (
                "Immich has no checksum of their content: size and two equal readings verify the backups.",
                "The real files stay where they are while the photos can be restored from Immich's trash.",
            ),
            yes="Agree for this run",
            danger=True,
        )
        if runner is not None and await self.app.push_screen_wait(question):
            runner.allow(trash_external=True)
            await self._check(runner)

    @work(group="question", exclusive=True)
    async def action_permanent(self) -> None:
        """Ask for permanent deletion with the number typed, and check again."""
        runner = self.runner
        if runner is None or runner.preflight is None:
            return
        losers = runner.preflight.losers
        question = Confirm(
            "Delete for good?",
            (
                "The trash is switched off on this server.",
                f"{counted(losers, 'photo')} would be gone for good; only the backup would be left.",
            ),
            yes="Delete for good",
            typed=str(losers),
            danger=True,
        )
        if await self.app.push_screen_wait(question):
            runner.allow(permanent=losers)
            await self._check(runner)

    def action_pause(self) -> None:
        """Pause at the next safe point, or go on."""
        if self.runner:
            self.runner.toggle_pause()

    @work(group="cancel", exclusive=True)
    async def action_cancel(self) -> None:
        """Hold the run and ask, then stop at the next safe point or go on."""
        question = Confirm(
            "Stop this run?",
            (
                "The run holds while you are asked; what is in flight finishes.",
                "What was done stays done; the rest can be taken up later.",
            ),
            yes="Stop",
            no="Go on",
        )
        runner = self.runner
        if runner is None or not runner.running:
            return
        runner.hold(True)
        try:
            sure = await self.app.push_screen_wait(question)
        finally:
            runner.hold(False)
        if sure:
            runner.cancel()

    def action_workers(self, by: int) -> None:
        """One worker more or less, before the run or while it goes on."""
        self._change_pace(change_workers, by)

    def action_rate(self, by: int) -> None:
        """More or fewer requests a second."""
        self._change_pace(change_rate, by)

    def _change_pace(self, change: Callable[[Pool, int], None], by: int) -> None:
        runner = self.runner
        if runner is None or runner.job is None:
            return
        change(runner.job.pool, by)
        runner.keep_pace()
        if runner.stage is Stage.CHECKED and runner.preflight is not None:
            self._say_ready(runner.preflight)

    def action_details(self) -> None:
        """Show the run line by line."""
        if self.runner and self.runner.job:
            self.app.push_screen(RunDetails(self.runner.job))

    def action_files(self) -> None:
        """Show which files are not here yet."""
        if self.runner and self.runner.job:
            self.app.push_screen(RunFiles(self.runner.job))

    def action_report(self) -> None:
        """Show the report."""
        self.tui.go("report")

    def action_review(self) -> None:
        """Back to the groups; a run goes on."""
        self.tui.go("review")


def _checks(found: Preflight | None) -> tuple[Check, ...]:
    return found.checks if found else ()


def _in_numbers(found: Preflight) -> str:
    losers, weight = counted(found.losers, "photo"), size(found.bytes)
    videos = ""
    if found.videos:
        videos = " (one with its live video)"
        if found.videos > 1:
            videos = f" ({found.videos:,} with their live videos)"
    groups = counted(found.groups, "group")
    if found.unclosed:
        lack = "lacks its last step only" if found.unclosed == 1 else "lack their last step only"
        groups += f", of which {found.unclosed:,} {lack}"
    if found.unclosed and not found.losers:
        return f"{groups}. Nothing more is trashed."
    return f"{groups}, {losers}{videos} to trash, {weight} to back up before."


def _all_of_it(found: Preflight) -> str:
    if not found.videos:
        return f"everything ({size(found.bytes)}) is"
    files, videos = counted(found.losers, "file"), counted(found.videos, "video")
    return f"{files} and {videos} of live photos ({size(found.bytes)}) are"
