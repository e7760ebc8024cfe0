"""From a key to the last byte of the frame, through a real pseudo terminal, and how long the start takes.

The review (list, cards, comparison, reasons, line of keys; no pictures) stands beside a reference made of the
least that could do: the list alone, and one pane of forty rows that paints its own lines.
The empty app is Textual with nothing in it. What a key takes by the clock is worth little while other
programs want the processors: how long it waited for one is shown beside it, and `chrt -f 10` in front of the
command lets it not wait.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.strip import Strip
from textual.widget import Widget

from immich_tui.tui.themes import OWN_THEMES
from tests.tui.pseudo_terminal import PseudoTerminal

GROUPS = int(os.environ.get("BENCH_GROUPS", "100000"))
KEYS = 60
QUIET = 0.08
"""Seconds without a byte after which a frame is over; they are not counted."""

STARTS = 7
SIZE = (120, 36)
HZ = os.sysconf("SC_CLK_TCK")

Row = dict[str, Any]


# --- the reference: what the list and forty rows cost at least ---------------------------------------------


class _LeastPane(Widget):
    """Forty rows as a comparison of two members has them: a mark, a label, and for each member a value, what
    is said of it, and the space behind it. All in all about as many styled pieces as the review shows.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"least--label", "least--better"}
    DEFAULT_CSS = """
    _LeastPane { width: 1fr; height: 40; }
    .least--label { color: $text-muted; }
    .least--better { color: $text-primary; text-style: bold; }
    """
    shown = 0

    def render_line(self, y: int) -> Strip:
        base = self.get_component_rich_style("least--plain", default=Style())
        label = self.get_component_rich_style("least--label")
        better = self.get_component_rich_style("least--better")
        parts = [Segment("≠ ", better), Segment(f"{f'row {y}':<20}", label)]
        for value in (f"value {self.shown} of {y}", f"another {self.shown * 7} of {y}"):
            parts += [Segment(value, better), Segment(" +15", label), Segment(" " * (28 - len(value)), base)]
        return Strip(parts).crop_extend(0, self.size.width, base)


class _LeastApp(App[None]):
    """The list of the review, alone and in its frame, beside one such pane."""

    CSS = """
    GroupList { width: 34; background: $surface; border-top: solid $border; border-bottom: solid $border; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("j", "next", "Next")]

    def __init__(self, rows: Sequence[Any]) -> None:
        super().__init__()
        self._rows = rows
        # The same inks as the review has: how colours are written makes no difference between the two.
        for theme in OWN_THEMES:
            self.register_theme(theme)
        self.theme = "darkroom"

    def compose(self) -> ComposeResult:
        from immich_tui.tui.widgets.group_list import GroupList

        with Horizontal():
            yield GroupList(id="groups")
            yield _LeastPane()

    def on_mount(self) -> None:
        listed: Any = self.query_one("#groups")
        listed.show(self._rows)
        listed.focus()

    def action_next(self) -> None:
        listed: Any = self.query_one("#groups")
        listed.cursor += 1
        pane = self.query_one(_LeastPane)
        pane.shown = listed.cursor
        pane.refresh()


# --- the review on a database of its own ----------------------------------------------------------------


def fill(path: Path, groups: int) -> None:
    """A database with groups in which members differ as they do in libraries."""
    from immich_tui.immich.models import Group
    from immich_tui.review.outline import in_short
    from immich_tui.review.store import Store
    from immich_tui.review.stored import Member
    from immich_tui.verdict.judge import judge
    from immich_tui.verdict.model import Context
    from immich_tui.verdict.policy import PRESETS
    from tests.bench.listing import body

    policy, context = PRESETS["metadata"], Context(now=datetime(2026, 11, 21, tzinfo=UTC))
    store = Store.open(path)
    generation = store.incoming.begin()
    listing = json.loads(body(groups))
    for start in range(0, groups, 500):
        batch = []
        for position, raw in enumerate(listing[start : start + 500], start=start):
            poorer = raw["assets"][1]["exifInfo"]
            poorer |= {
                "latitude": None,
                "longitude": None,
                "city": None,
                "fileSizeInByte": 2_000_000 + position,
            }
            text = json.dumps(raw).encode()
            group = Group.model_validate_json(text)
            short = in_short(position, group, judge(group, policy, context), policy)
            batch.append((short, text, [Member.of(asset) for asset in group.assets]))
        store.incoming.add_groups(generation, batch)
    store.incoming.finish(generation, {"policy": policy.name, "albums": "read"})
    store.close()


async def _run(what: str, path: Path) -> None:
    from immich_tui.review.session import Session
    from immich_tui.review.store import Store
    from immich_tui.verdict.model import Context
    from immich_tui.verdict.policy import PRESETS
    from tests.tui.review_library import ReviewApp

    context = Context(now=datetime(2026, 11, 21, tzinfo=UTC))
    session = await Session.open(Store.open(path), PRESETS["metadata"], context)
    app: App[Any] = ReviewApp(session) if what == "review" else _LeastApp(session.rows)
    await app.run_async()
    await session.close()


# --- measuring -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds from the key to the last byte, CPU milliseconds a key, and resident MB at the end.

    `waited` are the milliseconds of each key in which the process could have worked while other programs had
    the processors: they belong to the machine and not to the review.
    """

    wall: Sequence[float]
    waited: Sequence[float]
    cpu: float
    resident: float


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / HZ * 1000


