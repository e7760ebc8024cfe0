"""The screen people live in: groups at the left, their members side by side, and why below."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.getters import query_one
from textual.timer import Timer

from immich_tui.immich.models import Asset
from immich_tui.review.decisions import Refused
from immich_tui.review.session import Look, Row, Session
from immich_tui.tui import figures
from immich_tui.tui.looks import Looks
from immich_tui.tui.pictures import Pictures
from immich_tui.tui.previews import Previews
from immich_tui.tui.screens.accept_ready import accept_ready
from immich_tui.tui.screens.flags import FlagsScreen
from immich_tui.tui.screens.note import NoteDialog
from immich_tui.tui.screens.picture import PictureScreen
from immich_tui.tui.screens.step import StepScreen
from immich_tui.tui.shown import free_all
from immich_tui.tui.text import elide, safe
from immich_tui.tui.trouble import EXPECTED, in_words
from immich_tui.tui.widgets.cards import Cards
from immich_tui.tui.widgets.group_list import GroupList
from immich_tui.tui.widgets.group_view import GroupView
from immich_tui.tui.widgets.lines import Sentences
from immich_tui.tui.widgets.virtual_list import VirtualList

TALLY_AFTER = 0.2
GROUPS_AHEAD = 6
AHEAD_IN_A_GROUP = 4

READ_ONLY = (
    "Another immich-tui has this review open, so this one only shows. Close the other one to decide here."
)


class ReviewScreen(StepScreen):
    """Shows one group at a time and takes decisions.

    Keys are carried out one after the other: a decision is in the database before the next key is looked at,
    and a key that means a member waits until the group it was meant for has been read. Showing runs beside
    that, and only the last group that was asked for is shown.
    """

    STEP = "Review"
    CSS_PATH = "review.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (160, "-huge")]  # noqa: RUF012  (as declared by Textual)
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high"), (44, "-tall")]  # noqa: RUF012  (as declared by Textual)
    BINDING_GROUP_TITLE = "Review"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "Accept", id="review.accept", tooltip="Accept what is shown and go on"),
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
        Binding("a", "keep_all", "All", id="review.keep_all", tooltip="Keep all: they are no duplicates"),
        Binding("s", "stack", "Stack", id="review.stack", tooltip="Keep all, stacked with the winner on top"),
        Binding("x", "skip", "Skip", id="review.skip", tooltip="Leave the group alone and go on"),
        Binding("u", "undo", "Undo", id="review.undo", tooltip="Take back the last decision"),
        Binding("question_mark,f1", "app.keys", "Keys", id="review.help", key_display="?"),
        Binding("f", "flag", "Flag", id="review.flag", tooltip="Flag the group, with a note"),
        Binding("v", "picture", "View", id="review.picture", tooltip="Full-screen picture, flip A/B"),
        Binding("w", "why", "Why", id="review.why", tooltip="More room for the reasons, or less"),
        Binding("A", "accept_ready", "Ready", id="review.accept_ready", tooltip="Accept all that are ready"),
        Binding("F", "flags", "Flags", id="review.flags", tooltip="List of flagged and overridden groups"),
        Binding(
            "X", "execute", "Execute", id="review.execute", tooltip="Check and carry out what is decided"
        ),
        Binding("d,D", "rows", "All rows, or differences", id="review.rows", key_display="D", show=False),
        Binding("i", "immich", "Keep Immich's pick", id="review.immich", show=False),
        Binding(
            "ctrl+r", "redo", "Redo", id="review.redo", tooltip="Decide again what was undone", show=False
        ),
        Binding("j", "move(1)", "Next group", id="review.next", show=False),
        Binding("k", "move(-1)", "Previous group", id="review.previous", show=False),
        Binding("J", "undecided(1)", "Next undecided", id="review.next_undecided", show=False),
        Binding("K", "undecided(-1)", "Previous undecided", id="review.previous_undecided", show=False),
        Binding("g", "edge(0)", "First group", id="review.first", show=False),
        Binding("G", "edge(-1)", "Last group", id="review.last", show=False),
        Binding("h,left", "asset(-1)", "Photo to the left", id="review.left", show=False),
        Binding("l,right", "asset(1)", "Photo to the right", id="review.right", show=False),
        Binding("o", "browse", "Open in browser", id="review.open", show=False),
        Binding("y", "copy('path')", "Copy path", id="review.copy_path", show=False),
        Binding("Y", "copy('id')", "Copy id", id="review.copy_id", show=False),
        Binding("ctrl+d", "scroll(1)", "Scroll rows down", id="review.scroll_down", show=False),
        Binding("ctrl+u", "scroll(-1)", "Scroll rows up", id="review.scroll_up", show=False),
    ]

    groups = query_one("#groups", GroupList)
    view = query_one("#centre", GroupView)

    def __init__(
        self, session: Session | None = None, pictures: Pictures | None = None, web_url: str = ""
    ) -> None:
        """Review a session; what is not given is taken from the app when the screen is entered.

        `web_url` is the server's address for a browser.
        """
        super().__init__()
        self._session = session
        self._pictures = pictures
        self._web_url = web_url
        self._rows: Sequence[Row] = ()
        self._looks: Looks | None = None
        self._previews: Previews | None = None
        self._tally_timer: Timer | None = None

    # -- building

    def body(self) -> ComposeResult:
        """List, cards, facts, reasons; and what is said when there is nothing to review."""
        with Horizontal(id="desk"):
            yield GroupList(id="groups")
            yield GroupView(id="centre")
        yield Sentences(id="empty")

    def on_mount(self) -> None:
        """Take from the app what was not given."""
        link = self.tui.link
        if self._session is None:
            self._session = self.tui.session
        if link is not None:
            self._pictures = self._pictures or self.tui.make_pictures(link)
            self._web_url = self._web_url or link.connection.url.removesuffix("/").removesuffix("/api")
        if self._session is not None:
            self._looks = Looks(self._session)
        if self._pictures is not None:
            self._previews = Previews(self._pictures)
            self.view.set_class(self._pictures.off, "-off")
        self.view.pictures = self._pictures

    def on_unmount(self) -> None:
        """Free the pictures that the terminal holds."""
        free_all(self)

    def on_screen_resume(self) -> None:
        """Show the session as it is now: a fetch or a run may have changed it."""
        session = self._session
        rows: Sequence[Row] = session.rows if session is not None else ()
        self.query_one("#desk").display = bool(rows)
        empty = self.query_one("#empty", Sentences)
        empty.display = not rows
        empty.show(
            ("No duplicates to review", "title"),
            (
                "Immich has found none, or has not looked yet. Fetch again from the palette (ctrl+p).",
                "",
            ),
        )
        if self._looks is not None:
            self._looks.clear()
        here = self.groups.row
        place = self._place_of(rows, here.group_id) if here is not None else None
        self._rows = rows
        self.groups.show(rows, place if place is not None else 0)
        self._tally()
        # Rows live as long as the session; looking through 100,000 of them for garbage takes 0.3 s.
        gc.freeze()
        if rows:
            self.groups.focus()
            self._follow()

    @property
    def session(self) -> Session:
        """The session under review."""
        if self._session is None:
            raise RuntimeError("there is no session to review")
        return self._session

    @property
    def looks(self) -> Looks:
        """What was looked at lately."""
        if self._looks is None:
            raise RuntimeError("there is no session to review")
        return self._looks

    # -- showing

    @on(VirtualList.Moved, "#groups")
    def _moved(self) -> None:
        self.workers.cancel_group(self, "ahead")
        row = self.groups.row
        look = self.looks.ready(row.group_id) if row is not None else None
        if look is not None:
            self._display(look)
        self._follow()

    @work(exclusive=True, group="look")
    async def _follow(self) -> None:
        """Show the group under the cursor, and read its neighbours, so that the next step shows at once.

        A group that is passed by in the meantime is not shown.
        """
        await self._current()
        here = self.groups.cursor
        for place in (here + 1, here - 1):
            if 0 <= place < len(self._rows):
                await self.looks.read(self._rows[place].group_id)

    async def _current(self) -> Look | None:
        """The group under the cursor, read and on screen; `None` when there is none or it cannot be read."""
        row = self.groups.row
        if row is None:
            return None
        try:
            look = await self.looks.read(row.group_id)
        except EXPECTED as error:
            self._tell(" ".join(in_words(error)).strip())
            return None
        if self.groups.row is row and look is not self.view.look:
            self._display(look)
        return look

    def _display(self, look: Look) -> None:
        place = f"{self.groups.cursor + 1:,} of {len(self._rows):,}"
        self.view.show(look, self.session.row(look.group.id), place)

    @on(GroupView.Settled)
    @work(exclusive=True, group="ahead", exit_on_error=False)
    async def _look_ahead(self) -> None:
        """Fetch the pictures of the next groups, until the cursor moves on."""
        if self._previews is not None:
            await self._previews.run(self._coming())

    async def _coming(self) -> AsyncIterator[Asset]:
        """The photos that will be looked at next."""
        here = self.groups.cursor
        for row in self._rows[here + 1 : here + 1 + GROUPS_AHEAD]:
            look = await self.looks.read(row.group_id)
            for asset in look.group.assets[:AHEAD_IN_A_GROUP]:
                yield asset

    def _tally(self) -> None:
        """Count what is decided, in the list's frame."""
        self._tally_timer = None
        decided = [row for row in self._rows if row.decided or row.done]
        freed = sum(row.saving for row in decided)
        self.groups.border_title = Content(figures.counted(len(self._rows), "group"))
        self.groups.border_subtitle = Content(
            f"{len(decided):,} decided · {figures.size(freed)}" if decided else "none decided yet"
        )

    def _tell(self, sentence: str) -> None:
        self.notify(safe(sentence), severity="warning", markup=False)

    # -- moving

    def action_move(self, step: int) -> None:
        """Go to a group further down or up."""
        self.groups.cursor += step

    def action_edge(self, index: int) -> None:
        """Go to the first or last group."""
        self.groups.action_to(index)

    def action_undecided(self, step: int) -> None:
        """Go to the next undecided group in a direction, from the other end when there is none."""
        if not self._go_to_undecided(step):
            self._tell("Every group is decided. X checks and carries it out.")

    def _go_to_undecided(self, step: int) -> bool:
        count, here = len(self._rows), self.groups.cursor
        for distance in range(1, count):
            row = self._rows[(here + step * distance) % count]
            if not row.decided and not row.done:
                self.groups.cursor = (here + step * distance) % count
                return True
        return False

    def jump(self, group_id: str) -> None:
        """Go to a group."""
        place = self._place_of(self._rows, group_id)
        if place is not None:
            self.groups.cursor = place

    @staticmethod
    def _place_of(rows: Sequence[Row], group_id: str) -> int | None:
        return next((place for place, row in enumerate(rows) if row.group_id == group_id), None)

    async def action_asset(self, step: int) -> None:
        """Go to another member of the group."""
        look = await self._current()
        if look is not None:
            self.view.step(step)

    @on(Cards.Pressed)
    async def _pressed_card(self, event: Cards.Pressed) -> None:
        if event.on_fate:
            await self.action_turn()

    # -- deciding

    async def _decide(self, deed: Callable[[str], Awaitable[str | None]]) -> bool:
        """Carry out a decision about the group under the cursor; whether it stands now."""
        row = self.groups.row
        if row is None:
            return False
        if not await self._do(lambda: deed(row.group_id)):
            return False
        self.looks.forget(row.group_id)
        self.groups.refresh_item(self.groups.cursor)
        self._tally_soon()
        return True

    async def _do(self, deed: Callable[[], Awaitable[object]]) -> bool:
        """Carry out what writes to the session; say why when it is refused or fails."""
        if self.session.read_only:
            self._tell(READ_ONLY)
            return False
        try:
            refusal = await deed()
        except Refused as refused:
            refusal = str(refused)
        except EXPECTED as error:
            refusal = " ".join(in_words(error)).strip()
        if isinstance(refusal, str) and refusal:
            self._tell(refusal)
            return False
        return True

    def _tally_soon(self) -> None:
        if self._tally_timer is None:
            self._tally_timer = self.set_timer(TALLY_AFTER, self._tally)

    async def action_accept(self) -> None:
        """Accept what is shown, and go on; what is decided already stays as it is."""
        row = self.groups.row
        if row is None:
            return
        if row.decided or row.done or await self._decide(self.session.accept):
            self._go_on()

    def _go_on(self) -> None:
        if not self._go_to_undecided(1):
            self.action_move(1)
            self._follow()

    async def action_winner(self, number: int) -> None:
        """Keep this member only."""
        look = await self._current()
        if look is None or number > len(look.group.assets):
            return
        self.view.focus_member(number - 1)
        await self._choose(look, look.group.assets[number - 1].id)

    async def action_immich(self) -> None:
        """Keep what Immich would keep."""
        look = await self._current()
        if look is not None:
            self.view.focus_asset(look.verdict.immich_pick)
            await self._choose(look, look.verdict.immich_pick)

    async def _choose(self, look: Look, asset_id: str) -> None:
        await self._decide(lambda group_id: self.session.choose_winner(group_id, asset_id))
        await self._current()

    async def action_turn(self) -> None:
        """Turn the focused member from keep to trash or back."""
        look = await self._current()
        if look is not None:
            asset_id = look.group.assets[self.view.focused_member].id
            await self._decide(lambda group_id: self.session.toggle(group_id, asset_id))
            await self._current()

    async def action_keep_all(self) -> None:
        """Keep every member: no duplicates."""
        await self._decide(self.session.keep_all)
        await self._current()

    async def action_stack(self) -> None:
        """Keep every member, stacked."""
        await self._decide(self.session.stack)
        await self._current()

    async def action_skip(self) -> None:
        """Leave the group alone, and go on."""
        if await self._decide(self.session.skip):
            self._go_on()

    async def action_undo(self) -> None:
        """Take back the last step and go where it was."""
        await self._travel(self.session.undo, "There is nothing to undo.")

    async def action_redo(self) -> None:
        """Do again what was undone and go where it is."""
        await self._travel(self.session.redo, "There is nothing to redo.")

    async def _travel(self, move: Callable[[], Awaitable[str | None]], nothing: str) -> None:
        went: list[str | None] = []

        async def moved() -> None:
            went.append(await move())

        if not await self._do(moved):
            return
        group_id = went[0]
        if group_id is None:
            self._tell(nothing)
            return
        self._changed_everywhere()
        self.jump(group_id)
        await self._current()

    def _changed_everywhere(self) -> None:
        self.looks.clear()
        self.groups.refresh_items()
        self._tally_soon()

    # -- questions

    @work(group="question", exclusive=True)
    async def action_flag(self) -> None:
        """Flag the group, with a note."""
        row = self.groups.row
        if row is None:
            return
        place = self.groups.cursor
        dialog = NoteDialog(elide(safe(row.title), 40), safe(row.note), flagged=row.flagged)
        note = await self.app.push_screen_wait(dialog)
        if note is None:
            return
        session = self.session

        async def annotate() -> None:
            if note.flagged:
                await session.flag(row.group_id, note.text)
            else:
                await session.unflag(row.group_id)

        if await self._do(annotate):
            self.groups.refresh_item(place)
            self.view.lay_out()

    @work(group="question", exclusive=True)
    async def action_accept_ready(self) -> None:
        """Accept all groups that nothing speaks against, after saying how many and what that does."""
        ready = self.session.ready()
        if not ready:
            self._tell("No group is ready: the undecided ones are doubtful or flagged, and want a look.")
            return
        if not await self.app.push_screen_wait(accept_ready(ready)):
            return

        async def accept() -> None:
            await self.session.accept_all([row.group_id for row in ready])

        if await self._do(accept):
            self._changed_everywhere()
            self.notify(f"{figures.counted(len(ready), 'group')} accepted.", markup=False)
            await self._current()

    @work(group="question", exclusive=True)
    async def action_flags(self) -> None:
        """List the groups that are flagged or overridden, and go to the one that is chosen."""
        here = self.groups.row
        screen = FlagsScreen(self.session, here.group_id if here is not None else "")
        group_id = await self.app.push_screen_wait(screen)
        self._changed_everywhere()
        if group_id:
            self.jump(group_id)
        self._follow()

    @work(group="question", exclusive=True)
    async def action_picture(self) -> None:
        """Show the focused member on the whole screen."""
        look = await self._current()
        if look is None:
            return
        if self._pictures is None:
            self._tell("There are no pictures without a connection.")
            return
        member = await self.app.push_screen_wait(
            PictureScreen(look, self.view.focused_member, self._pictures)
        )
        if member is not None:
            self.view.focus_member(member)

    # -- the rest

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
        look = await self._current()
        if look is None:
            return
        if not self._web_url:
            self._tell("There is no server to open it on.")
            return
        self.app.open_url(f"{self._web_url}/photos/{look.group.assets[self.view.focused_member].id}")

    async def action_copy(self, what: str) -> None:
        """Copy path or id of the focused member."""
        look = await self._current()
        if look is None:
            return
        asset = look.group.assets[self.view.focused_member]
        text = asset.id if what == "id" or not asset.original_path else asset.original_path
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied {elide(safe(text), 50)}", markup=False)

    def action_execute(self) -> None:
        """Go to the run."""
        if not any(row.decided and not row.done for row in self._rows):
            self._tell("Nothing is decided yet, so there is nothing to carry out.")
            return
        self.tui.go("execute")
