"""A job about a run that was: what it would do, how it goes on, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, Vertical, VerticalScroll
from textual.timer import Timer
from textual.widgets import Button

from immich_tui.execution.backup.folder import NoBackup
from immich_tui.execution.past import UnknownRun
from immich_tui.tui.aftercare import SHORT_NAMES
from immich_tui.tui.pace import change_rate, change_workers
from immich_tui.tui.phases import Stage
from immich_tui.tui.screens.confirm import Confirm
from immich_tui.tui.screens.details import RunDetails
from immich_tui.tui.screens.step import StepScreen
from immich_tui.tui.text import safe
from immich_tui.tui.trouble import EXPECTED, in_words
from immich_tui.tui.widgets.key_line import HELP, Hint
from immich_tui.tui.widgets.lines import Sentences
from immich_tui.tui.widgets.live_run import SAMPLES_PER_S, LiveRun
from immich_tui.tui.widgets.run_list import KINDS, moment
from immich_tui.tui.widgets.told import Told

if TYPE_CHECKING:
    from immich_tui.execution.history import PastRun
    from immich_tui.tui.aftercare import Aftercare, CareJob
    from immich_tui.tui.archive import Archive
    from immich_tui.tui.telling import Telling

_WORKERS = Binding.Group("Workers", compact=True)
_RATE = Binding.Group("Rate", compact=True)

PLAN, RUNNING, RESULT = "#plan", "#running", "#result"


class CareScreen(StepScreen):
    """Plan, progress and result of one job. Leaving does not stop it.

    Subclasses say what the job is (`prepare`), what is asked before it starts (`question`), and what came of
    it (`tell`).
    """

    STEP = "History"
    KIND: ClassVar[str] = ""
    CSS_PATH = "care.tcss"
    HINTS: ClassVar[Sequence[Hint]] = (
        Hint(("care.start",), "start"),
        Hint(("care.done",), "history"),
        Hint(("care.details",), "details"),
        Hint(("care.pause",), "pause/go on"),
        Hint(("care.cancel",), "cancel"),
        Hint(("care.again",), "again"),
        Hint(("care.back",), "back"),
        Hint(
            (
                "care.fewer_workers",
                "care.more_workers",
            ),
            "workers",
        ),
        Hint(
            (
                "care.slower",
                "care.faster",
            ),
            "rate",
        ),
        HELP,
    )
    BINDING_GROUP_TITLE = "Aftercare"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", "Start", id="care.start", key_display="enter", tooltip="Do it; asks first"),
        Binding(
            "enter",
            "done",
            "History",
            id="care.done",
            key_display="enter",
            tooltip="Back to the list of runs",
        ),
        Binding("p", "pause", "Pause/go on", id="care.pause", tooltip="What is in flight finishes first"),
        Binding("c", "cancel", "Cancel", id="care.cancel", tooltip="Stop; what is done stays done"),
        Binding("minus", "workers(-1)", "One worker less", id="care.fewer_workers", group=_WORKERS),
        Binding("plus", "workers(1)", "One worker more", id="care.more_workers", group=_WORKERS),
        Binding("less_than_sign", "rate(-1)", "Slower", id="care.slower", group=_RATE),
        Binding("greater_than_sign", "rate(1)", "Faster", id="care.faster", group=_RATE),
        Binding(
            "enter",
            "details",
            "Details",
            id="care.details",
            key_display="enter",
            tooltip="What happened, line by line",
        ),
        Binding("r", "again", "Again", id="care.again", tooltip="Try what was not done once more"),
        Binding("escape", "leave", "Back", id="care.back", tooltip="What goes on goes on in the background"),
    ]
    AUTO_FOCUS = ""

    def __init__(self, archive: Archive, past: PastRun) -> None:
        super().__init__()
        self.archive = archive
        self.past = past
        self.job: CareJob | None = None
        self._part = PLAN
        self._timer: Timer | None = None

    # -- what subclasses say

    async def prepare(self) -> None:
        """Make `job` and show what it would do. Raises what `EXPECTED` names, `NoBackup`, `UnknownRun`."""

    def plan_body(self) -> ComposeResult:
        """What shows what it would do, below the sentences."""
        return iter(())

    def may_start(self) -> bool:
        """Whether the plan that is shown can be carried out."""
        return self.job is not None

    def question(self) -> Confirm | None:
        """What is asked before it starts."""
        return None

    async def job_to_start(self) -> CareJob | None:
        """The job as it was chosen on the screen."""
        return self.job

    def tell(self) -> Sequence[Telling]:
        """What came of it."""
        return ()

    def may_go_on(self) -> bool:
        """Whether the result leaves something that another try may settle."""
        return False

    # -- building

    def body(self) -> ComposeResult:
        """Plan, live view and result; one of them is shown."""
        with Vertical(id="plan"):
            yield Sentences(id="verdict")
            yield from self.plan_body()
            with HorizontalGroup(classes="answers"):
                yield Button("Back", id="leave")
                yield Button("Start", id="start", variant="primary", disabled=True)
        yield LiveRun("care", id="running", classes="-hidden")
        with Vertical(id="result", classes="-hidden"):
            with VerticalScroll(id="report"):
                yield Told(id="told")
            with HorizontalGroup(classes="answers"):
                yield Button("Back to History", id="done", variant="primary")

    def on_mount(self) -> None:
        """Follow the job if it is at work or has just ended, else plan it."""
        self._timer = self.set_interval(1 / SAMPLES_PER_S, self.sample)
        care = self.care
        if care.kind == self.KIND and care.of == self.past.id and care.running:
            self.sample()
        else:
            self.plan()

    def on_screen_resume(self) -> None:
        """Follow again."""
        super().on_screen_resume()
        if self._timer:
            self._timer.resume()

    def on_screen_suspend(self) -> None:
        """Nobody looks: do not sample."""
        if self._timer:
            self._timer.pause()

    @property
    def care(self) -> Aftercare:
        """The app's job about a run."""
        return self.tui.aftercare

    @property
    def mine(self) -> bool:
        """Whether the app's job is the one of this screen."""
        return self.care.kind == self.KIND and self.care.of == self.past.id

    @property
    def whose_run(self) -> str:
        """What it is about, for a sentence."""
        return f"the {KINDS[self.past.kind].lower()} of {moment(self.past.started)}"

    def say(self, *paragraphs: Telling) -> None:
        """Show sentences above the plan."""
        self.query_one("#verdict", Sentences).show(
            *((safe(text), meaning) for text, meaning in paragraphs if text)
        )

    # -- plan

    @work(group="plan", exclusive=True)
    async def plan(self) -> None:
        """Find out what it would do, and show that."""
        self.job = None
        self._turn_to(PLAN)
        self.query_one("#start", Button).disabled = True
        try:
            await self.prepare()
        except (UnknownRun, NoBackup) as error:
            self.say((str(error), "bad"))
        except EXPECTED as error:
            sentence, next_step = in_words(error)
            self.say((sentence, "bad"), (next_step, ""), ("Nothing was changed.", "muted"))
        self.query_one("#start", Button).disabled = not self.may_start()
        self.refresh_bindings()

    @on(Button.Pressed, "#start")
    @work(group="start", exclusive=True)
    async def action_start(self) -> None:
        """Ask, then start the job on the app."""
        if self._part != PLAN or not self.may_start():
            return
        question = self.question()
        if question is not None and not await self.app.push_screen_wait(question):
            return
        try:
            job = await self.job_to_start()
        except EXPECTED as error:
            self.notify(safe(" ".join(in_words(error))), severity="error", markup=False)
            return
        if job is not None:
            self.start(job)

    def start(self, job: CareJob) -> None:
        """Give the job to the app, and follow it."""
        refusal = self.tui.start_aftercare(self.KIND, self.past.id, job)
        if refusal:
            self.say((refusal, "warn"))
            return
        self.query_one(LiveRun).begin()
        self.sample()

    # -- progress

    def sample(self) -> None:
        """Show how far it is."""
        care = self.care
        if not self.mine or (self._part == PLAN and not care.running):
            return
        if care.stage is Stage.ENDED:
            if self._part != RESULT:
                self._turn_to(RESULT)
                self.query_one("#told", Told).show(self.tell())
            return
        if self._part != RUNNING:
            self._turn_to(RUNNING)
        snapshot = care.job.snapshot() if care.job else None
        if care.job is not None and snapshot is not None:
            self.query_one(LiveRun).show(care, snapshot, care.job.pool.snapshot())

    def _turn_to(self, part: str) -> None:
        self._part = part
        for name in (PLAN, RUNNING, RESULT):
            self.query_one(name).set_class(name != part, "-hidden")
        self.query_one({PLAN: self.plan_focus(), RUNNING: "#trouble", RESULT: "#report"}[part]).focus()
        self.refresh_bindings()

    def plan_focus(self) -> str:
        """What has the focus while the plan is shown."""
        return "#start"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Each part has its own keys."""
        match action:
            case "start":
                return self._part == PLAN and self.may_start()
            case "pause" | "cancel" | "workers" | "rate" | "details":
                return self._part == RUNNING
            case "done":
                return self._part == RESULT
            case "again":
                return self._part == RESULT and self.may_go_on()
            case _:
                return True

    def action_pause(self) -> None:
        """Pause at the next safe point, or go on."""
        self.care.toggle_pause()

    @work(group="cancel", exclusive=True)
    async def action_cancel(self) -> None:
        """Ask, then stop at the next safe point."""
        question = Confirm(
            f"Stop {SHORT_NAMES[self.KIND].lower()}?",
            ("What is in flight finishes. What was done stays done; the rest can be taken up later.",),
            yes="Stop",
            no="Go on",
        )
        if await self.app.push_screen_wait(question):
            self.care.cancel()

    def action_workers(self, by: int) -> None:
        """One worker more or less."""
        if self.care.job is not None:
            change_workers(self.care.job.pool, by)

    def action_rate(self, by: int) -> None:
        """More or fewer requests a second."""
        if self.care.job is not None:
            change_rate(self.care.job.pool, by)

    def action_details(self) -> None:
        """Show it line by line."""
        if self.care.job is not None:
            self.app.push_screen(RunDetails(self.care.job, SHORT_NAMES[self.KIND]))

    def action_again(self) -> None:
        """Plan again what was not done."""
        self.plan()

    @on(Button.Pressed, "#done")
    def action_done(self) -> None:
        """Back to the list of runs."""
        self.dismiss()

    @on(Button.Pressed, "#leave")
    def action_leave(self) -> None:
        """Back to the list of runs; what goes on goes on."""
        self.dismiss()
