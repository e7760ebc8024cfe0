"""What a command says: sentences and bars for people, or one JSON object per line for programs."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TextIO, TypeVar

from immich_tui.cli.lines import check_kind
from immich_tui.cli.status import Status

if TYPE_CHECKING:
    from immich_tui.jobs.progress import JobSnapshot, PhaseSnapshot

T = TypeVar("T")

_log = logging.getLogger("immich_tui.cli")

BAR = 24
"""Cells of a progress bar."""

SILENT_S = 10.0
"""Seconds without an answer after which that is said; then at twice that, and so on."""

FRAME_S, LINE_S = 0.1, 1.0
"""Seconds between two frames of a bar, and between two JSON lines on the same phase."""


class Output:
    """Results go to standard output, everything else to standard error.

    A reader that goes away (`| head`) silences the output and stops nothing: a run is not ended by it. A
    disk that is full stops nothing either, but `ended` tells of it.
    """

    def __init__(self, *, as_json: bool = False, verbose: int = 0) -> None:
        self.as_json = as_json
        self.verbose = verbose
        self._gone: set[int] = set()
        self._lost = ""
        self._bars = Bars(self._error) if not as_json and at_terminal(sys.stderr) else None
        self._told: dict[str, tuple[str, float]] = {}
        self._conclusion: dict[str, object] = {}

    # -- results

    def say(self, *lines: str) -> None:
        """Lines of the result for people; a line break inside one is shown and not followed."""
        if not self.as_json:
            for line in lines or ("",):
                self._write(sys.stdout, _safe(line))

    def line(self, kind: str, **values: object) -> None:
        """A line of the result for programs."""
        if self.as_json:
            self._write(
                sys.stdout, json.dumps({"kind": check_kind(kind), **values}, ensure_ascii=True, default=str)
            )

    def conclude(self, **values: object) -> None:
        """Something that the last line for programs says besides the status."""
        self._conclusion.update(values)

    def result(self, status: int) -> None:
        """The last line for programs."""
        self.line("result", status=status, **self._conclusion)

    def raw(self, text: str) -> None:
        """A result that is JSON by itself, or text to be used as it is, in either mode."""
        self._write(sys.stdout, text)

    def ended(self, status: int) -> int:
        """The status to leave with: results that could not be written are no success."""
        if self._lost:
            self._write(sys.stderr, f"Error: The output could not be written: {self._lost}.")
        return status or (Status.SOME_FAILED if self._lost else Status.DONE)

    # -- remarks

    def note(self, text: str) -> None:
        """A remark on the way."""
        _log.info("%s", text)
        self.line("message", level="info", text=text)
        self._error(_safe(text))

    def warn(self, text: str) -> None:
        """Something to know before going on."""
        _log.warning("%s", text)
        self.line("message", level="warning", text=text)
        self._error(_safe(f"Warning: {text}"))

    def fail(self, sentence: str, next_step: str = "", status: int = 1) -> None:
        """Why the command ends early."""
        _log.error("%s %s", sentence, next_step)
        self.line("error", sentence=sentence, next_step=next_step, status=status)
        for line in f"Error: {sentence}".split("\n"):
            self._error(_safe(line))
        if next_step:
            self._error(_safe(f"       {next_step}"))

    def _error(self, text: str) -> None:
        if not self.as_json:
            if self._bars:
                self._bars.clear()
            self._write(sys.stderr, text)

    def _write(self, stream: TextIO | None, text: str) -> None:
        if stream is None or id(stream) in self._gone:
            return
        try:
            try:
                stream.write(text + "\n")
            except UnicodeEncodeError as error:
                # The encoding of this terminal lacks a letter.
                stream.write(text.encode(error.encoding, "replace").decode(error.encoding) + "\n")
            stream.flush()
        except (OSError, ValueError) as error:
            self._gone.add(id(stream))
            if stream is sys.stdout and isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
                self._lost = error.strerror or type(error).__name__

    # -- progress

    async def watched(
        self,
        work: Awaitable[T],
        snapshot: Callable[[], JobSnapshot | None],
        silence: Callable[[], float] = lambda: 0.0,
    ) -> T:
        """Wait for a job and show how far it is. Cancelled, it cancels the job.

        `silence` is for how many seconds the server has answered nothing; it is told of from ten on.
        """
        told = SILENT_S
        task = asyncio.ensure_future(work)
        try:
            while True:
                ended, _ = await asyncio.wait({task}, timeout=FRAME_S)
                if (now := snapshot()) is not None:
                    self._show(now.phases)
                silent = silence()
                if silent >= told:
                    self.warn(f"The server has not answered for {silent:.0f} s.")
                    told *= 2
                elif silent < SILENT_S:
                    told = SILENT_S
                if ended:
                    return task.result()
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise
        finally:
            if self._bars:
                self._bars.end()

    def _show(self, phases: Sequence[PhaseSnapshot]) -> None:
        if self._bars:
            self._bars.show(phases)
            return
        now = time.monotonic()
        for phase in phases:
            status, at = self._told.get(phase.name, ("waiting", 0.0))
            changed = phase.status != status
            due = self.as_json and phase.status == "running" and now - at >= LINE_S
            if not (changed or due):
                continue
            self._told[phase.name] = (phase.status, now)
            self.line("progress", **_progress(phase))
            if changed and phase.status not in ("running", "waiting"):
                self._error(_safe(f"{phase.label}: {_amount(phase)}"))


def at_terminal(stream: TextIO | None) -> bool:
    """Whether a person sits at this stream; one that was closed before we began is none."""
    return stream is not None and stream.isatty()


class Bars:
    """One line for each phase that has ended and a bar for the one under way, drawn over itself."""

    def __init__(self, write_line: Callable[[str], None]) -> None:
        self._write_line = write_line
        self._ended: set[str] = set()
        self._drawn = False

    def show(self, phases: Sequence[PhaseSnapshot]) -> None:
        """Draw the job as it stands."""
        for phase in phases:
            if phase.status in ("done", "failed", "skipped") and phase.name not in self._ended:
                self._ended.add(phase.name)
                mark = {"done": "✓", "failed": "✗", "skipped": "·"}[phase.status]
                self._write_line(f"{mark} {_safe(phase.label)}: {_amount(phase)}")
        running = [phase for phase in phases if phase.status in ("running", "paused")]
        if running:
            self._draw(running[-1])

    def _draw(self, phase: PhaseSnapshot) -> None:
        fraction = phase.fraction or 0.0
        full = round(fraction * BAR)
        eta = f"  {_duration(phase.eta_s)} left" if phase.eta_s else ""
        text = (
            f"{_safe(phase.label)} [{'█' * full}{'·' * (BAR - full)}] {fraction:4.0%}  {_amount(phase)}{eta}"
        )
        sys.stderr.write("\r\x1b[2K" + text[: max(20, shutil.get_terminal_size().columns - 1)])
        sys.stderr.flush()
        self._drawn = True

    def clear(self) -> None:
        """Take the bar away, for a line that comes."""
        if self._drawn:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
            self._drawn = False

    def end(self) -> None:
        """Take the bar away; the next job begins afresh."""
        self.clear()
        self._ended.clear()


def _progress(phase: PhaseSnapshot) -> dict[str, object]:
    return {
        "phase": phase.name,
        "label": phase.label,
        "status": phase.status,
        "done": phase.done,
        "total": phase.total,
        "units": phase.units,
        "bytes_done": phase.bytes_done,
        "bytes_total": phase.bytes_total,
        "eta_s": round(phase.eta_s, 1) if phase.eta_s is not None else None,
        "errors": phase.errors,
    }


def _amount(phase: PhaseSnapshot) -> str:
    parts = []
    if phase.total:
        parts.append(f"{phase.done:,} of {phase.total:,} {phase.units}".strip())
    elif phase.done:
        parts.append(f"{phase.done:,} {phase.units}".strip())
    if phase.bytes_done:
        of = f" of {size_text(phase.bytes_total)}" if phase.bytes_total else ""
        parts.append(f"{size_text(phase.bytes_done)}{of}")
    if phase.errors:
        parts.append(f"{phase.errors:,} left alone")
    return ", ".join(parts) or str(phase.status)


def size_text(number: float) -> str:
    """A number of bytes as people read it."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(number) < 1024:
            return f"{number:,.0f} {unit}" if unit == "B" else f"{number:,.1f} {unit}"
        number /= 1024
    return f"{number:,.1f} TiB"


def counted(number: int, what: str) -> str:
    """A number with its word: `1 photo`, `2 photos`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _duration(seconds: float | None) -> str:
    whole = round(seconds or 0)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def _safe(text: str) -> str:
    from immich_tui.tui.text import safe

    return safe(text)
