"""The full-screen app: the way from connecting to the report, and the state that outlives a screen."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import events, work
from textual.app import App, ScreenStackError, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.screen import Screen
from textual.worker import WorkerFailed

from immich_tui.immich.secret import Secret
from immich_tui.tui import screens
from immich_tui.tui.aftercare import UNDO, Aftercare
from immich_tui.tui.fatal import FATAL_STATUS, farewell, write_traceback
from immich_tui.tui.hangup import CHECK_S, hung_up
from immich_tui.tui.keymaps import keymap
from immich_tui.tui.keys import check_keymap, commands, key_of, live_help
from immich_tui.tui.lasting_driver import LastingDriver
from immich_tui.tui.notices import Notices
from immich_tui.tui.screens.step import StepScreen
from immich_tui.tui.screens.too_small import TooSmall, too_small
from immich_tui.tui.setup import Setup
from immich_tui.tui.steps import STEPS, every_screen
from immich_tui.tui.stylesheet import KeptStylesheet
from immich_tui.tui.text import safe
from immich_tui.tui.themes import OWN_THEMES, theme_for
from immich_tui.tui.tour import is_new, remember
from immich_tui.tui.typed_ahead import TypedAhead

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from immich_tui.config import Config, KeyStore
    from immich_tui.desk import Desk
    from immich_tui.execution.report.report import Report
    from immich_tui.link import Link
    from immich_tui.review.session import Session
    from immich_tui.tui.aftercare import CareJob
    from immich_tui.tui.keys import KeyHelp
    from immich_tui.tui.pictures import Pictures
    from immich_tui.tui.runner import Runner
    from immich_tui.tui.terminal import Terminal


class ImmichTui(App[int]):
    """Connect, fetch, review, execute, report: one mode each, so that every step keeps its state."""

    CSS_PATH = "app.tcss"
    TITLE = "immich-tui"
    ENABLE_COMMAND_PALETTE = True
    DEFAULT_MODE = "connect"
    MODES = STEPS
    BINDING_GROUP_TITLE = "Everywhere"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "question_mark,f1",
            "keys",
            "Keys",
            id="app.help",
        ),
        Binding("H", "history", "History", id="app.history", tooltip="Runs that were: reports, verify, undo"),
        Binding("ctrl+q", "quit", "Quit", id="app.quit", priority=True),
    ]

    def __init__(
        self,
        read_config: Callable[[], Config],
        keys: KeyStore | None = None,
        terminal: Terminal | None = None,
    ) -> None:
        """`read_config` puts flags, environment and files together; it runs in a thread.

        `keys` is where keys are kept instead of the usual place. `terminal` is what the terminal can show,
        `None` when it was not asked.
        """
        super().__init__()
        self.setup = Setup(read_config, keys)
        self.terminal = terminal
        self.link: Link | None = None
        self.desk: Desk | None = None
        self.runner: Runner | None = None
        self.report: Report | None = None
        self.report_path: Path | None = None
        self.aftercare = Aftercare()
        self.came_from = "connect"
        self._opening = asyncio.Lock()
        self._leaving = False
        self._prepared = False
        self._notices = Notices()
        self._typed_ahead = TypedAhead(self)
        for theme in OWN_THEMES:
            self.register_theme(theme)
        self.theme = theme_for(os.environ)
        self.stylesheet: KeptStylesheet = KeptStylesheet(variables=self.get_css_variables())

    def get_driver_class(self) -> type[Driver]:
        """The driver of this system; that of Linux and macOS is made to outlive its terminal."""
        found = super().get_driver_class()
        return LastingDriver if found is LinuxDriver else found

    def on_mount(self) -> None:
        """End in an orderly way when the terminal closes or somebody asks the process to end."""
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self._asked_to_end, 128 + number)
            self.set_interval(CHECK_S, self._heed_terminal)

    def _heed_terminal(self) -> None:
        """End when the terminal went without a signal: nobody could see or stop what goes on."""
        if not self._leaving and hung_up():
            self._asked_to_end(128 + signal.SIGHUP)

    # -- settings

    async def load_config(self) -> Config:
        """Read the configuration and apply theme and keymap. Raises `ConfigError`."""
        config = await self.setup.load()
        wanted = config.settings.theme
        if wanted and wanted in self.available_themes:
            self.theme = wanted
        elif wanted:
            self.notify(f"There is no theme named {wanted}.", severity="warning", markup=False)
        wishes = keymap(config.settings.keys, config.settings.keymap)
        if wishes:
            usable, problems = check_keymap(wishes, [type(self), *every_screen()])
            self.set_keymap(usable)
            for problem in problems:
                self.notify(problem, severity="warning", markup=False)
        for warning in config.warnings:
            self.notify(warning, severity="warning", markup=False, timeout=15)
        return config

    # -- the way

    def go(self, step: str, *, retry: bool = False) -> None:
        """Show a step; its screen is made when it is first entered and keeps its state."""
        if self._notices.left_behind():
            self.clear_notifications()
        self.switch_mode(step)
        if step != self.DEFAULT_MODE and not self._prepared:
            self._prepare()
        if isinstance(self.screen, StepScreen):
            self.screen.post_message(StepScreen.Entered(retry=retry))
        self._check_size()
        if step == "review" and self.session is not None and self.session.rows:
            self._welcome()

    @work(group="prepare")
    async def _prepare(self) -> None:
        """Import all screens and read their styles, so that none has to when it opens."""
        self._prepared = True
        await asyncio.to_thread(every_screen)
        await self.stylesheet.read_ahead(Path(screens.__file__).parent)

    def may_enter(self, step: str) -> bool:
        """Whether there is anything to do or see in a step now."""
        match step:
            case "connect":
                return True
            case "review":
                return bool(self.session and self.session.rows)
            case "execute":
                return self.runner is not None
            case "report":
                return self.report is not None
            case _:
                return self.link is not None

    @work(group="tour", exclusive=True)
    async def _welcome(self) -> None:
        """Show the hints to somebody who is here for the first time."""
        data = self.setup.config.paths.data
        if await asyncio.to_thread(is_new, data) and await asyncio.to_thread(remember, data):
            self.action_hints()

    def action_hints(self) -> None:
        """Show the hints for newcomers over the review."""
        from immich_tui.tui.screens.tour import TourScreen  # noqa: PLC0415

        if self.current_mode == "review" and len(self.screen_stack) == 1:
            self.push_screen(TourScreen(self.screen))

    async def adopt(self, link: Link) -> None:
        """Take a new connection: what belonged to another one is closed and its screens are forgotten."""
        # Screens first: what they still do, such as a fetch, ends with them and needs the session for that.
        for step in ("fetch", "review", "execute", "report", "history"):
            if step in self._screen_stacks:
                await self.remove_mode(step)
                self.add_mode(step, STEPS[step])
        await self._let_go()
        self.link = link

    async def open_desk(self) -> Desk:
        """The session of the server, opened when nobody did yet.

        Raises `StoreUnavailable`, `JournalUnavailable`, `ConfigError`.
        """
        async with self._opening:
            return self.desk or await self._open_desk()

    async def _open_desk(self) -> Desk:
        from immich_tui.desk import Desk  # noqa: PLC0415
        from immich_tui.doctor.downloaders import transfer_of  # noqa: PLC0415
        from immich_tui.execution.run import RunSettings  # noqa: PLC0415
        from immich_tui.tui.runner import Runner  # noqa: PLC0415

        if self.link is None:
            raise RuntimeError("not connected")
        config = self.setup.config
        transfer = await asyncio.to_thread(transfer_of, config.settings)
        self.desk = await Desk.open(
            self.link, config.paths, config.policies, config.policy, graft=config.settings.graft
        )
        if not self.desk.session.read_only:
            self.runner = Runner(
                self.desk,
                RunSettings(config.backup_dir, transfer=transfer),
                workers=config.settings.workers,
                rate=config.settings.rate,
            )
            if await self.desk.undo_left():
                self.notify(
                    f"An undo did not end. {key_of(self, 'app.history')} shows it;"
                    f" {key_of(self, 'history.resume')} goes on with it there.",
                    severity="warning",
                    markup=False,
                    timeout=15,
                )
        return self.desk

    def make_pictures(self, link: Link) -> Pictures:
        """The pictures of a server, drawn as the settings and the terminal allow; says what they do not."""
        from immich_tui.tui.picture_cache import PictureCache  # noqa: PLC0415
        from immich_tui.tui.pictures import Pictures  # noqa: PLC0415
        from immich_tui.tui.technique import choose  # noqa: PLC0415

        config = self.setup.config
        asked = None if self.is_headless or self.is_web else self.terminal
        technique = choose(config.settings.images, asked, os.environ, self.console.color_system)
        if technique.problem:
            self.notify(technique.problem, severity="warning", markup=False, timeout=15)
        cache = PictureCache(config.paths.cache / "pictures")
        return Pictures(link.client, technique, cache, link.connection.url)

    @property
    def session(self) -> Session | None:
        """The review session that is open."""
        return self.desk.session if self.desk else None

    def whose(self) -> tuple[str, str]:
        """Whose server this is, and what is dangerous about the connection; both safe to show."""
        if self.link is None:
            return "", ""
        at = self.link.connection
        if at.insecure:
            return safe(self.link.name), "certificate not checked"
        in_the_open = at.url.startswith("http://") and self.link.warnings
        return safe(self.link.name), "not encrypted" if in_the_open else ""

    async def _let_go(self) -> None:
        if self.desk is not None:
            await self.desk.close()
        if self.link is not None:
            await self.link.close()
        self.link = self.desk = self.runner = self.report = self.report_path = None
        self.aftercare = Aftercare()

    # -- the run

    @property
    def working(self) -> str:
        """What changes the server now, as the beginning of a sentence; empty for nothing."""
        if self.runner is not None and self.runner.running:
            return "A run"
        return self.aftercare.name if self.aftercare.running else ""

    def start_run(self) -> None:
        """Carry out the checked plan. It belongs to the app: no screen's leaving stops it."""
        if self.aftercare.running:
            self.notify(f"{self.aftercare.name} is going on. Start when it has ended.", markup=False)
        elif self.runner is not None and self.runner.begin():
            self._run(self.runner)

    @work(group="run")
    async def _run(self, runner: Runner) -> None:
        from immich_tui.tui.trouble import EXPECTED, in_words  # noqa: PLC0415

        try:
            self.report = await runner.run()
            self.report_path = runner.job.report_path if runner.job else None
        except EXPECTED as error:
            sentence, next_step = in_words(error)
            text = f"The run stopped: {sentence} {next_step}"
            self.notify(safe(text), severity="error", markup=False, timeout=30)
            return
        if self._leaving:
            return
        if self.current_mode == "execute" and len(self.screen_stack) == 1:
            self.go("report")
        else:
            self.notify("The run has ended. Its report is on the Report screen.", markup=False, timeout=15)

    # -- runs that were

    def action_history(self) -> None:
        """Show the runs that were."""
        self.came_from = self.current_mode
        self.go("history")

    def start_aftercare(self, kind: str, of: str, job: CareJob) -> str:
        """Begin a job about the run `of`; why not, where it cannot begin now.

        Like the run it belongs to the app, and only one of them changes the server at a time.
        """
        runner = self.runner
        if runner is not None and runner.busy:
            return "A run is going on. This can be done when it has ended."
        if not self.aftercare.begin(kind, of, job):
            return f"{self.aftercare.name} is going on. This can be done when it has ended."
        if runner is not None and kind == UNDO:
            # What was planned, or could be tried again, is about groups that are as before now.
            runner.renew()
        self._take_care(self.aftercare)
        return ""

    @work(group="run")
    async def _take_care(self, care: Aftercare) -> None:
        from immich_tui.tui.trouble import EXPECTED, in_words  # noqa: PLC0415

        try:
            await care.run()
        except EXPECTED as error:
            sentence, next_step = in_words(error)
            text = f"{care.name} stopped: {sentence} {next_step}"
            self.notify(safe(text), severity="error", markup=False, timeout=30)
            return
        if not self._leaving and self.current_mode != "history":
            shown = f"{key_of(self, 'app.history')} shows what came of it."
            self.notify(f"{care.name} has ended. {shown}", markup=False, timeout=15)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is no history without a server."""
        return action != "history" or (self.link is not None and self.current_mode != "history")

    # -- everywhere

    def on_resize(self, event: events.Resize) -> None:
        """Say so when the terminal is too small."""
        self._check_size(event.size)

    def _check_size(self, size: Size | None = None) -> None:
        if too_small(size or self.size) and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a message; it goes with the first key after it was seen, or when its time is over."""
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)
        self._notices.told(timeout, warning=severity != "information")

    async def on_event(self, event: events.Event) -> None:
        """Take away messages that were seen, and do what the event means; a key that came early waits."""
        if (
            isinstance(event, (events.Key, events.MouseDown))
            and not event.is_forwarded
            and self._notices.seen()
        ):
            self.clear_notifications()
        if not (isinstance(event, events.Key) and self._typed_ahead.holds(event)):
            await super().on_event(event)

    def clear_selection(self) -> None:
        """Select no text any more."""
        # From Python 3.12 on tasks start at once: a step's fields are mounted before its screen is shown.
        with suppress(ScreenStackError):
            super().clear_selection()

    def action_keys(self) -> None:
        """Show what the keys do here."""
        from immich_tui.tui.screens.help import HelpScreen  # noqa: PLC0415

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(live_help(self, self.screen)), self._do_as_helped)

    def _do_as_helped(self, chosen: KeyHelp | None) -> None:
        """Do what was clicked among the keys."""
        if chosen is not None and chosen.node is not None:
            self.call_later(self.run_action, chosen.action, chosen.node)

    async def action_quit(self) -> None:
        """Leave; a run is asked about and stopped at a safe point first."""
        self._leave()

    @work(group="quit", exclusive=True)
    async def _leave(self) -> None:
        from immich_tui.tui.screens.confirm import Confirm  # noqa: PLC0415

        if self.working:
            question = Confirm(
                f"{self.working} is going on. Leave?",
                ("It stops at the next safe point and can be taken up later. Nothing is lost.",),
                yes="Stop and leave",
                no="Stay",
                danger=True,
            )
            if not await self.push_screen_wait(question):
                return
            self.notify("Stopping at the next safe point …", markup=False)
        self._stop(0)

    def _asked_to_end(self, status: int) -> None:
        """Stop at a safe point; who asks again does not wait for it. The journal knows where it was cut."""
        if self._leaving:
            self.exit(status, return_code=status)
        else:
            self._stop(status)

    @work(group="stop", exclusive=True)
    async def _stop(self, status: int) -> None:
        """End with this status; a run is stopped at a safe point first."""
        self._leaving = True
        if self.runner is not None and self.runner.running:
            self.runner.cancel()
            await self.runner.ended.wait()
        if self.aftercare.running:
            self.aftercare.cancel()
            await self.aftercare.ended.wait()
        self.exit(status, return_code=status)

    async def on_unmount(self) -> None:
        """Close sockets and databases."""
        await self._let_go()

    def get_key_display(self, binding: Binding) -> str:
        """The key in words; Textual draws enter as an arrow, but where a binding says that it is enter."""
        return super().get_key_display(binding).replace("⏎", "enter")

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette: steps that can be entered now, keys, themes, and leaving."""
        yield SystemCommand("Keys", "Show what the keys do here", self.action_keys)
        if self.current_mode == "review":
            yield SystemCommand("Hints", "The five hints for newcomers", self.action_hints)
        yield SystemCommand("Theme", "Change the colours", self.action_change_theme)
        for step, sentence in (
            ("connect", "Choose a server and a key"),
            ("fetch", "What was found, and fetching again"),
            ("review", "Look at groups and decide"),
            ("execute", "Check and carry out what is decided"),
            ("report", "What the last run did"),
            ("history", "Runs that were: reports, verify, undo, restore"),
        ):
            # The review has a key that goes to the run, and a word to say where nothing is decided.
            known = step == "execute" and self.current_mode == "review"
            if self.may_enter(step) and step != self.current_mode and not known:
                enter = self.action_history if step == "history" else partial(self.go, step)
                yield SystemCommand(step.capitalize(), sentence, enter)
        yield from commands(self, screen)
        yield SystemCommand("Screenshot", "Save a picture of this screen", self.deliver_screenshot)
        yield SystemCommand("Quit", "Leave; decisions are saved", self.action_quit)

    # -- mistakes of this program

    def _fatal_error(self) -> None:
        """End with a short message instead of Textual's traceback, whose locals could hold the API key."""
        error: BaseException = self._exception or RuntimeError("unknown")
        if isinstance(error, WorkerFailed):
            error = error.error
        key = self.link.connection.key if self.link else Secret("")
        path = write_traceback(error, self.setup.log_folder(), key.reveal())
        self._return_code = FATAL_STATUS
        self.panic(Text(farewell(error, path)))
