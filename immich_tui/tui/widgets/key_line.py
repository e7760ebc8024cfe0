"""The line at the bottom: what the keys do here and now, as much of it as fits, never half a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.binding import ActiveBinding
from textual.strip import Strip

from immich_tui.tui.ink import Part, strip
from immich_tui.tui.text import width
from immich_tui.tui.widgets.line_painter import LinePainter


@dataclass(frozen=True, slots=True)
class Hint:
    """A key worth knowing now: the ids of the bindings it stands for, and what it does in a word or two.

    Several bindings are shown by one key each, with a stroke between (`j/k`).
    """

    bindings: tuple[str, ...]
    label: str


HELP = Hint(("app.help",), "keys")
"""What every step ends with: the way to all the other keys."""


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    end: int
    active: ActiveBinding


@dataclass(frozen=True, slots=True)
class _Entry:
    """A hint whose bindings are there: each key as it is shown, and what it does."""

    keys: tuple[tuple[str, ActiveBinding], ...]
    label: str

    @property
    def shown(self) -> str:
        return "/".join(key for key, _ in self.keys)

    @property
    def cells(self) -> int:
        return width(self.shown) + 1 + width(self.label)


class KeyLine(LinePainter):
    """Shows hints, the more important ones first; the last one always has its place at the right.

    The keys are those of the live bindings, so a remapped one shows as it is, and a hint whose keys do
    nothing now is left out. A click on a key does what the key does; one on the words, what the first does.
    Under a dialog, to which the keys go then, the line is faint.
    """

    DEFAULT_CSS = "KeyLine { height: 1; dock: bottom; background: $footer-background; }"

    def __init__(self, hints: Sequence[Hint] = (), *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, markup=False)
        self._hints = tuple(hints)
        self._by_id: dict[str, ActiveBinding] = {}
        self._places: list[_Place] = []
        self._covered = False

    def on_mount(self) -> None:
        """Keys may be remapped, and a dialog may come, while the screen is there."""
        self.screen.bindings_updated_signal.subscribe(self, self._remapped)
        self.app.screen_change_signal.subscribe(self, self._cover)

    def _remapped(self, _: object) -> None:
        self._by_id.clear()
        self.refresh()

    def _cover(self, _: object) -> None:
        covered = not self.screen.is_active
        if covered != self._covered:
            self._covered = covered
            self.refresh()

    def show(self, hints: Sequence[Hint]) -> None:
        """Show other hints."""
        if self._hints != tuple(hints):
            self._hints = tuple(hints)
            self.refresh()

    def _known(self) -> dict[str, ActiveBinding]:
        if not self._by_id:
            for active in self.screen.active_bindings.values():
                name = active.binding.id
                # Of several keys the one that is given a display is meant, else the first.
                if name and (name not in self._by_id or active.binding.key_display):
                    self._by_id[name] = active
        return self._by_id

    def _entries(self) -> list[_Entry]:
        """Each hint whose bindings are there."""
        known = self._known()
        entries = []
        for hint in self._hints:
            bindings = [known[name] for name in hint.bindings if name in known]
            if len(bindings) == len(hint.bindings):
                keys = ((self.app.get_key_display(active.binding), active) for active in bindings)
                entries.append(_Entry(tuple(keys), hint.label))
        return entries

    def render_line(self, y: int) -> Strip:
        """Paint the line."""
        across = self.size.width
        self._places.clear()
        entries = self._entries()
        if not entries:
            return strip(self, (), across)
        last = entries[-1]
        room = across - 1 - last.cells
        parts: list[Part] = [(" ", "")]
        used = 1
        for entry in entries[:-1]:
            if used + entry.cells + 2 <= room:
                parts += self._painted(entry, used)
                parts.append(("  ", ""))
                used += entry.cells + 2
        if used <= room:
            parts.append((" " * (room - used), ""))
            parts += self._painted(last, room)
        return strip(self, parts, across)

    def _painted(self, entry: _Entry, at: int) -> list[Part]:
        start = at
        for key, active in entry.keys:
            self._places.append(_Place(start, start + width(key), active))
            start += width(key) + 1
        self._places.append(_Place(at, at + entry.cells, entry.keys[0][1]))
        key, label = ("faint", "faint") if self._covered else ("key", "")
        return [(entry.shown, key), (f" {entry.label}", label)]

    async def on_click(self, event: events.Click) -> None:
        """Do what the key does."""
        for place in self._places:
            if place.start <= event.x < place.end:
                event.stop()
                # What the key would reach: the screen, or what has the focus on it.
                await self.app.run_action(place.active.binding.action, place.active.node)
                return
