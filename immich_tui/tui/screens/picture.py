"""A member's picture on the whole screen; the others flip into the same place, which shows changes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.getters import query_one
from textual.screen import ModalScreen
from textual.widgets import Footer

from immich_tui.immich.models import Asset
from immich_tui.review.session import Look
from immich_tui.tui.badges import badges, fate, spaced
from immich_tui.tui.blur import blurred
from immich_tui.tui.facts import facts
from immich_tui.tui.ink import Part
from immich_tui.tui.pictures import Drawing, Pictures
from immich_tui.tui.text import elide, safe, width
from immich_tui.tui.widgets.caption import Caption
from immich_tui.tui.widgets.picture import PictureView


class PictureScreen(ModalScreen[int]):
    """Shows one member at a time; leaves with the member that was seen last."""

    CSS_PATH = "picture.tcss"
    BINDING_GROUP_TITLE = "Picture"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,v,q", "close", "Back", id="picture.close"),
        Binding(
            "space,tab", "flip", "Flip A/B", id="picture.flip", tooltip="The other photo, in the same place"
        ),
        Binding("h,left", "step(-1)", "Previous", id="picture.previous"),
        Binding("l,right", "step(1)", "Next", id="picture.next"),
        Binding("question_mark,f1", "app.keys", "Keys", id="picture.help", key_display="?"),
        *(Binding(str(n), f"show({n - 1})", f"Photo {n}", show=False) for n in range(1, 10)),
    ]

    view = query_one(PictureView)
    caption = query_one(Caption)

    def __init__(self, look: Look, member: int, pictures: Pictures) -> None:
        super().__init__()
        self._look = look
        self._member = member
        self._other = next((place for place in range(len(look.group.assets)) if place != member), member)
        self._pictures = pictures

    def compose(self) -> ComposeResult:
        """Caption, picture, keys."""
        yield Caption()
        yield PictureView()
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Show the first one as soon as the size is known."""
        self.call_after_refresh(self._show)

    def on_resize(self) -> None:
        """Draw in the new size."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        asset = self._look.group.assets[self._member]
        self.caption.show(self._words)
        box = self.view.box
        ready = self._pictures.ready(asset.id, box, "preview")
        if ready is not None:
            self.view.draw(ready)
        self._bring(asset, ready is None)

    @work(exclusive=True, group="picture", exit_on_error=False)
    async def _bring(self, asset: Asset, missing: bool) -> None:
        box = self.view.box
        if min(box) < 1:
            return
        if missing:
            aspect = asset.width / asset.height if asset.width and asset.height else None
            blur = await asyncio.to_thread(blurred, asset.thumbhash, aspect, box)
            self.view.draw(blur or Drawing(problem="…"))
            self.view.draw(await self._pictures.draw(asset.id, box, "preview"))
        beside = self._look.group.assets[self._other]
        await self._pictures.draw(beside.id, box, "preview")

    def _words(self, across: int) -> Sequence[Sequence[Part]]:
        """Two lines: which photo and what becomes of it; its name, size and pixels."""
        look = self._look
        asset = look.group.assets[self._member]
        total = len(look.group.assets)
        head: list[Part] = [(f" {self._member + 1} of {total} ", "key")]
        marks = spaced([fate(look, asset.id), *badges(look, asset)], across - width(head[0][0]))
        cells = {fact.label: fact.cells[self._member].text for fact in facts(look)}
        told = [cells[label] for label in ("pixels", "size", "format", "taken") if cells.get(label)]
        rest = "  ·  ".join(told)
        name = elide(safe(asset.original_file_name) or asset.id, max(12, across - width(rest) - 6))
        return [[*head, *marks], [(f" {name}", "strong"), (f"   {rest}", "muted")]]

    def action_step(self, step: int) -> None:
        """Show the member before or after."""
        self.action_show((self._member + step) % len(self._look.group.assets))

    def action_show(self, member: int) -> None:
        """Show a member; the one before is what flipping goes back to."""
        if 0 <= member < len(self._look.group.assets) and member != self._member:
            self._other, self._member = self._member, member
            self._show()

    def action_flip(self) -> None:
        """Show the other one in the same place."""
        self.action_show(self._other)

    @on(PictureView.Pressed)
    def _pressed(self) -> None:
        self.action_flip()

    def action_close(self) -> None:
        """Go back to the review."""
        self.dismiss(self._member)
