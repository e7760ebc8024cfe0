"""Showing one group of the session at a time, its neighbours read ahead."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.getters import query_one
from textual.timer import Timer

from immich_tui.immich.models import Asset
from immich_tui.review.decisions import Refused
from immich_tui.review.filters import EVERYTHING, Filter
from immich_tui.review.nearby import Nearby
from immich_tui.review.order import SERVER, Order
from immich_tui.review.session import Look, Row, Session
from immich_tui.tui import figures, marks
from immich_tui.tui.keys import key_of
from immich_tui.tui.looks import Looks
from immich_tui.tui.pictures import Pictures
from immich_tui.tui.previews import Previews
from immich_tui.tui.runner import Runner
from immich_tui.tui.screens.step import StepScreen
from immich_tui.tui.shown import free_all
from immich_tui.tui.text import safe, width
from immich_tui.tui.trouble import EXPECTED, in_words
from immich_tui.tui.widgets.caption import Caption
from immich_tui.tui.widgets.filter_bar import FilterBar
from immich_tui.tui.widgets.group_list import GroupList
from immich_tui.tui.widgets.group_view import GroupView
from immich_tui.tui.widgets.lines import Sentences
from immich_tui.tui.widgets.unpainted import Unpainted
from immich_tui.tui.widgets.virtual_list import VirtualList

TALLY_AFTER = 0.2
ASK_AFTER = 0.3
"""Seconds that a group is looked at before the server is asked who is on its photos."""
GROUPS_AHEAD = 6
AHEAD_IN_A_GROUP = 4
DRAWN_AHEAD = 2

READ_ONLY = (
    "Another immich-tui has this review open, so this one only shows. Close the other one to decide here."
)


class Desk(Unpainted, Horizontal):
    """List and group beside each other."""


class Showing(StepScreen):
    """The list, the group under its cursor, and what stands around them.

    Showing runs beside the keys, and only the last group that was asked for is shown. What is listed are
    `shown` rows of the session, by a filter and in an order; `marked` are the ids of marked groups.
    """

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
        self._looks: Looks | None = None
        self._nearby: Nearby | None = None
        self._previews: Previews | None = None
        self._tally_timer: Timer | None = None
        self._left_at = ""
        self.shown: Sequence[Row] = ()
        self.listed_of: Sequence[Row] = ()
        self.wanted: Filter = EVERYTHING
        self.order: Order = SERVER
        self.marked: set[str] = set()
        self._moved_on = asyncio.Event()

    # -- building

    def body(self) -> ComposeResult:
        """List, cards, facts, reasons; and what is said when there is nothing to review."""
        with Desk(id="desk"):
            yield GroupList(id="groups")
            yield GroupView(id="centre")
        yield Sentences(id="empty")
        yield Caption(id="status")
        yield FilterBar(id="filter")

    def on_mount(self) -> None:
        """Take from the app what was not given."""
        link = self.tui.link
        if self._session is None:
            self._session = self.tui.session
        if link is not None:
            self._pictures = self._pictures or self.tui.make_pictures(link)
            self._web_url = self._web_url or link.connection.url.removesuffix("/").removesuffix("/api")
        if self._session is not None:
            self._nearby = Nearby(link.client, self._session) if link is not None else None
            self._looks = Looks(self._session, self._nearby)
        if self._pictures is not None:
            self._previews = Previews(self._pictures)
            self.view.set_class(self._pictures.off, "-off")
        self.view.pictures = self._pictures
        self._keep_following()

    @property
    def runner(self) -> Runner | None:
        """The app's run, `None` where nothing can be carried out."""
        return self.tui.runner

    def on_unmount(self) -> None:
        """Free the pictures that the terminal holds."""
        free_all(self)

    def on_screen_resume(self) -> None:
        """Show the session as it is now: a fetch or a run may have changed it."""
        rows: Sequence[Row] = self._session.rows if self._session is not None else ()
        if self._looks is not None:
            self._looks.clear()
        if rows is not self.listed_of:
            if self._nearby is not None:
                self._nearby.clear()
            self.marked.clear()
            self.list_rows(rows)
        else:
            self.list_rows(self.shown)
        self.listed_of = rows
        # Rows live as long as the session; looking through 100,000 of them for garbage takes 0.3 s.
        gc.freeze()
        if rows:
            self.groups.focus()
        self.rows_may_have_changed()

    def rows_may_have_changed(self) -> None:
        """Find the rows again that are wanted, where not all are."""

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

    # -- the list

    def list_rows(self, rows: Sequence[Row]) -> None:
        """List these rows, with the cursor on the group it was on, or on the next one that is still there."""
        before, here, row = self.shown, self.groups.cursor, self.groups.row
        place = 0
        if row is not None:
            found = _place_of(rows, row.group_id)
            if found is None and rows:
                left = {id(other): place for place, other in enumerate(rows)}
                later = (left[id(other)] for other in before[here:] if id(other) in left)
                found = next(later, len(rows) - 1)
            place = found or 0
            self._left_at = "" if rows else row.group_id
        elif self._left_at:
            # Nothing was listed in between.
            place = _place_of(rows, self._left_at) or 0
        self.shown = rows
        self.groups.show(rows, place, self.marked)
        self.query_one("#desk").display = bool(rows)
        self._say_why_empty(bool(rows))
        self._tally()
        if self.groups.row is not None:
            look = self.looks.ready(self.groups.row.group_id)
            if look is not None:
                self._display(look)
            self.follow()

    def _say_why_empty(self, shown: bool) -> None:
        empty = self.query_one("#empty", Sentences)
        empty.display = not shown
        if self.wanted and self._session is not None and self._session.rows:
            key = key_of(self.app, "review.back")
            back = key[0].upper() + key[1:] if len(key) > 1 else key
            empty.show(
                ("No group is like that", "title"),
                (f"The filter {safe(str(self.wanted))} leaves none. {back} shows all groups again.", ""),
            )
        else:
            empty.show(
                ("No duplicates to review", "title"),
                (
                    "Immich has found none, or has not looked yet. Fetch again from the palette (ctrl+p).",
                    "",
                ),
            )

    @on(VirtualList.Moved, "#groups")
    def _moved(self) -> None:
        self.workers.cancel_group(self, "ahead")
        if self._session is not None and self._session.rows is not self.listed_of:
            # A fetch ended while its groups were on screen here.
            self.on_screen_resume()
        self.show_here()
        self.follow()

    def show_here(self) -> None:
        """Show the group under the cursor at once, if it was read already: in the frame in which it moved."""
        row = self.groups.row
        look = self.looks.ready(row.group_id) if row is not None else None
        if look is not None and look is not self.view.look:
            self._display(look)
        self.hint()

    def follow(self) -> None:
        """Show the group under the cursor soon."""
        self._moved_on.set()

    @work(group="look")
    async def _keep_following(self) -> None:
        """Show the group under the cursor, and read its neighbours, so that the next step shows at once.

        A group that is passed by in the meantime is not shown. One worker does it all the time: to make one
        for each key costs more than to paint a pane.
        """
        while True:
            await self._moved_on.wait()
            self._moved_on.clear()
            await self.current()
            here = self.groups.cursor if self.is_attached else -1
            for place in (here + 1, here - 1):
                if 0 <= place < len(self.shown) and not self._moved_on.is_set():
                    await self._read_ahead(self.shown[place].group_id)
            await self._ask_if_it_stays()

    async def _ask_if_it_stays(self) -> None:
        """Ask who is on the photos of the group under the cursor, if the cursor does not move on at once."""
        row = self.groups.row if self.is_attached else None
        look = self.looks.ready(row.group_id) if row is not None else None
        if self._nearby is None or look is None or self._nearby.knows(look.group):
            return
        try:
            await asyncio.wait_for(self._moved_on.wait(), ASK_AFTER)
        except TimeoutError:
            self._ask_around(self._nearby, look)

    # Described, because Textual else writes down the whole group that is looked at.
    @work(exclusive=True, group="around", exit_on_error=False, description="people and links")
    async def _ask_around(self, nearby: Nearby, look: Look) -> None:
        """Add to the ledger who is on the photos and which public links show them."""
        try:
            await nearby.ask(look.group)
        except EXPECTED:
            # The ledger goes on saying that it was not read; a run asks for itself.
            return
        self.looks.forget(look.group.id)
        await self.current()

    async def _read_ahead(self, group_id: str) -> None:
        try:
            await self.looks.read(group_id)
        except EXPECTED:
            # It is told when the person gets there.
            return

    async def current(self) -> Look | None:
        """The group under the cursor, read and on screen; `None` when there is none or it cannot be read."""
        row = self.groups.row
        if row is None:
            return None
        try:
            look = await self.looks.read(row.group_id)
        except EXPECTED as error:
            self.tell(" ".join(in_words(error)).strip())
            return None
        if not self.is_attached:
            # The app ended meanwhile, and nothing is there any more to show it on.
            return None
        if self.groups.row is row and look is not self.view.look:
            self._display(look)
        return look

    def _display(self, look: Look) -> None:
        place = f"{self.groups.cursor + 1:,} of {len(self.shown):,}"
        row = self.groups.row
        if row is None or row.group_id != look.group.id:
            return
        self.view.show(look, row, place, self._news_of(row), self.session.policy.gps_tolerance_m)

    def _news_of(self, row: Row) -> list[str]:
        """What is different in a group since it was seen last, and what was decided about it then."""
        news = [row.news] if row.news else []
        earlier = self.session.earlier(row.group_id)
        if earlier is not None:
            decided = marks.decision_name(earlier.kind)
            news.append(f"You had decided: {decided}. It changed since, so look again.")
        return news

    @on(GroupView.Settled)
    @work(exclusive=True, group="ahead", exit_on_error=False)
    async def _look_ahead(self) -> None:
        """Fetch the pictures of the next groups, until the cursor moves on."""
        if self._previews is not None:
            await self._previews.run(self._coming())
            here = self.groups.cursor
            for row in self.shown[here + 1 : here + 1 + DRAWN_AHEAD]:
                await self.view.draw_ahead(await self.looks.read(row.group_id))

    async def _coming(self) -> AsyncIterator[Asset]:
        """The photos that will be looked at next."""
        here = self.groups.cursor
        for row in self.shown[here + 1 : here + 1 + GROUPS_AHEAD]:
            look = await self.looks.read(row.group_id)
            for asset in look.group.assets[:AHEAD_IN_A_GROUP]:
                yield asset

    def jump(self, group_id: str) -> bool:
        """Go to a group; whether it is among those that are listed."""
        place = _place_of(self.shown, group_id)
        if place is not None:
            self.groups.cursor = place
        return place is not None

    def changed_everywhere(self) -> None:
        """Paint all again: many groups look different now."""
        self.looks.clear()
        self.groups.refresh_items()
        self.tally_soon()
        self.hint()

    # -- around the list

    def tally_soon(self) -> None:
        """Count what is decided, once for many decisions."""
        if self._tally_timer is None:
            self._tally_timer = self.set_timer(TALLY_AFTER, self._tally)

    def _tally(self) -> None:
        """Say in the list's frame how many groups there are and how many are decided."""
        self._tally_timer = None
        session = self._session
        if session is None:
            return
        everything, shown = len(session.rows), len(self.shown)
        count = figures.counted(everything, "group")
        self.groups.border_title = Content(count if shown == everything else f"{shown:,} of {count}")
        room = max(0, self.groups.size.width - 4)
        choices = decided_so_far(session)
        fitting = (words for words in choices if width(words) <= room)
        self.groups.border_subtitle = Content(next(fitting, choices[-1]))

    def hint(self) -> None:
        """Show what the keys do now."""

    @property
    def takes_back(self) -> str:
        """The end of a sentence about much that was done at once: how to undo it."""
        return f"{key_of(self.app, 'review.undo')} takes all of it back."

    def tell(self, sentence: str) -> None:
        """Say what could not be done."""
        self.notify(safe(sentence), severity="warning", markup=False)

    async def do(self, deed: Callable[[], Awaitable[object]]) -> bool:
        """Carry out what writes to the session; say why when it is refused or fails. Whether it was done."""
        if self.session.read_only:
            self.tell(READ_ONLY)
            return False
        try:
            refusal = await deed()
        except Refused as refused:
            refusal = str(refused)
        except EXPECTED as error:
            refusal = " ".join(in_words(error)).strip()
        if isinstance(refusal, str) and refusal:
            self.tell(refusal)
            return False
        return True


def decided_so_far(session: Session) -> tuple[str, ...]:
    """How far the review is, in full and shorter and shorter."""
    tally = session.tally
    if not tally.decided and not tally.skipped:
        return ("none decided yet",)
    freed = figures.size(tally.freed)
    # What was carried out is no longer up to the next run.
    counts = (
        (tally.decided - tally.done, "decided", marks.DECIDED),
        (tally.done, "done", marks.DONE),
        (tally.skipped, "skipped", marks.SKIPPED),
    )
    full = " · ".join(f"{number:,} {word}" for number, word, _ in counts if number)
    few = " ".join(f"{sign} {number:,}" for number, _, sign in counts if number)
    return f"{full} · {freed}", f"{few} · {freed}", few


def _place_of(rows: Sequence[Row], group_id: str) -> int | None:
    return next((place for place, row in enumerate(rows) if row.group_id == group_id), None)
