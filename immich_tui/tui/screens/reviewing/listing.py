"""Which groups are listed, in which order, and which of them are marked."""

from __future__ import annotations

import asyncio

from textual import events, on, work

from immich_tui.review.filters import EVERYTHING, parse
from immich_tui.review.order import SERVER, Sorting
from immich_tui.review.rows import Row
from immich_tui.tui import marks
from immich_tui.tui.ink import Part
from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.reviewing.deciding import Deciding
from immich_tui.tui.screens.sorting import SortDialog
from immich_tui.tui.text import fit, safe, width
from immich_tui.tui.trouble import EXPECTED, in_words
from immich_tui.tui.widgets.caption import Caption
from immich_tui.tui.widgets.filter_bar import FilterBar

FIND_AFTER = 0.06
"""Seconds without another letter before a filter is tried."""

RUN_EVERY_S = 0.5
"""Seconds between two looks at the run that goes on beside the review."""

NOT_DONE = parse("-done")


class Listing(Deciding):
    """Filters, sorts and marks."""

    switching: tuple[str, int] | None = None
    """The policy that is being gone back to, or taken up again, and how much is counted, in percent."""

    _done_before = 0
    _marked_last: str | None = None
    _about_the_run = ""

    # -- filter

    def rows_may_have_changed(self) -> None:
        """Find the wanted rows again; what a run has just dealt with is hidden, unless something else is."""
        if self._session is None:
            return
        done = self._session.tally.done
        if done > self._done_before and not self.wanted and done < len(self._session.rows):
            self.wanted = NOT_DONE
        self._done_before = done
        if self.wanted or self.order != SERVER:
            self._find()
        self.hint()

    def action_filter(self) -> None:
        """Write a filter; the list follows while it is written."""
        if self._session is not None and self._session.rows:
            self.query_one(FilterBar).open(str(self.wanted))
            self.hint()

    @property
    def writing(self) -> bool:
        """Whether a filter is being written."""
        return self.query_one(FilterBar).is_open

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        self.wanted = event.wanted
        self._find(FIND_AFTER)

    @on(FilterBar.Closed)
    def _filter_closed(self, event: FilterBar.Closed) -> None:
        self.groups.focus()
        if event.cleared and self.wanted:
            self.show_all()
        self.hint()

    @work(exclusive=True, group="find")
    async def _find(self, after: float = 0.0) -> None:
        """List the rows that pass the filter, in the order. Another letter stops it."""
        bar = self.query_one(FilterBar)
        wanted, order = self.wanted, self.order
        if after:
            await asyncio.sleep(after)
        try:
            rows = await self.session.find(wanted, order)
        except EXPECTED as error:
            self.tell(" ".join(in_words(error)).strip())
            return
        self.list_rows(rows)
        bar.counted(len(rows), len(self.session.rows))
        self.hint()

    def show_all(self) -> None:
        """List all groups again, in the order that holds."""
        self.wanted = EVERYTHING
        if self.order != SERVER:
            self._find()
            return
        # Nothing has to be looked up: the next key finds the whole list already.
        self.workers.cancel_group(self, "find")
        self.list_rows(self.session.rows)
        self.hint()

    @work(group="question", exclusive=True)
    async def action_sort(self) -> None:
        """Ask in which order the groups shall stand; the cursor stays on its group."""
        order = await self.app.push_screen_wait(SortDialog(self.order))
        if order is not None and order != self.order:
            self.order = order
            self._find()

    # -- marks

    def action_mark(self) -> None:
        """Mark the group under the cursor, or take its mark away, and go on."""
        row = self.groups.row
        if row is None:
            return
        self.marked ^= {row.group_id}
        self._marked_last = row.group_id
        self.groups.refresh_item(self.groups.cursor)
        self.groups.cursor += 1
        self.hint()

    def action_mark_range(self) -> None:
        """Mark everything from the group that was marked last to the one under the cursor."""
        if not self.shown:
            return
        here = self.groups.cursor
        start = next((n for n, row in enumerate(self.shown) if row.group_id == self._marked_last), here)
        for row in self.shown[min(start, here) : max(start, here) + 1]:
            self.marked.add(row.group_id)
        self._marked_last = self.shown[here].group_id
        self.groups.refresh_items()
        self.hint()

    def action_mark_all(self) -> None:
        """Mark all groups that are listed, or take all marks away when all of them are marked."""
        listed = {row.group_id for row in self.shown}
        if listed <= self.marked:
            self.marked -= listed
        else:
            self.marked |= listed
        self.groups.refresh_items()
        self.hint()

    def unmark_all(self) -> None:
        """Take all marks away."""
        self.marked.clear()
        self.groups.refresh_items()
        self.hint()

    def marked_rows(self) -> list[Row]:
        """The marked groups, listed or not, in the session's order."""
        return [row for row in self.session.rows if row.group_id in self.marked]

    def action_back(self) -> None:
        """Take the marks away; without any, list all groups again in the server's order."""
        if self.marked:
            self.unmark_all()
        elif self.wanted or self.order != SERVER:
            self.order = SERVER
            self.show_all()

    # -- the line that says so

    def on_mount(self) -> None:
        """Follow a run that goes on while people are here."""
        self.set_interval(RUN_EVERY_S, self._follow_run)

    def _follow_run(self) -> None:
        if self.is_current and self.about_the_run() != self._about_the_run:
            self.hint()

    def hint(self) -> None:
        """Say what is listed, what is marked and what was learnt, where there is anything to say."""
        status = self.query_one_optional("#status", Caption)
        if status is None:
            # The app ended meanwhile.
            return
        self._about_the_run = self.about_the_run()
        parts = self._status()
        status.display = bool(parts)
        if parts:
            status.show(lambda across: [_fitted(parts, across)])

    def about_the_run(self) -> str:
        """What there is to know of a run that goes on beside the review, or that did not end."""
        runner = self.runner
        if runner is None:
            return ""
        take_up = f"{runner.left_over} {key_of(self.app, 'review.execute')} takes it up."
        return runner.going or (take_up if runner.left_over else "")

    def _status(self) -> list[list[Part]]:
        groups: list[list[Part]] = []
        if self._about_the_run:
            groups.append([("▶ ", "key"), (self._about_the_run, "strong")])
        if self.switching is not None:
            label, percent = self.switching
            groups.append([("↺ ", "key"), (f"{safe(label)} … {percent} %", "strong")])
        if self.wanted:
            groups.append([("/ ", "key"), (safe(str(self.wanted)), "strong")])
        if self.order.sorting is not Sorting.SERVER or self.order.turned:
            groups.append([("by ", "muted"), (str(self.order), "")])
        if self.marked:
            groups.append([(f"{marks.MARKED} ", "key"), (f"{len(self.marked):,} marked", "strong")])
        if self.habit is not None:
            groups.append(
                [
                    ("» ", "key"),
                    (f"{self.habit.sentence} {key_of(self.app, 'review.learnt')} makes it a rule.", ""),
                ]
            )
        return groups

    @on(events.Click, "#status")
    def _pressed_status(self) -> None:
        self.action_filter()


def _fitted(groups: list[list[Part]], across: int) -> list[Part]:
    """The parts on one line; the last one that has room is cut."""
    line: list[Part] = [(" ", "")]
    room = across - 2
    for number, parts in enumerate(groups):
        if number and room > 5:
            line.append(("   ", ""))
            room -= 3
        for text, ink in parts:
            text = fit(text, max(0, room))  # noqa: PLW2901  (cut to what is left)
            line.append((text, ink))
            room -= width(text)
    return line
