"""The tables of the steps: permissions of a key, checks of a run, calls that it will make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from immich_tui.tui.figures import count
from immich_tui.tui.text import safe
from immich_tui.tui.widgets.lines import Lines, Row, wrapped

if TYPE_CHECKING:
    from immich_tui.execution.preflight import Check
    from immich_tui.execution.survey import PlannedCall
    from immich_tui.immich.capabilities import Need

_HAVE: dict[bool | None, tuple[str, str, str]] = {
    True: ("✓", "have   ", "good"),
    False: ("✗", "missing", "bad"),
    None: ("?", "unknown", "warn"),
}
_LEVEL = {"ok": ("✓", "good"), "warning": ("!", "warn"), "problem": ("✗", "bad")}


class Permissions(Lines):
    """Which permissions the key has, and what cannot be done without those that it lacks."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._needs: tuple[Need, ...] = ()

    def show(self, needs: Sequence[Need]) -> None:
        """Show the permissions, the missing ones first."""
        order = {False: 0, None: 1, True: 2}
        self._needs = tuple(sorted(needs, key=lambda need: order[need.have]))
        self.update_rows()

    def rows(self, width: int) -> Sequence[Row]:
        """Sign, word, permission, and what is lost without it; muted where nothing is."""
        name_width = max((len(need.permission) for need in self._needs), default=0)
        rows: list[Row] = [
            ((" " * 11 + "permission".ljust(name_width + 2) + "what is lost without it", "muted"),)
        ]
        for need in self._needs:
            sign, word, style = _HAVE[need.have]
            head = (
                (f"{sign} {word}  ", style),
                (need.permission.ljust(name_width + 2), "strong" if not need.have else ""),
            )
            indent = 11 + name_width + 2
            first, *more = wrapped(need.lost_without, width - indent, "muted" if need.have else "")
            rows.append((*head, *first))
            rows += [((" " * indent, ""), *row) for row in more]
        return rows


class Checks(Lines):
    """What was looked at before a run, and what it would call."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._checks: tuple[Check, ...] = ()
        self._calls: tuple[PlannedCall, ...] = ()
        self._held: tuple[tuple[str, str], ...] = ()

    def show(
        self, checks: Sequence[Check], calls: Sequence[PlannedCall], held: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Show checks, calls, and (name, reason) of groups that are left alone."""
        self._checks, self._calls, self._held = tuple(checks), tuple(calls), tuple(held)
        self.update_rows()

    def rows(self, width: int) -> Sequence[Row]:
        """Problems and warnings are followed by what to do about them."""
        rows: list[Row] = []
        name_width = max((cell_len(check.name) for check in self._checks), default=0)
        indent = " " * (name_width + 4)
        for check in self._checks:
            sign, style = _LEVEL[str(check.level)]
            plain = style == "good"
            first, *more = wrapped(safe(check.sentence), width - len(indent), "" if plain else style)
            rows.append(((f"{sign} ", style), (check.name.ljust(name_width + 2), "strong"), *first))
            rows += [((indent, ""), *row) for row in more]
            if check.next_step:
                rows += [
                    ((indent, ""), *row) for row in wrapped(f"→ {safe(check.next_step)}", width - len(indent))
                ]
        if self._calls:
            rows += [(("", ""),), (("What will be called, at most", "title"),)]
            rows += self._call_rows(width)
        if self._held:
            rows += [(("", ""),), ((f"Left alone: {count(len(self._held))}", "title"),)]
            for name, reason in self._held:
                rows += wrapped(f"! {safe(name)}: {safe(reason)}", width, "warn", "  ")
        return rows

    def _call_rows(self, width: int) -> list[Row]:
        number_width = max(len(count(call.count)) for call in self._calls)
        path_width = max(len(call.path) for call in self._calls)
        rows: list[Row] = []
        for call in self._calls:
            deletes = call.method == "DELETE"
            head: Row = (
                (count(call.count).rjust(number_width) + " × ", "strong"),
                (call.method.ljust(7), "warn" if deletes else "muted"),
                (call.path.ljust(path_width + 2), ""),
            )
            used = sum(cell_len(text) for text, _ in head)
            if width - used >= 24:
                first, *more = wrapped(call.purpose, width - used, "muted")
                rows.append((*head, *first))
                rows += [((" " * used, ""), *row) for row in more]
            else:
                rows.append(head)
                rows.append(((" " * (number_width + 3) + call.purpose, "muted"),))
        return rows
