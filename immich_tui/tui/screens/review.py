"""The screen people live in: groups at the left, their members side by side, and why below."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from immich_tui.review.order import SERVER
from immich_tui.tui.flagged import Place
from immich_tui.tui.screens.flags import FlagsScreen
from immich_tui.tui.screens.member import MemberScreen
from immich_tui.tui.screens.picture import PictureScreen
from immich_tui.tui.screens.reviewing.planning import Planning
from immich_tui.tui.text import elide, safe
from immich_tui.tui.widgets.filter_bar import WRITING
from immich_tui.tui.widgets.key_line import Hint, KeyLine

KEYS = Hint(("review.help",), "keys")


def _hint(label: str, *names: str) -> Hint:
    return Hint(tuple(f"review.{name}" for name in names), label)


MOVE = _hint("group", "next", "previous")
UNDO = _hint("undo", "undo")
ACT = _hint("act on them", "act")

TO_DECIDE: Sequence[Hint] = (
    _hint("accept", "accept"),
    MOVE,
    Hint(("review.winner1",), "keep"),
    _hint("Immich's", "immich"),
    _hint("all", "keep_all"),
    _hint("skip", "skip"),
    UNDO,
    _hint("flip", "toggle"),
    _hint("stack", "stack"),
    _hint("flag", "flag"),
    _hint("filter", "filter"),
    _hint("view", "picture"),
    _hint("ready", "accept_ready"),
    _hint("why", "why"),
    _hint("sort", "sort"),
    _hint("policy", "policy"),
    _hint("mark", "mark"),
    _hint("flags", "flags"),
    _hint("execute", "execute"),
    KEYS,
)
DECIDED: Sequence[Hint] = (
    _hint("next", "accept"),
    MOVE,
    UNDO,
    _hint("undecide", "clear"),
    Hint(("review.winner1",), "keep"),
    _hint("Immich's", "immich"),
    _hint("open one", "next_undecided"),
    _hint("execute", "execute"),
    _hint("all", "keep_all"),
    _hint("filter", "filter"),
    _hint("flag", "flag"),
    _hint("view", "picture"),
    _hint("sort", "sort"),
    _hint("ready", "accept_ready"),
    _hint("policy", "policy"),
    _hint("flags", "flags"),
    KEYS,
)
DONE: Sequence[Hint] = (
    _hint("next", "accept"),
    MOVE,
    _hint("open one", "next_undecided"),
    _hint("view", "picture"),
    _hint("why", "why"),
    _hint("filter", "filter"),
    _hint("sort", "sort"),
    KEYS,
)
WITH_MARKS: Sequence[Hint] = (
    ACT,
    _hint("mark", "mark"),
    _hint("up to here", "mark_range"),
    _hint("all listed", "mark_all"),
    _hint("unmark", "back"),
    MOVE,
    UNDO,
    _hint("filter", "filter"),
    KEYS,
)
FILTERED: Sequence[Hint] = (_hint("show all", "back"), _hint("act on these", "act"))
EMPTY: Sequence[Hint] = (_hint("show all", "back"), _hint("filter", "filter"), KEYS)
READ_ONLY: Sequence[Hint] = (
    MOVE,
    _hint("view", "picture"),
    _hint("why", "why"),
    _hint("all rows", "rows"),
    _hint("filter", "filter"),
    _hint("sort", "sort"),
    _hint("flags", "flags"),
    KEYS,
)


class ReviewScreen(Planning):
    """Shows one group at a time and takes decisions."""

    STEP = "Review"
    CSS_PATH = "review.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (160, "-huge")]  # noqa: RUF012  (as declared by Textual)
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (23, "-low"), (30, "-high"), (44, "-tall")]  # noqa: RUF012  (as declared by Textual)
    BINDING_GROUP_TITLE = "Review"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "accept",
            "Accept",
            id="review.accept",
            key_display="enter",
            tooltip="Accept what is shown and go on",
        ),
        Binding("space", "turn", "Keep/trash", id="review.toggle", tooltip="Keep or trash the photo under ▸"),
        Binding(
            "1",
            "winner(1)",
            "Winner",
            id="review.winner1",
            key_display="1-9",
            tooltip="Keep this photo, trash the others",
        ),
        *(Binding(str(n), f"winner({n})", "", id=f"review.winner{n}", show=False) for n in range(2, 10)),
        Binding(
            "0",
            "winner_by_number",
            "Winner by number",
            id="review.winner_by_number",
            tooltip="Keep the photo under ▸, or one beyond 9 by its number",
        ),
        Binding("i", "immich", "Immich's pick", id="review.immich", tooltip="Keep what Immich would keep"),
        Binding("a", "keep_all", "All", id="review.keep_all", tooltip="Keep all: they are no duplicates"),
        Binding("s", "stack", "Stack", id="review.stack", tooltip="Keep all, stacked with the winner on top"),
        Binding("x", "skip", "Skip", id="review.skip", tooltip="Leave the group alone and go on"),
        Binding("c", "clear", "Undecide", id="review.clear", tooltip="Make the group undecided again"),
        Binding("u", "undo", "Undo", id="review.undo", tooltip="Take back the last step"),
        Binding("ctrl+r", "redo", "Redo", id="review.redo", tooltip="Decide again what was undone"),
        Binding(
            "G",
            "graft",
            "Graft",
            id="review.graft",
            tooltip="Give the kept photo camera, lens, exposure by a new XMP sidecar, or do not",
        ),
        Binding("f", "flag", "Flag", id="review.flag", tooltip="Flag the group, with a note"),
        Binding("j", "move(1)", "Next group", id="review.next"),
        Binding("k", "move(-1)", "Previous group", id="review.previous"),
        Binding("J", "undecided(1)", "Next undecided", id="review.next_undecided"),
        Binding("K", "undecided(-1)", "Previous undecided", id="review.previous_undecided"),
        Binding("g", "jump", "Go to", id="review.jump", tooltip="Go to a group by number, name or id"),
        Binding("end", "edge(-1)", "Last group", id="review.last"),
        Binding("h,left", "asset(-1)", "Photo to the left", id="review.left"),
        Binding("l,right", "asset(1)", "Photo to the right", id="review.right"),
        Binding(
            "slash", "filter", "Filter", id="review.filter", key_display="/", tooltip="List only some groups"
        ),
        Binding(
            "S", "sort", "Sort", id="review.sort", tooltip="Another order; the cursor stays on its group"
        ),
        Binding("escape", "back", "Show all", id="review.back", tooltip="Take marks away, then the filter"),
        Binding("m", "mark", "Mark", id="review.mark", tooltip="Mark the group and go on"),
        Binding(
            "M", "mark_range", "Mark up to here", id="review.mark_range", tooltip="From the last mark to here"
        ),
        Binding(
            "asterisk",
            "mark_all",
            "Mark all",
            id="review.mark_all",
            tooltip="All that are listed",
        ),
        Binding(
            "semicolon",
            "act",
            "Act",
            id="review.act",
            tooltip="Do the same to all marked groups, or to all that are listed",
        ),
        Binding("A", "accept_ready", "Ready", id="review.accept_ready", tooltip="Accept all that are ready"),
        Binding(
            "P", "policy", "Policy", id="review.policy", tooltip="Another policy, its effect counted first"
        ),
        Binding("L", "learnt", "Rule learnt", id="review.learnt", tooltip="A rule out of what you overrode"),
        Binding("F", "flags", "Flags", id="review.flags", tooltip="List of flagged and overridden groups"),
        Binding(
            "X", "execute", "Execute", id="review.execute", tooltip="Check and carry out what is decided"
        ),
        Binding(
            "ctrl+s",
            "write_plan",
            "Write plan.json …",
            id="review.write_plan",
            tooltip="All groups with what is decided, to read, edit or carry out elsewhere",
        ),
        Binding(
            "ctrl+o",
            "read_plan",
            "Read plan.json …",
            id="review.read_plan",
            tooltip="Take decisions from a plan file; what is wrong in it is named first",
        ),
        Binding("v", "picture", "View", id="review.picture", tooltip="Full-screen picture, flip A/B"),
        Binding("w", "why", "Why", id="review.why", tooltip="More room for the reasons, or less"),
        Binding("D,d", "rows", "All rows", id="review.rows", tooltip="All rows, or only those that differ"),
        Binding("e", "details", "Details", id="review.details", tooltip="All about the photo, nothing cut"),
        Binding("o", "browse", "Browser", id="review.open", tooltip="Open the photo in a browser"),
        Binding("y", "copy('path')", "Copy path", id="review.copy_path"),
        Binding("Y", "copy('id')", "Copy id", id="review.copy_id"),
        Binding("ctrl+d", "scroll(1)", "Scroll rows down", id="review.scroll_down"),
        Binding("ctrl+u", "scroll(-1)", "Scroll rows up", id="review.scroll_up"),
        Binding("question_mark,f1", "app.keys", "Keys", id="review.help"),
    ]

    @cached_property
    def flags_place(self) -> Place:
        """Where the person was in the list of flags, so that going there again leads there."""
        return Place()

    def hint(self) -> None:
        """Show what the keys do in this place."""
        super().hint()
        line = self.query_one_optional(KeyLine)
        if line is not None:
            line.show(self._hints())

    def _hints(self) -> Sequence[Hint]:
        row = self.groups.row
        if self.writing:
            return WRITING
        if row is None:
            return EMPTY if self.wanted else (KEYS,)
        if self.session.read_only:
            return READ_ONLY
        if self.marked:
            return WITH_MARKS
        hints = DONE if row.done else DECIDED if row.decided else TO_DECIDE
        return (hints[0], *FILTERED, *hints[1:]) if self.wanted else hints

    # -- other screens

    @work(group="question", exclusive=True)
    async def action_flags(self) -> None:
        """List the groups that are flagged or overridden, and go to the one that is chosen."""
        here = self.groups.row
        screen = FlagsScreen(self.session, here.group_id if here is not None else "", self.flags_place)
        group_id = await self.app.push_screen_wait(screen)
        self.changed_everywhere()
        if group_id and not self.jump(group_id):
            self.order = SERVER
            self.show_all()
            self.jump(group_id)
        self.follow()

    @work(group="question", exclusive=True)
    async def action_details(self) -> None:
        """Show everything about the focused member, with nothing cut."""
        look = await self.current()
        if look is not None:
            self.view.focus_member(
                await self.app.push_screen_wait(MemberScreen(look, self.view.focused_member))
            )

    @work(group="question", exclusive=True)
    async def action_picture(self) -> None:
        """Show the focused member on the whole screen."""
        look = await self.current()
        if look is None:
            return
        if self._pictures is None:
            self.tell("There are no pictures without a connection.")
            return
        member = await self.app.push_screen_wait(
            PictureScreen(look, self.view.focused_member, self._pictures)
        )
        if member is not None:
            self.view.focus_member(member)

    def action_execute(self) -> None:
        """Go to the run."""
        decided = any(row.decided and not row.skipped and not row.done for row in self.session.rows)
        if not decided and not self.about_the_run():
            yet = "more is decided" if self.session.tally.done else "is decided yet"
            self.tell(f"Nothing {yet}, so there is nothing to carry out.")
            return
        self.tui.go("execute")

    # -- the group on screen

    def action_rows(self) -> None:
        """Show all rows, or those that differ."""
        self.view.toggle_rows()

    def action_why(self) -> None:
        """Give the reasons more room, or less."""
        self.view.toggle_why()

    def action_scroll(self, pages: int) -> None:
        """Scroll the rows of facts by half a page."""
        comparison = self.view.comparison
        comparison.scroll_relative(y=pages * max(1, comparison.size.height // 2), animate=False)

    async def action_browse(self) -> None:
        """Open the focused member on the server's own pages."""
        look = await self.current()
        if look is None:
            return
        if not self._web_url:
            self.tell("There is no server to open it on.")
            return
        self.app.open_url(f"{self._web_url}/photos/{self.focused_id(look)}")
        self.notify(f"Asked your browser for photo {self.view.focused_member + 1}.", markup=False)

    async def action_copy(self, what: str) -> None:
        """Copy path or id of the focused member."""
        look = await self.current()
        if look is None:
            return
        asset = look.group.asset(self.focused_id(look))
        text = asset.id if what == "id" or not asset.original_path else asset.original_path
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied {elide(safe(text), 50)}", markup=False)
