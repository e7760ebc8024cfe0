"""The second step: read the duplicates with live numbers, then say what was found and where to start."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, HorizontalGroup, Vertical, VerticalScroll
from textual.timer import Timer
from textual.widgets import Button

from immich_tui.jobs.progress import Status
from immich_tui.tui.figures import clock, count, counted, size
from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.step import StepScreen
from immich_tui.tui.suggest import suggestion
from immich_tui.tui.text import safe
from immich_tui.tui.trouble import EXPECTED, in_words
from immich_tui.tui.widgets.key_line import HELP, Hint
from immich_tui.tui.widgets.lines import Sentences
from immich_tui.tui.widgets.live_numbers import Figure, LiveNumbers
from immich_tui.tui.widgets.summary_bars import Bar, SummaryBars
from immich_tui.verdict.model import Tier
from immich_tui.verdict.phrases import flag_name

if TYPE_CHECKING:
    from immich_tui.desk import Desk
    from immich_tui.review.analyze import AnalyzeJob, AnalyzeSnapshot
    from immich_tui.review.changes import Changes
    from immich_tui.review.session import Session, Summary

_TIERS = {
    Tier.EXACT: "same file twice, or nothing to choose",
    Tier.SAME_PICTURE: "same picture, one clearly better",
    Tier.LIKELY: "most likely duplicates",
    Tier.DOUBTFUL: "look before you trash",
}


class FetchScreen(StepScreen):
    """Fetches at once where nothing was fetched before; else offers to go on or to fetch again."""

    STEP = "Fetch"
    CSS_PATH = "fetch.tcss"
    HINTS: ClassVar[Sequence[Hint]] = (
        Hint(("fetch.review",), "review"),
        Hint(("fetch.take_up",), "take the run up"),
        Hint(("fetch.cancel",), "cancel"),
        Hint(("fetch.again",), "fetch again"),
        Hint(("fetch.connect",), "connection"),
        Hint(("app.history",), "history"),
        Hint(("app.quit",), "quit"),
        HELP,
    )
    BINDING_GROUP_TITLE = "Fetch"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "review", "Review", id="fetch.review", key_display="enter", tooltip="Go on to the groups"
        ),
        Binding(
            "r",
            "refresh",
            "Fetch again",
            id="fetch.again",
            tooltip="Read the server's groups again; decisions stay",
        ),
        Binding(
            "X",
            "take_up",
            "Take the run up",
            id="fetch.take_up",
            tooltip="Check the run that did not end, and let it go on",
        ),
        Binding(
            "escape",
            "cancel",
            "Cancel",
            id="fetch.cancel",
            tooltip="Stop; what was fetched before stays as it was",
        ),
        Binding("escape", "connect", "Connection", id="fetch.connect", tooltip="Back to the connection"),
    ]
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._job: AnalyzeJob | None = None
        self._timer: Timer | None = None
        self._seen: list[tuple[float, int, int]] = []

    def body(self) -> ComposeResult:
        """Live numbers while fetching; the summary afterwards."""
        with Vertical(id="fetching"):
            yield Sentences(id="stage")
            yield LiveNumbers(id="numbers")
        with VerticalScroll(id="summary", classes="-hidden"):
            yield Sentences(id="head")
            yield Sentences(id="advice")
            with Horizontal(id="bars"):
                with Vertical(classes="column"):
                    yield SummaryBars("How sure the rules are", id="tiers")
                    yield SummaryBars("Immich and we", id="agreement")
                with Vertical(classes="column"):
                    yield SummaryBars("What to look at", id="flags")
        with HorizontalGroup(id="answers", classes="-hidden"):
            yield Button("Fetch again", id="again")
            yield Button("Review", id="go", variant="primary")

    def on_mount(self) -> None:
        """Open the session, and fetch when it is empty."""
        self._timer = self.set_interval(0.1, self._sample, pause=True)
        self._open()

    @property
    def fetching(self) -> bool:
        """Whether a fetch is under way."""
        return self._job is not None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While fetching only cancel; afterwards everything else."""
        if action in {"review", "refresh", "connect"}:
            return not self.fetching
        if action == "take_up":
            return not self.fetching and bool(self._left_over)
        return self.fetching if action == "cancel" else True

    @property
    def _left_over(self) -> str:
        return self.tui.runner.left_over if self.tui.runner is not None else ""

    # -- fetching

    @work(group="fetch", exclusive=True)
    async def _open(self) -> None:
        self._stage(("Opening the session …", "title"))
        try:
            desk = await self.tui.open_desk()
        except EXPECTED as error:
            self._fail(error)
            return
        if desk.session.rows or desk.session.unreadable:
            await self._summarise(desk.session, fetched_now=False)
        else:
            await self._fetch(desk)

    @work(group="fetch", exclusive=True)
    async def action_refresh(self) -> None:
        """Fetch again."""
        desk = self.tui.desk
        if desk is None:
            self._open()
        elif desk.session.read_only:
            self.notify("Another immich-tui has this review open; here it can only be read.", markup=False)
        elif self.tui.working:
            self.notify(f"{self.tui.working} is going on; fetch again when it has ended.", markup=False)
        else:
            await self._fetch(desk)

    async def _fetch(self, desk: Desk) -> None:
        session = desk.session
        self._job = desk.fetch()
        self._seen.clear()
        self._show("#fetching")
        if self._timer:
            self._timer.resume()
        try:
            result = await self._job.run()
            if result.done:
                await session.take_in_fetch()
        except EXPECTED as error:
            self._job = None
            self._fail(error)
            return
        finally:
            self._job = None
            if self._timer:
                self._timer.pause()
        if isinstance(result.error, EXPECTED):
            self._fail(result.error)
        elif result.error is not None:
            raise result.error
        elif result.done or (session.rows and result.state is Status.CANCELLED):
            await self._summarise(session, fetched_now=result.done, changes=result.changes)
        else:
            cancelled = result.state is Status.CANCELLED
            self._stage(
                ("Cancelled; nothing was changed." if cancelled else result.reason, "warn"),
                (f"Press {key_of(self.app, 'fetch.again')} to fetch again.", ""),
            )
            self._show("#fetching", again=True)

    def action_cancel(self) -> None:
        """Stop the fetch; what the session held before is untouched."""
        if self._job is not None:
            self._job.cancel()

    def _fail(self, error: Exception) -> None:
        sentence, next_step = in_words(error)
        again = key_of(self.app, "fetch.again")
        self._stage(
            (sentence, "bad"), (next_step, ""), (f"Nothing was changed. Press {again} to try again.", "muted")
        )
        self._show("#fetching", again=True)

    def _stage(self, *paragraphs: tuple[str, str]) -> None:
        self.query_one("#stage", Sentences).show(
            *((safe(text), meaning) for text, meaning in paragraphs if text)
        )

    def _sample(self) -> None:
        progress = self._job.snapshot() if self._job is not None else None
        if progress is not None:
            self._stage((f"{progress.stage.capitalize()} …", "title"), *_told(progress))
            self._numbers(progress)

    def _numbers(self, progress: AnalyzeSnapshot) -> None:
        now = monotonic()
        self._seen.append((now, progress.bytes, progress.groups))
        while len(self._seen) > 2 and now - self._seen[0][0] > 2.0:
            self._seen.pop(0)
        since, bytes_then, groups_then = self._seen[0]
        passed = max(now - since, 0.1)
        albums = f"{count(progress.albums)}/{count(progress.albums_total)}" if progress.albums_total else "-"
        self.query_one("#numbers", LiveNumbers).show(
            Figure("Received", size(progress.bytes), f"{size((progress.bytes - bytes_then) / passed)}/s"),
            Figure(
                "Groups judged",
                count(progress.groups),
                f"{count(int((progress.groups - groups_then) / passed))}/s",
            ),
            Figure("Photos and videos", count(progress.assets)),
            Figure("We would keep another", count(progress.differs)),
            Figure(
                "Not readable", count(progress.unreadable), "", "warn" if progress.unreadable else "strong"
            ),
            Figure("Albums read", albums),
            Figure("Elapsed", clock(progress.elapsed_s)),
        )

    # -- the summary

    async def _summarise(
        self, session: Session, *, fetched_now: bool, changes: Changes | None = None
    ) -> None:
        summary, freed = await asyncio.to_thread(_count, session)
        runner = self.tui.runner
        if runner is not None:
            await runner.look_back()
        lines = _headline(session, summary, fetched_now, changes)
        if self._left_over:
            lines.insert(0, (f"{self._left_over} {key_of(self.app, 'fetch.take_up')} takes it up.", "warn"))
        self.query_one("#head", Sentences).show(*lines)
        self.query_one("#tiers", SummaryBars).show(
            [
                Bar(
                    tier.value,
                    summary.tiers.get(tier, 0),
                    size(freed[tier]) if freed[tier] else "",
                    "warn" if tier is Tier.DOUBTFUL else "bar",
                )
                for tier in Tier
            ]
        )
        agree = summary.groups - summary.differs
        self.query_one("#agreement", SummaryBars).show(
            [Bar("keep the same", agree), Bar("differ", summary.differs, "marked ≠", "quiet-bar")]
        )
        flags = sorted(summary.flags.items(), key=lambda item: (-item[1], item[0]))
        self.query_one("#flags", SummaryBars).show(
            [Bar(flag_name(name), number) for name, number in flags[:12]], "Nothing stands out."
        )
        self.query_one("#advice", Sentences).show((suggestion(summary, partial(key_of, self.app)), "strong"))
        self._show("#summary", go=True, again=True)

    def _show(self, part: str, *, go: bool = False, again: bool = False) -> None:
        for name in ("#fetching", "#summary"):
            self.query_one(name).set_class(name != part, "-hidden")
        self.query_one("#answers").set_class(not (go or again), "-hidden")
        self.query_one("#go").display = go
        self.query_one("#again").display = again
        if go:
            self.query_one("#summary").focus()
        elif again:
            self.query_one("#again").focus()
        self.refresh_bindings()

    @on(Button.Pressed, "#go")
    def action_review(self) -> None:
        """Go on to the groups."""
        if self.tui.session is not None:
            self.tui.go("review")

    @on(Button.Pressed, "#again")
    def _again(self) -> None:
        self.action_refresh()

    def action_take_up(self) -> None:
        """Go to the run that did not end; nothing is done before it is checked and started."""
        self.tui.go("execute")

    def action_connect(self) -> None:
        """Back to the connection."""
        self.tui.go("connect")


