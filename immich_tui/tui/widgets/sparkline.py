"""The course of a rate over the last minutes, one cell a step, newest at the right."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from immich_tui.tui.widgets.lines import Lines, Row

_STEPS = "▁▂▃▄▅▆▇█"
_LONGEST = 300


class Sparkline(Lines):
    """Samples as a row of columns, scaled to the highest one that is shown."""

    DEFAULT_CSS = "Sparkline { height: 1; }"

    def __init__(self, label: str, write: Callable[[float], str], *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._label = label
        self._write = write
        self._samples: deque[float] = deque(maxlen=_LONGEST)

    def push(self, sample: float) -> None:
        """Add the newest sample."""
        self._samples.append(max(0.0, sample))
        self.update_rows()

    def rest(self) -> None:
        """Nothing goes on any more: what was measured last is not what is now."""
        if self._samples and self._samples[-1] > 0:
            self.push(0.0)

    def clear(self) -> None:
        """Forget the samples, before another run."""
        self._samples.clear()
        self.update_rows()

    def rows(self, width: int) -> Sequence[Row]:
        """Label, the present value, then the columns."""
        now = self._write(self._samples[-1]) if self._samples else "-"
        head = f"{self._label} "
        value = now.rjust(11)
        room = max(0, width - len(head) - len(value) - 2)
        recent = list(self._samples)[-room:] if room else []
        most = max(recent, default=0.0)
        columns = "".join(
            _STEPS[min(7, int(sample / most * 7.999))] if most > 0 and sample > 0 else " "
            for sample in recent
        )
        return [((head, "muted"), (value, "strong"), ("  ", ""), (columns.rjust(room), "bar"))]
