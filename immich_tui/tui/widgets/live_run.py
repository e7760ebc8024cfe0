"""A run as it goes on: phases, limits, throughput, workers, and what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content

from immich_tui.jobs.progress import JobSnapshot, Status
from immich_tui.tui.figures import about, clock, count, size
from immich_tui.tui.keys import key_of
from immich_tui.tui.text import safe
from immich_tui.tui.widgets.failures import Failures
from immich_tui.tui.widgets.gauge import Gauge
from immich_tui.tui.widgets.lines import Sentences
from immich_tui.tui.widgets.phase_bars import PhaseBars
from immich_tui.tui.widgets.slot_rows import SlotRows
from immich_tui.tui.widgets.sparkline import Sparkline
from immich_tui.tui.widgets.way_rows import WayRows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from immich_tui.execution.transfer.dispatcher import WaySnapshot
    from immich_tui.jobs.pool import PoolSnapshot

SAMPLES_PER_S = 10
"""How often `show` is to be called."""

SILENT_S = 10.0
"""Seconds without an answer after which that is said."""

_TREND_EVERY = 10
"""Samples per column of the throughput trend."""


WORKERS = Content("Workers")


class Going(Protocol):
    """What is shown: a run, or another job that works through the pool."""

    paused: bool

    @property
    def running(self) -> bool:
        """Whether it is at work."""


class LiveRun(Vertical):
    """Shows one snapshot after the other; only rows that changed are painted again."""

    _ticks = 0
    _bytes_before = (0.0, 0)
    _aside: tuple[str, ...] = ()

    def __init__(self, keys: str, *, id: str, classes: str) -> None:  # noqa: A002  (Textual's name)
        """`keys` is what the ids of its keys begin with, on the screen that it is part of."""
        super().__init__(id=id, classes=classes)
        self._keys = keys

    def _key(self, name: str) -> str:
        return key_of(self.app, f"{self._keys}.{name}")

    def compose(self) -> ComposeResult:
        """State, phases and limits above each other, workers and failures side by side."""
        yield Sentences(id="state")
        yield PhaseBars(id="phases")
        with Vertical(id="flow"):
            yield Gauge(
                "workers ", f"{self._key('fewer_workers')} {self._key('more_workers')}", id="semaphore"
            )
            yield Gauge("requests", f"{self._key('slower')} {self._key('faster')}", id="limiter")
            yield Sparkline("download", lambda rate: f"{size(rate)}/s", id="trend")
        with Horizontal(id="lower"):
            with VerticalScroll(id="workers", can_focus=False) as box:
                box.border_title = WORKERS
                yield WayRows(id="ways")
                yield SlotRows(id="slots")
            with VerticalScroll(id="trouble") as box:
                box.border_title = Content("Failed and held back")
                yield Failures(id="failures")

    def begin(self) -> None:
        """Forget the throughput of an earlier run."""
        self._bytes_before = (0.0, 0)
        self.query_one("#trend", Sparkline).clear()

    def show(
        self, going: Going, snapshot: JobSnapshot, pool: PoolSnapshot, ways: Sequence[WaySnapshot] = ()
    ) -> None:
        """Show the run as it is now; `ways` are the downloaders of one that backs up."""
        with self.app.batch_update():
            go_on = self._key("pause")
            self.query_one("#state", Sentences).show(_state_line(going, snapshot, go_on), *_silence(pool))
            paused = going.running and going.paused
            self.query_one("#phases", PhaseBars).show(snapshot.phases, paused=paused)
            self.query_one("#ways", WayRows).show(ways)
            self.query_one("#slots", SlotRows).show(pool.slots, paused=going.paused)
            self._name_workers(pool.aside)
            self.query_one("#failures", Failures).show(snapshot.errors, snapshot.error_count)
            self.query_one("#semaphore", Gauge).show(
                pool.busy, pool.workers, f"{pool.busy} of {pool.workers} busy"
            )
            self._show_limiter(pool)
            self._show_trend(snapshot, paused=paused)

    def _name_workers(self, aside: tuple[str, ...]) -> None:
        """Say at the title what is done beside the workers, so that no row of theirs moves for it."""
        if aside != self._aside:
            self._aside = aside
            beside = "".join(f" · {safe(label)}" for label in aside)
            title = Content.assemble(WORKERS, (beside, "not bold $foreground 60%"))
            self.query_one("#workers").border_title = title

    def _show_limiter(self, pool: PoolSnapshot) -> None:
        held = f"told to wait {pool.held_for_s:.0f} s" if pool.held_for_s > 0 else ""
        if pool.rate is None:
            self.query_one("#limiter", Gauge).show(1, 1, "no limit", held)
        else:
            words = f"{pool.recent_rate:.1f} of {pool.rate:g}/s"
            self.query_one("#limiter", Gauge).show(pool.recent_rate, pool.rate, words, held)

    def _show_trend(self, snapshot: JobSnapshot, *, paused: bool) -> None:
        self._ticks += 1
        if snapshot.state is not Status.RUNNING:
            self.query_one("#trend", Sparkline).rest()
            return
        if self._ticks % _TREND_EVERY:
            return
        done = sum(phase.bytes_done for phase in snapshot.phases)
        then, before = self._bytes_before
        passed = snapshot.elapsed_s - then
        self._bytes_before = (snapshot.elapsed_s, done)
        if 0 < passed < 5:
            self.query_one("#trend", Sparkline).push((done - before) / passed)
        elif paused:
            # Its clock stands still, and nothing comes.
            self.query_one("#trend", Sparkline).push(0.0)


def _silence(pool: PoolSnapshot) -> list[tuple[str, str]]:
    if pool.silent_for_s < SILENT_S:
        return []
    return [(f"The server has not answered for {pool.silent_for_s:.0f} s.", "warn")]


def _state_line(going: Going, snapshot: JobSnapshot, go_on: str) -> tuple[str, str]:
    """How it stands; `go_on` is the key that ends a pause."""
    elapsed = clock(snapshot.elapsed_s)
    if going.running and going.paused:
        return f"Paused after {elapsed}. What was in flight finishes; {go_on} goes on.", "warn"
    if snapshot.state is Status.RUNNING:
        times = [phase.eta_s for phase in snapshot.phases if phase.status is Status.RUNNING and phase.eta_s]
        left = f" · this phase: about {about(max(times))} left" if times else ""
        return f"Running for {elapsed}{left}", "title"
    reason = f" {safe(snapshot.reason)}" if snapshot.reason else ""
    words = {
        Status.DONE: ("Finished", "good"),
        Status.PAUSED: ("Paused", "warn"),
        Status.CANCELLED: ("Cancelled", "warn"),
        Status.FAILED: ("Stopped", "bad"),
    }
    word, meaning = words.get(snapshot.state, ("Starting", "title"))
    failed = f", {count(snapshot.error_count)} failed or held back" if snapshot.error_count else ""
    return f"{word} after {elapsed}{failed}.{reason}", meaning