def _count(session: Session) -> tuple[Summary, Counter[Tier]]:
    """The session in numbers, and the bytes that each tier frees; long for 100,000 groups."""
    freed: Counter[Tier] = Counter()
    for row in session.rows:
        freed[row.tier] += row.saving
    return session.summary(), freed


def _told(progress: AnalyzeSnapshot) -> list[tuple[str, str]]:
    """The newest lines of the job, and what albums could not be read for."""
    lines = [(line.text, "warn") for line in progress.job.log[-2:]]
    return lines or ([(progress.note, "warn")] if progress.note else [])


def _difference(changes: Changes) -> list[tuple[str, str]]:
    """What is different since the fetch before, in a line or two."""
    if not changes:
        return [("Nothing has changed on the server since the last fetch.", "")]
    numbers = (
        (changes.new, "new"),
        (changes.changed + changes.moved, "changed"),
        (changes.vanished, "gone"),
        (changes.carried_out, "carried out by you"),
        (changes.returned, "back that you had dismissed"),
    )
    parts = ", ".join(f"{count(number)} {what}" for number, what in numbers if number)
    return [(f"Since the last fetch: {parts}. All decisions are kept.", "")]


def _headline(
    session: Session, summary: Summary, fetched_now: bool, changes: Changes | None
) -> list[tuple[str, str]]:
    lines = [
        (
            (
                f"{counted(summary.groups, 'group')} of duplicates, {counted(summary.assets, 'item')} in all."
                f" {size(summary.saving)} can be freed."
            ),
            "title",
        )
    ]
    if changes is not None:
        lines += _difference(changes)
    if not fetched_now and summary.decided:
        lines.append((f"Your session is as you left it: {counted(summary.decided, 'group')} decided.", ""))
    elif not fetched_now:
        lines.append(
            ("Fetched earlier. Fetch again (r) to see what is new on the server; decisions stay.", "muted")
        )
    if again := sum(row.changed for row in session.rows):
        lines.append(
            (f"{counted(again, 'decided group')} changed: look again before anything is done there.", "warn")
        )
    if summary.unreadable:
        lines.append(
            (f"{counted(summary.unreadable, 'group')} could not be read and will be left alone.", "warn")
        )
    if session.read_only:
        lines.append(("Another immich-tui has this review open: here you can look, but not decide.", "warn"))
    return lines
