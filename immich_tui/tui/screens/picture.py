"""A member's picture on the whole screen; the others flip into the same place, which shows changes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.getters import query_one
from textual.screen import ModalScreen

from immich_tui.immich.models import Asset
from immich_tui.review.session import Look
from immich_tui.tui.badges import badges, fate, spaced
from immich_tui.tui.blur import blurred
from immich_tui.tui.difference import LEGEND, LEGEND_WITHOUT_COLOUR, STRONGER, Difference
from immich_tui.tui.drawing import WHOLE, Box, Drawing, Window, whole_at
from immich_tui.tui.facts import facts
from immich_tui.tui.ink import Part
from immich_tui.tui.pictures import Pictures
from immich_tui.tui.screens.turns import InTurns
from immich_tui.tui.text import elide, safe, width
from immich_tui.tui.widgets.caption import Caption
from immich_tui.tui.widgets.key_line import Hint, KeyLine
from immich_tui.tui.widgets.picture import PictureView

PAN = 0.3
"""How much of the view one key moves, so that most of it stays in sight."""


class PictureScreen(InTurns, ModalScreen[int]):
    """Shows one member at a time; leaves with the member that was seen last.

    The part that is looked at stays the same when another member is shown, so that flipping compares. The
    smaller picture of a pair is shown at the scale of the larger one; pixel by pixel is that one's pixels.
    """

    CSS_PATH = "picture.tcss"
    HINTS: ClassVar[Sequence[Hint]] = (
        Hint(("picture.flip",), "flip"),
        Hint(("picture.compare",), "difference"),
        Hint(("picture.zoom",), "1:1 or fit"),
        Hint(
            (
                "picture.closer",
                "picture.farther",
            ),
            "zoom",
        ),
        Hint(
            (
                "picture.previous",
                "picture.next",
            ),
            "photo",
        ),
        Hint(("picture.close",), "back"),
        Hint(("picture.help",), "keys"),
    )
    BINDING_GROUP_TITLE = "Picture"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,v,q", "close", "Back", id="picture.close"),
        Binding(
            "space",
            "flip",
            "Flip A/B",
            id="picture.flip",
            key_display="space",
            tooltip="The other photo, in the same place",
        ),
        Binding("tab", "flip", "Flip A/B", id="picture.flip", tooltip="The other photo, in the same place"),
        Binding("z", "zoom", "1:1 or fit", id="picture.zoom", tooltip="Pixel by pixel, or the whole photo"),
        Binding("plus,equals_sign", "closer(True)", "Zoom in", id="picture.closer"),
        Binding("minus", "closer(False)", "Zoom out", id="picture.farther", show=False),
        Binding("d", "compare", "Difference", id="picture.compare", tooltip="Where the two photos differ"),
        Binding(
            "h,left",
            "go(-1,0)",
            "Previous",
            id="picture.previous",
            tooltip="Photo before; to the left when zoomed",
        ),
        Binding(
            "l,right", "go(1,0)", "Next", id="picture.next", tooltip="Next photo; to the right when zoomed"
        ),
        Binding("k,up", "go(0,-1)", "Up when zoomed", id="picture.up", show=False),
        Binding("j,down", "go(0,1)", "Down when zoomed", id="picture.down", show=False),
        Binding("question_mark,f1", "app.keys", "Keys", id="picture.help"),
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
        self._window = WHOLE
        self._comparing = False
        self._difference: Difference | None = None
        self._drawing = Drawing()

    def compose(self) -> ComposeResult:
        """Caption, picture, keys."""
        yield Caption()
        yield PictureView()
        yield KeyLine(self.HINTS, id="keys")

    def on_mount(self) -> None:
        """Show the first one as soon as the size is known."""
        self.call_after_refresh(self._show)

    def on_resize(self) -> None:
        """Draw in the new size."""
        self.call_after_refresh(self._show)

    # -- showing

    @property
    def _asset(self) -> Asset:
        return self._look.group.assets[self._member]

    @property
    def _beside(self) -> Asset:
        return self._look.group.assets[self._other]

    def _show(self) -> None:
        if not self.is_mounted or min(self.view.box) < 1:
            return
        self.caption.show(self._words)
        if not self._comparing and self._window.whole:
            ready = self._pictures.ready(self._asset, self.view.box, "preview", best=True)
            if ready is not None:
                self._draw(ready)
        self._bring()

    def _draw(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self.view.draw(drawing)
        self.caption.show(self._words)

    @work(exclusive=True, group="picture")
    async def _bring(self) -> None:
        """Bring what is to be seen, then what flipping will show. Moving on cancels it."""
        box, asset = self.view.box, self._asset
        if self._comparing:
            await self._bring_difference(box)
            return
        window = await self._window_on(asset)
        await self._bring_picture(asset, box, window)
        if self._beside is not asset and not self._pictures.off:
            window = await self._window_on(self._beside)
            await self._pictures.draw(self._beside, box, "preview", best=True, window=window)

    async def _bring_picture(self, asset: Asset, box: Box, window: Window) -> None:
        """What is there at once, then half blocks, then the sharpest that the terminal can do."""
        pictures = self._pictures
        best = pictures.ready(asset, box, "preview", best=True, window=window)
        if best is None and pictures.technique.kind == "sixel" and window.whole:
            # Encoding Sixels takes its time: half blocks show meanwhile.
            plain = pictures.ready(asset, box, "preview", window=window)
            if plain is None:
                await self._blur(asset, box, window)
                plain = await pictures.draw(asset, box, "preview", window=window)
            self._draw(plain)
        elif best is None:
            await self._blur(asset, box, window)
        self._draw(best or await pictures.draw(asset, box, "preview", best=True, window=window))

    async def _blur(self, asset: Asset, box: Box, window: Window) -> None:
        if not window.whole or self._pictures.off:
            return
        aspect = asset.width / asset.height if asset.width and asset.height else None
        blur = await asyncio.to_thread(blurred, asset.thumbhash, aspect, box, self._pictures.technique.tall)
        self._draw(blur or Drawing(problem="…"))

    async def _bring_difference(self, box: Box) -> None:
        window = await self._window_on(self._asset)
        drawing, self._difference = await self._pictures.compare(
            self._asset, self._beside, box, best=True, window=window
        )
        self._draw(drawing)

    async def _window_on(self, asset: Asset) -> Window:
        """The part that is looked at, with both pictures of the pair at the scale of the larger one."""
        if self._window.whole:
            return WHOLE
        sizes = [await self._pictures.pixels(one) for one in (asset, self._asset, self._beside)]
        if not sizes[0]:
            return self._window
        longest = max(max(size) for size in sizes if size)
        return replace(self._window, magnified=self._window.magnified * longest / max(sizes[0]))

    # -- words

    def _words(self, across: int) -> Sequence[Sequence[Part]]:
        """Three lines: which photo and what becomes of it; its name, size and pixels; what is seen of it."""
        look, asset = self._look, self._asset
        if self._comparing:
            return self._compared(across)
        head: list[Part] = [(f" {self._member + 1} of {len(look.group.assets)} ", "key")]
        marks = spaced([fate(look, asset.id), *badges(look, asset)], across - width(head[0][0]))
        cells = {fact.label: fact.cells[self._member].text for fact in facts(look)}
        told = [cells[label] for label in ("pixels", "size", "format", "taken") if cells.get(label)]
        name = _name(asset)
        # The name tells the photos apart, and gives way last.
        while len(told) > 2 and width(name) + width("  ·  ".join(told)) + 6 > across:
            told.pop()
        rest = "  ·  ".join(told)
        name = elide(name, max(12, across - width(rest) - 6))
        return [[*head, *marks], [(f" {name}", "strong"), (f"   {rest}", "muted")], self._seen(across)]

    def _seen(self, across: int) -> list[Part]:
        """How much of the picture is seen, and which part."""
        drawing, window = self._drawing, self._window
        if not drawing.lines:
            return []
        if window.whole:
            return [(" whole photo", "muted")]
        scale = "1:1" if window.magnified == 1 else f"{window.magnified:.0%}"
        line: list[Part] = [(f" {scale} ", "title")]
        told = [f"at {window.x:.0%} across and {window.y:.0%} down"]
        if drawing.pixels[0]:
            told.append(f"of the server's preview, {drawing.pixels[0]}×{drawing.pixels[1]}")
        if self._other != self._member:
            told.append(f"·  {self._other + 1} is shown at the same scale")
        for words in told:
            if sum(width(text) for text, _ in line) + width(words) + 1 <= across:
                line.append((f"{words} ", "muted"))
        return line

    def _compared(self, across: int) -> list[list[Part]]:
        """What is compared, how far the two differ, and how to read it."""
        head = f" Difference of {self._member + 1} and {self._other + 1}  "
        room = (across - width(head) - 5) // 2
        names = f"{elide(_name(self._asset), room)} and {elide(_name(self._beside), room)}"
        found = self._difference
        told = found.sentence if found else "" if self._drawing.problem else "…"
        legend = LEGEND_WITHOUT_COLOUR if self.app.no_color else LEGEND
        if width(legend) + width(STRONGER) + 1 <= across:
            legend += STRONGER
        return [
            [(head, "title"), (names, "strong")],
            [(f" {elide(told, across - 2)}", "")],
            [(f" {legend}", "muted")],
        ]

    # -- keys and mouse

    def action_go(self, across: int, down: int) -> None:
        """Show a neighbour of the member; pixel by pixel, move about in the picture instead."""
        if self._window.whole:
            if across:
                self.action_show((self._member + across) % len(self._look.group.assets))
            return
        shown = self._share()
        self._move(across * shown[0] * PAN, down * shown[1] * PAN)

    def action_show(self, member: int) -> None:
        """Show a member; the one before is what flipping goes back to."""
        if 0 <= member < len(self._look.group.assets) and member != self._member:
            self._other, self._member = self._member, member
            self._show()

    def action_flip(self) -> None:
        """Show the other one in the same place."""
        self.action_show(self._other)

    def action_zoom(self) -> None:
        """Show pixel by pixel, or the whole picture again."""
        self._zoom_to(1.0 if self._window.whole else None)

    def action_closer(self, closer: bool) -> None:
        """Show half as much, down to single pixels, or twice as much, up to the whole picture."""
        pixels = self._drawing.pixels
        if not pixels[0]:
            return
        least = whole_at(pixels, self.view.box, self._pictures.technique)
        now = least if self._window.whole else self._window.magnified
        scale = min(1.0, now * 2) if closer else now / 2
        self._zoom_to(scale if scale > least * 1.01 else None)

    def _zoom_to(self, magnified: float | None) -> None:
        self._window = WHOLE if magnified is None else replace(self._window, whole=False, magnified=magnified)
        self._show()

    def action_compare(self) -> None:
        """Show where the two pictures differ, or the picture again."""
        if self._other == self._member:
            return
        self._comparing = not self._comparing
        self._difference = None
        self._show()

    def action_close(self) -> None:
        """Go back to the review."""
        self.dismiss(self._member)

    @on(PictureView.Pressed)
    def _pressed(self) -> None:
        self.action_flip()

    @on(PictureView.Dragged)
    def _dragged(self, event: PictureView.Dragged) -> None:
        if not self._window.whole:
            shown, drawing = self._share(), self._drawing
            across = -event.across / max(1, drawing.width) * shown[0]
            self._move(across, -event.down / max(1, drawing.height) * shown[1])

    @on(PictureView.Wheeled)
    def _wheeled(self, event: PictureView.Wheeled) -> None:
        if event.closer and self._window.whole:
            self._window = replace(self._window, x=event.x, y=event.y)
        self.action_closer(event.closer)

    def _share(self) -> tuple[float, float]:
        """How much of the picture's width and height is seen."""
        drawing = self._drawing
        return drawing.share if drawing.lines else (1.0, 1.0)

    def _move(self, across: float, down: float) -> None:
        """Look at another part, as far as there is picture."""
        shown = self._share()
        x, y = (
            min(max(middle + by, part / 2), 1 - part / 2)
            for middle, by, part in zip((self._window.x, self._window.y), (across, down), shown, strict=True)
        )
        self._window = replace(self._window, x=x, y=y)
        self._show()


def _name(asset: Asset) -> str:
    return safe(asset.original_file_name) or asset.id