def _waited(pid: int) -> float:
    """Milliseconds that the threads of a process have waited for a processor so far."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[1]) for thread in threads) / 1e6


def _resident(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _quiet(terminal: PseudoTerminal, began: float, within: float = 5.0) -> float:
    """Milliseconds from `began` to the last byte before it was quiet."""
    last = began
    while time.perf_counter() - max(last, began) < QUIET or last == began:
        before = len(terminal.out)
        terminal.read_for(0.0)
        terminal._read(0.005)
        if len(terminal.out) > before:
            last = time.perf_counter()
        if time.perf_counter() - began > within:
            break
    return (last - began) * 1000


def _environ(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
    }


def keys(what: str, path: Path) -> Measured:
    """Press `j` again and again, each time when the frame before is over."""
    command = [sys.executable, "-m", "tests.bench.keys", what, str(path)]
    terminal = PseudoTerminal(command, _environ(path.parent), size=SIZE)
    try:
        ready = b"1 of " if what == "review" else b"another"
        terminal.read_until(ready, within=60)
        terminal.read_for(1.0)
        for _ in range(5):
            terminal.type("j")
            _quiet(terminal, time.perf_counter())
        pid = terminal.process.pid
        cpu, wall, waited = _cpu(pid), [], []
        for _ in range(KEYS):
            terminal.forget()
            before = _waited(pid)
            began = time.perf_counter()
            terminal.type("j")
            wall.append(_quiet(terminal, began))
            waited.append(_waited(pid) - before)
        return Measured(wall, waited, (_cpu(pid) - cpu) / KEYS, _resident(pid))
    finally:
        terminal.close()


def start(command: list[str], home: Path, frame: bytes) -> tuple[float, float]:
    """Milliseconds from the start of a process to its first byte, and to the end of its first frame."""
    began = time.perf_counter()
    terminal = PseudoTerminal(command, _environ(home), size=SIZE)
    try:
        while not terminal.out:
            terminal._read(0.05)
        first = time.perf_counter()
        terminal.read_until(frame, within=30)
        return (first - began) * 1000, (time.perf_counter() - began) * 1000
    finally:
        terminal.close()


EMPTY = "from textual.app import App; App().run()"
"""Textual with nothing in it."""

FRAME = f"\x1b[{SIZE[1]};1H".encode()
"""Where the last line of a first frame begins."""


def rows() -> Iterator[Row]:
    """The measurements, for the table of `make bench`."""
    # The process whose memory is measured needs none of it.
    from tests.bench.opening import openings

    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as name:
        home = Path(name).resolve()
        path = home / "session.db"
        fill(path, GROUPS)
        rounds = [(keys("review", path), keys("least", path)) for _ in range(3)]
        wall = [ms for ours, _ in rounds for ms in ours.wall]
        least = [ms for _, peer in rounds for ms in peer.wall]
        label = f"key to last byte, {GROUPS:,} groups"
        yield _row(f"{label}: median / 30 ms", statistics.median(wall), 30.0, 1.0)
        yield _row(f"{label}: 95th percentile / 60 ms", statistics.quantiles(wall, n=20)[-1], 60.0, 1.0)
        # Not judged, but without it nobody can tell a slow review from a busy machine.
        waited = [ms for ours, _ in rounds for ms in ours.waited]
        yield _row(
            f"{label}: waiting for a processor, 95th percentile / 60 ms",
            statistics.quantiles(waited, n=20)[-1],
            60.0,
            None,
        )
        yield _row(f"{label}: median / least", statistics.median(wall), statistics.median(least), None)
        cpu = statistics.median(ours.cpu for ours, _ in rounds)
        least_cpu = statistics.median(peer.cpu for _, peer in rounds)
        yield _row("CPU per key / list and forty rows", cpu, least_cpu, 1.3)
        yield _row("resident / 250", max(ours.resident for ours, _ in rounds), 250.0, 1.0, "MB")
        ours, empty = [], []
        for _ in range(STARTS):
            ours.append(start([sys.executable, "-m", "immich_tui"], home, FRAME))
            empty.append(start([sys.executable, "-c", EMPTY], home, FRAME))
        yield _row("start to the first line / 50 ms", min(one for one, _ in ours), 50.0, 1.0)
        frame = statistics.median(two for _, two in ours)
        yield _row(
            "start to the first frame / empty app", frame, statistics.median(two for _, two in empty), 1.4
        )
        for groups in (None, 20_000):
            opened = openings(groups)
            slowest = max(opened, key=lambda what: opened[what].stretches[0])
            where = "drawn library" if groups is None else f"{groups:,} groups"
            yield _row(
                f"a screen opens first, {where}: longest stretch of the loop ({slowest}) / 50 ms",
                opened[slowest].stretches[0],
                50.0,
                1.0,
            )
            yield _row(
                f"a screen opens first, {where}: key to last byte, median / 150 ms",
                statistics.median(one.last for one in opened.values()),
                150.0,
                None,
            )


def _row(name: str, ours: float, peer: float, bar: float | None, unit: str = "ms") -> Row:
    return {"name": name, "ours": ours, "peer": peer, "ratio": ours / peer, "bar": bar, "unit": unit}


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], Path(sys.argv[2])))
