"""One group: its members as cards with pictures, their facts side by side, and the reasons below."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.getters import query_one
from textual.message import Message

from immich_tui.immich.models import Asset
from immich_tui.review.session import Look, Row
from immich_tui.tui.blur import blurred
from immich_tui.tui.columns import NO_COLUMNS, columns
from immich_tui.tui.drawing import Box, Drawing
from immich_tui.tui.facts import Fact, facts
from immich_tui.tui.pictures import Pictures
from immich_tui.tui.shown import at_hand
from immich_tui.tui.widgets.cards import Cards
from immich_tui.tui.widgets.comparison import Comparison
from immich_tui.tui.widgets.unpainted import Unpainted
from immich_tui.tui.widgets.why import Why
from immich_tui.verdict.policy import GPS_TOLERANCE_M

BLUR_AFTER = 0.03
PICTURES_AFTER = 0.1
"""Seconds without moving on before pictures are asked for, so that fast scrolling asks for none."""


class GroupView(Unpainted, Vertical):
    """Shows a look at a group, and which member has the focus.

    Text is on screen at once; pictures follow when the same group stays, and late ones are dropped.
    """

    cards = query_one(Cards)
    comparison = query_one(Comparison)
    why = query_one(Why)

    class Settled(Message):
        """The group on screen has its pictures: there is time to think of the next ones."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self.pictures: Pictures | None = None
        self.look: Look | None = None
        self.focused_member = 0
        self.columns = NO_COLUMNS
        self._row: Row | None = None
        self._place = ""
        self._news: Sequence[str] = ()
        self._facts: tuple[Fact, ...] = ()
        self._every_row = False

    def compose(self) -> ComposeResult:
        """Cards, facts, reasons."""
        yield Cards(id="cards")
        yield Comparison(id="facts")
        yield Why(id="why")

    def on_mount(self) -> None:
        """Name the reasons."""
        self.why.border_title = Content("Why")

    # -- what is shown

    def show(
        self, look: Look, row: Row, place: str, news: Sequence[str] = (), tolerance_m: float = GPS_TOLERANCE_M
    ) -> None:
        """Show a group; the focus goes to a new group's winner.

        `place` says where it stands in the list, `news` what is different since it was seen last. Photos that
        were taken no more than `tolerance_m` metres apart were taken in the same place.
        """
        if self.look is None or look.group.id != self.look.group.id:
            self.focused_member = _index(look, look.choice.winner)
        self.focused_member = min(self.focused_member, len(look.group.assets) - 1)
        self.look, self._row, self._place = look, row, place
        self._news = news
        self._facts = facts(look, tolerance_m)
        self.lay_out()

    def focus_member(self, member: int) -> None:
        """Put the focus on a member."""
        if member != self.focused_member:
            self.focused_member = member
            self.lay_out()

    def focus_asset(self, asset_id: str) -> None:
        """Put the focus on the member with this id."""
        if self.look is not None:
            self.focus_member(_index(self.look, asset_id))

    def step(self, by: int) -> None:
        """Put the focus on a neighbour, as far as there is one."""
        if self.look is not None:
            self.focus_member(min(max(0, self.focused_member + by), len(self.look.group.assets) - 1))

    def toggle_rows(self) -> None:
        """Show all rows, or those that differ."""
        self._every_row = not self._every_row
        self.lay_out()

    def toggle_why(self) -> None:
        """Give the reasons more room, or less."""
        expanded = not self.why.expanded
        self.set_class(expanded, "-why")
        self.why.unfold(expanded)

    @on(Cards.Resized)
    def lay_out(self) -> None:
        """Put the group into the room there is."""
        look, row = self.look, self._row
        across = self.cards.size.width
        if look is None or row is None or not across:
            return
        winner, focused = _index(look, look.choice.winner), self.focused_member
        layout = columns(across - 1, len(look.group.assets), winner, focused, self.columns)
        self.columns = layout
        if self.screen.has_class("-tall"):
            self.cards.set_class(len(layout.shown) > 2, "-many")
        self.cards.show(look, row, self._place, layout, focused)
        self.comparison.show(
            look.group.id,
            self._facts,
            layout,
            focused,
            winner,
            every=self._every_row,
            compact=self.screen.has_class("-low") or self.screen.has_class("-flat"),
            immich_pick=_index(look, look.verdict.immich_pick),
        )
        self.why.show(look, focused, self._news)
        self._bring_pictures(look, self.cards.box())

    # -- pictures

    def _bring_pictures(self, look: Look, box: Box | None) -> None:
        """Draw what is here already at once; the rest follows when the group stays."""
        pictures = self.pictures
        if pictures is None or pictures.off or box is None:
            return
        missing: dict[int, Asset] = {}
        ready: dict[int, Drawing] = {}
        for member in self.columns.shown:
            asset = look.group.assets[member]
            drawing = pictures.ready(asset, box)
            if drawing is None or not at_hand(drawing):
                missing[member] = asset
            else:
                ready[member] = drawing
        if ready:
            self.cards.draw(ready)
        self._bring_missing(pictures, look, missing, box)

    # Described, because Textual else writes down the whole group that is looked at.
    @work(exclusive=True, group="pictures", exit_on_error=False, description="pictures")
    async def _bring_missing(
        self, pictures: Pictures, look: Look, missing: dict[int, Asset], box: Box
    ) -> None:
        """Draw blurs, then the pictures when the group stays."""
        if missing:
            await asyncio.sleep(BLUR_AFTER)
            missing = await self._bring_cached(pictures, look, missing, box)
            tall = pictures.technique.tall
            self._draw(look, await asyncio.to_thread(_blurs, missing, box, tall))
        await asyncio.sleep(PICTURES_AFTER - (BLUR_AFTER if missing else 0))
        await asyncio.gather(*(self._bring(pictures, look, member, box) for member in missing))
        self.post_message(self.Settled())

    async def draw_ahead(self, look: Look) -> None:
        """Draw the pictures of a group that comes next, as far as they are here: they show at once then."""
        pictures, across = self.pictures, self.cards.size.width
        if pictures is None or pictures.off or not across:
            return
        winner = _index(look, look.choice.winner)
        layout = columns(across - 1, len(look.group.assets), winner, winner)
        box = self.cards.box(layout)
        if box is not None:
            for member in layout.shown:
                await pictures.at_hand(look.group.assets[member], box)

    async def _bring(self, pictures: Pictures, look: Look, member: int, box: Box) -> None:
        self._draw(look, {member: await pictures.draw(look.group.assets[member], box)})

    async def _bring_cached(
        self, pictures: Pictures, look: Look, missing: dict[int, Asset], box: Box
    ) -> dict[int, Asset]:
        """Draw what needs no answer of the server; which members are missing then."""
        drawings = await asyncio.gather(*(pictures.at_hand(asset, box) for asset in missing.values()))
        found = {m: drawing for m, drawing in zip(missing, drawings, strict=True) if drawing is not None}
        self._draw(look, found)
        return {member: asset for member, asset in missing.items() if member not in found}

    def _draw(self, look: Look, drawings: dict[int, Drawing]) -> None:
        if drawings and self.look is not None and self.look.group.id == look.group.id:
            self.cards.draw(drawings)

    # -- the mouse

    @on(Comparison.Pressed)
    def _pressed_column(self, event: Comparison.Pressed) -> None:
        self.focus_member(event.member)

    @on(Cards.Turned)
    @on(Comparison.Turned)
    def _turned(self, event: Cards.Turned | Comparison.Turned) -> None:
        self.step(event.by)

    @on(Cards.Pressed)
    def _pressed_card(self, event: Cards.Pressed) -> None:
        self.focus_member(event.member)


def _index(look: Look, asset_id: str) -> int:
    return next((place for place, asset in enumerate(look.group.assets) if asset.id == asset_id), 0)


def _blurs(missing: dict[int, Asset], box: Box, tall: float) -> dict[int, Drawing]:
    """Blurs of members, as far as the listing has their hashes."""
    found = {}
    for member, asset in missing.items():
        aspect = asset.width / asset.height if asset.width and asset.height else None
        drawing = blurred(asset.thumbhash, aspect, box, tall)
        if drawing is not None:
            found[member] = drawing
    return found
