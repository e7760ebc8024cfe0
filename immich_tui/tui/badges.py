"""The words that stand on an asset: what will become of it, who picked it, what is special about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from immich_tui.immich.models import Asset
from immich_tui.tui.figures import clock
from immich_tui.tui.ink import Part
from immich_tui.tui.text import width

if TYPE_CHECKING:
    from immich_tui.review.session import Look


def fate(look: Look, asset_id: str) -> Part:
    """KEEP or TRASH."""
    return (" KEEP ", "keep") if asset_id in look.choice.keep else (" TRASH ", "trash")


def badges(look: Look, asset: Asset) -> list[Part]:
    """All badges of a member but its fate, the most telling first."""
    found: list[Part] = []
    if look.choice.stack and asset.id in look.choice.keep:
        found.append((" STACK TOP " if asset.id == look.choice.winner else " STACK ", "ours"))
    if asset.id == look.verdict.winner:
        found.append((" OURS ", "ours"))
    if asset.id == look.verdict.immich_pick:
        found.append((" IMMICH ", "immich"))
    if asset.type == "VIDEO":
        length = f"{clock(asset.duration_ms / 1000)} " if asset.duration_ms else ""
        found.append((f" ▶ VIDEO {length}", "trait"))
    if asset.live_photo_video_id:
        found.append((" LIVE ", "trait"))
    if asset.is_edited:
        found.append((" EDITED ", "trait"))
    if asset.library_id:
        found.append((" EXTERNAL ", "trait"))
    if asset.stack is not None and not look.choice.stack:
        found.append((" STACKED ", "trait"))
    if asset.is_favorite:
        found.append((" ♥ ", "trait"))
    return found


_MEANINGS = {
    "KEEP": "stays; a click turns it over",
    "TRASH": "goes to the trash; a click turns it over",
    "STACK TOP": "stays, on top of the stack",
    "STACK": "stays, in the stack",
    "OURS": "what the rules would keep",
    "IMMICH": "what Immich would keep",
    "VIDEO": "a video, with its length",
    "LIVE": "a live photo: a short video belongs to it",
    "EDITED": "edited on the server",
    "EXTERNAL": "its file is in an external library",
    "STACKED": "is in a stack on the server",
    "♥": "a favourite",
}


def badge_meaning(badge: str) -> str:
    """What a badge says, in a few words; empty for what is none."""
    words = badge.strip().removeprefix("▶ ")
    name = words if words in _MEANINGS else words.split(" ")[0]
    return f"{name}: {_MEANINGS[name]}" if name in _MEANINGS else ""


def spaced(parts: list[Part], cells: int) -> list[Part]:
    """Badges with a space between them, narrower ones where the room is short; `+n` are those left out."""
    if sum(width(text) for text, _ in parts) + len(parts) - 1 > cells:
        parts = [(text.strip(), meaning) for text, meaning in parts]
    line: list[Part] = []
    used = 0
    for number, (text, meaning) in enumerate(parts):
        gap = 1 if line else 0
        left = len(parts) - number
        if used + gap + width(text) + (3 if left > 1 else 0) > cells:
            if used + gap + 2 <= cells:
                line += [(" " * gap, ""), (f"+{left}", "muted")]
            break
        line += [(" ", "")] * gap + [(text, meaning)]
        used += gap + width(text)
    return line
