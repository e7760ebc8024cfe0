"""Screens that open in several turns of the loop."""

from __future__ import annotations

import asyncio

from textual import events, on
from textual.message_pump import MessagePump


class InTurns(MessagePump):
    """Lets others have a turn of the loop between the steps in which a screen opens or changes its size.

    Textual takes them one after the other without letting anybody else in: making the widgets, applying the
    styles, laying out, painting, and some of it again with the size. No widget itself, because
    the CSS of the first widget among the bases is the one that counts.
    """

    @on(events.ScreenResume)
    @on(events.Resize)
    async def _let_others_go_first(self) -> None:
        await asyncio.sleep(0)
